//! The quick way through a block of CSV: rows as anybody would write them, their fields not copied.
//!
//! The csv crate runs each byte through an automaton and copies it. In a text that is known to be UTF-8, and cut into
//! whole rows, three bytes matter: the quote, the separator and the line's end. A row is read here only if it has
//! the width of the header and each of its quotes opens a field, stands double, or closes one right before
//! a separator or a line's end; that is all the crate's grammar says of such rows. Any other row is left to
//! the crate, whose word is law. Guard: `the_quick_way_reads_what_the_crate_reads` in `csv.rs`.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// A field as it stands in the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plain {
    /// What stands between the quotes, or between the separators.
    pub(super) at: Range<usize>,
    /// Whether it holds quotes that stand double.
    pub(super) doubled: bool,
    /// Whether it was quoted: it may hold line ends.
    pub(super) quoted: bool,
}

/// Reads the row that begins at `start` into one field a column.
///
/// Returns the offset behind the row's end of line; none where the row is left to the csv crate.
///
/// Complexity: linear in the row; three bytes are looked for at the speed of memchr.
#[inline]
pub(super) fn row(text: &[u8], start: usize, separator: u8, eol: u8, fields: &mut [Plain]) -> Option<usize> {
    let mut at = start;
    let last = fields.len().checked_sub(1)?;
    for (i, field) in fields.iter_mut().enumerate() {
        let end = if text.get(at) == Some(&b'"') {
            quoted(text, at + 1, separator, eol, field)?
        } else {
            let end = memchr2(separator, eol, &text[at..]).map_or(text.len(), |len| at + len);
            *field = Plain { at: at..end, doubled: false, quoted: false };
            end
        };
        // A row of the header's width ends behind its last field, and nowhere before.
        match text.get(end) {
            Some(&byte) if byte == separator && i < last => at = end + 1,
            Some(&byte) if byte == eol && i == last => return Some(end + 1),
            None if i == last => return Some(end),
            Some(b'\r') if i == last && text.get(end + 1) == Some(&eol) => return Some(end + 2),
            _ => return None,
        }
    }
    None
}

/// Reads a field from behind its opening quote; returns the offset behind its closing one.
fn quoted(text: &[u8], start: usize, separator: u8, eol: u8, field: &mut Plain) -> Option<usize> {
    let (mut from, mut doubled) = (start, false);
    loop {
        let close = from + memchr(b'"', text.get(from..)?)?;
        match text.get(close + 1) {
            Some(b'"') => (from, doubled) = (close + 2, true),
            Some(&byte) if byte != separator && byte != eol && byte != b'\r' => return None,
            _ => {
                *field = Plain { at: start..close, doubled, quoted: true };
                return Some(close + 1);
            }
        }
    }
}
