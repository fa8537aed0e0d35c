//! What comes of the jobs of a run: tables that were made, bad rows that were found.

use crate::export::WrittenTable;

/// What came of a job.
#[derive(Debug)]
pub(super) enum Done {
    /// A table was made.
    Made(Made),
    /// An audit was run.
    Looked(Looked),
    /// An audit could not be run: a table is not there yet, which is why.
    NotRun(String),
}

/// What came of a task.
#[derive(Debug)]
pub(super) struct Made {
    /// Rows of the tables that it reads.
    pub(super) rows_in: u64,
    /// Rows that it made.
    pub(super) rows_out: u64,
    pub(super) table: WrittenTable,
}

/// What an audit found.
#[derive(Debug)]
pub(super) struct Looked {
    /// Bad rows.
    pub(super) rows: u64,
    /// The first of them, as JSON.
    pub(super) examples: Vec<String>,
}
