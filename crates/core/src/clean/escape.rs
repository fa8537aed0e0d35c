//! Literal escape text: the four characters `\xc3` where a byte was meant.
//!
//! A run of escapes is a run of bytes. Where the bytes are UTF-8 they become their characters; any other is
//! removed, and with it an ASCII byte that stands where the broken character wanted its next byte (`\xc3\x28`
//! leaves nothing behind, not a stray parenthesis).

use std::borrow::Cow;

use crate::record::RepairCode;

/// Decodes the escapes of a text, telling what was done; text without any comes back as it is.
pub(super) fn decode<'a>(text: &'a str, repairs: &mut Vec<RepairCode>) -> Cow<'a, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut tell = |code| {
        if !repairs.contains(&code) {
            repairs.push(code);
        }
    };
    while let Some(at) = rest.find("\\x") {
        let bytes: Vec<u8> = escapes(&rest[at..]).collect();
        if bytes.is_empty() {
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        rest = &rest[at + 4 * bytes.len()..];
        let mut bytes = &bytes[..];
        while !bytes.is_empty() {
            let valid = match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
            };
            for c in valid.chars() {
                if c.is_control() && !c.is_whitespace() {
                    tell(RepairCode::EscapeRemoved);
                } else {
                    out.push(c);
                    tell(RepairCode::EscapeDecoded);
                }
            }
            bytes = &bytes[valid.len()..];
            if let Some(&lead) = bytes.first() {
                tell(RepairCode::EscapeRemoved);
                let wanted = match lead {
                    0xc0..0xe0 => 2,
                    0xe0..0xf0 => 3,
                    0xf0..=0xff => 4,
                    _ => 1,
                };
                let taken = bytes[1..].iter().take(wanted - 1).take_while(|&&b| b < 0xc0).count();
                bytes = &bytes[1 + taken..];
            }
        }
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The bytes of the escapes that `text` begins with.
fn escapes(text: &str) -> impl Iterator<Item = u8> {
    text.as_bytes().chunks_exact(4).map_while(|chunk| match chunk {
        [b'\\', b'x', high, low] => {
            let (high, low) = ((*high as char).to_digit(16)?, (*low as char).to_digit(16)?);
            Some((high * 16 + low) as u8)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use RepairCode::{EscapeDecoded, EscapeRemoved};

    #[test]
    fn escapes_become_characters_or_go() {
        let check = |text: &str, expect: &str, repairs: &[RepairCode]| {
            let mut told = Vec::new();
            assert_eq!((decode(text, &mut told).as_ref(), &told[..]), (expect, repairs), "{text}");
        };
        check("none", "none", &[]);
        check(r"a\xc3\xb1b", "añb", &[EscapeDecoded]);
        check(r"a\xe2\x82\xac\xC3\xA9", "a€é", &[EscapeDecoded]);
        check(r"nursing\xc3\x28", "nursing", &[EscapeRemoved]);
        check(r"\xc3\xc3\xb1", "ñ", &[EscapeRemoved, EscapeDecoded]);
        check(r"a\xffb\x00c", "abc", &[EscapeRemoved]);
        check(r"\x41\x28", "A(", &[EscapeDecoded]);
        check(r"\xyz \x4", r"\xyz \x4", &[]);
        check(r"C:\temp", r"C:\temp", &[]);
    }
}
