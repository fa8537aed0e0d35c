//! Rows told twice: found with two hashes a row, decided by content.
//!
//! Rows of one key and equal values are one. Of rows of one key that differ, one is used and the others are in
//! conflict with it: the one with the fewest nulls wins, then the one with the least hash, so that neither the order of
//! rows nor of files decides. Rows that do not pass by themselves merge, but neither win nor lose.

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::record::RowPlace;

/// A row that has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Hash of its key.
    pub(super) key: u64,
    /// Number of its nulls in the highest byte, and a hash of its values.
    pub(super) content: u64,
    pub(super) place: RowPlace,
    /// Hash of its text.
    pub(super) text: u64,
}

impl Entry {
    /// Key and content of a row, from the hashes of its cells, eight bytes each; 0 for no key.
    pub(super) fn hashes(cells: &[u8], key: &[usize], nulls: u64) -> (u64, u64) {
        let mut of_key = Vec::with_capacity(key.len() * 8);
        for &i in key {
            of_key.extend_from_slice(&cells[i * 8..i * 8 + 8]);
        }
        let key = if of_key.iter().all(|&byte| byte == 0) { 0 } else { xxh3_64(&of_key).max(1) };
        (key, nulls.min(255) << 56 | xxh3_64(cells) >> 8)
    }
}

/// What becomes of a row that is not a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fate {
    pub(super) place: RowPlace,
    /// The row that stands for its record.
    pub(super) survivor: RowPlace,
    /// Whether it contradicts the survivor; else the two are one.
    pub(super) conflict: bool,
}

/// Decides about the rows that pass by themselves, and about those that do not. Returns the fates in order of place.
///
/// Complexity: that of sorting the rows.
pub(super) fn decide(mut passing: Vec<Entry>, mut failing: Vec<Entry>) -> Vec<Fate> {
    let mut fates = Vec::new();
    for (entries, contest) in [(&mut passing, true), (&mut failing, false)] {
        entries.par_sort_unstable();
        for of_key in entries.chunk_by(|a, b| a.key == b.key).filter(|rows| rows.len() > 1) {
            for equal in of_key.chunk_by(|a, b| a.content == b.content) {
                // Sorted by content: the first of all is the winner.
                let winner = of_key[0].place;
                // Equal values may be typed in several ways: which of them a reject shows is no matter of their order.
                let shown = || equal.iter().min_by_key(|row| (row.text, row.place));
                let first = if contest && equal[0].place == winner { equal.first() } else { shown() };
                let first = first.map_or(winner, |row| row.place);
                let merged = equal.iter().filter(|row| row.place != first);
                fates.extend(merged.map(|row| Fate { place: row.place, survivor: first, conflict: false }));
                if contest && first != winner {
                    fates.push(Fate { place: first, survivor: winner, conflict: true });
                }
            }
        }
    }
    fates.par_sort_unstable();
    fates
}
