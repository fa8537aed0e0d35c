//! Reads all publication files with all threads.
//!
//! What is kept of each block is put in the order of the files afterwards: nothing depends on who read what.

use std::sync::Arc;

use crate::clean::RowKey;
use crate::error::{Error, Result};
use crate::mention::{Matcher, Vocabulary};
use crate::record::{Field, Kind, RowPlace};
use crate::run::drugs::journals::Spellings;
use crate::run::drugs::publications::{Kept, Publications, Scratch};
use crate::source::{Block, BlockSink, Digest, Feed, Layout, ReadAll, Shape, read_all, read_block};
use crate::spec::SourceSpec;
use crate::store::InputFile;

/// A file to be read.
pub(super) struct Task<'a> {
    pub(super) kind: Kind,
    pub(super) spec: &'a SourceSpec,
    pub(super) file: InputFile,
    /// All files of its source.
    pub(super) siblings: Arc<[InputFile]>,
}

impl Task<'_> {
    /// How to read its file.
    pub(super) fn layout(&self) -> Layout {
        Layout { siblings: Arc::clone(&self.siblings), ..self.spec.layout(&Field::PUBLICATION) }
    }
}

/// What is kept of one block.
#[derive(Debug)]
pub(super) struct BlockKept {
    /// Its file, and where in it.
    pub(super) at: RowPlace,
    pub(super) lines: u64,
    pub(super) thread: usize,
    pub(super) kept: Kept,
}

/// What is kept of all files.
pub(super) struct Scanned {
    /// In the order of files and rows.
    pub(super) blocks: Vec<BlockKept>,
    /// One for each file that was read.
    pub(super) facts: Vec<Digest>,
    /// One for each thread.
    pub(super) spellings: Vec<Spellings>,
    /// The keys of all accepted rows that no block holds, in pieces.
    pub(super) keys: Vec<Vec<RowKey>>,
}

/// Keys for which there is room in one piece: eight megabytes, which go back to the system when they are dropped.
const PIECE: usize = 1 << 18;

/// How rows are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) matcher: &'a Matcher,
    pub(super) vocabulary: &'a Vocabulary,
    /// Whether a cache asks for the spelling of each row's journal.
    pub(super) spelled: bool,
}

/// Reads these files of `tasks`, named in order; `progress` is told how many bytes were read since it was called last.
pub(super) fn scan(
    tasks: &[Task<'_>],
    files: &[usize],
    reading: Reading<'_>,
    pool: &rayon::ThreadPool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Scanned> {
    if tasks.len() > RowPlace::FILES {
        return Err(Error::Input {
            message: format!("{} files are too many for one run: at most {}", tasks.len(), RowPlace::FILES),
            hint: "join them into fewer files: rows, not files, cost time".into(),
        });
    }
    let open = |file: usize| Feed::open(&tasks[file].file, &tasks[file].layout());
    let make = |thread| Worker {
        tasks,
        reading,
        thread,
        scratch: Scratch::default(),
        blocks: Vec::new(),
        keys: Vec::new(),
        piece: Vec::new(),
        rows_before: 0,
    };
    let ReadAll { sinks, digests } =
        read_all(files, &open, pool, progress, make).map_err(|(_, error)| error)?;
    let (mut blocks, mut spellings, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for worker in sinks {
        blocks.extend(worker.blocks);
        spellings.push(worker.scratch.journals);
        keys.extend(worker.keys);
        keys.push(worker.piece);
    }
    blocks.sort_unstable_by_key(|block: &BlockKept| block.at);
    Ok(Scanned { facts: digests, blocks, spellings, keys })
}

impl Scanned {
    /// Puts what `other` has of other files to this; `files` and `others` are the numbers of the files of each.
    pub(super) fn join(self, files: &[usize], other: Self, others: &[usize]) -> Self {
        let threads = self.spellings.len();
        let moved =
            other.blocks.into_iter().map(|block| BlockKept { thread: block.thread + threads, ..block });
        let mut blocks: Vec<BlockKept> = self.blocks.into_iter().chain(moved).collect();
        blocks.sort_unstable_by_key(|block| block.at);
        let numbers = files.iter().chain(others);
        let mut facts: Vec<_> = numbers.zip(self.facts.into_iter().chain(other.facts)).collect();
        facts.sort_unstable_by_key(|(file, _)| **file);
        let mut spellings = self.spellings;
        spellings.extend(other.spellings);
        let mut keys = self.keys;
        keys.extend(other.keys);
        Self { blocks, facts: facts.into_iter().map(|(_, digest)| digest).collect(), spellings, keys }
    }
}

struct Worker<'a> {
    tasks: &'a [Task<'a>],
    reading: Reading<'a>,
    thread: usize,
    scratch: Scratch,
    blocks: Vec<BlockKept>,
    /// Of all its blocks, unless a cache keeps them block by block.
    keys: Vec<Vec<RowKey>>,
    /// Of the last blocks: a piece a block would leave holes when they are dropped, which nothing that comes later
    /// fits, where a large list goes back to the system. One that grew would be copied again and again.
    piece: Vec<RowKey>,
    rows_before: usize,
}

impl BlockSink for Worker<'_> {
    fn block(&mut self, at: RowPlace, shape: &Shape, block: &Block) -> Result<()> {
        let task = &self.tasks[at.file()];
        let mut kept = self.blocks.last().map(|former| Kept::like(&former.kept)).unwrap_or_default();
        kept.spelled = self.reading.spelled.then(Vec::new);
        // Blocks are alike.
        if !self.reading.spelled && self.piece.capacity() - self.piece.len() < 2 * self.rows_before.max(1) {
            let room = Vec::with_capacity(PIECE.max(4 * self.rows_before));
            let full = std::mem::replace(&mut self.piece, room);
            self.keys.push(full);
        }
        let former = self.piece.len();
        kept.keys = std::mem::take(&mut self.piece);
        let mut rows = Publications {
            kind: task.kind,
            spec: task.spec,
            matcher: self.reading.matcher,
            vocabulary: self.reading.vocabulary,
            scratch: &mut self.scratch,
            at,
            journals: shape.has(Field::Journal),
            kept,
        };
        let lines = read_block(shape, block, &mut rows);
        let mut kept = rows.finish();
        kept.text.shrink_to_fit();
        kept.hits.shrink_to_fit();
        kept.found.shrink_to_fit();
        self.rows_before = kept.keys.len() - former;
        kept.ledger.accepted = self.rows_before as u64;
        if !self.reading.spelled {
            self.piece = std::mem::take(&mut kept.keys); // a cache keeps them block by block
        }
        self.blocks.push(BlockKept { at, lines, thread: self.thread, kept });
        Ok(())
    }
}
