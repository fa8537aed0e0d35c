//! CSV as RFC 4180 has it, with LF: a header, quotes only where they are needed, nothing where there is no value.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;

use crate::sink::files::rows::OldRow;
use crate::table::text::Cells;

/// The header of a file.
pub(super) fn header(schema: &SchemaRef) -> Vec<u8> {
    let mut line = Vec::new();
    for (i, field) in schema.fields().iter().enumerate() {
        if i > 0 {
            line.push(b',');
        }
        quote(field.name().as_bytes(), &mut line);
    }
    line.push(b'\n');
    line
}

/// Appends a line for each row, and where it ends.
pub(super) fn lines(batch: &RecordBatch, out: &mut Vec<u8>, ends: &mut Vec<usize>) {
    let columns: Vec<Cells<'_>> = batch.columns().iter().map(|column| Cells::of(column.as_ref())).collect();
    let mut value = Vec::new();
    for row in 0..batch.num_rows() {
        let start = out.len();
        for (i, cells) in columns.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            if cells.is_null(row) {
                continue;
            }
            match cells {
                Cells::Text(_) | Cells::List(_) => {
                    value.clear();
                    cells.plain(row, &mut value);
                    quote(&value, out);
                }
                _ => cells.plain(row, out),
            }
        }
        // An empty line would be no row.
        if out.len() == start {
            out.extend_from_slice(b"\"\"");
        }
        out.push(b'\n');
        ends.push(out.len());
    }
}

fn quote(text: &[u8], out: &mut Vec<u8>) {
    if memchr::memchr3(b',', b'"', b'\n', text).is_none() && memchr::memchr(b'\r', text).is_none() {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// The rows of a file that was written before, each as it stands there; the header's names.
pub(super) fn old_rows(text: &[u8]) -> Result<(Vec<String>, Vec<OldRow<'_>>), String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let header = reader.headers().map_err(|error| error.to_string())?;
    let header: Vec<String> = header.iter().map(str::to_owned).collect();
    let mut rows: Vec<OldRow<'_>> = Vec::new();
    let mut record = csv::ByteRecord::new();
    let mut starts = Vec::new();
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        starts.push(record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0)));
        let values = record.iter().map(|value| (!value.is_empty()).then(|| value.to_vec())).collect();
        rows.push(OldRow { text: &[], values });
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    for (row, (start, end)) in rows.iter_mut().zip(starts.iter().zip(ends)) {
        let line = &text[*start..end];
        // What stands before a record (blank lines) belongs to none.
        let line = line.trim_ascii_start();
        let blank = text[*start..end].len() - line.len();
        let lead =
            text[*start..*start + blank].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let whole = &text[*start + lead..end];
        row.text = whole.strip_suffix(b"\n").unwrap_or(whole);
    }
    Ok((header, rows))
}
