//! Reads all publication files with all threads.
//!
//! The threads take blocks of whole rows from one [`Queue`]. What is kept of each block is put in the order of the
//! files afterwards: nothing depends on who read what.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::mention::Matcher;
use crate::record::{Field, Kind};
use crate::run::journals::Spellings;
use crate::run::publications::{Kept, Publications, Scratch};
use crate::source::{Block, Digest, Feed, Queue, read_block};
use crate::spec::SourceSpec;
use crate::store::InputFile;

/// A file to be read.
pub(super) struct Task<'a> {
    pub(super) kind: Kind,
    pub(super) spec: &'a SourceSpec,
    pub(super) file: InputFile,
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
    /// One for each file.
    pub(super) facts: Vec<Digest>,
    /// One for each thread.
    pub(super) spellings: Vec<Spellings>,
}

/// Place of a row: rises in the order of files, blocks and rows.
pub(super) fn place(file: usize, seq: u32) -> u64 {
    (file as u64) << 48 | u64::from(seq) << 24
}

/// The file and block of a row's place, and its number within the block.
pub(super) fn unplace(at: u64) -> (usize, u32, u32) {
    ((at >> 48) as usize, (at >> 24) as u32 & 0xff_ffff, at as u32 & 0xff_ffff)
}

/// Reads the files; `progress` is told how many bytes were read since it was called last.
pub(super) fn scan(
    tasks: &[Task<'_>],
    matcher: &Matcher,
    pool: &rayon::ThreadPool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Scanned> {
    if tasks.len() > usize::from(u16::MAX) {
        return Err(Error::Input {
            message: format!("{} files are too many for one run: at most {}", tasks.len(), u16::MAX),
            hint: "join them into fewer files: rows, not files, cost time".into(),
        });
    }
    let open = |file: usize| {
        let Task { spec, file, .. } = &tasks[file];
        Feed::open(file, &spec.layout(&Field::PUBLICATION))
    };
    let queue = Queue::new(tasks.len(), &open, progress);
    let failed = AtomicBool::new(false);
    let results = pool.broadcast(|context| {
        let mut worker = Worker {
            tasks,
            queue: &queue,
            matcher,
            failed: &failed,
            thread: context.index(),
            done: 0,
            scratch: Scratch::default(),
            blocks: Vec::new(),
        };
        let result = worker.run();
        if result.is_err() {
            failed.store(true, Ordering::Relaxed);
        }
        (result, worker.blocks, worker.scratch.journals)
    });
    let (mut blocks, mut spellings, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for (result, of_thread, journals) in results {
        errors.extend(result.err());
        blocks.extend(of_thread);
        spellings.push(journals);
    }
    // Of several failures the one in the first file is told, whoever came first.
    if let Some((_, error)) = errors.into_iter().min_by_key(|(file, _)| *file) {
        return Err(error);
    }
    blocks.sort_unstable_by_key(|block: &BlockKept| (block.file, block.seq));
    Ok(Scanned { facts: queue.into_digests(), blocks, spellings })
}

struct Worker<'a> {
    tasks: &'a [Task<'a>],
    queue: &'a Queue<'a>,
    matcher: &'a Matcher,
    failed: &'a AtomicBool,
    thread: usize,
    /// Files before this one are known to be done.
    done: usize,
    scratch: Scratch,
    blocks: Vec<BlockKept>,
}

impl Worker<'_> {
    /// Takes blocks until there are no more; an error comes with the number of its file.
    fn run(&mut self) -> Result<(), (usize, Error)> {
        let mut block = Block::default();
        while let Some((file, shape)) = self.queue.take(&mut self.done, &mut block)? {
            if self.failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let task = &self.tasks[file];
            let mut rows = Publications {
                kind: task.kind,
                spec: task.spec,
                matcher: self.matcher,
                scratch: &mut self.scratch,
                at: place(file, block.seq),
                kept: self.blocks.last().map(|former| Kept::like(&former.kept)).unwrap_or_default(),
            };
            let lines = read_block(&shape, &block, &mut rows);
            let mut kept = rows.kept;
            kept.keys.shrink_to_fit();
            kept.text.shrink_to_fit();
            kept.hits.shrink_to_fit();
            kept.found.shrink_to_fit();
            kept.ledger.accepted = kept.keys.len() as u64;
            self.blocks.push(BlockKept { file, seq: block.seq, lines, thread: self.thread, kept });
        }
        Ok(())
    }
}
