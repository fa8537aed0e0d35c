//! Finds every name of a vocabulary in a title, as whole words.
//!
//! An Aho-Corasick automaton over 50,000 names misses the cache at every byte. Here each word of the title is
//! hashed and looked up, and the few hits are verified byte by byte. That is exact: nothing but a word may stand
//! around an occurrence, so the first word of a name is always a whole word of the title, and every name is
//! tried at every place its first word stands: nested and overlapping names are all found. (Leftmost-longest
//! search with a check of the borders afterwards is not: it loses a name inside or right behind a longer one.)
//!
//! Hundreds of chemical names begin with `2` or `N`. A name with more behind its first word is therefore filed
//! under the word together with the 8, 4, 2 or 1 bytes that follow it, and the word's own entry tells which
//! of these widths are worth a look.

use std::cmp::Reverse;
use std::ops::Range;

use memchr::memmem;

use crate::clean::{Folded, is_word};
use crate::mention::table::{Table, WIDTHS, hash_more, hash_token};

/// What becomes of a name inside a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// It counts: `sodium` in `sodium chloride` is a mention of both.
    #[default]
    All,
    /// It does not count where the longer one does.
    Longest,
}

impl Overlap {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::All, Self::Longest];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Longest => "longest",
        }
    }
}

/// A name found in a folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// Position of the name in the vocabulary's names.
    pub name: u32,
    /// Byte offset of its first character in the folded text.
    pub start: u32,
    /// Byte offset behind its last character.
    pub end: u32,
}

/// Finds names in folded texts.
///
/// ```
/// use pipeline::clean::{Folded, fold};
/// use pipeline::mention::{Matcher, Overlap};
/// let names = ["sodium", "sodium chloride", "β-carotene"].map(fold);
/// let matcher = Matcher::new(names.iter().map(String::as_str), Overlap::All);
/// let (mut text, mut found) = (Folded::default(), Vec::new());
/// text.fill("Sodium chloride and sodiumlike Β-CAROTENE");
/// matcher.find(&text, &mut found);
/// assert_eq!(found.iter().map(|o| o.name).collect::<Vec<_>>(), [0, 1, 2]);
/// ```
#[derive(Debug)]
pub struct Matcher {
    table: Table,
    names: Vec<Name>,
    text: String,
    /// Names without any word character, which no word can lead to.
    wordless: Vec<u32>,
    overlap: Overlap,
}

#[derive(Debug, Clone, Copy)]
struct Name {
    start: u32,
    len: u32,
    /// The first word within the name.
    word: u32,
    word_end: u32,
}

impl Matcher {
    /// Files the names, which must be folded; their order gives [`Occurrence::name`].
    ///
    /// Complexity: linear in the names' length, plus a sort of their hashes.
    pub fn new<'a>(folded: impl IntoIterator<Item = &'a str>, overlap: Overlap) -> Self {
        let (mut text, mut names, mut wordless, mut entries) = (String::new(), vec![], vec![], vec![]);
        let mut padded = Vec::new();
        for (i, name) in folded.into_iter().enumerate() {
            let i = i as u32;
            let start = text.len() as u32;
            text.push_str(name);
            padded.clear();
            padded.extend_from_slice(name.as_bytes());
            padded.extend_from_slice(&[0; 8]);
            let (word, word_end) = first_word(name).unwrap_or_default();
            names.push(Name { start, len: name.len() as u32, word: word as u32, word_end: word_end as u32 });
            if word_end == 0 {
                // An empty name occurs nowhere.
                wordless.extend((!name.is_empty()).then_some(i));
                continue;
            }
            let hash = hash_token(&padded, word, word_end);
            let behind = name.len() - word_end;
            match WIDTHS.iter().position(|&width| width <= behind) {
                None => entries.push((hash, 0, Some(i))),
                Some(w) => {
                    entries.push((hash, 1 << w, None));
                    entries.push((hash_more(hash, &padded, word_end, WIDTHS[w]), 0, Some(i)));
                }
            }
        }
        Self { table: Table::new(entries), names, text, wordless, overlap }
    }

    /// Appends every occurrence, by rising place of the name's first word.
    ///
    /// Complexity: linear in the text, plus the names that share a word and what follows it with the text, plus a
    /// sort of what is found where only the longest count.
    pub fn find(&self, text: &Folded, found: &mut Vec<Occurrence>) {
        let from = found.len();
        text.each_word(|start, end| self.at_word(text, start, end, found));
        self.find_wordless(text.bytes(), found);
        if self.overlap == Overlap::Longest {
            drop_nested(found, from);
        }
    }

    /// Nearly every word leaves at the filter: only that much is worth inlining.
    #[inline(always)]
    fn at_word(&self, text: &Folded, start: usize, end: usize, found: &mut Vec<Occurrence>) {
        let hash = hash_token(text.padded(), start, end);
        if self.table.may_hold(hash) {
            self.look_up(text, hash, start, end, found);
        }
    }

    #[inline(never)]
    fn look_up(&self, text: &Folded, hash: u64, start: usize, end: usize, found: &mut Vec<Occurrence>) {
        let Some(entry) = self.table.get(hash) else { return };
        self.verify(self.table.names(entry), text.bytes(), start, found);
        for (w, &width) in WIDTHS.iter().enumerate() {
            if entry.has_width(w)
                && let Some(entry) = self.table.get(hash_more(hash, text.padded(), end, width))
            {
                self.verify(self.table.names(entry), text.bytes(), start, found);
            }
        }
    }

    /// Keeps those names that stand with their first word at `word`.
    fn verify(&self, names: &[u32], text: &[u8], word: usize, found: &mut Vec<Occurrence>) {
        for &i in names {
            let name = self.names[i as usize];
            let Some(start) = word.checked_sub(name.word as usize) else { continue };
            let end = start + name.len as usize;
            let wanted = &self.text.as_bytes()[name.start as usize..(name.start + name.len) as usize];
            if text.get(start..end) == Some(wanted)
                && (name.word == 0 || no_word_before(text, start))
                && (name.word_end == name.len || no_word_behind(text, end))
            {
                found.push(Occurrence { name: i, start: start as u32, end: end as u32 });
            }
        }
    }

    fn find_wordless(&self, text: &[u8], found: &mut Vec<Occurrence>) {
        for &i in &self.wordless {
            let name = self.names[i as usize];
            let wanted = &self.text.as_bytes()[name.start as usize..(name.start + name.len) as usize];
            let mut at = 0;
            while let Some(start) = memmem::find(&text[at..], wanted).map(|i| at + i) {
                let end = start + wanted.len();
                if no_word_before(text, start) && no_word_behind(text, end) {
                    found.push(Occurrence { name: i, start: start as u32, end: end as u32 });
                }
                at = start + 1; // the next one may overlap
            }
        }
    }
}

/// Removes, from `from` on, what lies inside something longer. Complexity: a sort.
fn drop_nested(found: &mut Vec<Occurrence>, from: usize) {
    let mut all = found.split_off(from);
    all.sort_unstable_by_key(|o| (o.start, Reverse(o.end)));
    let (mut start, mut covered) = (0, 0);
    for occurrence in all {
        // All before begin earlier, or here and are no shorter; of one place there may be several.
        if occurrence.end > covered || (occurrence.start, occurrence.end) == (start, covered) {
            (start, covered) = (occurrence.start, occurrence.end);
            found.push(occurrence);
        }
    }
}

fn no_word_before(text: &[u8], start: usize) -> bool {
    let goes_on = |byte: &&u8| **byte as i8 <= -0x41; // with a character that began before
    let len = 1 + text[..start].iter().rev().take_while(goes_on).count();
    !char_at(text, start.saturating_sub(len)..start).is_some_and(is_word)
}

fn no_word_behind(text: &[u8], end: usize) -> bool {
    !char_at(text, end..text.len().min(end + 4)).is_some_and(is_word)
}

/// The character that a range of UTF-8 begins with.
fn char_at(text: &[u8], at: Range<usize>) -> Option<char> {
    text.get(at)?.utf8_chunks().next()?.valid().chars().next()
}

/// The first word of a name.
fn first_word(name: &str) -> Option<(usize, usize)> {
    let start = name.find(is_word)?;
    let end = name[start..].find(|c| !is_word(c)).map_or(name.len(), |len| start + len);
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::fold;

    /// The names found, in the order of the text, as `name@start`.
    fn check(names: &[&str], title: &str, overlap: Overlap, expect: &str) {
        let folded: Vec<String> = names.iter().map(|n| fold(n)).collect();
        let matcher = Matcher::new(folded.iter().map(String::as_str), overlap);
        let (mut text, mut found) = (Folded::default(), vec![]);
        text.fill(title);
        matcher.find(&text, &mut found);
        found.sort_by_key(|o| (o.start, o.end));
        let shown = |o: &Occurrence| {
            format!("{}@{}", names[o.name as usize], text.span(o.start as usize, o.end as usize).0)
        };
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>().join(" "), expect, "{title}");
    }

    #[test]
    fn names_are_found_as_whole_words() {
        let all = Overlap::All;
        check(
            &["Ethanol"],
            "ETHANOL, ethanolic (ethanol) _ethanol methanol-ethanol",
            all,
            "Ethanol@0 Ethanol@20 Ethanol@47",
        );
        check(&["a"], "A b c-a", all, "a@0 a@6");
        check(&["β-carotene"], "Β-Carotene γ", all, "β-carotene@0");
        check(&["N,N-dimethyl"], "n,n-dimethyl N,N-dimethyltryptamine", all, "N,N-dimethyl@0");
        check(&["(+)-x", "x"], "(+)-x a(+)-x", all, "(+)-x@0 x@4 x@11");
        check(&["vitamin b(12)"], "vitamin B(12), vitamin b(12)x", all, "vitamin b(12)@0");
        check(&["st john's wort"], "St John's wort", all, "st john's wort@0");
        check(&["™"], "x™ ™ ™y", all, "™@3");
        check(&["é"], "e\u{301} E\u{301}x É", all, "é@0 é@7");
        check(&["2", "2-propanol", "2-p"], "2-propanol 2-p 2", all, "2@0 2-propanol@0 2@11 2-p@11 2@15");
        check(&["ethanol"], "ethanol\u{301} ethanol™", all, "ethanol@9");
        check(&["a b a"], "a b a b a", all, "a b a@0 a b a@4");
    }

    #[test]
    fn nested_names_count_unless_the_longest_is_asked_for() {
        let names = ["sodium", "sodium chloride", "chloride", "chloride 2"];
        let title = "sodium chloride 2 sodium";
        check(&names, title, Overlap::All, "sodium@0 sodium chloride@0 chloride@7 chloride 2@7 sodium@18");
        check(&names, title, Overlap::Longest, "sodium chloride@0 chloride 2@7 sodium@18");
    }
}
