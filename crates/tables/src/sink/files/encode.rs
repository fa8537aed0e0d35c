//! Rows as the bytes of one file, in any of the formats.

use std::io::{self, Write};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::errors::ParquetError;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::sink::files::{csv, json, parquet};
use crate::spec::tables::TableFormat;
use crate::store::Draft;

/// Rows that are made into text at a time, by one thread.
const CHUNK: usize = 16 * 1024;

/// Chunks that are made into text before they are written.
const AT_ONCE: usize = 32;

/// Writes rows into a draft; tells how many.
pub(super) fn encode(
    format: TableFormat,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    draft: &mut Draft<'_>,
) -> Result<u64> {
    let result = match format {
        TableFormat::Parquet => {
            parquet::encode(schema, &mut batches.map(|batch| batch.map_err(Failure::Run)), &mut *draft)
        }
        TableFormat::Csv => {
            let first = draft.write_all(&csv::header(schema)).map_err(Failure::Io);
            first.and_then(|()| text(batches, draft, |batch, out| csv::lines(batch, out, &mut Vec::new())))
        }
        TableFormat::Json => list(batches, draft),
        TableFormat::Ndjson => text(batches, draft, |batch, out| json::lines(batch, out, &mut Vec::new())),
    };
    result.map_err(|failure| match failure {
        Failure::Run(error) => error,
        Failure::Io(error) => draft.failed(error),
        Failure::Parquet(ParquetError::External(error)) => match error.downcast::<io::Error>() {
            Ok(error) => draft.failed(*error),
            Err(error) => unwritable(&error.to_string()),
        },
        Failure::Parquet(error) => unwritable(&error.to_string()),
    })
}

enum Failure {
    Run(Error),
    Io(io::Error),
    Parquet(ParquetError),
}

impl From<ParquetError> for Failure {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

fn unwritable(message: &str) -> Error {
    Error::Input {
        message: format!("the rows cannot be written as Parquet: {message}"),
        hint: "this is a bug: please report it".into(),
    }
}

/// Makes chunks of rows into text, many at a time, and writes them in their order.
fn text(
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    draft: &mut Draft<'_>,
    render: impl Fn(&RecordBatch, &mut Vec<u8>) + Sync,
) -> Result<u64, Failure> {
    let mut rows = 0;
    let mut chunks: Vec<RecordBatch> = Vec::new();
    loop {
        let batch = batches.next().transpose().map_err(Failure::Run)?;
        let last = batch.is_none();
        if let Some(batch) = batch {
            rows += batch.num_rows() as u64;
            let starts = (0..batch.num_rows()).step_by(CHUNK);
            chunks.extend(starts.map(|start| batch.slice(start, CHUNK.min(batch.num_rows() - start))));
        }
        if chunks.len() >= AT_ONCE || last {
            let texts = chunks.par_iter().map(|chunk| {
                let mut text = Vec::new();
                render(chunk, &mut text);
                text
            });
            for text in texts.collect::<Vec<_>>() {
                draft.write_all(&text).map_err(Failure::Io)?;
            }
            chunks.clear();
        }
        if last {
            return Ok(rows);
        }
    }
}

/// A JSON list. Each item brings the comma before it; the first one's is taken off.
fn list(
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    draft: &mut Draft<'_>,
) -> Result<u64, Failure> {
    draft.write_all(b"[").map_err(Failure::Io)?;
    let mut first = true;
    let mut rows = 0;
    for batch in batches {
        let batch = batch.map_err(Failure::Run)?;
        rows += batch.num_rows() as u64;
        let mut items = Vec::new();
        json::items(&batch, &mut items);
        let skip = usize::from(first && !items.is_empty());
        first &= items.is_empty();
        draft.write_all(&items[skip..]).map_err(Failure::Io)?;
    }
    draft.write_all(if first { b"]\n" } else { b"\n]\n" }).map_err(Failure::Io)?;
    Ok(rows)
}
