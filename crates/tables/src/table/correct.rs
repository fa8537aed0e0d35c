//! Rejects that somebody has corrected.

use std::collections::{BTreeMap, HashMap};

use crate::record::{RowPlace, WarningCode, Warnings};
use crate::table::found::RowReject;

/// A row as it should have been: it stands in for the one at its place, if that is a reject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// The source.
    pub source: String,
    /// The file, as rejects name it.
    pub file: String,
    /// The line, as rejects name it.
    pub line: u64,
    /// The excerpt of the row, as rejects have it: tells rows of one line apart. Empty: any.
    pub raw: String,
    /// Text by column; a column that is not named stays as it was read.
    pub record: BTreeMap<String, String>,
}

impl Correction {
    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.record).unwrap_or_default()
    }
}

/// Finds the reject that each correction is for; those that are for none are a warning.
///
/// Several rejects may stand on one line: they are told apart by their text, then taken in order.
pub(super) fn assign<'c>(
    source: &str,
    corrections: &'c [Correction],
    files: &[(String, Vec<(RowPlace, RowReject)>)],
    warnings: &mut Warnings,
) -> HashMap<RowPlace, &'c Correction> {
    let mut assigned = HashMap::new();
    for correction in corrections.iter().filter(|correction| correction.source == source) {
        let rejects =
            files.iter().filter(|(file, _)| *file == correction.file).flat_map(|(_, rejects)| rejects);
        let found = rejects.filter(|(_, reject)| reject.line == correction.line).find(|(place, reject)| {
            (correction.raw.is_empty() || correction.raw == reject.raw) && !assigned.contains_key(place)
        });
        match found {
            Some((place, _)) => drop(assigned.insert(*place, correction)),
            None => {
                let message = "corrections of rows that are no rejects (any more): they were passed over";
                warnings.add(WarningCode::UnusedCorrection, message, || {
                    format!("{}:{}", correction.file, correction.line)
                });
            }
        }
    }
    assigned
}
