//! Reads all publication files with all threads.
//!
//! The threads take blocks of whole rows from one [`Queue`]. What is kept of each block is put in the order of the
//! files afterwards: nothing depends on who read what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clean::RowKey;
use crate::error::{Error, Result};
use crate::mention::{Matcher, Vocabulary};
use crate::record::{Field, Kind};
use crate::run::drugs::journals::Spellings;
use crate::run::drugs::publications::{Kept, Publications, Scratch};
use crate::source::{Block, Digest, Feed, Layout, Queue, Reader, read_block};
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
    pub(super) file: usize,
    pub(super) seq: u32,
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

/// Place of a row: rises in the order of files, blocks and rows.
pub(super) fn place(file: usize, seq: u32) -> u64 {
    (file as u64) << 48 | u64::from(seq) << 24
}

/// The file and block of a row's place, and its number within the block.
pub(super) fn unplace(at: u64) -> (usize, u32, u32) {
    ((at >> 48) as usize, (at >> 24) as u32 & 0xff_ffff, at as u32 & 0xff_ffff)
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
    if tasks.len() > usize::from(u16::MAX) {
        return Err(Error::Input {
            message: format!("{} files are too many for one run: at most {}", tasks.len(), u16::MAX),
            hint: "join them into fewer files: rows, not files, cost time".into(),
        });
    }
    let open = |n: usize| {
        let task = &tasks[files[n]];
        Feed::open(&task.file, &task.layout())
    };
    let queue = Queue::new(files.len(), &open, progress);
    let failed = AtomicBool::new(false);
    let results = pool.broadcast(|context| {
        let mut worker = Worker {
            tasks,
            files,
            queue: &queue,
            reading,
            failed: &failed,
            thread: context.index(),
            reader: Reader::default(),
            scratch: Scratch::default(),
            blocks: Vec::new(),
            keys: Vec::new(),
        };
        let result = worker.run();
        if result.is_err() {
            failed.store(true, Ordering::Relaxed);
        }
        (result, worker.blocks, worker.scratch.journals, worker.keys)
    });
    let (mut blocks, mut spellings, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let mut keys = Vec::new();
    for (result, of_thread, journals, keys_of_thread) in results {
        errors.extend(result.err());
        blocks.extend(of_thread);
        spellings.push(journals);
        keys.extend(keys_of_thread);
    }
    // Of several failures the one in the first file is told, whoever came first.
    if let Some((_, error)) = errors.into_iter().min_by_key(|(file, _)| *file) {
        return Err(error);
    }
    blocks.sort_unstable_by_key(|block: &BlockKept| (block.file, block.seq));
    Ok(Scanned { facts: queue.into_digests(), blocks, spellings, keys })
}

impl Scanned {
    /// Puts what `other` has of other files to this; `files` and `others` are the numbers of the files of each.
    pub(super) fn join(self, files: &[usize], other: Self, others: &[usize]) -> Self {
        let threads = self.spellings.len();
        let moved =
            other.blocks.into_iter().map(|block| BlockKept { thread: block.thread + threads, ..block });
        let mut blocks: Vec<BlockKept> = self.blocks.into_iter().chain(moved).collect();
        blocks.sort_unstable_by_key(|block| (block.file, block.seq));
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
    files: &'a [usize],
    queue: &'a Queue<'a>,
    reading: Reading<'a>,
    failed: &'a AtomicBool,
    thread: usize,
    reader: Reader,
    scratch: Scratch,
    blocks: Vec<BlockKept>,
    /// Of all its blocks, unless a cache keeps them block by block.
    keys: Vec<Vec<RowKey>>,
}

impl Worker<'_> {
    /// Takes blocks until there are no more; an error comes with the place of its file in the list.
    fn run(&mut self) -> Result<(), (usize, Error)> {
        let mut block = Block::default();
        // Of many blocks together: a piece a block would leave holes when they are dropped, which nothing that comes
        // later fits, where a large list goes back to the system. One that grew would be copied again and again.
        let piece = if self.reading.spelled { 0 } else { PIECE };
        let (mut keys, mut rows_before) = (Vec::with_capacity(piece), 0);
        while let Some((n, shape)) = self.queue.take(&mut self.reader, &mut block)? {
            if self.failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let file = self.files[n];
            let task = &self.tasks[file];
            let mut kept = self.blocks.last().map(|former| Kept::like(&former.kept)).unwrap_or_default();
            kept.spelled = self.reading.spelled.then(Vec::new);
            // Blocks are alike.
            if !self.reading.spelled && keys.capacity() - keys.len() < 2 * rows_before {
                self.keys.push(std::mem::replace(&mut keys, Vec::with_capacity(PIECE.max(4 * rows_before))));
            }
            let former = keys.len();
            kept.keys = keys;
            let mut rows = Publications {
                kind: task.kind,
                spec: task.spec,
                matcher: self.reading.matcher,
                vocabulary: self.reading.vocabulary,
                scratch: &mut self.scratch,
                at: place(file, block.seq),
                journals: shape.has(Field::Journal),
                kept,
            };
            let lines = read_block(&shape, &block, &mut rows);
            let mut kept = rows.finish();
            kept.text.shrink_to_fit();
            kept.hits.shrink_to_fit();
            kept.found.shrink_to_fit();
            rows_before = kept.keys.len() - former;
            kept.ledger.accepted = rows_before as u64;
            keys = match self.reading.spelled {
                true => Vec::new(), // a cache keeps them block by block
                false => std::mem::take(&mut kept.keys),
            };
            self.blocks.push(BlockKept { file, seq: block.seq, lines, thread: self.thread, kept });
        }
        self.keys.push(keys);
        Ok(())
    }
}
