//! What is known of a character: whether it belongs to a word, and what it folds to.
//!
//! The tables are those of the regex crate (UTS #18 `\w`, simple case folding), so that "a whole word" means
//! here what it means there. They are made page by page, when the first character of a page is met: plain
//! ASCII text never pays for them.

use std::sync::OnceLock;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use unicode_normalization::{IsNormalized, char::canonical_combining_class, is_nfc_quick};

/// One character's properties.
#[derive(Debug, Clone, Copy)]
pub(super) struct Properties {
    packed: u32,
}

const FOLD: u32 = 0x1f_ffff;
const WORD: u32 = 1 << 21;
const SPACE: u32 = 1 << 22;
const COMPOSES: u32 = 1 << 23;
const CONTROL: u32 = 1 << 24;
const ATTACHES: u32 = 1 << 25;

impl Properties {
    fn make(c: char) -> Self {
        let mut packed = folded(c) as u32;
        if regex_syntax::try_is_word_character(c).unwrap_or(false) {
            packed |= WORD;
        }
        if c.is_whitespace() {
            packed |= SPACE;
        }
        let (quick, combining) = (is_nfc_quick(std::iter::once(c)), canonical_combining_class(c) != 0);
        if quick != IsNormalized::Yes || combining {
            packed |= COMPOSES;
        }
        if quick == IsNormalized::Maybe || combining {
            packed |= ATTACHES;
        }
        if c.is_control() && !c.is_whitespace() || c == '\u{feff}' {
            packed |= CONTROL;
        }
        Self { packed }
    }

    /// The representative of the characters that differ in case only.
    pub(super) fn fold(self) -> char {
        char::from_u32(self.packed & FOLD).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// Whether it is one of `\w`.
    pub(super) fn word(self) -> bool {
        self.packed & WORD != 0
    }

    /// Whether it is white space.
    pub(super) fn space(self) -> bool {
        self.packed & SPACE != 0
    }

    /// Whether text with it may not be in NFC: it combines with what stands before, or is replaced.
    pub(super) fn composes(self) -> bool {
        self.packed & COMPOSES != 0
    }

    /// Whether it may combine with the character before it.
    pub(super) fn attaches(self) -> bool {
        self.packed & ATTACHES != 0
    }

    /// Whether it is a control character other than white space (or a stray byte order mark).
    pub(super) fn control(self) -> bool {
        self.packed & CONTROL != 0
    }
}

/// Looks a character up. Complexity: constant; the first of its page costs 256 look-ups.
pub(super) fn properties(c: char) -> Properties {
    static PAGES: [OnceLock<Box<[Properties; 256]>>; 0x1100] = [const { OnceLock::new() }; 0x1100];
    let code = c as u32;
    let page = PAGES[(code >> 8) as usize].get_or_init(|| {
        Box::new(std::array::from_fn(|low| {
            char::from_u32((code & !0xff) | low as u32)
                .map_or(Properties { packed: char::REPLACEMENT_CHARACTER as u32 }, Properties::make)
        }))
    });
    page[(code & 0xff) as usize]
}

/// Tells whether a character is one of UTS #18 `\w`.
///
/// ```
/// use pipeline_core::clean::is_word;
/// assert!(is_word('β') && is_word('_') && is_word('\u{301}'));
/// assert!(!is_word('-') && !is_word('™') && !is_word('’'));
/// ```
#[must_use]
pub fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '_' } else { properties(c).word() }
}

/// Simple case folding: the least small letter of those that differ in case only, or else the least of them.
fn folded(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    if class.try_case_fold_simple().is_err() {
        return c;
    }
    let all = || class.iter().flat_map(|range| range.start()..=range.end());
    let small = |c: &char| c.is_lowercase();
    all().find(char::is_ascii_lowercase).or_else(|| all().find(small)).or_else(|| all().next()).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_case_are_those_of_the_regex_crate() {
        let word = regex::Regex::new(r"^\w$").unwrap();
        for c in (0..0x3_0000).filter_map(char::from_u32) {
            assert_eq!(is_word(c), word.is_match(c.encode_utf8(&mut [0; 4])), "{c:?}");
        }
        for (a, b) in
            [('A', 'a'), ('K', 'k'), ('ſ', 's'), ('µ', 'Μ'), ('ς', 'Σ'), ('ẞ', 'ß'), ('É', 'é'), ('Ω', 'ω')]
        {
            assert_eq!(properties(a).fold(), properties(b).fold(), "{a} {b}");
        }
        assert_ne!(properties('ß').fold(), 's');
        assert_ne!(properties('é').fold(), 'e');
    }
}
