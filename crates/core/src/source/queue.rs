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
pub(super) struct Reader {
    /// The file that it took a block from last.
    own: Option<usize>,
    /// Files before this one are known to have ended.
    done: usize,
}

enum State {
    Waiting,
    Open(Box<Feed>),
    Done(Box<Digest>),
    /// What stands behind a failure tells nothing of its cause: nobody reads on.
    Failed,
}

/// The blocks of some files.
pub(super) struct Queue<'a> {
    states: Vec<Mutex<State>>,
    open: &'a (dyn Fn(usize) -> Result<Feed> + Sync),
    progress: &'a (dyn Fn(u64) + Sync),
}

impl<'a> Queue<'a> {
    /// A queue of `files` files, which `open` opens by number; `progress` is told how many bytes were read since it
    /// was called last.
    pub(super) fn new(
        files: usize,
        open: &'a (dyn Fn(usize) -> Result<Feed> + Sync),
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> Self {
        Self { states: (0..files).map(|_| Mutex::new(State::Waiting)).collect(), open, progress }
    }

    /// Fills `block` from the thread's own file, or one that nobody has begun, or one that is free, and tells which;
    /// waits only when there is none of these. None at the end of all. An error comes with the number of its file.
    pub(super) fn take(
        &self,
        reader: &mut Reader,
        block: &mut Block,
    ) -> std::result::Result<Option<(usize, Shape)>, (usize, Error)> {
        loop {
            let (mut free, mut busy) = (None, None);
            for file in reader.own.into_iter().chain(reader.done..self.states.len()) {
                let mut state = match self.states[file].try_lock() {
                    Ok(state) => state,
                    Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                    Err(TryLockError::WouldBlock) => {
                        busy.get_or_insert(file);
                        continue;
                    }
                };
                if reader.own != Some(file) && matches!(*state, State::Open(_)) {
                    free.get_or_insert(file);
                    continue;
                }
                if let Some(shape) = self.advance(&mut state, file, block).map_err(|e| (file, e))? {
                    reader.own = Some(file);
                    return Ok(Some((file, shape)));
                }
                if file == reader.done {
                    reader.done += 1;
                }
            }
            match free.or(busy) {
                // If another thread has it by now, this one looks for the next.
                Some(file) if free.is_some() => reader.own = Some(file),
                Some(file) => drop(self.states[file].lock()),
                None => return Ok(None),
            }
        }
    }

    /// What the files turned out to be, of those that were read to their end.
    pub(super) fn into_digests(self) -> Vec<Digest> {
        let ended = |state: Mutex<State>| match state.into_inner().unwrap_or_else(PoisonError::into_inner) {
            State::Done(digest) => Some(*digest),
            State::Waiting | State::Open(_) | State::Failed => None,
        };
        self.states.into_iter().filter_map(ended).collect()
    }

    fn advance(&self, state: &mut State, file: usize, block: &mut Block) -> Result<Option<Shape>> {
        let mut feed = match std::mem::replace(state, State::Failed) {
            State::Waiting => Box::new((self.open)(file)?),
            State::Open(feed) => feed,
            ended => {
                *state = ended;
                return Ok(None);
            }
        };
        let before = feed.position();
        let more = feed.next(block)?;
        (self.progress)(feed.position() - before);
        let shape = feed.shape().clone();
        if more {
            *state = State::Open(feed);
            return Ok(Some(shape));
        }
        let (hash, bytes) = feed.digest();
        *state = State::Done(Box::new(Digest { shape, hash, bytes }));
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::record::Field;
    use crate::source::Layout;
    use crate::store::Pattern;

    /// Which files of so many blocks the readers, asked in turn, take their blocks from.
    fn taken(blocks: &[usize], readers: usize) -> Vec<Option<usize>> {
        let folder = tempfile::tempdir().unwrap();
        for (file, blocks) in blocks.iter().enumerate() {
            let text = "id\n".to_owned() + &"123456789012345\n".repeat(blocks << 14);
            std::fs::write(folder.path().join(format!("{file}.csv")), text).unwrap();
        }
        let files = Pattern::new("*.csv").unwrap().list(folder.path()).unwrap();
        let layout = Layout::new(vec![(Field::Id, "id".into())], None, None);
        let open = |file: usize| Feed::open(&files[file], &layout);
        let queue = Queue::new(files.len(), &open, &|_| {});
        let (mut readers, mut block) =
            ((0..readers).map(|_| Reader::default()).collect::<Vec<_>>(), Block::default());
        let mut taken = Vec::new();
        for turn in 0.. {
            let reader = turn % readers.len();
            let file = queue.take(&mut readers[reader], &mut block).unwrap().map(|(file, _)| file);
            taken.push(file);
            if file.is_none() && taken.len() > 2 * readers.len() {
                break;
            }
        }
        assert_eq!(queue.into_digests().len(), files.len());
        taken
    }

    #[test]
    fn a_reader_stays_with_its_file_then_begins_another_then_helps() {
        let files =
            |text: &str| text.bytes().map(|b| (b != b'-').then(|| usize::from(b - b'0'))).collect::<Vec<_>>();
        assert_eq!(taken(&[2, 2], 1), files("0011-"));
        assert_eq!(taken(&[5, 2, 1], 2), files("01010200-"));
        assert_eq!(taken(&[], 1), files("---"));
    }

    #[test]
    fn nobody_reads_on_behind_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&b"id\n123456789012345\n".repeat(1 << 16)).unwrap();
        let mut packed = packed.finish().unwrap();
        *packed.last_mut().unwrap() ^= 1;
        std::fs::write(folder.path().join("a.csv.gz"), packed).unwrap();
        let files = Pattern::new("*.csv").unwrap().list(folder.path()).unwrap();
        let layout = Layout::new(vec![(Field::Id, "id".into())], None, None);
        let open = |file: usize| Feed::open(&files[file], &layout);
        let queue = Queue::new(files.len(), &open, &|_| {});
        let take = || queue.take(&mut Reader::default(), &mut Block::default());
        let failure = std::iter::repeat_with(take).find(|taken| !matches!(taken, Ok(Some(_))));
        assert!(matches!(failure, Some(Err((0, Error::Io { .. })))));
        assert!(matches!(take(), Ok(None)));
    }
}
