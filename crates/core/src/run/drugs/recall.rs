//! What was kept of files, from run to run: `--incremental`.
//!
//! Before the graph a run knows of each file what is kept of its blocks, and that depends on nothing but the file's
//! bytes, its source and the vocabulary. So it is put into the cache under a name made of these, and a run that finds it
//! there need not read the file. Nothing can be out of date: what does not fit is not found. What is decided across
//! files (duplicates, revisions, deletions, journals, the graph) is decided anew each time, as in any run.
//!
//! Rows that a report had to fetch again are kept, too, each file's under a name of its own.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use crate::error::Result;
use crate::mention::{Overlap, Vocabulary};
use crate::record::{RowPlace, WarningCode, Warnings};
use crate::run::drugs::fetch::Fetched;
use crate::run::drugs::journals::Spellings;
use crate::run::drugs::publications::Kept;
use crate::run::drugs::scan::{BlockKept, Scanned, Task};
use crate::source::{BLOCKS, Digest};
use crate::store::{Cache, Cached, Site};

/// Raised when what is kept, or how it is worked out, changes within a version of the program.
const FORMAT: u32 = 3;

/// A file as it is kept: written from references, read into values.
#[derive(Serialize, Deserialize)]
struct Entry<D, K> {
    digest: D,
    spelled: Vec<Spelled>,
    blocks: Vec<EntryBlock<K>>,
}

#[derive(Serialize, Deserialize)]
struct EntryBlock<K> {
    /// Its place. All places of an entry have the number that the file had when it was read; a later run changes it.
    at: RowPlace,
    lines: u64,
    thread: u32,
    kept: K,
}

/// A spelling of a journal, under the number that a thread gave it.
#[derive(Serialize, Deserialize)]
struct Spelled {
    thread: u32,
    place: u32,
    text: String,
    /// Rows of the file that spell it so.
    count: u64,
}

/// A row that was fetched again.
#[derive(Serialize, Deserialize)]
struct EntryRow {
    /// Its place, with the number that the file had.
    at: RowPlace,
    line: u64,
    raw: String,
    journal: String,
}

/// The cache, as one run sees it.
pub(super) struct Recall {
    cache: Cache,
    /// For each file, a hash of all but its bytes that has a say in what is kept.
    setups: Vec<u64>,
    /// For each file, the name of its entry without its ending, once its bytes are known.
    names: Vec<String>,
    damaged: Vec<String>,
}

/// What was found in the cache.
pub(super) struct Recalled {
    /// With one fact for each of `found`.
    pub(super) scanned: Scanned,
    /// The files that need not be read, in order.
    pub(super) found: Vec<usize>,
    /// Their rows that a former run fetched again.
    pub(super) rows: HashMap<RowPlace, Fetched>,
}

impl Recall {
    pub(super) fn new(cache: Cache, tasks: &[Task<'_>], vocabulary: &Vocabulary, overlap: Overlap) -> Self {
        let setups = tasks.iter().map(|task| setup(task, vocabulary.hash(), overlap)).collect();
        Self { cache, setups, names: vec![String::new(); tasks.len()], damaged: Vec::new() }
    }

    /// Looks for what is kept of each file; `progress` is told of the bytes that need not be read.
    ///
    /// Complexity: linear in the bytes of the files, which are hashed, and in what is kept.
    pub(super) fn look_up(
        &mut self,
        tasks: &[Task<'_>],
        pool: &rayon::ThreadPool,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Recalled> {
        let next = AtomicUsize::new(0);
        let this = &*self;
        let results = pool.broadcast(|context| -> Result<_> {
            let (mut spellings, mut looked) = (Spellings::default(), Vec::new());
            loop {
                let file = next.fetch_add(1, Ordering::Relaxed);
                let Some(task) = tasks.get(file) else { break };
                let Some((hash, bytes)) = Site::Local(task.file.path.clone()).digest()? else { continue };
                let name = this.name(file, &hash);
                let mut damaged = false;
                let entry: Option<Entry<Digest, Kept>> = this.get(&name, "kept", &mut damaged);
                let kept = entry.map(|entry| {
                    progress(bytes);
                    let rows = this.get(&name, "rows", &mut damaged).unwrap_or_default();
                    (entry.unpack(file, context.index(), &mut spellings), rows)
                });
                looked.push((file, name, damaged, kept));
            }
            Ok((looked, spellings))
        });
        let mut recalled = Recalled {
            scanned: Scanned {
                blocks: Vec::new(),
                facts: Vec::new(),
                spellings: Vec::new(),
                keys: Vec::new(),
            },
            found: Vec::new(),
            rows: HashMap::new(),
        };
        let mut facts = Vec::new();
        for result in results {
            let (looked, spellings) = result?;
            recalled.scanned.spellings.push(spellings);
            for (file, name, damaged, kept) in looked {
                self.names[file] = name;
                if damaged {
                    self.damaged.push(tasks[file].file.name.clone());
                }
                if let Some(((blocks, digest), rows)) = kept {
                    recalled.scanned.blocks.extend(blocks);
                    recalled.rows.extend(fetched(rows, file));
                    facts.push((file, digest));
                }
            }
        }
        facts.sort_unstable_by_key(|(file, _)| *file);
        (recalled.found, recalled.scanned.facts) = facts.into_iter().unzip();
        Ok(recalled)
    }

    /// Keeps what was read of `files`, and forgets what no file stands for any more.
    pub(super) fn keep(
        &mut self,
        scanned: &Scanned,
        files: &[usize],
        pool: &rayon::ThreadPool,
        warnings: &mut Warnings,
    ) {
        let mut entries: Vec<(usize, &Digest)> = files.iter().copied().zip(&scanned.facts).collect();
        for &(file, digest) in &entries {
            self.names[file] = self.name(file, &digest.hash);
        }
        // Of files with the same bytes one is enough, and two threads would write it at once.
        entries.sort_by_key(|(file, _)| &self.names[*file]);
        entries.dedup_by_key(|(file, _)| &self.names[*file]);
        let this = &*self;
        let write = |&(file, digest): &(usize, &Digest)| {
            // Such a page has its header from another file, which may change.
            if digest.shape.header_of.is_some() {
                return Ok(());
            }
            let from = scanned.blocks.partition_point(|block| block.at.file() < file);
            let to = scanned.blocks.partition_point(|block| block.at.file() <= file);
            let entry = Entry::pack(digest, &scanned.blocks[from..to], &scanned.spellings);
            this.cache.put(&format!("{}.kept", this.names[file]), &encode(&entry))
        };
        let failed: Vec<_> = pool.install(|| entries.par_iter().map(write).filter_map(Result::err).collect());
        let used: BTreeSet<String> =
            self.names.iter().flat_map(|name| [format!("{name}.kept"), format!("{name}.rows")]).collect();
        for error in failed.into_iter().chain(self.cache.keep(&used).err()) {
            not_kept(&error, warnings);
        }
        self.damaged.sort_unstable();
        for file in &self.damaged {
            let message = "files whose entry in the cache is damaged: read again";
            warnings.add(WarningCode::DamagedCache, message, || file.clone());
        }
    }

    /// Keeps the rows that this run fetched, of each file for which it fetched one that was not known.
    pub(super) fn keep_rows(
        &self,
        fetched: &HashMap<RowPlace, Fetched>,
        known: &HashMap<RowPlace, Fetched>,
        warnings: &mut Warnings,
    ) {
        let mut rows: Vec<(RowPlace, &Fetched)> = fetched.iter().map(|(&at, row)| (at, row)).collect();
        rows.sort_unstable_by_key(|(at, _)| *at);
        for of_file in rows.chunk_by(|a, b| a.0.file() == b.0.file()) {
            if of_file.iter().all(|(at, _)| known.contains_key(at)) {
                continue;
            }
            let file = of_file[0].0.file();
            let entry = |&(at, row): &(RowPlace, &Fetched)| EntryRow {
                at,
                line: row.line,
                raw: row.raw.clone(),
                journal: row.journal.clone(),
            };
            let entries: Vec<EntryRow> = of_file.iter().map(entry).collect();
            if let Err(error) = self.cache.put(&format!("{}.rows", self.names[file]), &encode(&entries)) {
                not_kept(&error, warnings);
            }
        }
    }

    /// An entry's value, if there is a whole one; tells of one that is damaged.
    fn get<T: for<'de> Deserialize<'de>>(&self, name: &str, ending: &str, damaged: &mut bool) -> Option<T> {
        let value = match self.cache.get(&format!("{name}.{ending}")) {
            Cached::Absent => return None,
            Cached::Damaged => None,
            Cached::Found(bytes) => postcard::from_bytes(&bytes).ok(),
        };
        *damaged |= value.is_none();
        value
    }

    fn name(&self, file: usize, hash: &str) -> String {
        format!("{hash}-{:016x}", self.setups[file])
    }
}

/// A cache that cannot be written costs the next run time, and nothing else.
fn not_kept(error: &crate::error::Error, warnings: &mut Warnings) {
    warnings.add(WarningCode::CacheNotWritten, "what was read could not be kept for the next run", || {
        error.to_string()
    });
}

fn encode(entry: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(entry).expect("what is kept always has a form in bytes")
}

/// A hash of all that has a say in what is kept of a file, but its bytes.
fn setup(task: &Task<'_>, vocabulary: u64, overlap: Overlap) -> u64 {
    let layout = task.layout();
    let mut hash = Xxh3Default::new();
    for part in [
        format!("{} {FORMAT} {BLOCKS:?} {vocabulary}", env!("CARGO_PKG_VERSION")),
        format!("{:?} {overlap:?}", task.kind),
        format!("{:?} {:?}", layout.format_of(&task.file), layout.encoding),
        format!("{:?}", layout.columns),
        format!("{:?} {:?}", task.spec.date_order, task.spec.on_invalid_date),
    ] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hash.digest()
}

fn fetched(rows: Vec<EntryRow>, file: usize) -> impl Iterator<Item = (RowPlace, Fetched)> {
    rows.into_iter().map(move |EntryRow { at, line, raw, journal }| {
        (at.in_file(file), Fetched { file, line, raw, journal })
    })
}

impl<'a> Entry<&'a Digest, &'a Kept> {
    fn pack(digest: &'a Digest, blocks: &'a [BlockKept], spellings: &[Spellings]) -> Self {
        let mut counts: HashMap<(usize, u32), u64> = HashMap::new();
        for block in blocks {
            for &place in block.kept.spelled.iter().flatten() {
                *counts.entry((block.thread, place)).or_default() += 1;
            }
        }
        let mut spelled: Vec<Spelled> = (counts.into_iter())
            .map(|((thread, place), count)| {
                let text = spellings[thread].text(place).into_owned();
                Spelled { thread: thread as u32, place, text, count }
            })
            .collect();
        spelled.sort_unstable_by_key(|spelled| (spelled.thread, spelled.place));
        let block = |block: &'a BlockKept| {
            let thread = block.thread as u32;
            EntryBlock { at: block.at, lines: block.lines, thread, kept: &block.kept }
        };
        Self { digest, spelled, blocks: blocks.iter().map(block).collect() }
    }
}

impl Entry<Digest, Kept> {
    /// What is kept of a file, as if `thread` had read it as the file of this number.
    fn unpack(self, file: usize, thread: usize, spellings: &mut Spellings) -> (Vec<BlockKept>, Digest) {
        let places: HashMap<(u32, u32), u32> = (self.spelled.iter())
            .map(|s| ((s.thread, s.place), spellings.count(&s.text, s.count).place))
            .collect();
        let move_to = |at: &mut RowPlace| *at = at.in_file(file);
        let block = |EntryBlock { mut at, lines, thread: former, mut kept }: EntryBlock<Kept>| {
            move_to(&mut at);
            kept.keys.iter_mut().for_each(|key| move_to(&mut key.at));
            kept.versions.iter_mut().for_each(|(at, _)| move_to(at));
            for found in &mut kept.found {
                move_to(&mut found.at);
                found.journal = found.journal.and_then(|place| places.get(&(former, place)).copied());
            }
            BlockKept { at, lines, thread, kept }
        };
        (self.blocks.into_iter().map(block).collect(), self.digest)
    }
}
