//! What every stage hands to the next: places, rejects, repairs, and the ledger that proves no row was lost.

mod codes;
mod row_place;
mod warning;

pub use codes::{RejectCode, RepairCode};
pub use row_place::RowPlace;
pub use warning::{Warning, WarningCode, Warnings};

use serde::{Deserialize, Serialize};

/// The two kinds of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An article of PubMed.
    Pubmed,
    /// A registered clinical trial.
    ClinicalTrial,
}

impl Kind {
    /// Every kind, in the order of the output.
    pub const ALL: [Self; 2] = [Self::Pubmed, Self::ClinicalTrial];

    /// The name in pipeline files and outputs: `pubmed` or `clinical_trials`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pubmed => "pubmed",
            Self::ClinicalTrial => "clinical_trials",
        }
    }
}

/// A column; its name in a file comes from the pipeline file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Field {
    /// The publication's id.
    Id,
    /// The publication's title.
    Title,
    /// The publication's date.
    Date,
    /// The publication's journal.
    Journal,
    /// The drug's ATC code.
    AtcCode,
    /// The drug's name.
    Drug,
    /// Other names of the drug, `|` between them; a file need not have them.
    Synonyms,
    /// A column of a table: its position among those that its source declares.
    Column(u16),
}

impl Field {
    /// The columns of a publication.
    pub const PUBLICATION: [Self; 4] = [Self::Id, Self::Title, Self::Date, Self::Journal];
    /// The columns of a drug.
    pub const DRUG: [Self; 3] = [Self::AtcCode, Self::Drug, Self::Synonyms];

    /// The name in pipeline files; columns of tables have their own.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Title => "title",
            Self::Date => "date",
            Self::Journal => "journal",
            Self::AtcCode => "atccode",
            Self::Drug => "drug",
            Self::Synonyms => "synonyms",
            Self::Column(_) => "column",
        }
    }

    /// Tells whether a file may lack the column.
    #[must_use]
    pub fn is_optional(self) -> bool {
        self == Self::Synonyms
    }
}

/// A row that was not used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Why.
    pub code: RejectCode,
    /// Line of the row's first character, from 1; inside a stage it may count from its block's first line.
    pub line: u64,
    /// The field at fault, if it was one.
    pub field: Option<Field>,
    /// The text at fault as it stands in the file, at most [`RAW_LIMIT`] characters.
    pub raw: String,
}

/// Something mended in a row that is used all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// What was mended.
    pub code: RepairCode,
    /// Line of the row's first character, from 1.
    pub line: u64,
    /// The field that was mended, if it was one.
    pub field: Option<Field>,
    /// The text before.
    pub before: String,
    /// The text after, null where nothing remains.
    pub after: Option<String>,
}

/// Longest excerpt kept of a row that was rejected or repaired, in characters; `…` behind it tells of more.
pub const RAW_LIMIT: usize = 1_000;

/// Cuts a text to [`RAW_LIMIT`] characters, replacing bytes that are no UTF-8.
#[must_use]
pub fn excerpt(bytes: &[u8]) -> String {
    // A character has at most four bytes: no need to decode megabytes.
    let head = &bytes[..bytes.len().min(RAW_LIMIT * 4)];
    let text = String::from_utf8_lossy(head);
    match text.char_indices().nth(RAW_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if head.len() < bytes.len() => format!("{text}…"),
        None => text.into_owned(),
    }
}

/// What became of the rows of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Rows found in the file, the header not counted.
    pub read: u64,
    /// Rows used.
    pub accepted: u64,
    /// Rows not used: each stands in the rejects.
    pub rejected: u64,
    /// Rows that told the same record as an accepted one.
    pub merged: u64,
    /// Rows with nothing but white space and separators.
    pub blank: u64,
}

impl Ledger {
    /// Tells whether every row read is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.read == self.accounted()
    }

    /// Rows accepted, rejected, merged or blank.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        self.accepted + self.rejected + self.merged + self.blank
    }
}

impl std::ops::AddAssign<&Self> for Ledger {
    fn add_assign(&mut self, other: &Self) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.merged += other.merged;
        self.blank += other.blank;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_cut_at_a_character() {
        let long = "é".repeat(RAW_LIMIT + 1);
        assert_eq!(excerpt(long.as_bytes()).chars().count(), RAW_LIMIT + 1);
        assert_eq!(excerpt(b"a\xffb"), "a\u{fffd}b");
    }
}
