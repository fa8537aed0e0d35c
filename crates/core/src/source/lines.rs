//! A block of lines -> rows: fields without quotes, in which a `"` is a character as any other.

use std::borrow::Cow;

use crate::record::{Reject, RejectCode, Repair, RepairCode, excerpt};
use crate::source::block::{Block, Row, RowSink};
use crate::source::layout::Shape;

/// Where the last line of `bytes` ends.
pub(super) fn split(bytes: &[u8], last: bool, eol: u8) -> usize {
    if last { bytes.len() } else { memchr::memrchr(eol, bytes).map_or(0, |end| end + 1) }
}

pub(super) fn read(shape: &Shape, block: &Block, sink: &mut impl RowSink) -> u64 {
    let mut line = block.lines_before;
    if let Some((line, head)) = &block.oversized {
        let (line, raw) = (*line, head.clone());
        sink.reject(Reject { code: RejectCode::RowTooLarge, line, field: None, raw });
    }
    for (ordinal, raw) in block.bytes().split_inclusive(|b| *b == block.eol).enumerate() {
        let ended = raw.last() == Some(&block.eol);
        row(shape, raw.strip_suffix(&[block.eol]).unwrap_or(raw), ordinal as u32, line, sink);
        line += u64::from(ended);
    }
    line
}

fn row(shape: &Shape, raw: &[u8], ordinal: u32, line: u64, sink: &mut impl RowSink) {
    let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
    if raw.is_empty() {
        return;
    }
    if raw.iter().all(|b| b.is_ascii_whitespace() || *b == shape.separator) {
        return sink.blank();
    }
    let pieces: Vec<&[u8]> = raw.split(|b| *b == shape.separator).collect();
    if pieces.len() != shape.width {
        return sink.reject(Reject { code: RejectCode::RaggedRow, line, field: None, raw: excerpt(raw) });
    }
    let mut mended = Vec::new();
    let texts: Vec<Cow<'_, str>> = (shape.places.iter())
        .map(|&place| {
            let text = String::from_utf8_lossy(pieces.get(place).copied().unwrap_or_default());
            if let Cow::Owned(text) = &text {
                let before = excerpt(pieces[place].escape_ascii().to_string().as_bytes());
                let (code, after) = (RepairCode::InvalidUtf8, Some(excerpt(text.as_bytes())));
                mended.push(Repair { code, line, field: None, before, after });
            }
            text
        })
        .collect();
    let fields: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    sink.row(&Row { ordinal, line, fields: &fields, absent: &[], raw, mended: &mended });
}
