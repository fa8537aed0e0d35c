//! What reading a source gives.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;

use crate::record::{Ledger, Repair, Warnings};
use crate::source::Encoding;

/// The table of a source, and what became of each of its rows.
#[derive(Debug)]
pub struct SourceTable {
    /// Its columns.
    pub schema: SchemaRef,
    /// The rows that were accepted, in the order of the files.
    pub batches: Vec<RecordBatch>,
    /// One for each file, in the order in which they were named.
    pub files: Vec<ReadFile>,
    /// What should be looked at.
    pub warnings: Warnings,
}

impl SourceTable {
    /// Rows of the table.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }

    /// The ledgers of all files together.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let mut sum = Ledger::default();
        for file in &self.files {
            sum += &file.ledger;
        }
        sum
    }
}

/// One file that was read.
#[derive(Debug)]
pub struct ReadFile {
    /// Its name within the data folder.
    pub name: String,
    /// What became of its rows; it balances.
    pub ledger: Ledger,
    /// Its size, as it lies there.
    pub bytes: u64,
    /// XXH3 of those bytes, hexadecimal.
    pub hash: String,
    /// Its encoding; none where it is no text.
    pub encoding: Option<Encoding>,
    /// The rows that were not used, in the order of the file.
    pub rejects: Vec<RowReject>,
    /// What was mended, in the order of the file. A field is [`crate::record::Field::Column`]: the position among the
    /// columns that the source declares.
    pub repairs: Vec<Repair>,
}

/// A row that was not used: one for each such row, whatever it has against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReject {
    /// Line of its first character, from 1; in a Parquet file its row, from 1.
    pub line: u64,
    /// Every reason: those of the file, then those of its columns in their order, then those of the rules in theirs.
    pub codes: Vec<String>,
    /// The columns at fault, in their order.
    pub fields: Vec<String>,
    /// The row as it stands in the file, at most [`crate::record::RAW_LIMIT`] characters.
    pub raw: String,
    /// A JSON object: column -> text as it was read, null where there was none. Empty where the row could not be taken
    /// apart.
    pub record: String,
}

impl RowReject {
    /// Adds a reason, once.
    pub(super) fn add_code(&mut self, code: &str) {
        if !self.codes.iter().any(|known| known == code) {
            self.codes.push(code.to_owned());
        }
    }
}
