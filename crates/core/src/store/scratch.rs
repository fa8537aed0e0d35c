//! A private folder of this machine for files that are on their way.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::store::stage::make_folder_for;

/// A private folder, gone when dropped.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes one in `parent`.
    pub fn new(parent: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("pipeline-").tempdir_in(parent);
        folder.map(Self).map_err(Error::io("write", parent))
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts a file into it; gives its path.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.path().join(name);
        make_folder_for(&path)?;
        std::fs::write(&path, bytes).map_err(Error::io("write", &path))?;
        Ok(path)
    }
}
