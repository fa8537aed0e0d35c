//! Keeps two runs from writing one output.
//!
//! The operating system's file lock ends with the process, so a killed run never leaves a stale one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::store::plain::remove_unless_plain;
use crate::store::stage::sibling;

/// The right to write one output, until dropped.
#[derive(Debug)]
pub struct OutputLock {
    _file: File,
    path: PathBuf,
}

impl OutputLock {
    /// Takes the lock of `output`, or says who is in the way: never waits.
    pub fn take(output: &Path) -> Result<Self> {
        // One for `a.json` and `a.txt`: the files beside them are the same.
        let path = sibling(&output.with_extension("json"), ".", ".lock");
        let file = hold(&path, output, File::try_lock)?;
        Ok(Self { _file: file, path })
    }
}

/// Opens the file `path` and locks it with `lock`; if somebody else has it, `output` is what that one writes.
pub(super) fn hold(
    path: &Path,
    output: &Path,
    lock: impl Fn(&File) -> std::result::Result<(), TryLockError>,
) -> Result<File> {
    loop {
        remove_unless_plain(path)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(Error::io("write", path))?;
        match lock(&file) {
            Ok(()) if still_there(&file, path) => return Ok(file),
            Ok(()) => {} // the former holder removed it between our open and our lock
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { output: output.to_owned(), lock: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
        }
    }
}

#[cfg(unix)]
fn still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn still_there(_: &File, path: &Path) -> bool {
    path.exists()
}

impl Drop for OutputLock {
    fn drop(&mut self) {
        // Removed while held: whoever opened it meanwhile sees that it is gone and starts anew.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_is_told_who_is_in_the_way() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("output.json");
        let first = OutputLock::take(&out).unwrap();
        let second = OutputLock::take(&out).unwrap_err();
        assert!(second.to_string().contains(".output.json.lock"), "{second}");
        drop(first);
        drop(OutputLock::take(&out).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
