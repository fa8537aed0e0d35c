//! A private folder of this machine for files that are on their way.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::store::stage::make_folder_for;

/// A private folder, gone when dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// How many folders in it have been named.
    named: AtomicUsize,
}

impl Scratch {
    /// Makes one in `parent`.
    pub fn new(parent: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("pipeline-").tempdir_in(parent);
        let folder = folder.map_err(Error::io("write", parent))?;
        Ok(Self { folder, named: AtomicUsize::new(0) })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a folder below `under` that was not given before.
    #[must_use]
    pub fn fresh(&self, under: &str) -> PathBuf {
        let number = self.named.fetch_add(1, Ordering::Relaxed);
        self.path().join(under).join(number.to_string())
    }

    /// Puts a file into it; gives its path.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.path().join(name);
        make_folder_for(&path)?;
        std::fs::write(&path, bytes).map_err(Error::io("write", &path))?;
        Ok(path)
    }
}
