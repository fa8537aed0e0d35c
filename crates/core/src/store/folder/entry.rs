//! A file of a folder.

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name within the folder, `/` between parts.
    pub name: String,
    /// Bytes.
    pub size: u64,
}
