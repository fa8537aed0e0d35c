//! Pieces that are made in any order and written in turn.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Bytes that may wait to be written: what threads render while another one writes.
const WAITING: usize = 8 << 20;

/// Buffers above this size are not kept: few drugs need one.
const BUFFER: usize = 1 << 20;

/// Threads render in any order, and the pieces are written in turn by whoever comes while nobody writes: the others
/// go on rendering.
pub(super) struct Turns<W> {
    state: Mutex<Turn<W>>,
    changed: Condvar,
}

struct Turn<W> {
    next: usize,
    /// Pieces that were rendered before their turn.
    ready: BTreeMap<usize, Vec<u8>>,
    /// Their bytes.
    waiting: usize,
    /// Buffers that were written.
    free: Vec<Vec<u8>>,
    /// Who writes has taken it.
    write: Option<W>,
    failure: Option<Error>,
    broken: bool,
}

impl<W: FnMut(&[u8]) -> Result<()>> Turns<W> {
    pub(super) fn new(write: W) -> Self {
        Self {
            state: Mutex::new(Turn {
                next: 0,
                ready: BTreeMap::new(),
                waiting: 0,
                free: Vec::new(),
                write: Some(write),
                failure: None,
                broken: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turn<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty buffer.
    pub(super) fn room(&self) -> Vec<u8> {
        self.lock().free.pop().unwrap_or_default()
    }

    /// Writes the piece and those behind it, if it is its turn; else leaves it for whoever writes the one before it.
    /// After a failure nothing more is written.
    pub(super) fn hand_over(&self, turn: usize, piece: Vec<u8>) {
        // The piece whose turn it is never waits, so the others do not wait for ever.
        let full = |state: &mut Turn<W>| {
            state.waiting + piece.len() > WAITING
                && turn > state.next
                && !state.broken
                && state.failure.is_none()
        };
        let waited = self.changed.wait_while(self.lock(), full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting += piece.len();
        state.ready.insert(turn, piece);
        let Some(mut write) = state.write.take() else { return };
        loop {
            let turn = state.next;
            let Some(mut piece) = state.ready.remove(&turn) else { break };
            state.next += 1;
            state.waiting -= piece.len();
            if state.failure.is_some() || state.broken {
                continue;
            }
            drop(state);
            let written = write(&piece);
            piece.clear();
            state = self.lock();
            state.failure = written.err();
            if piece.capacity() <= BUFFER {
                state.free.push(piece);
            }
            self.changed.notify_all();
        }
        state.write = Some(write);
    }

    /// Lets nobody wait for a thread that panicked.
    pub(super) fn leave_on_panic(&self) -> impl Drop + use<'_, W> {
        struct Leave<'t, W: FnMut(&[u8]) -> Result<()>>(&'t Turns<W>);
        impl<W: FnMut(&[u8]) -> Result<()>> Drop for Leave<'_, W> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.lock().broken = true;
                    self.0.changed.notify_all();
                }
            }
        }
        Leave(self)
    }

    pub(super) fn finish(self) -> Result<()> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.failure.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Hands over 300 pieces from four threads, one in fifty larger than what may wait; gives what was written, and
    /// how it ended. The piece `fails` cannot be written.
    fn written(fails: Option<usize>) -> (Vec<usize>, Result<()>) {
        let mut written = Vec::new();
        let turns = Turns::new(|piece: &[u8]| {
            let turn = usize::from(piece[0]) << 8 | usize::from(piece[1]);
            if fails == Some(turn) {
                return Err(Error::Input { message: "full".into(), hint: String::new() });
            }
            written.push(turn);
            Ok(())
        });
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let turn = next.fetch_add(1, Ordering::Relaxed);
                        if turn >= 300 {
                            break;
                        }
                        let mut piece = turns.room();
                        assert!(piece.is_empty());
                        piece.extend([(turn >> 8) as u8, turn as u8]);
                        piece.resize(if turn.is_multiple_of(50) { WAITING + 2 } else { 2 + turn * 97 }, 0);
                        turns.hand_over(turn, piece);
                    }
                });
            }
        });
        let end = turns.finish();
        (written, end)
    }

    #[test]
    fn pieces_are_written_in_turn_whoever_made_them() {
        let (order, end) = written(None);
        end.unwrap();
        assert_eq!(order, (0..300).collect::<Vec<_>>());
    }

    #[test]
    fn after_a_failure_nothing_more_is_written() {
        let (order, end) = written(Some(120));
        assert_eq!(order, (0..120).collect::<Vec<_>>());
        assert!(end.is_err());
    }
}
