//! One line of text: escapes undone, control characters removed, white space collapsed.

use std::borrow::Cow;

use crate::clean::escape;
use crate::clean::fold::Folded;
use crate::clean::unicode::properties;
use crate::record::RepairCode;
use crate::simd::{Seen, seen};

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
/// use pipeline_core::clean::clean_line;
/// assert_eq!(clean_line("  two\n words ").text, "two words");
/// assert_eq!(clean_line(r"ca\xc3\xb1on").text, "cañon");
/// ```
///
/// Complexity: linear; text that is clean already is neither copied nor decoded.
#[must_use]
pub fn clean_line(text: &str) -> Cleaned<'_> {
    let seen = seen(text.as_bytes());
    match is_one_line(seen, text) && !seen.backslash {
        true => Cleaned { text: Cow::Borrowed(text), repairs: Vec::new() },
        false => mend(text),
    }
}

/// Cleans a text that belongs on one line, and folds what is left of it.
pub(crate) fn clean_and_fold<'a>(text: &'a str, folded: &mut Folded) -> Cleaned<'a> {
    folded.fill(text);
    if folded.is_of_clean_text() && has_clean_ends(text) {
        return Cleaned { text: Cow::Borrowed(text), repairs: Vec::new() };
    }
    let cleaned = mend(text);
    folded.fill(&cleaned.text);
    cleaned
}

fn mend(text: &str) -> Cleaned<'_> {
    let mut repairs = Vec::new();
    let decoded = escape::decode(text, &mut repairs);
    if is_one_line(seen(decoded.as_bytes()), &decoded) {
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

/// Whether the text has no control characters and no white space but single spaces between other characters.
fn is_one_line(seen: Seen, text: &str) -> bool {
    let odd = |c: char| !c.is_ascii() && (properties(c).space() || properties(c).control());
    has_clean_ends(text) && !seen.dirt && (!seen.beyond_ascii || !text.chars().any(odd))
}

fn has_clean_ends(text: &str) -> bool {
    !text.starts_with(' ') && !text.ends_with(' ')
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
