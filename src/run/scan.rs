//! Reads all publication files with all threads.
//!
//! There is one queue: the files in name order, each handing out blocks of whole rows. A thread takes the next
//! block of the first file that nobody else is reading from at that moment, so several files are unpacked at
//! once, and one large file keeps every thread busy. What is kept of each block is put in the order of the
//! files afterwards: nothing depends on who read what.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use crate::error::{Error, Result};
use crate::mention::{Matcher, Vocabulary};
use crate::record::{Field, Kind};
use crate::run::journals::Spellings;
use crate::run::publications::{Kept, Publications, Scratch};
use crate::source::{Block, Feed, Layout, Shape, read_block};
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

/// What reading a file told, apart from its rows.
#[derive(Debug)]
pub(super) struct FileFacts {
    pub(super) shape: Shape,
    pub(super) hash: String,
    pub(super) bytes: u64,
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
    pub(super) facts: Vec<FileFacts>,
    /// One for each thread.
    pub(super) spellings: Vec<Spellings>,
}

enum State {
    Waiting,
    Open(Box<Feed>),
    Done(Box<FileFacts>),
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
    vocabulary: &Vocabulary,
    pool: &rayon::ThreadPool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Scanned> {
    if tasks.len() > usize::from(u16::MAX) {
        return Err(Error::Input {
            message: format!("{} files are too many for one run: at most {}", tasks.len(), u16::MAX),
            hint: "join them into fewer files: rows, not files, cost time".into(),
        });
    }
    let states: Vec<Mutex<State>> = tasks.iter().map(|_| Mutex::new(State::Waiting)).collect();
    let failed = AtomicBool::new(false);
    let results = pool.broadcast(|context| {
        let mut worker = Worker {
            tasks,
            states: &states,
            matcher,
            vocabulary,
            failed: &failed,
            progress,
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
    let facts = states.into_iter().filter_map(|state| {
        match state.into_inner().unwrap_or_else(PoisonError::into_inner) {
            State::Done(facts) => Some(*facts),
            State::Waiting | State::Open(_) => None,
        }
    });
    Ok(Scanned { facts: facts.collect(), blocks, spellings })
}

struct Worker<'a> {
    tasks: &'a [Task<'a>],
    states: &'a [Mutex<State>],
    matcher: &'a Matcher,
    vocabulary: &'a Vocabulary,
    failed: &'a AtomicBool,
    progress: &'a (dyn Fn(u64) + Sync),
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
        while let Some((file, shape)) = self.take(&mut block)? {
            if self.failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let task = &self.tasks[file];
            let mut rows = Publications {
                kind: task.kind,
                spec: task.spec,
                matcher: self.matcher,
                vocabulary: self.vocabulary,
                scratch: &mut self.scratch,
                at: place(file, block.seq),
                journals: shape.has(Field::Journal),
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

    /// Fills the block from the first file that is free; waits only when no file is.
    fn take(&mut self, block: &mut Block) -> Result<Option<(usize, Shape)>, (usize, Error)> {
        loop {
            let mut busy = None;
            for (file, state) in self.states.iter().enumerate().skip(self.done) {
                let mut state = match state.try_lock() {
                    Ok(state) => state,
                    Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                    Err(TryLockError::WouldBlock) => {
                        busy.get_or_insert(file);
                        continue;
                    }
                };
                if let Some(shape) = self.advance(&mut state, file, block).map_err(|e| (file, e))? {
                    return Ok(Some((file, shape)));
                }
                if file == self.done {
                    self.done += 1;
                }
            }
            let Some(file) = busy else { return Ok(None) };
            drop(self.states[file].lock());
        }
    }

    fn advance(&self, state: &mut State, file: usize, block: &mut Block) -> Result<Option<Shape>> {
        if let State::Waiting = state {
            let task = &self.tasks[file];
            let feed = Feed::open(&task.file, &task.layout())?;
            *state = State::Open(Box::new(feed));
        }
        let State::Open(feed) = state else { return Ok(None) };
        let before = feed.position();
        let more = feed.next(block)?;
        (self.progress)(feed.position() - before);
        let shape = feed.shape().clone();
        if more {
            return Ok(Some(shape));
        }
        let (hash, bytes) = feed.digest();
        *state = State::Done(Box::new(FileFacts { shape, hash, bytes }));
        Ok(None)
    }
}
