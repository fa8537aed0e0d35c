//! JSON: one list of objects, an object a line; NDJSON: an object a line and nothing else.

use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;
use serde_json::value::RawValue;

use crate::sink::files::rows::OldRow;
use crate::table::json::each_row;

/// Appends an object for each row, each on a line, and where it ends.
pub(super) fn lines(batch: &RecordBatch, out: &mut Vec<u8>, ends: &mut Vec<usize>) {
    each_row(batch, |row| {
        out.extend_from_slice(row);
        out.push(b'\n');
        ends.push(out.len());
    });
}

/// Appends an object for each row to a list, which has rows already or not.
pub(super) fn items(batch: &RecordBatch, out: &mut Vec<u8>) {
    each_row(batch, |row| {
        out.extend_from_slice(b",\n  ");
        out.extend_from_slice(row);
    });
}

/// The rows of a list or of lines that were written before, each as it stands there.
pub(super) fn old_rows<'a>(
    text: &'a [u8],
    list: bool,
    columns: &[String],
) -> Result<Vec<OldRow<'a>>, String> {
    let wrong = |error: serde_json::Error| error.to_string();
    let raws: Vec<&RawValue> = if list {
        serde_json::from_slice(text).map_err(wrong)?
    } else {
        serde_json::Deserializer::from_slice(text).into_iter().collect::<Result<_, _>>().map_err(wrong)?
    };
    let row = |raw: &'a RawValue| {
        let object: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).map_err(wrong)?;
        let value = |column: &String| object.get(column).and_then(|value| plain(value.get()));
        Ok(OldRow { text: raw.get().as_bytes(), values: columns.iter().map(value).collect() })
    };
    raws.into_iter().map(row).collect()
}

/// A JSON value as plain text; none for null.
fn plain(json: &str) -> Option<Vec<u8>> {
    match json {
        "null" => None,
        text if text.starts_with('"') => serde_json::from_str::<String>(text).ok().map(String::into_bytes),
        other => Some(other.as_bytes().to_vec()),
    }
}
