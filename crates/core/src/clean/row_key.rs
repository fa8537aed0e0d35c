//! What is kept of an accepted row to tell records from each other, and what becomes of the row.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::record::{Field, Kind, RowPlace};

/// One accepted row. Its hashes are those of [`text_hash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowKey {
    /// Hash of the id, 0 for none.
    pub id: u64,
    /// Hash of the folded title.
    pub title: u64,
    /// Hash of the journal's key, 0 for none.
    pub journal: u32,
    /// [`crate::clean::Date::packed`], 0 for none.
    pub date: u32,
    /// Where the row is.
    pub at: RowPlace,
}

/// Hash of a text of a row: never 0, and apart for each kind.
///
/// The kind is mixed into the hash and not used as the algorithm's seed: XXH3 adds a seed to short inputs in a
/// way that makes `10000003` under one seed collide with another number under the next.
#[must_use]
pub fn text_hash(kind: Kind, text: &[u8]) -> u64 {
    let apart = match kind {
        Kind::Pubmed => 0x8ebc_6af0_9c88_c6e3,
        Kind::ClinicalTrial => 0x5899_65cc_7537_4cc3,
    };
    (xxh3_64(text) ^ apart).max(1)
}

/// What becomes of a row that is not a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fate {
    /// The row.
    pub at: RowPlace,
    /// The row that stands for its record.
    pub survivor: RowPlace,
    /// Why.
    pub why: Why,
}

/// Why a row is not a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It tells the same record as the survivor.
    Merged,
    /// It contradicts the survivor in a field.
    Conflict(Field),
    /// The survivor is a later revision of it.
    Superseded,
    /// It was taken back, by this one of the deletions.
    Deleted(u32),
}
