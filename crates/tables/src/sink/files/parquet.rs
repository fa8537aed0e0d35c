//! Parquet: columns of a row group are encoded in parallel, one after the other they are written.
//!
//! The bytes depend on the rows alone: row groups have a fixed number of rows, and each column of one is encoded in one
//! piece, however the rows came in batches.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::arrow::arrow_writer::{ArrowColumnChunk, compute_leaves};
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::properties::WriterProperties;
use rayon::prelude::*;

/// Rows of a row group: enough to compress well, few enough to be held in memory beside their source.
const GROUP: usize = 256 * 1024;

/// Writes rows as one file.
pub(super) fn encode<E: From<ParquetError>>(
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = std::result::Result<RecordBatch, E>>,
    out: impl Write + Send,
) -> std::result::Result<u64, E> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1)?);
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
    let (mut file, columns) = writer.into_serialized_writer()?;
    let mut group: Vec<RecordBatch> = Vec::new();
    let (mut held, mut rows, mut groups) = (0, 0, 0);
    loop {
        let batch = batches.next().transpose()?;
        let last = batch.is_none();
        if let Some(batch) = batch {
            held += batch.num_rows();
            rows += batch.num_rows() as u64;
            group.push(batch);
        }
        while held >= GROUP || (last && held > 0) {
            let taken = take(&mut group, GROUP.min(held));
            held -= GROUP.min(held);
            let writers = columns.create_column_writers(groups)?;
            groups += 1;
            let chunks: Vec<ArrowColumnChunk> = writers
                .into_par_iter()
                .enumerate()
                .map(|(column, mut writer)| {
                    // Each type of ours is one column of Parquet, lists too.
                    let parts: Vec<&dyn Array> =
                        taken.iter().map(|batch| batch.column(column).as_ref()).collect();
                    let whole: ArrayRef = match taken.as_slice() {
                        [batch] => batch.column(column).clone(),
                        _ => concat(&parts)?,
                    };
                    for leaf in compute_leaves(schema.field(column), &whole)? {
                        writer.write(&leaf)?;
                    }
                    writer.close()
                })
                .collect::<Result<_>>()?;
            let mut row_group = file.next_row_group()?;
            for chunk in chunks {
                chunk.append_to_row_group(&mut row_group)?;
            }
            row_group.close()?;
        }
        if last {
            file.close()?;
            return Ok(rows);
        }
    }
}

/// Takes so many rows from the front.
fn take(batches: &mut Vec<RecordBatch>, rows: usize) -> Vec<RecordBatch> {
    let mut taken = Vec::new();
    let mut wanted = rows;
    let mut rest = Vec::new();
    for batch in batches.drain(..) {
        let here = batch.num_rows().min(wanted);
        if here > 0 {
            taken.push(batch.slice(0, here));
        }
        if here < batch.num_rows() {
            rest.push(batch.slice(here, batch.num_rows() - here));
        }
        wanted -= here;
    }
    *batches = rest;
    taken
}

/// Reads a whole file.
pub(super) fn decode(bytes: Vec<u8>) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))?;
    let schema = Arc::clone(reader.schema());
    let batches = reader.build()?.collect::<std::result::Result<Vec<_>, _>>()?;
    Ok((schema, batches))
}
