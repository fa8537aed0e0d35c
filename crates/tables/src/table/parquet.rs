//! Parquet files as a source: columns as they are typed there, held to the same contract.
//!
//! Types are not guessed: a column that is not of the declared kind is an error, not a reject of every row.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::error::{Error, Result};
use crate::record::{RowPlace, excerpt};
use crate::spec::tables::{Column, ColumnType};
use crate::store::{Input, InputFile, open_file};
use crate::table::builder::{Given, Text};
use crate::table::contract::Contract;
use crate::table::correct::Correction;
use crate::table::fetched::Fetched;
use crate::table::rows::{BlockRows, Room, Rows, defect};
use crate::table::scanned::Facts;
use crate::table::values::arrow_type;

/// Rows of a batch.
const ROWS: usize = 8192;

/// Reads a file whose number is that of `at`.
pub(super) fn read(
    contract: &Contract<'_>,
    at: RowPlace,
    file: &InputFile,
    corrections: &HashMap<RowPlace, &Correction>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Vec<BlockRows>, Facts)> {
    let mut input = Input::open(file)?;
    std::io::copy(&mut input, &mut std::io::sink()).map_err(Error::io("read", &file.path))?;
    let (hash, bytes) = input.digest();
    let (mut blocks, mut room) = (Vec::new(), Room::default());
    let mut start = 0;
    for batch in batches(contract, file)? {
        let batch = typed(contract, file, &batch.map_err(|e| damaged(file, e))?)?;
        let formatters = formatters(&batch).map_err(|e| damaged(file, e))?;
        let mut rows = Rows::new(contract, RowPlace::block(at.file(), start), corrections, &mut room);
        rows.batch(&batch, |row| texts(&batch, &formatters, row));
        blocks.push(rows.finish(batch.num_rows() as u64, &mut room)?);
        start += batch.num_rows() as u64;
    }
    progress(bytes);
    Ok((blocks, Facts { shape: None, hash, bytes }))
}

/// Fetches some rows of a file again.
pub(super) fn fetch(
    contract: &Contract<'_>,
    file: &InputFile,
    corrections: &HashMap<RowPlace, &Correction>,
    mut places: &[RowPlace],
    fetched: &mut HashMap<RowPlace, Fetched>,
) -> Result<()> {
    let mut start = 0;
    for batch in batches(contract, file)? {
        let batch = typed(contract, file, &batch.map_err(|e| damaged(file, e))?)?;
        let end = start + batch.num_rows() as u64;
        let here = places.partition_point(|place| place.within() < end);
        let formatters = formatters(&batch).map_err(|e| damaged(file, e))?;
        for place in &places[..here] {
            let row = (place.within() - start) as usize;
            let (line, texts) = (place.within() + 1, texts(&batch, &formatters, row));
            let text = |i: usize| Text::of(texts[i].as_ref());
            let given = |i: usize| Given::Typed(batch.column(i), row);
            let raw = excerpt(contract.record(text).as_bytes());
            let row = match corrections.get(place) {
                None => Fetched::new(contract, line, raw, given, text),
                Some(correction) => {
                    let text = contract.corrected(correction, text);
                    let given = contract.corrected(correction, given);
                    Fetched::new(contract, line, raw, given, text)
                }
            };
            fetched.insert(*place, row);
        }
        places = &places[here..];
        if places.is_empty() {
            break;
        }
        start = end;
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

fn formatters(batch: &RecordBatch) -> std::result::Result<Vec<ArrayFormatter<'_>>, ArrowError> {
    const OPTIONS: FormatOptions<'static> = FormatOptions::new();
    batch.columns().iter().map(|array| ArrayFormatter::try_new(array, &OPTIONS)).collect()
}

/// The text of each column of a row.
fn texts(batch: &RecordBatch, formatters: &[ArrayFormatter<'_>], row: usize) -> Vec<Option<String>> {
    let columns = batch.columns().iter().zip(formatters);
    let text = |(array, of): (&ArrayRef, &ArrayFormatter<'_>)| {
        array.is_valid(row).then(|| of.value(row).to_string())
    };
    columns.map(text).collect()
}

fn damaged(file: &InputFile, error: impl std::fmt::Display) -> Error {
    Error::Input {
        message: format!("cannot read `{}` as Parquet: {error}", file.name),
        hint: "check that it is a whole Parquet file".into(),
    }
}
