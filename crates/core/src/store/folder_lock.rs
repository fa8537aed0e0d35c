//! Keeps runs apart that write into one folder: one that writes all of it, or several that each write their part.
//!
//! As with [`OutputLock`], the operating system's lock ends with its process, so a killed run leaves no stale one.
//!
//! [`OutputLock`]: crate::store::OutputLock

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::store::lock::hold;
use crate::store::stage::make_folder_for;

/// A right in a folder, until dropped.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    path: PathBuf,
}

/// How a lock is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Nobody else may hold it; fails at once if somebody does.
    Alone,
    /// Others may hold it like this, too; fails at once if somebody holds it alone.
    Shared,
    /// Nobody else may hold it; waits for those who do: for short work only.
    Wait,
}

impl FolderLock {
    /// Takes the lock `name`, a hidden file of `folder`.
    pub fn take(folder: &Path, name: &str, how: Hold) -> Result<Self> {
        let path = folder.join(name);
        make_folder_for(&path)?;
        let file = hold(&path, folder, |file| match how {
            Hold::Alone => file.try_lock(),
            Hold::Shared => file.try_lock_shared(),
            Hold::Wait => file.lock().map_err(TryLockError::Error),
        })?;
        Ok(Self { file, path })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Removed only by who holds it alone: others that share it would be left with a lock on nothing.
        if self.file.try_lock().is_ok() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_run_side_by_side_but_not_beside_the_whole() {
        let dir = tempfile::tempdir().unwrap();
        let take = |hold| FolderLock::take(dir.path(), ".run.lock", hold);
        let (first, second) = (take(Hold::Shared).unwrap(), take(Hold::Shared).unwrap());
        drop(first);
        let error = take(Hold::Alone).unwrap_err();
        assert!(error.to_string().contains(".run.lock"), "{error}");
        drop(second);
        let whole = take(Hold::Alone).unwrap();
        assert!(take(Hold::Shared).is_err());
        drop(whole);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_that_waits_comes_next() {
        let dir = tempfile::tempdir().unwrap();
        let counter = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _lock = FolderLock::take(dir.path(), ".x.lock", Hold::Wait).unwrap();
                    let seen = counter.load(std::sync::atomic::Ordering::SeqCst);
                    std::thread::yield_now();
                    counter.store(seen + 1, std::sync::atomic::Ordering::SeqCst);
                });
            }
        });
        assert_eq!(counter.into_inner(), 8);
    }
}
