//! Journals met while reading: each spelling is cleaned once, and counted.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::clean::{JournalName, journal_name};
use crate::packed::Packed;

/// The spellings one thread has met.
///
/// Every row asks for one, so what a question touches is kept small and close together.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    /// An open-addressing table, at most half full.
    slots: Vec<Slot>,
    /// The spellings as they stand in the files: place, hash of the journal's key (0 for none), and whether it
    /// names a journal and nothing in it had to be mended.
    texts: Packed<3>,
    /// Rows that spell it so.
    counts: Vec<u64>,
    spelled: Vec<Spelled>,
}

/// Where a spelling is found.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The upper half of the text's hash; the lower tells the slot.
    tag: u32,
    /// Where the text lies.
    at: u32,
}

const FREE: Slot = Slot { tag: 0, at: u32::MAX };

/// Spellings that are looked up together.
pub(super) const TOGETHER: usize = 64;

/// What is not needed to find it.
#[derive(Debug)]
struct Spelled {
    /// Where the text lies.
    at: u32,
    name: Option<JournalName>,
}

/// A spelling that was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) place: u32,
    /// Hash of the journal's key, 0 where nothing is left of the name.
    pub(super) hash: u32,
    /// Whether it names a journal, and nothing in it had to be mended.
    pub(super) plain: bool,
}

impl Spellings {
    /// Counts a spelling that stands in so many rows.
    pub(super) fn count(&mut self, text: &str, rows: u64) -> Counted {
        self.make_room();
        let hash = xxh3_64(text.as_bytes());
        let mut place = self.place(hash);
        let mut slot = self.slots[place];
        let counted = loop {
            (slot, place) = self.lead(hash, slot, place);
            if slot.at == FREE.at {
                break self.add(text, hash, place);
            }
            if let Some(counted) = self.counted(slot.at, text) {
                break counted;
            }
            place = self.next(place);
            slot = self.slots[place];
        };
        self.counts[counted.place as usize] += rows;
        counted
    }

    /// Counts spellings of a row each, of which there are at most [`TOGETHER`].
    ///
    /// What a question touches is seldom in the cache: so the processor waits for all of it at once.
    pub(super) fn count_together(&mut self, texts: &[&str], told: &mut [Counted; TOGETHER]) {
        self.make_room();
        let (mut hashes, mut slots) = ([0; TOGETHER], [FREE; TOGETHER]);
        for ((hash, slot), text) in hashes.iter_mut().zip(&mut slots).zip(texts) {
            *hash = xxh3_64(text.as_bytes());
            *slot = self.slots[self.place(*hash)];
        }
        for (slot, &hash) in slots.iter_mut().zip(&hashes[..texts.len()]) {
            (*slot, _) = self.lead(hash, *slot, self.place(hash));
            if slot.at != FREE.at {
                self.texts.expect(slot.at);
            }
        }
        for ((&text, slot), told) in texts.iter().zip(slots).zip(told) {
            let known = if slot.at == FREE.at { None } else { self.counted(slot.at, text) };
            *told = match known {
                Some(counted) => {
                    self.counts[counted.place as usize] += 1;
                    counted
                }
                None => self.count(text, 1),
            };
        }
    }

    /// Where the search for a hash begins.
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }

    /// The first slot, and its place, from this one on, that is free or leads to a text of this hash.
    fn lead(&self, hash: u64, mut slot: Slot, mut place: usize) -> (Slot, usize) {
        while slot.at != FREE.at && slot.tag != tag(hash) {
            place = self.next(place);
            slot = self.slots[place];
        }
        (slot, place)
    }

    /// What is known of the text that lies there, if it is this one.
    fn counted(&self, at: u32, text: &str) -> Option<Counted> {
        let ([place, hash, plain], known, _) = self.texts.get(at);
        (known == text.as_bytes()).then_some(Counted { place, hash, plain: plain != 0 })
    }

    /// The journal of a spelling.
    pub(super) fn name(&self, place: u32) -> Option<&JournalName> {
        self.spelled[place as usize].name.as_ref()
    }

    /// A spelling as it stands in the files.
    pub(super) fn text(&self, place: u32) -> Cow<'_, str> {
        String::from_utf8_lossy(self.texts.get(self.spelled[place as usize].at).1)
    }

    /// Adds a text to a free slot.
    fn add(&mut self, text: &str, hash_of_text: u64, slot: usize) -> Counted {
        let place = self.spelled.len() as u32;
        let name = journal_name(text);
        let hash = name.as_ref().map_or(0, |name| (xxh3_64(name.key.as_bytes()) >> 32) as u32 | 1);
        let plain = name.as_ref().is_some_and(|name| name.repairs.is_empty());
        let at = self.texts.push([place, hash, plain.into()], text);
        self.slots[slot] = Slot { tag: tag(hash_of_text), at };
        self.spelled.push(Spelled { at, name });
        self.counts.push(0);
        Counted { place, hash, plain }
    }

    /// Doubles the table where it is half full. Complexity: linear in the spellings and their texts.
    fn make_room(&mut self) {
        if self.slots.len() > 2 * self.spelled.len() {
            return;
        }
        self.slots = vec![FREE; (2 * self.slots.len()).max(1024)];
        for i in 0..self.spelled.len() {
            let at = self.spelled[i].at;
            let hash = xxh3_64(self.texts.get(at).1);
            let mut place = self.place(hash);
            while self.slots[place].at != FREE.at {
                place = self.next(place);
            }
            self.slots[place] = Slot { tag: tag(hash), at };
        }
    }
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Journals of all threads put together, and how often each of their names is spelled.
#[derive(Debug, Default)]
pub(super) struct Tally {
    of_spelling: Vec<Vec<Option<u32>>>,
    /// Journals by the key of their names.
    ids: HashMap<String, u32>,
    /// Votes for each name of a journal.
    votes: HashMap<(u32, String), Votes>,
}

/// The journals of a run.
#[derive(Debug, Default)]
pub(super) struct Journals {
    /// For each thread, the journal of each of its spellings.
    pub(super) of_spelling: Vec<Vec<Option<u32>>>,
    /// The shown names.
    pub(super) shown: Vec<String>,
}

impl Tally {
    /// Puts spellings together.
    pub(super) fn new(threads: Vec<Spellings>) -> Self {
        let mut tally = Self::default();
        for Spellings { spelled, counts, .. } in threads {
            let places = spelled.into_iter().zip(counts);
            let places =
                places.map(|(spelled, count)| Some(tally.count(spelled.name?, count as i64))).collect();
            tally.of_spelling.push(places);
        }
        tally
    }

    fn count(&mut self, JournalName { key, shown, repairs }: JournalName, count: i64) -> u32 {
        let next = self.ids.len() as u32;
        let id = *self.ids.entry(key).or_insert(next);
        let votes = self.votes.entry((id, shown)).or_default();
        votes.clean += if repairs.is_empty() { count } else { 0 };
        votes.all += count;
        id
    }

    /// Chooses the name that is shown of each; `uncounted` are the spellings of rows that turned out to be rejects.
    ///
    /// Of a journal's names the one that stands clean most often is shown, of equals the least; where none
    /// stands clean, the one most often left when the garbage is cut off.
    pub(super) fn settle<'a>(mut self, uncounted: impl Iterator<Item = &'a str>) -> Journals {
        for name in uncounted.filter_map(journal_name) {
            if self.ids.contains_key(&name.key) {
                self.count(name, -1);
            }
        }
        let mut best: Vec<Option<(Votes, Reverse<String>)>> = vec![None; self.ids.len()];
        for ((id, name), votes) in self.votes {
            let best = &mut best[id as usize];
            *best = std::mem::take(best).max(Some((votes, Reverse(name))));
        }
        let shown = best.into_iter().map(|best| best.map(|(_, Reverse(name))| name).unwrap_or_default());
        Journals { of_spelling: self.of_spelling, shown: shown.collect() }
    }
}

/// How often a name is spelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Votes {
    clean: i64,
    all: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_counted_together_as_one_by_one() {
        // More than fit into the first table, some known before, some new and twice among those that are looked up.
        let texts: Vec<String> = (0..3000_usize).map(|i| format!("Journal {}", i * i % 1777)).collect();
        let (mut alone, mut together) = (Spellings::default(), Spellings::default());
        let expect: Vec<_> = texts.iter().map(|text| alone.count(text, 1)).collect();
        let mut found = Vec::new();
        for texts in texts.chunks(TOGETHER) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut counted = [Counted::default(); TOGETHER];
            together.count_together(&texts, &mut counted);
            found.extend_from_slice(&counted[..texts.len()]);
        }
        let shown = |all: &[Counted]| all.iter().map(|c| (c.place, c.hash, c.plain)).collect::<Vec<_>>();
        assert_eq!(shown(&found), shown(&expect));
        assert_eq!(together.counts, alone.counts);
        assert!(together.spelled.len() > 600, "{}", together.spelled.len());
    }

    #[test]
    fn the_name_that_is_shown_stands_clean_most_often() {
        let mut spellings = Spellings::default();
        for (text, rows) in [("Acta Medica", 2), ("ACTA MEDICA", 3), ("Lancet", 1)] {
            spellings.count(text, rows);
        }
        let shown = |gone: &[&str]| {
            let mut again = Spellings::default();
            for (place, &rows) in (0..).zip(&spellings.counts) {
                again.count(&spellings.text(place), rows);
            }
            Tally::new(vec![again, Spellings::default()]).settle(gone.iter().copied()).shown
        };
        assert_eq!(shown(&[]), ["ACTA MEDICA", "Lancet"]);
        assert_eq!(shown(&["ACTA MEDICA"]), ["ACTA MEDICA", "Lancet"]); // of equals the least
        assert_eq!(shown(&["ACTA MEDICA", "ACTA MEDICA", "Unknown"]), ["Acta Medica", "Lancet"]);
    }
}
