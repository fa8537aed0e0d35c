//! JSON inside one JSON string: the escapes of a string undone as a stream.
//!
//! Some exporters write a list as text: `"[{\"id\": 1}]"`. Reading it as a value would need the whole file in
//! memory twice, so the outer quotes and the escapes are taken away while the bytes pass by. Others write each
//! record of a file of lines that way.

/// The state between two pieces of the string.
#[derive(Debug, Default)]
pub(super) struct Unescape {
    pending: Vec<u8>,
    high: Option<u32>,
    opened: bool,
    closed: bool,
    /// Behind the string stands something that is no string: it is left as it is.
    plain: bool,
}

impl Unescape {
    /// Appends what `bytes` stand for; never more bytes than came in so far.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for &byte in bytes {
            if self.plain {
                out.push(byte);
            } else if self.closed {
                // White space, the next string of a file with one a line, or what should not be there.
                self.closed = byte != b'"';
                self.plain = self.closed && !byte.is_ascii_whitespace();
                if self.closed {
                    out.push(byte);
                }
            } else if !self.opened {
                self.opened = byte == b'"';
                if !self.opened {
                    out.push(byte);
                }
            } else if self.pending.is_empty() {
                match byte {
                    b'"' => self.closed = true,
                    b'\\' => self.pending.push(byte),
                    _ => out.push(byte),
                }
            } else {
                self.pending.push(byte);
                self.escape(out);
            }
        }
    }

    /// Undoes the pending escape if it is complete.
    fn escape(&mut self, out: &mut Vec<u8>) {
        let simple = match self.pending[1] {
            // White space between values, which could as well be this: lines stay those of the file.
            b'n' => b'\r',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 0x08,
            b'f' => 0x0c,
            b'u' => return self.unicode(out),
            other => other,
        };
        out.push(simple);
        self.pending.clear();
    }

    fn unicode(&mut self, out: &mut Vec<u8>) {
        if self.pending.len() < 6 {
            return;
        }
        let unit =
            std::str::from_utf8(&self.pending[2..6]).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok());
        self.pending.clear();
        let code = match (self.high.take(), unit) {
            (None, Some(high @ 0xd800..0xdc00)) => {
                self.high = Some(high);
                return;
            }
            (Some(high), Some(low @ 0xdc00..0xe000)) => 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00),
            (_, Some(code)) => code,
            (_, None) => 0xfffd,
        };
        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_wherever_the_pieces_are_cut() {
        let text = r#""[{\"a\":\"\u20ac\ud83d\ude00\\n\/\"}]" "#;
        for cut in 0..text.len() {
            let (mut unescape, mut out) = (Unescape::default(), Vec::new());
            unescape.push(&text.as_bytes()[..cut], &mut out);
            unescape.push(&text.as_bytes()[cut..], &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), "[{\"a\":\"€😀\\n/\"}] ", "cut at {cut}");
        }
    }

    #[test]
    fn what_follows_the_string_is_not_swallowed() {
        let check = |text: &str, expect: &str| {
            let (mut unescape, mut out) = (Unescape::default(), Vec::new());
            unescape.push(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expect, "{text}");
        };
        check("\"{\\\"a\\\":1}\"\n\"{\\\"a\\\":2}\"\n", "{\"a\":1}\n{\"a\":2}\n");
        check("\"x\"\n{\"a\":\"\\n\"}", "x\n{\"a\":\"\\n\"}");
    }
}
