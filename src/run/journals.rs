//! Journals met while reading: each spelling is cleaned once, and counted.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::clean::{JournalName, journal_name};

/// The spellings one thread has met.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    places: HashMap<Box<str>, u32, BuildHasherDefault<TextHasher>>,
    pub(super) list: Vec<Spelling>,
}

/// A spelling as it stands in the files.
#[derive(Debug)]
pub(super) struct Spelling {
    /// The journal; none where nothing is left of the name.
    pub(super) name: Option<JournalName>,
    /// Hash of the journal's key, 0 for none.
    pub(super) hash: u32,
    /// Rows that spell it so.
    pub(super) count: u64,
}

impl Spellings {
    /// Counts a spelling and gives its place.
    pub(super) fn count(&mut self, text: &str) -> u32 {
        let place = match self.places.get(text) {
            Some(&place) => place,
            None => {
                let name = journal_name(text);
                let hash = name.as_ref().map_or(0, |name| (xxh3_64(name.key.as_bytes()) >> 32) as u32 | 1);
                let place = self.list.len() as u32;
                self.list.push(Spelling { name, hash, count: 0 });
                self.places.insert(text.into(), place);
                place
            }
        };
        self.list[place as usize].count += 1;
        place
    }
}

/// Journals of all threads put together.
#[derive(Debug, Default)]
pub(super) struct Journals {
    /// For each thread, the journal of each of its spellings.
    pub(super) of_spelling: Vec<Vec<Option<u32>>>,
    /// The shown names.
    pub(super) shown: Vec<String>,
}

impl Journals {
    /// Puts spellings together; `uncounted` are the spellings of rows that turned out to be rejects.
    ///
    /// Of a journal's names the one that stands clean most often is shown, of equals the least; where none
    /// stands clean, the one most often left when the garbage is cut off.
    pub(super) fn new<'a>(threads: Vec<Spellings>, uncounted: impl Iterator<Item = &'a str>) -> Self {
        let mut ids: HashMap<String, u32> = HashMap::new();
        let mut names: Vec<HashMap<String, Votes>> = Vec::new();
        let mut of_spelling = Vec::with_capacity(threads.len());
        for spellings in threads {
            let place = |spelling: Spelling| {
                let name = spelling.name?;
                let votes = Votes::of(&name, spelling.count as i64);
                let id = *ids.entry(name.key).or_insert_with(|| {
                    names.push(HashMap::new());
                    names.len() as u32 - 1
                });
                *names[id as usize].entry(name.shown).or_default() += votes;
                Some(id)
            };
            of_spelling.push(spellings.list.into_iter().map(place).collect());
        }
        for name in uncounted.filter_map(journal_name) {
            if let Some(&id) = ids.get(&name.key) {
                let votes = Votes::of(&name, -1);
                *names[id as usize].entry(name.shown).or_default() += votes;
            }
        }
        let best = |names: HashMap<String, Votes>| {
            let best = names.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
            best.map(|(name, _)| name).unwrap_or_default()
        };
        Self { of_spelling, shown: names.into_iter().map(best).collect() }
    }
}

/// How often a name is spelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Votes {
    clean: i64,
    all: i64,
}

impl Votes {
    fn of(name: &JournalName, count: i64) -> Self {
        Self { clean: if name.repairs.is_empty() { count } else { 0 }, all: count }
    }
}

impl std::ops::AddAssign for Votes {
    fn add_assign(&mut self, other: Self) {
        self.clean += other.clean;
        self.all += other.all;
    }
}

/// XXH3 for short texts in a hash table.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct TextHasher(u64);

impl Hasher for TextHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u8(&mut self, _: u8) {
        // The end mark of a text: one text a key needs none.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
