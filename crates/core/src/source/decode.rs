//! Bytes -> UTF-8.
//!
//! Files come as UTF-8 with or without a byte order mark, as UTF-16, or as the Windows-1252 of old
//! spreadsheets. What a file is shows in its first 64 KiB, or is declared. Text that is UTF-8 passes
//! through untouched; stray bytes in it are left to the row reader, which can say in which row they stand.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::source::unescape::Unescape;
use crate::store::Input;

/// How much of a file decides what it is.
const HEAD: usize = 64 * 1024;

/// The encodings that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// The Western European code page of Windows.
    Windows1252,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Utf16Le, Self::Utf16Be, Self::Windows1252];

    /// The name in pipeline files and reports, as the WHATWG Encoding Standard spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// Finds out from the head of a file; `whole` tells that the head is all there is.
    fn detect(head: &[u8], whole: bool) -> Self {
        if head.starts_with(&[0xff, 0xfe]) {
            return Self::Utf16Le;
        }
        if head.starts_with(&[0xfe, 0xff]) {
            return Self::Utf16Be;
        }
        // Without a mark: western text in UTF-16 is a zero in every other byte.
        let pairs = head.len() / 2;
        if pairs >= 2 {
            let zeros = |odd: usize| head.chunks_exact(2).filter(|pair| pair[odd] == 0).count();
            let (even, odd) = (zeros(0), zeros(1));
            // It begins with a letter or a bracket, not with what noise would put there.
            if head[1] == 0 && odd * 10 > pairs * 7 && even * 10 < pairs {
                return Self::Utf16Le;
            }
            if head[0] == 0 && even * 10 > pairs * 7 && odd * 10 < pairs {
                return Self::Utf16Be;
            }
        }
        let (mut invalid, mut multibyte, mut rest) = (false, false, head);
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    multibyte |= !text.is_ascii();
                    break;
                }
                Err(error) => {
                    let (valid, behind) = rest.split_at(error.valid_up_to());
                    multibyte |= !valid.is_ascii();
                    match error.error_len() {
                        Some(n) => rest = &behind[n..],
                        None => {
                            invalid |= whole; // a character cut by the end of the head is no fault
                            break;
                        }
                    }
                    invalid = true;
                }
            }
        }
        if invalid && !multibyte { Self::Windows1252 } else { Self::Utf8 }
    }
}

/// The text of a file as UTF-8, byte order mark removed.
pub(super) struct Text {
    input: Input,
    head: Vec<u8>,
    taken: usize,
    decoder: Option<Box<Transcode>>,
    unescape: Option<Unescape>,
    pub(super) encoding: Encoding,
    /// Whether the encoding was guessed from invalid UTF-8, which is worth a warning.
    pub(super) guessed: bool,
}

struct Transcode {
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    text: String,
    given: usize,
    finished: bool,
}

impl Transcode {
    fn new(encoding: &'static encoding_rs::Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { decoder, raw: vec![0; HEAD], text: String::new(), given: 0, finished: false }
    }

    fn read(
        &mut self,
        mut source: impl FnMut(&mut [u8]) -> io::Result<usize>,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        while self.given == self.text.len() && !self.finished {
            let n = source(&mut self.raw)?;
            self.finished = n == 0;
            self.text.clear();
            self.given = 0;
            // With room for the worst case the decoder always takes all of its input.
            let room = self.decoder.max_utf8_buffer_length(n).unwrap_or(n * 4 + 16);
            self.text.reserve(room);
            let _ = self.decoder.decode_to_string(&self.raw[..n], &mut self.text, self.finished);
        }
        let rest = &self.text.as_bytes()[self.given..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        Ok(n)
    }
}

impl Text {
    pub(super) fn new(mut input: Input, declared: Option<Encoding>) -> io::Result<Self> {
        let mut head = Vec::with_capacity(HEAD);
        (&mut input).take(HEAD as u64).read_to_end(&mut head)?;
        let detected = Encoding::detect(&head, head.len() < HEAD);
        let encoding = declared.unwrap_or(detected);
        let guessed = declared.is_none() && encoding == Encoding::Windows1252;
        let decoder = match encoding {
            Encoding::Utf8 => None,
            Encoding::Utf16Le => Some(encoding_rs::UTF_16LE),
            Encoding::Utf16Be => Some(encoding_rs::UTF_16BE),
            Encoding::Windows1252 => Some(encoding_rs::WINDOWS_1252),
        };
        let taken = if decoder.is_none() && head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let decoder = decoder.map(|encoding| Box::new(Transcode::new(encoding)));
        Ok(Self { input, head, taken, decoder, unescape: None, encoding, guessed })
    }

    pub(super) fn input(&self) -> &Input {
        &self.input
    }

    /// From here on, what was read is the inside of one JSON string: its escapes are undone.
    pub(super) fn unescape(&mut self) {
        self.unescape = Some(Unescape::default());
    }

    /// Undoes escapes in bytes that were read before [`Text::unescape`] was called.
    pub(super) fn unescape_in_place(&mut self, bytes: &mut Vec<u8>) {
        if let Some(unescape) = &mut self.unescape {
            let mut out = Vec::with_capacity(bytes.len());
            unescape.push(bytes, &mut out);
            *bytes = out;
        }
    }

    /// Fills `buffer` from `len` on to at most `limit` bytes; tells whether the text ended.
    pub(super) fn fill(&mut self, buffer: &mut Vec<u8>, len: &mut usize, limit: usize) -> io::Result<bool> {
        if buffer.len() < limit {
            buffer.resize(limit, 0);
        }
        while *len < limit {
            let n = match self.read(&mut buffer[*len..limit]) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if n == 0 {
                return Ok(true);
            }
            match &mut self.unescape {
                None => *len += n,
                Some(unescape) => {
                    // Undoing escapes never makes text longer.
                    let mut out = Vec::with_capacity(n);
                    unescape.push(&buffer[*len..*len + n], &mut out);
                    buffer[*len..*len + out.len()].copy_from_slice(&out);
                    *len += out.len();
                }
            }
        }
        Ok(false)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { input, head, taken, decoder, .. } = self;
        let mut raw = |buffer: &mut [u8]| {
            if *taken == head.len() {
                return input.read(buffer);
            }
            let n = (head.len() - *taken).min(buffer.len());
            buffer[..n].copy_from_slice(&head[*taken..*taken + n]);
            *taken += n;
            Ok(n)
        };
        match decoder {
            None => raw(buffer),
            Some(transcode) => transcode.read(raw, buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_file_tells_its_encoding() {
        let check = |head: &[u8], whole: bool, expect: Encoding| {
            assert_eq!(Encoding::detect(head, whole), expect, "{head:?}");
        };
        check(b"", true, Encoding::Utf8);
        check(b"plain", true, Encoding::Utf8);
        check("naïve".as_bytes(), true, Encoding::Utf8);
        check(b"na\xefve", true, Encoding::Windows1252);
        check(b"na\xefve \xc3\xa9", true, Encoding::Utf8); // some of it is UTF-8: stray bytes are replaced
        check(b"cut \xc3", false, Encoding::Utf8);
        check(b"cut \xc3", true, Encoding::Windows1252);
        check(b"\xff\xfea\0", true, Encoding::Utf16Le);
        check(b"a\0b\0c\0", true, Encoding::Utf16Le);
        check(b"\0a\0b\0c", true, Encoding::Utf16Be);
        check(b"id\n\0\n\0\n\0\n\0\n\0\n\0\n\0\n\0\n\0\n\0", true, Encoding::Utf8); // NULs, not UTF-16
    }
}
