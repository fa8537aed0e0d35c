//! One line of text: escapes undone, control characters removed, white space collapsed.

use std::borrow::Cow;

use crate::clean::escape;
use crate::clean::unicode::properties;
use crate::clean::words::ascii_prefix;
use crate::record::RepairCode;

/// A clean text, and what had to be mended in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned<'a> {
    /// The text: no control characters, no white space but single spaces, none at the ends.
    pub text: Cow<'a, str>,
    /// What was mended; collapsing white space is no repair.
    pub repairs: Vec<RepairCode>,
}

/// Cleans a text that belongs on one line.
///
/// ```
/// use pipeline::clean::clean_line;
/// assert_eq!(clean_line("  two\n words ").text, "two words");
/// assert_eq!(clean_line(r"ca\xc3\xb1on").text, "cañon");
/// ```
///
/// Complexity: linear; text that is clean already is neither copied nor decoded.
#[must_use]
pub fn clean_line(text: &str) -> Cleaned<'_> {
    let seen = Seen::of(text.as_bytes());
    if seen.is_clean(text) && !seen.has(BACKSLASH) {
        return Cleaned { text: Cow::Borrowed(text), repairs: Vec::new() };
    }
    let mut repairs = Vec::new();
    let decoded = escape::decode(text, &mut repairs);
    if Seen::of(decoded.as_bytes()).is_clean(&decoded) {
        return Cleaned { text: decoded, repairs };
    }
    let mut out = String::with_capacity(decoded.len());
    let mut pending = false;
    for c in decoded.chars() {
        let known = properties(c);
        if known.space() {
            pending = !out.is_empty();
        } else if known.control() {
            if !repairs.contains(&RepairCode::ControlCharacter) {
                repairs.push(RepairCode::ControlCharacter);
            }
        } else {
            if std::mem::take(&mut pending) {
                out.push(' ');
            }
            out.push(c);
        }
    }
    Cleaned { text: Cow::Owned(out), repairs }
}

/// What there is among the bytes of a text.
#[derive(Debug, Clone, Copy)]
struct Seen(u8);

/// Control characters, or two spaces in a row.
const DIRT: u8 = 1;
const BACKSLASH: u8 = 2;
const BEYOND_ASCII: u8 = 4;

impl Seen {
    /// Looks at thirty-two bytes together, without a branch, so that the compiler can use the wide registers.
    fn of(bytes: &[u8]) -> Self {
        const STEP: usize = 32;
        let mut seen = [0_u8; STEP];
        let mut look = |now: &[u8; STEP], next: &[u8; STEP]| {
            for ((seen, &now), &next) in seen.iter_mut().zip(now).zip(next) {
                let doubled = (now == b' ') & (next == b' ');
                *seen |= (u8::from((now < b' ') | (now == 0x7f) | doubled) * DIRT)
                    | (u8::from(now == b'\\') * BACKSLASH)
                    | ((now >> 7) * BEYOND_ASCII);
            }
        };
        let mut at = 0;
        while let Some((now, next)) = bytes.get(at..at + STEP).zip(bytes.get(at + 1..=at + STEP))
            && let (Ok(now), Ok(next)) = (now.try_into(), next.try_into())
        {
            look(now, next);
            at += STEP;
        }
        // The rest, with letters behind it.
        let mut rest = [b'a'; STEP + 1];
        rest[..bytes.len() - at].copy_from_slice(&bytes[at..]);
        if let (Some(now), Some(next)) = (rest.first_chunk(), rest.last_chunk()) {
            look(now, next);
        }
        Self(seen.iter().fold(0, |all, seen| all | seen))
    }

    fn has(self, what: u8) -> bool {
        self.0 & what != 0
    }

    /// Whether the text has no control characters and no white space but single spaces between other characters.
    fn is_clean(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let edges = bytes.first() != Some(&b' ') && bytes.last() != Some(&b' ');
        edges && !self.has(DIRT) && (!self.has(BEYOND_ASCII) || is_clean_beyond_ascii(text))
    }
}

fn is_clean_beyond_ascii(text: &str) -> bool {
    let mut at = 0;
    loop {
        at += ascii_prefix(&text.as_bytes()[at..]);
        let Some(c) = text[at..].chars().next() else { return true };
        let known = properties(c);
        if known.space() || known.control() {
            return false;
        }
        at += c.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_collapses_and_control_characters_go() {
        let check = |text: &str, expect: &str, repairs: &[RepairCode]| {
            let cleaned = clean_line(text);
            assert_eq!((cleaned.text.as_ref(), &cleaned.repairs[..]), (expect, repairs), "{text:?}");
        };
        check("", "", &[]);
        check("plain text", "plain text", &[]);
        check(" a  b\t\r\nc ", "a b c", &[]);
        check("a\u{a0}\u{2003}b", "a b", &[]);
        check("naïve é", "naïve é", &[]);
        check("a\0b\u{7}", "ab", &[RepairCode::ControlCharacter]);
        check("\u{feff}a", "a", &[RepairCode::ControlCharacter]);
        check("a \0 b", "a b", &[RepairCode::ControlCharacter]);
        check(r"\xc3\xb1", "ñ", &[RepairCode::EscapeDecoded]);
    }
}
