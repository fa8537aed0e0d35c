//! Finds where whole CSV rows end, and quotes that are never closed.
//!
//! The csv crate reads on to the end of the file where a quote is not closed, and every row behind it is
//! gone without an error. So the cut is made here, with the parser's own idea of a quote: one opens a field
//! only at the field's first byte, two in a row stand for one, and the closing one is followed by a separator
//! or a line end. Anything else is an unterminated quote: its line is lost, and reading goes on at the next.

use memchr::{memchr, memrchr};

use crate::record::RejectCode;
use crate::source::block::{Fault, What};

/// A quoted field longer than this is not a field but a missing quote.
const QUOTED_LIMIT: usize = 1 << 20;

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct CsvSplit {
    pub(super) separator: u8,
    pub(super) eol: u8,
}

enum Quoted {
    /// Closed; the field ends before this offset.
    Closed(usize),
    /// Never closed, or closed before something else.
    Unterminated,
    /// The bytes end first.
    Open,
}

impl CsvSplit {
    /// Returns how many of `bytes`, which begin at a row, are whole rows; `last` tells that nothing follows.
    ///
    /// Complexity: linear; bytes outside quotes are passed over at the speed of memchr.
    pub(super) fn split(self, bytes: &[u8], last: bool, faults: &mut Vec<Fault>) -> usize {
        let mut row = 0; // where the current row begins
        let mut from = 0; // everything before has been looked at
        while let Some(quote) = memchr(b'"', &bytes[from..]).map(|i| from + i) {
            if let Some(end) = memrchr(self.eol, &bytes[from..quote]) {
                row = from + end + 1;
            }
            if quote != row && !self.ends_field(bytes[quote - 1]) {
                from = quote + 1; // a quote inside an unquoted field is an ordinary character
                continue;
            }
            match self.quoted(bytes, quote, last) {
                Quoted::Closed(end) => from = end,
                Quoted::Open => return row,
                Quoted::Unterminated => {
                    let end = match memchr(self.eol, &bytes[quote..]) {
                        Some(i) => quote + i + 1,
                        None if last => bytes.len(),
                        None => return row,
                    };
                    faults.push(Fault { what: What::Lost(RejectCode::UnterminatedQuote), at: row..end });
                    (row, from) = (end, end);
                }
            }
        }
        if last {
            return bytes.len();
        }
        memrchr(self.eol, &bytes[from..]).map_or(row, |end| from + end + 1)
    }

    fn ends_field(self, byte: u8) -> bool {
        byte == self.separator || byte == self.eol
    }

    fn quoted(self, bytes: &[u8], quote: usize, last: bool) -> Quoted {
        let limit = bytes.len().min(quote + QUOTED_LIMIT);
        let mut from = quote + 1;
        while let Some(close) = memchr(b'"', &bytes[from.min(limit)..limit]).map(|i| from + i) {
            match bytes.get(close + 1) {
                Some(b'"') => from = close + 2,
                Some(b'\r' | b'\n') => return Quoted::Closed(close + 1),
                Some(&byte) if self.ends_field(byte) => return Quoted::Closed(close + 1),
                None if last => return Quoted::Closed(close + 1),
                None => return Quoted::Open,
                Some(_) => return Quoted::Unterminated,
            }
        }
        if last || limit < bytes.len() { Quoted::Unterminated } else { Quoted::Open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole rows, lost lines in angle brackets.
    fn check(text: &str, last: bool, expect: &str) {
        let mut faults = Vec::new();
        let end = CsvSplit { separator: b',', eol: b'\n' }.split(text.as_bytes(), last, &mut faults);
        let (mut shown, mut from) = (String::new(), 0);
        for fault in faults {
            shown += &format!("{}<{}>", &text[from..fault.at.start], &text[fault.at.clone()]);
            from = fault.at.end;
        }
        shown += &text[from..end];
        assert_eq!(shown, expect, "{text:?}");
    }

    #[test]
    fn whole_rows_end_outside_quotes() {
        check("a,b\nc,d", false, "a,b\n");
        check("a,b\nc,d", true, "a,b\nc,d");
        check("a,\"b\nc\",d\ne", false, "a,\"b\nc\",d\n");
        check("a,\"b\nc", false, "");
        check("a,\"b\"\"\n\"\"c\"\nd", false, "a,\"b\"\"\n\"\"c\"\n");
        check("a,b\n\"", false, "a,b\n");
        check("", true, "");
    }

    #[test]
    fn a_quote_inside_an_unquoted_field_is_a_character() {
        check("a,5\" tube\nb,c\n", false, "a,5\" tube\nb,c\n");
    }

    #[test]
    fn an_unterminated_quote_costs_its_own_line_only() {
        check("a,b\nc,\"d\ne,f\n", true, "a,b\n<c,\"d\n>e,f\n");
        check("a,\"b\nc,\"d\"\ne,f\n", false, "<a,\"b\n>c,\"d\"\ne,f\n");
        check("a,\"b \"best\" c\",d\ne,f\n", false, "<a,\"b \"best\" c\",d\n>e,f\n");
        check("a,\"b", true, "<a,\"b>");
        check("\"\n\"\n\"\n", true, "\"\n\"\n<\"\n>");
    }

    #[test]
    fn a_quote_open_for_more_than_a_mebibyte_is_unterminated() {
        let text = format!("a,\"b\n{}", "c,d\n".repeat(300_000));
        let mut faults = Vec::new();
        let end = CsvSplit { separator: b',', eol: b'\n' }.split(text.as_bytes(), false, &mut faults);
        assert_eq!((end, faults.len(), faults[0].at.clone()), (text.len(), 1, 0..5));
    }
}
