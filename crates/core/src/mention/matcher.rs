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
use crate::mention::table::{Filed, Name, Slot, Table, WIDTHS, hash_more, hash_token};

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
/// use pipeline_core::clean::{Folded, fold};
/// use pipeline_core::mention::{Matcher, Overlap};
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
    /// Names without any word character, which no word can lead to, and their numbers.
    wordless: Vec<(u32, String)>,
    overlap: Overlap,
}

/// What a search in several texts finds; kept from search to search for its room.
#[derive(Debug, Default)]
pub struct Search {
    found: Vec<Occurrence>,
    /// Of each text, where what was found in it ends.
    ends: Vec<usize>,
    words: Vec<Word>,
    longer: Vec<Longer>,
}

impl Search {
    /// What was found in the text of this number, by rising place of the name's first word.
    ///
    /// # Panics
    ///
    /// Where there were fewer texts.
    pub fn of(&mut self, text: usize) -> &mut [Occurrence] {
        let start = text.checked_sub(1).map_or(0, |before| self.ends[before]);
        &mut self.found[start..self.ends[text]]
    }
}

/// A word that the table may know.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    hash: u64,
    text: u32,
    start: u32,
    end: u32,
    slot: Slot,
}

/// A word and some bytes behind it that the table may know.
#[derive(Debug, Clone, Copy)]
struct Longer {
    hash: u64,
    /// The number of the word.
    word: usize,
    slot: Slot,
}

impl Matcher {
    /// Files the names, which must be folded; their order gives [`Occurrence::name`].
    ///
    /// Complexity: linear in the names' length, plus a sort of their hashes.
    ///
    /// # Panics
    ///
    /// Where there are more names than it can tell apart: tens of millions.
    pub fn new<'a>(folded: impl IntoIterator<Item = &'a str>, overlap: Overlap) -> Self {
        let (mut wordless, mut filed, mut padded) = (vec![], vec![], vec![]);
        for (number, name) in folded.into_iter().enumerate() {
            let number = number as u32;
            let Some((word, word_end)) = first_word(name) else {
                // An empty name occurs nowhere.
                wordless.extend((!name.is_empty()).then(|| (number, name.to_owned())));
                continue;
            };
            padded.clear();
            padded.extend_from_slice(name.as_bytes());
            padded.extend_from_slice(&[0; 8]);
            let hash = hash_token(&padded, word, word_end);
            let behind = name.len() - word_end;
            let name = Some(Name { number, text: name, word: (word as u32, word_end as u32) });
            match WIDTHS.iter().position(|&width| width <= behind) {
                None => filed.push(Filed { hash, widths: 0, name }),
                Some(w) => {
                    filed.push(Filed { hash, widths: 1 << w, name: None });
                    let hash = hash_more(hash, &padded, word_end, WIDTHS[w]);
                    filed.push(Filed { hash, widths: 0, name });
                }
            }
        }
        Self { table: Table::new(filed), wordless, overlap }
    }

    /// Appends every occurrence, by rising place of the name's first word.
    ///
    /// Complexity: as [`Matcher::find_all`].
    pub fn find(&self, text: &Folded, found: &mut Vec<Occurrence>) {
        let mut search = Search::default();
        self.find_all(std::slice::from_ref(text), &mut search);
        found.append(&mut search.found);
    }

    /// Finds every occurrence in each of some texts.
    ///
    /// What a look touches is seldom in the cache. Here it is known early what will be touched next, of all words of
    /// all texts, so the processor waits for many places at once.
    ///
    /// Complexity: linear in the texts, plus the names that share a word and what follows it with a text, plus a
    /// sort of what is found where only the longest count.
    pub fn find_all(&self, texts: &[Folded], search: &mut Search) {
        let Search { found, ends, words, longer } = search;
        found.clear();
        ends.clear();
        longer.clear();
        let count = self.look_up(texts, words);
        let words = &mut words[..count];
        for word in &mut *words {
            word.slot = self.table.first_slot(word.hash);
        }
        for (number, word) in words.iter_mut().enumerate() {
            word.slot = self.table.get(word.hash, word.slot);
            self.table.expect(word.slot);
            let padded = texts[word.text as usize].padded();
            for width in word.slot.widths() {
                let hash = hash_more(word.hash, padded, word.end as usize, width);
                if self.table.may_hold(hash) {
                    longer.push(Longer { hash, word: number, slot: self.table.first_slot(hash) });
                }
            }
        }
        for longer in &mut *longer {
            longer.slot = self.table.get(longer.hash, longer.slot);
            self.table.expect(longer.slot);
        }
        let (mut words, mut longer) = (words.iter().enumerate().peekable(), longer.iter().peekable());
        for (number, text) in texts.iter().enumerate() {
            let from = found.len();
            while let Some((place, word)) = words.next_if(|(_, word)| word.text as usize == number) {
                let before = found.len();
                self.verify(word.slot, text.bytes(), word, found);
                while let Some(longer) = longer.next_if(|longer| longer.word == place) {
                    self.verify(longer.slot, text.bytes(), word, found);
                }
                if found.len() > before + 1 {
                    // Two hashes may lead to one slot by chance.
                    let mut several = found.split_off(before);
                    several.sort_unstable();
                    several.dedup();
                    found.append(&mut several);
                }
            }
            if !self.wordless.is_empty() {
                self.find_wordless(text.bytes(), found);
            }
            if self.overlap == Overlap::Longest {
                drop_nested(found, from);
            }
            ends.push(found.len());
        }
    }

    /// Puts down the words that the table may know, in order; tells how many they are.
    fn look_up(&self, texts: &[Folded], words: &mut Vec<Word>) -> usize {
        let mut count = 0;
        for (text, number) in texts.iter().zip(0..) {
            let padded = text.padded();
            text.each_word(|start, end| {
                if count == words.len() {
                    words.resize(2 * count + 64, Word::default());
                }
                let hash = hash_token(padded, start, end);
                let (start, end) = (start as u32, end as u32);
                // Each word is put down, and the next one over it if the filter does not let it pass: no other branch.
                words[count] = Word { hash, text: number, start, end, slot: Slot::default() };
                count += usize::from(self.table.may_hold(hash));
            });
        }
        count
    }

    /// Keeps those names of a slot that stand with their first word at `word`.
    ///
    /// Hashes may be equal by chance: that a name is all of a word is seen here, not taken from its hash.
    #[inline]
    fn verify(&self, slot: Slot, text: &[u8], word: &Word, found: &mut Vec<Occurrence>) {
        self.table.each_name(slot, |name, wanted, (before, word_end)| {
            let Some(start) = (word.start as usize).checked_sub(before) else { return };
            let end = start + wanted.len();
            if text.get(start..end) == Some(wanted)
                && start + word_end == word.end as usize
                && (before == 0 || no_word_before(text, start))
                && (word_end == wanted.len() || no_word_behind(text, end))
            {
                found.push(Occurrence { name, start: start as u32, end: end as u32 });
            }
        });
    }

    fn find_wordless(&self, text: &[u8], found: &mut Vec<Occurrence>) {
        for (name, wanted) in &self.wordless {
            let mut at = 0;
            while let Some(start) = memmem::find(&text[at..], wanted.as_bytes()).map(|i| at + i) {
                let end = start + wanted.len();
                if no_word_before(text, start) && no_word_behind(text, end) {
                    found.push(Occurrence { name: *name, start: start as u32, end: end as u32 });
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
        // Words of the same ends, of which one begins the other.
        check(
            &["abcdefghyabcdefgha"],
            "abcdefghyabcdefghabcdefghi abcdefghyabcdefgha",
            all,
            "abcdefghyabcdefgha@27",
        );
        check(&["aaaaaaaaa"], "aaaaaaaaab aaaaaaaaa", all, "aaaaaaaaa@11");
        check(&["abcdefgh1abcdefgh"], "abcdefgh2abcdefgh abcdefgh1abcdefgh", all, "abcdefgh1abcdefgh@18");
    }

    #[test]
    fn nested_names_count_unless_the_longest_is_asked_for() {
        let names = ["sodium", "sodium chloride", "chloride", "chloride 2"];
        let title = "sodium chloride 2 sodium";
        check(&names, title, Overlap::All, "sodium@0 sodium chloride@0 chloride@7 chloride 2@7 sodium@18");
        check(&names, title, Overlap::Longest, "sodium chloride@0 chloride 2@7 sodium@18");
    }
}
