//! Records that are told anew or taken back: PubMed's update files.
//!
//! A revision has the id of the record it replaces. The higher version counts, then the later file; a deletion
//! counts for its own file and those before it. Within one file two rows of an id are what they are everywhere:
//! the same, or in conflict.

use std::collections::HashMap;

use crate::clean::row_key::{Fate, RowKey, Why};
use crate::record::RowPlace;

/// An id that is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// Hash of the id, as [`crate::clean::text_hash`] gives it.
    pub id: u64,
    /// The number of its file.
    pub file: usize,
}

/// What is known of revisions; nothing by default.
#[derive(Debug, Default)]
pub struct Revisions {
    /// For each file, whether its rows revise those of former files.
    pub files: Vec<bool>,
    /// The places of rows with another version than 1, with that version; sorted.
    pub versions: Vec<(RowPlace, u32)>,
    /// The ids that are taken back, in the order of files.
    pub deletions: Vec<Deletion>,
}

impl Revisions {
    /// The last deletion of each id, by its place in the list.
    pub(super) fn last_deletions(&self) -> HashMap<u64, u32> {
        // Of one id the later ones replace the former.
        (0..).zip(&self.deletions).map(|(i, deletion)| (deletion.id, i)).collect()
    }

    fn revises(&self, row: &RowKey) -> bool {
        self.files.get(row.at.file()).copied().unwrap_or_default()
    }

    fn version(&self, row: &RowKey) -> u32 {
        self.versions.binary_search_by_key(&row.at, |(at, _)| *at).map_or(1, |i| self.versions[i].1)
    }

    /// Takes the rows of one id that no longer count out of `group`, and says what became of them.
    ///
    /// Complexity: linear in the group.
    pub(super) fn settle(&self, deletion: Option<u32>, group: &mut Vec<RowKey>, fates: &mut Vec<Fate>) {
        if let Some(deletion) = deletion {
            let last = self.deletions[deletion as usize].file;
            group.retain(|row| {
                let gone = self.revises(row) && row.at.file() <= last;
                if gone {
                    fates.push(Fate { at: row.at, survivor: row.at, why: Why::Deleted(deletion) });
                }
                !gone
            });
        }
        let order = |row: &RowKey| (self.version(row), row.at.file());
        let Some(newest) = group.iter().filter(|row| self.revises(row)).map(order).max() else { return };
        let current = |row: &RowKey| !self.revises(row) || order(row) == newest;
        // The group is sorted by content: this is the same row whatever the order of rows.
        let newest_row = group.iter().find(|row| self.revises(row) && order(row) == newest).map(|row| row.at);
        group.retain(|row| {
            let stays = current(row);
            if !stays {
                let survivor = newest_row.unwrap_or(row.at);
                fates.push(Fate { at: row.at, survivor, why: Why::Superseded });
            }
            stays
        });
    }
}
