//! What was worked out before, kept from run to run: a folder of entries, each with its checksum.
//!
//! Nothing in it is needed: an entry that is not there, or is damaged, is worked out again. The folder belongs to one
//! output and is guarded by that output's lock.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::store::plain::read_plain;
use crate::store::stage::{Staged, make_folder_for, sibling};

/// The bytes of the checksum before an entry's own.
const CHECKSUM: usize = size_of::<u64>();

/// A folder of entries.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// What an entry's name leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Cached {
    /// Nothing.
    Absent,
    /// Bytes that are not those that were put there, or that cannot be read.
    Damaged,
    /// The bytes that were put there.
    Found(Vec<u8>),
}

impl Cache {
    /// The cache of an output: the folder `.NAME.cache` beside it, which need not be there.
    #[must_use]
    pub fn beside(output: &Path) -> Self {
        Self { folder: sibling(output, ".", ".cache") }
    }

    /// Reads an entry.
    #[must_use]
    pub fn get(&self, name: &str) -> Cached {
        let mut bytes = match read_plain(&self.folder.join(name)) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Cached::Absent,
            Err(_) => return Cached::Damaged,
        };
        let whole = bytes
            .split_first_chunk::<CHECKSUM>()
            .is_some_and(|(sum, rest)| u64::from_le_bytes(*sum) == xxh3_64(rest));
        if !whole {
            return Cached::Damaged;
        }
        bytes.drain(..CHECKSUM);
        Cached::Found(bytes)
    }

    /// Writes an entry, whole or not at all.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        make_folder_for(&path)?;
        let mut staged = Staged::create(&path)?;
        staged.write(&xxh3_64(bytes).to_le_bytes())?;
        staged.write(bytes)?;
        staged.publish()
    }

    /// Removes all files of the folder but these entries: old ones, and what a killed run left.
    pub fn keep(&self, names: &BTreeSet<String>) -> Result<()> {
        let entries = match fs::read_dir(&self.folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(Error::io("list", &self.folder))?,
        };
        for entry in entries {
            let path = entry.map_err(Error::io("list", &self.folder))?.path();
            let kept = path.file_name().is_some_and(|name| names.contains(&*name.to_string_lossy()));
            if !kept && path.is_file() {
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_was_put_there_or_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::beside(&dir.path().join("a.json"));
        assert_eq!(cache.get("x"), Cached::Absent);
        cache.keep(&BTreeSet::new()).unwrap();
        cache.put("x", b"abc").unwrap();
        cache.put("y", b"").unwrap();
        assert_eq!(cache.get("x"), Cached::Found(b"abc".to_vec()));
        assert_eq!(cache.get("y"), Cached::Found(Vec::new()));
        let path = dir.path().join(".a.json.cache/x");
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            fs::write(&path, other).unwrap();
            assert_eq!(cache.get("x"), Cached::Damaged, "byte {at}");
            fs::write(&path, &bytes[..at]).unwrap();
            assert_eq!(cache.get("x"), Cached::Damaged, "cut at {at}");
        }
        cache.keep(&BTreeSet::from(["y".to_owned()])).unwrap();
        assert_eq!((cache.get("x"), cache.get("y")), (Cached::Absent, Cached::Found(Vec::new())));
    }
}
