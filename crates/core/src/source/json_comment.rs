//! Comments, which JSON has not and people write all the same.

use memchr::{memchr2, memmem};

/// A comment longer than this is not a comment but a missing end.
const LIMIT: usize = 1 << 20;

/// Finds where the comments of a text end, looking at each byte once however many of them begin.
pub(super) struct Comments<'a> {
    bytes: &'a [u8],
    /// The first `*/` from where it was looked for last.
    close: Close,
}

enum Close {
    Unknown,
    At(usize),
    Nowhere,
}

/// Where a comment ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    At(usize),
    /// It does not: what looks like its start is none.
    Never,
    /// The bytes end first, and more may come.
    Unknown,
}

impl<'a> Comments<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, close: Close::Unknown }
    }

    /// Tells whether a comment begins at an offset.
    pub(super) fn begins(&self, at: usize) -> bool {
        self.bytes[at] == b'/' && matches!(self.bytes.get(at + 1), Some(b'/' | b'*'))
    }

    /// The end of the comment that begins at `at`; offsets must not fall by more than a record.
    pub(super) fn end(&mut self, at: usize, last: bool) -> End {
        let more = if last { End::Never } else { End::Unknown };
        if self.bytes[at + 1] == b'/' {
            let end = memchr2(b'\n', b'\r', &self.bytes[at..]).map(|i| at + i);
            return end.or(last.then_some(self.bytes.len())).map_or(End::Unknown, End::At);
        }
        let from = at + 2;
        if matches!(self.close, Close::Unknown) || matches!(self.close, Close::At(close) if close < from) {
            let close = memmem::find(&self.bytes[from..], b"*/");
            self.close = close.map_or(Close::Nowhere, |i| Close::At(from + i));
        }
        match self.close {
            Close::At(close) if close - from <= LIMIT => End::At(close + 2),
            Close::Nowhere if self.bytes.len() - from <= LIMIT => more,
            _ => End::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_at_their_line_or_at_their_mark() {
        let check = |text: &str, last: bool, expect: End| {
            assert_eq!(Comments::new(text.as_bytes()).end(0, last), expect, "{text}");
        };
        check("// a\nb", false, End::At(4));
        check("// a\rb", false, End::At(4));
        check("// a", false, End::Unknown);
        check("// a", true, End::At(4));
        check("/* a */ */", false, End::At(7));
        check("/*/ a", false, End::Unknown);
        check("/* a", true, End::Never);
        check(&format!("/*{}*/", " ".repeat(LIMIT + 1)), true, End::Never);
        check(&format!("/*{}", " ".repeat(LIMIT + 1)), false, End::Never);
    }
}
