//! Rows as JSON objects.

use datafusion::arrow::array::RecordBatch;

use crate::table::text::{Cells, json_text};

/// One JSON object a row, keys in the order of the columns.
///
/// Numbers keep all their digits; null stands where there is no value, and for NaN and infinity.
#[must_use]
pub fn rows(batches: &[RecordBatch]) -> Vec<Vec<u8>> {
    let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        each_row(batch, |row| rows.push(row.to_vec()));
    }
    rows
}

/// Hands out each row of a batch as a JSON object.
pub(crate) fn each_row(batch: &RecordBatch, mut take: impl FnMut(&[u8])) {
    let schema = batch.schema();
    let columns: Vec<(Vec<u8>, Cells<'_>)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            let mut key = Vec::new();
            json_text(field.name(), &mut key);
            key.push(b':');
            (key, Cells::of(column.as_ref()))
        })
        .collect();
    let mut line = Vec::new();
    for row in 0..batch.num_rows() {
        line.clear();
        line.push(b'{');
        for (i, (key, cells)) in columns.iter().enumerate() {
            if i > 0 {
                line.push(b',');
            }
            line.extend_from_slice(key);
            cells.json(row, &mut line);
        }
        line.push(b'}');
        take(&line);
    }
}

/// One JSON list of objects, one a line.
#[must_use]
pub fn list(batches: &[RecordBatch]) -> Vec<u8> {
    let mut text = b"[".to_vec();
    let mut first = true;
    for batch in batches {
        each_row(batch, |row| {
            text.extend_from_slice(if first { b"\n  " } else { b",\n  " });
            text.extend_from_slice(row);
            first = false;
        });
    }
    text.extend_from_slice(if first { b"]\n" } else { b"\n]\n" });
    text
}
