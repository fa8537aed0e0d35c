//! The form in which names and titles are compared: NFC, simple case folding.
//!
//! The folded text has as many characters as the text's NFC form, so a place in one is a place in the other.
//! Nearly all text is in NFC already; only the rest pays for a map back to its own characters.

use unicode_normalization::UnicodeNormalization;

use crate::clean::unicode::properties;
use crate::clean::words::WordBits;
use crate::simd::{self, BLOCK, Seen};

/// A folded text, made once and filled again and again.
#[derive(Debug, Default, Clone)]
pub struct Folded {
    /// UTF-8, and a block of zeros behind it, so that eight bytes can be looked at from any place in it; what lies
    /// further back is of no text.
    bytes: Vec<u8>,
    len: usize,
    ascii: bool,
    /// For text that was not in NFC: the original's character index for each of the folded text's, and its
    /// length.
    origin: Vec<u32>,
    words: WordBits,
    /// A one for each byte that is no ASCII.
    beyond: Vec<u64>,
    /// What there is in the text itself; beyond ASCII, too, control characters and all white space are dirt.
    seen: Seen,
}

impl Folded {
    /// The folded text, in UTF-8.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The folded text with at least eight zeros behind it.
    #[must_use]
    pub fn padded(&self) -> &[u8] {
        &self.bytes
    }

    /// Calls `word` with the byte offsets, start and end, of each word of the folded text, in order.
    #[inline(always)]
    pub fn each_word(&self, word: impl FnMut(usize, usize)) {
        self.words.each(self.len, word);
    }

    /// The characters of the original text between two byte offsets of the folded one, as [start, end).
    ///
    /// Complexity: constant for ASCII, else linear in `end`.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> (u32, u32) {
        let chars = |upto: usize| {
            if self.ascii { upto } else { chars_in(&self.bytes[..upto]) }
        };
        let (start, end) = (chars(start), chars(end));
        match (self.origin.get(start), self.origin.get(end)) {
            (Some(&start), Some(&end)) => (start, end),
            _ => (start as u32, end as u32),
        }
    }

    /// Whether the text that was folded had neither escapes nor control characters, and single spaces only.
    pub(super) fn is_of_clean_text(&self) -> bool {
        !self.seen.dirt && !self.seen.backslash
    }

    /// Folds a text into this buffer.
    ///
    /// Complexity: linear; plain ASCII at the speed of a copy.
    pub fn fill(&mut self, text: &str) {
        self.origin.clear();
        self.seen = self.copy(text.as_bytes());
        self.ascii = !self.seen.beyond_ascii;
        if !self.ascii && !self.fold_beyond_ascii(text) {
            self.seen.dirt |= text.chars().map(properties).any(|known| known.space() || known.control());
            self.fill_normalized(text);
        }
    }

    /// Copies UTF-8, folding its ASCII letters.
    fn copy(&mut self, text: &[u8]) -> Seen {
        self.len = text.len();
        if self.bytes.len() < self.len + BLOCK {
            self.bytes.resize(self.len + BLOCK, 0);
        }
        let blocks = self.len.div_ceil(BLOCK);
        self.beyond.resize(blocks, 0);
        simd::fold(text, &mut self.bytes, self.words.room(blocks), &mut self.beyond)
    }

    /// Folds what is no ASCII in a text in NFC that was copied; false where it may not be in NFC, or where what it
    /// folds to is shorter or longer.
    fn fold_beyond_ascii(&mut self, text: &str) -> bool {
        for (i, mut beyond) in self.beyond.iter().copied().enumerate() {
            while beyond != 0 {
                let at = i * BLOCK + beyond.trailing_zeros() as usize;
                beyond &= beyond - 1;
                // Bytes that go on with a character are no borders of one.
                let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { continue };
                let (known, end) = (properties(c), at + c.len_utf8());
                if known.composes() {
                    return false;
                }
                self.seen.dirt |= known.space() || known.control();
                let folded = known.fold();
                if folded != c {
                    if folded.len_utf8() != c.len_utf8() {
                        return false;
                    }
                    folded.encode_utf8(&mut self.bytes[at..end]);
                }
                if known.word() {
                    self.words.mark(at, end);
                }
            }
        }
        true
    }

    fn fill_normalized(&mut self, text: &str) {
        let mut folded = String::with_capacity(text.len());
        let mut words = Vec::new();
        let mut chars = text.char_indices().enumerate().peekable();
        while let Some((index, (from, _))) = chars.next() {
            // A character and those that combine with it normalize by themselves.
            while chars.next_if(|(_, (_, c))| properties(*c).attaches()).is_some() {}
            let to = chars.peek().map_or(text.len(), |(_, (at, _))| *at);
            for c in text[from..to].nfc() {
                let (known, start) = (properties(c), folded.len());
                folded.push(known.fold());
                if known.word() {
                    words.push(start..folded.len());
                }
                self.origin.push(index as u32);
            }
        }
        self.origin.push(text.chars().count() as u32);
        self.ascii = !self.copy(folded.as_bytes()).beyond_ascii;
        words.into_iter().for_each(|word| self.words.mark(word.start, word.end));
    }
}

/// Folds a text: for names and for comparing; loops keep a [`Folded`] instead.
///
/// ```
/// use pipeline_core::clean::fold;
/// assert_eq!(fold("Ménière"), fold("ME\u{301}NIE\u{300}RE"));
/// assert_ne!(fold("Straße"), fold("STRASSE"));
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = Folded::default();
    folded.fill(text);
    String::from_utf8_lossy(folded.bytes()).into_owned()
}

/// The number of characters in UTF-8.
fn chars_in(utf8: &[u8]) -> usize {
    utf8.iter().filter(|&&byte| byte as i8 >= -0x40).count() // all but those that go on with a character
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_characters_of_the_original() {
        let check = |text: &str, folded_word: &str, expect: &str| {
            let mut folded = Folded::default();
            folded.fill(text);
            let start = memchr::memmem::find(folded.bytes(), folded_word.as_bytes()).unwrap();
            let (from, to) = folded.span(start, start + folded_word.len());
            let word: String = text.chars().skip(from as usize).take((to - from) as usize).collect();
            assert_eq!(word, expect, "{text}");
        };
        check("an ABC", "abc", "ABC");
        check("é ABC", "abc", "ABC");
        check("e\u{301} ABC", "abc", "ABC");
        check("x e\u{301}\u{302}t y", &fold("e\u{301}\u{302}t"), "e\u{301}\u{302}t");
        check("\u{212b} ABC", "abc", "ABC"); // the angstrom sign is another letter in NFC
        check("\u{1100}\u{1161} ABC", "abc", "ABC"); // Hangul jamo compose
    }
}
