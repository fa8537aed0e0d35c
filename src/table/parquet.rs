//! Parquet files as a source: columns as they are typed there, held to the same contract.
//!
//! Types are not guessed: a column that is not of the declared kind is an error, not a reject of every row.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::error::{Error, Result};
use crate::record::{RejectCode, excerpt};
use crate::spec::tables::{Column, ColumnType};
use crate::store::{Input, InputFile, open_file};
use crate::table::contract::{Contract, Text};
use crate::table::merge::Place;
use crate::table::read::Facts;
use crate::table::refetch::Fetched;
use crate::table::rows::{BlockRows, Room, Rows, defect};
use crate::table::values::arrow_type;

/// Rows of a batch.
const ROWS: usize = 8192;

/// Reads a file whose number is that of `at`.
pub(super) fn read(
    contract: &Contract<'_>,
    at: Place,
    file: &InputFile,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Vec<BlockRows>, Facts)> {
    let mut input = Input::open(file)?;
    std::io::copy(&mut input, &mut std::io::sink()).map_err(Error::io("read", &file.path))?;
    let (hash, bytes) = input.digest();
    let mut blocks = Vec::new();
    let none = HashMap::new();
    for (seq, batch) in batches(contract, file)?.enumerate() {
        let batch = typed(contract, file, &batch.map_err(|e| damaged(file, e))?)?;
        let faults = faults(contract, &batch);
        let rows = Rows::new(contract, Place::block(at.file(), seq as u32), &none, &mut Room::default());
        let texts = |row: usize| texts(&batch, row);
        blocks.push(rows.of_batch(batch.clone(), &faults, texts)?);
    }
    progress(bytes);
    Ok((blocks, Facts { shape: None, hash, bytes }))
}

/// Fetches some rows of a file again.
pub(super) fn fetch(
    contract: &Contract<'_>,
    file: &InputFile,
    mut places: &[Place],
    fetched: &mut HashMap<Place, Fetched>,
) -> Result<()> {
    let mut first = 1;
    for (seq, batch) in batches(contract, file)?.enumerate() {
        let batch = typed(contract, file, &batch.map_err(|e| damaged(file, e))?)?;
        let here = places.partition_point(|place| place.seq() as usize <= seq);
        for place in &places[..here] {
            let row = place.number();
            let texts = texts(&batch, row as usize);
            let text = |i: usize| texts[i].as_deref().map_or(Text::NONE, |text| Text { text, absent: false });
            let raw = excerpt(contract.record(text).as_bytes());
            fetched.insert(*place, Fetched { line: first + u64::from(row), raw, texts });
        }
        places = &places[here..];
        if places.is_empty() {
            break;
        }
        first += batch.num_rows() as u64;
    }
    Ok(())
}

fn batches(contract: &Contract<'_>, file: &InputFile) -> Result<ParquetRecordBatchReader> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(open_file(file)?).map_err(|e| damaged(file, e))?;
    let names: Vec<&str> = builder.schema().fields().iter().map(|field| &**field.name()).collect();
    let mut wanted = Vec::new();
    for column in &contract.source.columns {
        let place = place(&names, &column.from).ok_or_else(|| Error::Input {
            message: format!("`{}`: no column `{}`; it has `{}`", file.name, column.from, names.join("`, `")),
            hint: "name the column with `from` in the pipeline file".into(),
        })?;
        wanted.push(place);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    builder.with_projection(mask).with_batch_size(ROWS).build().map_err(|e| damaged(file, e))
}

fn place(names: &[&str], wanted: &str) -> Option<usize> {
    let exact = names.iter().position(|name| *name == wanted);
    exact.or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(wanted)))
}

/// The columns of the source, in the types that it declares.
fn typed(contract: &Contract<'_>, file: &InputFile, batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| &**field.name()).collect();
    let column = |column: &Column| {
        let array = batch.column(place(&names, &column.from).unwrap_or_default());
        let wrong = |why: String| Error::Input {
            message: format!("`{}`: the column `{}` {why}", file.name, column.from),
            hint: format!("`{}` is declared as {}: declare it as it is", column.name, column.kind.name()),
        };
        if !is_kind(array.data_type(), column.kind) {
            return Err(wrong(format!("is {}", array.data_type())));
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(array, &arrow_type(column.kind), &options)
            .map_err(|e| wrong(format!("does not fit: {e}")))
    };
    let columns = contract.source.columns.iter().map(column).collect::<Result<Vec<ArrayRef>>>()?;
    RecordBatch::try_new(contract.schema.clone(), columns).map_err(defect)
}

fn is_kind(of: &DataType, kind: ColumnType) -> bool {
    use DataType::{
        Boolean, Date32, Date64, Dictionary, LargeList, LargeUtf8, List, Null, Timestamp, Utf8, Utf8View,
    };
    let is_text = |of: &DataType| match of {
        Utf8 | LargeUtf8 | Utf8View => true,
        Dictionary(_, of) => matches!(**of, Utf8 | LargeUtf8 | Utf8View),
        _ => false,
    };
    match (kind, of) {
        (_, Null) => true,
        (ColumnType::String, of) => is_text(of),
        (ColumnType::Integer, of) => of.is_integer(),
        (ColumnType::Float | ColumnType::Price, of) => of.is_numeric(),
        (ColumnType::Boolean, of) => *of == Boolean,
        (ColumnType::Date, of) => matches!(of, Date32 | Date64),
        (ColumnType::Timestamp, of) => matches!(of, Timestamp(..)),
        (ColumnType::Integers, List(item) | LargeList(item)) => item.data_type().is_integer(),
        (ColumnType::Strings, List(item) | LargeList(item)) => is_text(item.data_type()),
        (ColumnType::Integers | ColumnType::Strings, _) => false,
    }
}

/// Cells that break the contract: row, code, column; in the order of rows and columns.
fn faults(contract: &Contract<'_>, batch: &RecordBatch) -> Vec<(usize, RejectCode, usize)> {
    let mut faults = Vec::new();
    for (i, (column, array)) in contract.source.columns.iter().zip(batch.columns()).enumerate() {
        if column.required && array.null_count() > 0 {
            let nulls = (0..array.len()).filter(|&row| array.is_null(row));
            faults.extend(nulls.map(|row| (row, RejectCode::MissingValue, i)));
        }
        let bad: (RejectCode, fn(f64) -> bool) = match column.kind {
            ColumnType::Float => (RejectCode::InvalidNumber, |n| !n.is_finite()),
            ColumnType::Price => (RejectCode::InvalidPrice, |n| !n.is_finite() || n < 0.0),
            ColumnType::String if column.required => {
                let texts = array.as_string::<i32>().iter().enumerate();
                let blank = texts.filter(|(_, text)| text.is_some_and(|text| text.trim().is_empty()));
                faults.extend(blank.map(|(row, _)| (row, RejectCode::MissingValue, i)));
                continue;
            }
            _ => continue,
        };
        let numbers = array.as_primitive::<Float64Type>().iter().enumerate();
        faults.extend(numbers.filter(|(_, n)| n.is_some_and(bad.1)).map(|(row, _)| (row, bad.0, i)));
    }
    faults.sort_by_key(|&(row, _, column)| (row, column));
    faults
}

/// The text of each column of a row.
fn texts(batch: &RecordBatch, row: usize) -> Vec<Option<String>> {
    let text = |array: &ArrayRef| {
        let formatter = ArrayFormatter::try_new(array, &FormatOptions::default()).ok()?;
        array.is_valid(row).then(|| formatter.value(row).to_string())
    };
    batch.columns().iter().map(text).collect()
}

fn damaged(file: &InputFile, error: impl std::fmt::Display) -> Error {
    Error::Input {
        message: format!("cannot read `{}` as Parquet: {error}", file.name),
        hint: "check that it is a whole Parquet file".into(),
    }
}
