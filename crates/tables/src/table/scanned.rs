//! What is kept of the files of a source once all of their rows were read.

use crate::source::Shape;
use crate::table::rows::BlockRows;

/// What reading a file told, apart from its rows.
#[derive(Debug)]
pub(super) struct Facts {
    /// None where it is no text.
    pub(super) shape: Option<Shape>,
    pub(super) hash: String,
    pub(super) bytes: u64,
}

/// What is kept of all files.
pub(super) struct Scanned {
    /// In the order of files and blocks.
    pub(super) blocks: Vec<BlockRows>,
    /// One for each file.
    pub(super) facts: Vec<Facts>,
}
