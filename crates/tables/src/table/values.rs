//! The types that a table can have, whatever made it.
//!
//! A query gives 32 bits here and a view of strings there; formats and databases that tables are written to should
//! not have to know each of them, and the bytes of a file should not tell whether its rows came from memory or from
//! another file. So results are cast to one type a kind of value, and every column can be null.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;

use crate::spec::tables::{ColumnType, TableSource};

/// The Arrow type of a column.
#[must_use]
pub fn arrow_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::String => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Float | ColumnType::Price => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::Integers => list_of(DataType::Int64),
        ColumnType::Strings => list_of(DataType::Utf8),
    }
}

/// The columns of a source's table.
#[must_use]
pub fn source_schema(source: &TableSource) -> SchemaRef {
    let fields = source.columns.iter().map(|column| Field::new(&column.name, arrow_type(column.kind), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// The type in which a table holds what a query gave, or none if a table cannot hold it.
///
/// Whole numbers are `Int64`, numbers `Float64`, texts `Utf8`, days `Date32`, moments `Timestamp(Microsecond, "UTC")`;
/// decimals stay; lists hold any of these. A column without a type (`NULL`) is a text.
#[must_use]
pub(super) fn table_type(given: &DataType) -> Option<DataType> {
    Some(match given {
        DataType::Boolean | DataType::Decimal128(..) => given.clone(),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => DataType::Int64,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Timestamp(..) => arrow_type(ColumnType::Timestamp),
        DataType::Dictionary(_, values) => table_type(values)?,
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) => match item.data_type()
        {
            DataType::List(_) | DataType::LargeList(_) => return None,
            item => list_of(table_type(item)?),
        },
        _ => return None,
    })
}

/// The schema in which a table holds what a query gave; else what is wrong with it.
pub(super) fn table_schema(given: &Schema) -> Result<SchemaRef, String> {
    let mut fields: Vec<Field> = Vec::with_capacity(given.fields().len());
    for field in given.fields() {
        let (name, given) = (field.name(), field.data_type());
        let Some(kind) = table_type(given) else {
            return Err(format!("the column `{name}` is a {given}, which no table can hold: cast it"));
        };
        if fields.iter().any(|field| field.name() == name) {
            return Err(format!("two columns are named `{name}`: name one of them with AS"));
        }
        fields.push(Field::new(name, kind, true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// A batch in the types of a table.
pub(super) fn to_table(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| to_type(column, field.data_type()));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns.collect::<Result<Vec<_>, _>>()?, &options)
}

fn to_type(column: &ArrayRef, kind: &DataType) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == kind {
        return Ok(column.clone());
    }
    // What does not fit is an error, never a null.
    cast_with_options(column, kind, &CastOptions { safe: false, ..CastOptions::default() })
}
