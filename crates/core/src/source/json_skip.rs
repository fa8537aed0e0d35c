//! The end of a JSON object that is too large to keep.

/// How far the end of an object is, that is read but not kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Skip {
    depth: u32,
    string: bool,
    escaped: bool,
    broken: bool,
}

impl Skip {
    /// Begins before an object or a string; `broken` where it is neither.
    pub(super) fn new(broken: bool) -> Self {
        Self { depth: 0, string: false, escaped: false, broken }
    }

    /// Returns where the object ends, if it ends in `bytes`; where a string is not closed, its line.
    pub(super) fn push(&mut self, bytes: &[u8], eol: u8) -> Option<usize> {
        for (i, &byte) in bytes.iter().enumerate() {
            match byte {
                _ if byte == eol && (self.broken || self.string) => return Some(i + 1),
                _ if self.broken => {}
                _ if self.escaped => self.escaped = false,
                b'\\' if self.string => self.escaped = true,
                b'"' => {
                    self.string = !self.string;
                    if !self.string && self.depth == 0 {
                        return Some(i + 1); // a string that stands alone
                    }
                }
                b'{' if !self.string => self.depth += 1,
                b'}' if !self.string => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(i + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}
