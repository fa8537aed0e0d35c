//! The quick way through a block of CSV: rows as anybody would write them, their fields not copied.
//!
//! The csv crate runs each byte through an automaton and copies it. In a text that is known to be UTF-8, and cut into
//! whole rows, three bytes matter: the quote, the separator and the line's end, whose places are found beforehand. A row
//! is read here only if it has the width of the header and each of its quotes opens a field, stands double, or closes one right before
//! a separator or a line's end; that is all the crate's grammar says of such rows. Any other row is left to
//! the crate, whose word is law. Guard: `the_quick_way_reads_what_the_crate_reads` in `csv.rs`.

use std::ops::Range;

use crate::simd::Marks;

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

/// Where a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Offset behind its end of line.
    pub(super) at: usize,
    /// Line ends in it, its own among them.
    pub(super) lines: u64,
}

/// A text, and the places of its quotes, separators and line ends.
#[derive(Clone, Copy)]
pub(super) struct Marked<'a> {
    pub(super) text: &'a [u8],
    pub(super) marks: &'a Marks,
    pub(super) separator: u8,
    pub(super) eol: u8,
}

impl Marked<'_> {
    /// Reads the row that begins at `start` into one field a column; none where the row is left to the csv crate.
    ///
    /// Complexity: linear in the row's quotes, separators and line ends.
    #[inline]
    pub(super) fn row(self, start: usize, fields: &mut [Plain]) -> Option<End> {
        let Self { text, marks, separator, eol } = self;
        let (mut at, mut lines) = (start, 0);
        let last = fields.len().checked_sub(1)?;
        for (i, field) in fields.iter_mut().enumerate() {
            let end = if text.get(at) == Some(&b'"') {
                self.quoted(at + 1, field, &mut lines)?
            } else {
                let mut end = marks.next(at);
                // A quote inside an unquoted field is an ordinary character.
                while let Some(quote) = end.filter(|&end| text[end] == b'"') {
                    end = marks.next(quote + 1);
                }
                let end = end.unwrap_or(text.len());
                *field = Plain { at: at..end, doubled: false, quoted: false };
                end
            };
            // A row of the header's width ends behind its last field, and nowhere before.
            match text.get(end) {
                Some(&byte) if byte == separator && i < last => at = end + 1,
                Some(&byte) if byte == eol && i == last => {
                    return Some(End { at: end + 1, lines: lines + 1 });
                }
                None if i == last => return Some(End { at: end, lines }),
                Some(b'\r') if i == last && text.get(end + 1) == Some(&eol) => {
                    return Some(End { at: end + 2, lines: lines + 1 });
                }
                _ => return None,
            }
        }
        None
    }

    /// Reads a field from behind its opening quote, and counts its line ends; returns the offset behind its closing one.
    #[inline]
    fn quoted(self, start: usize, field: &mut Plain, lines: &mut u64) -> Option<usize> {
        let Self { text, marks, separator, eol } = self;
        let (mut from, mut doubled) = (start, false);
        loop {
            let mark = marks.next(from)?;
            from = mark + 1;
            if text[mark] != b'"' {
                *lines += u64::from(text[mark] == eol);
                continue;
            }
            match text.get(mark + 1) {
                Some(b'"') => (from, doubled) = (mark + 2, true),
                Some(&byte) if byte != separator && byte != eol && byte != b'\r' => return None,
                _ => {
                    *field = Plain { at: start..mark, doubled, quoted: true };
                    return Some(mark + 1);
                }
            }
        }
    }
}
