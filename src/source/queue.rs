//! Many files, handed out block by block to all threads.
//!
//! Each file has one lock and behind it the serial part of reading. A thread stays with a file to its end, then begins
//! the next one, and when none is left to begin it helps with one that others have begun. So several files are unpacked
//! at once, those of one size end at one time, and one large file keeps every thread busy. Who gets which block is
//! chance: what is kept of a block is sorted by file and number afterwards.

use std::sync::{Mutex, PoisonError, TryLockError};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::source::{Block, Feed, Shape};

/// What reading a file told, apart from its rows.
#[derive(Debug, Serialize, Deserialize)]
pub struct Digest {
    /// What the file turned out to be.
    pub shape: Shape,
    /// XXH3 of its bytes, hexadecimal.
    pub hash: String,
    /// Their number, as they lie in the file.
    pub bytes: u64,
}

/// Where a thread is among the files.
#[derive(Debug, Default)]
pub struct Reader {
    /// The file that it took a block from last.
    own: usize,
    /// Files before this one are known to have ended.
    done: usize,
}

enum State {
    Waiting,
    Open(Box<Feed>),
    Done(Box<Digest>),
}

/// The blocks of some files.
pub struct Queue<'a> {
    states: Vec<Mutex<State>>,
    open: &'a (dyn Fn(usize) -> Result<Feed> + Sync),
    progress: &'a (dyn Fn(u64) + Sync),
}

impl<'a> Queue<'a> {
    /// A queue of `files` files, which `open` opens by number; `progress` is told how many bytes were read since it
    /// was called last.
    pub fn new(
        files: usize,
        open: &'a (dyn Fn(usize) -> Result<Feed> + Sync),
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> Self {
        Self { states: (0..files).map(|_| Mutex::new(State::Waiting)).collect(), open, progress }
    }

    /// Fills `block` from the thread's own file, or one that nobody has begun, or one that is free, and tells which;
    /// waits only when there is none of these. None at the end of all. An error comes with the number of its file.
    pub fn take(
        &self,
        reader: &mut Reader,
        block: &mut Block,
    ) -> std::result::Result<Option<(usize, Shape)>, (usize, Error)> {
        if self.states.is_empty() {
            return Ok(None);
        }
        loop {
            let (mut free, mut busy) = (None, None);
            for file in std::iter::once(reader.own).chain(reader.done..self.states.len()) {
                let mut state = match self.states[file].try_lock() {
                    Ok(state) => state,
                    Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                    Err(TryLockError::WouldBlock) => {
                        busy.get_or_insert(file);
                        continue;
                    }
                };
                if file != reader.own && matches!(*state, State::Open(_)) {
                    free.get_or_insert(file);
                    continue;
                }
                if let Some(shape) = self.advance(&mut state, file, block).map_err(|e| (file, e))? {
                    reader.own = file;
                    return Ok(Some((file, shape)));
                }
                if file == reader.done {
                    reader.done += 1;
                }
            }
            match free.or(busy) {
                // If another thread has it by now, this one waits.
                Some(file) if free.is_some() => reader.own = file,
                Some(file) => drop(self.states[file].lock()),
                None => return Ok(None),
            }
        }
    }

    /// What the files turned out to be, of those that were read to their end.
    #[must_use]
    pub fn into_digests(self) -> Vec<Digest> {
        let ended = |state: Mutex<State>| match state.into_inner().unwrap_or_else(PoisonError::into_inner) {
            State::Done(digest) => Some(*digest),
            State::Waiting | State::Open(_) => None,
        };
        self.states.into_iter().filter_map(ended).collect()
    }

    fn advance(&self, state: &mut State, file: usize, block: &mut Block) -> Result<Option<Shape>> {
        if let State::Waiting = state {
            *state = State::Open(Box::new((self.open)(file)?));
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
        *state = State::Done(Box::new(Digest { shape, hash, bytes }));
        Ok(None)
    }
}
