//! The Arrow schema of a source.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::spec::tables::{ColumnType, TableSource};

/// The columns of a source's table: those that are required hold no null.
#[must_use]
pub fn source_schema(source: &TableSource) -> SchemaRef {
    schema(source, |required| !required)
}

/// The same before rejects are left out: any column may hold nulls.
pub(super) fn loose_schema(source: &TableSource) -> SchemaRef {
    schema(source, |_| true)
}

fn schema(source: &TableSource, nullable: impl Fn(bool) -> bool) -> SchemaRef {
    let fields = source
        .columns
        .iter()
        .map(|column| Field::new(&column.name, data_type(column.kind), nullable(column.required)));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The Arrow type that a column type is kept as.
pub(super) fn data_type(kind: ColumnType) -> DataType {
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

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}
