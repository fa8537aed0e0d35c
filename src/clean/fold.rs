//! The form in which names and titles are compared: NFC, simple case folding.
//!
//! The folded text has as many characters as the text's NFC form, so a place in one is a place in the other.
//! Nearly all text is in NFC already; only the rest pays for a map back to its own characters.

use unicode_normalization::UnicodeNormalization;

use crate::clean::unicode::properties;
use crate::clean::words::{BLOCK, WordBits, ascii_prefix};

/// Zeros behind the folded text at least, so that eight bytes can be looked at from any place in it.
const PADDING: usize = 8;

/// A folded text, made once and filled again and again.
#[derive(Debug, Default, Clone)]
pub struct Folded {
    /// UTF-8, and zeros up to a whole block behind it.
    bytes: Vec<u8>,
    len: usize,
    ascii: bool,
    /// For text that was not in NFC: the original's character index for each of the folded text's, and its
    /// length.
    origin: Vec<u32>,
    words: WordBits,
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

    /// Folds a text into this buffer.
    ///
    /// Complexity: linear; plain ASCII at the speed of a copy.
    pub fn fill(&mut self, text: &str) {
        self.bytes.clear();
        self.origin.clear();
        self.words.clear();
        self.ascii = text.is_ascii();
        if self.ascii {
            self.bytes.extend_from_slice(text.as_bytes());
        } else if !self.fill_composed(text) {
            self.bytes.clear();
            self.words.clear();
            self.fill_normalized(text);
        }
        self.len = self.bytes.len();
        self.bytes.resize((self.len + PADDING).next_multiple_of(BLOCK), 0);
        self.words.fold_ascii(&mut self.bytes);
    }

    /// Folds text in NFC beyond its ASCII letters; false where it may not be in NFC.
    fn fill_composed(&mut self, text: &str) -> bool {
        self.bytes.reserve(text.len() + PADDING + BLOCK);
        // Nearly all characters fold to themselves: stretches of them are copied at once.
        let (mut copied, mut at) = (0, 0);
        loop {
            at += ascii_prefix(&text.as_bytes()[at..]);
            let Some(c) = text[at..].chars().next() else { break };
            let known = properties(c);
            if known.composes() {
                return false;
            }
            let behind = at + c.len_utf8();
            let start = self.bytes.len() + at - copied;
            let mut end = self.bytes.len() + behind - copied;
            let folded = known.fold();
            if folded != c {
                self.bytes.extend_from_slice(&text.as_bytes()[copied..at]);
                push(&mut self.bytes, folded);
                (copied, end) = (behind, self.bytes.len());
            }
            if known.word() {
                self.words.mark(start, end);
            }
            at = behind;
        }
        self.bytes.extend_from_slice(&text.as_bytes()[copied..]);
        true
    }

    fn fill_normalized(&mut self, text: &str) {
        let mut chars = text.char_indices().enumerate().peekable();
        while let Some((index, (from, _))) = chars.next() {
            // A character and those that combine with it normalize by themselves.
            while chars.next_if(|(_, (_, c))| properties(*c).attaches()).is_some() {}
            let to = chars.peek().map_or(text.len(), |(_, (at, _))| *at);
            for c in text[from..to].nfc() {
                let (known, start) = (properties(c), self.bytes.len());
                push(&mut self.bytes, known.fold());
                if known.word() {
                    self.words.mark(start, self.bytes.len());
                }
                self.origin.push(index as u32);
            }
        }
        self.origin.push(text.chars().count() as u32);
        self.ascii = self.bytes.is_ascii();
    }
}

/// Folds a text: for names and for comparing; loops keep a [`Folded`] instead.
///
/// ```
/// use pipeline::clean::fold;
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

fn push(utf8: &mut Vec<u8>, c: char) {
    utf8.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
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
