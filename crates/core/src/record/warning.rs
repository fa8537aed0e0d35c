//! What is worth a look and changes nothing by itself: each kind has a code, and is counted with a few examples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a warning is about. The code is stable: scripts may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WarningCode {
    /// Dates in which day and month could be exchanged.
    AmbiguousDate,
    /// A term that belongs to drugs of several names.
    AmbiguousTerm,
    /// An audit found bad rows.
    Audit,
    /// The query of an audit could not be run.
    AuditFailed,
    /// A table that an audit reads was not there yet.
    AuditNotRun,
    /// What was read could not be kept for the next incremental run.
    CacheNotWritten,
    /// A record contradicts another one of the same id or key.
    ConflictingDuplicate,
    /// An entry of an incremental run's cache is damaged: its file was read again.
    DamagedCache,
    /// A file without a row.
    EmptyFile,
    /// A file that is no UTF-8 and was read as Windows-1252.
    GuessedEncoding,
    /// A source without a file for the day: the run was skipped.
    MissingDay,
    /// A page of a download without a header, read by that of another file.
    MissingHeader,
    /// Rows of a list that name no drug here.
    OtherTerms,
    /// One name under several codes.
    SharedName,
    /// A name of one letter, which many titles contain by chance.
    ShortName,
    /// Attempts of a task that failed before the last one.
    TriedAgain,
    /// A record without an id that fits several others, and was kept as it is.
    UndecidedDuplicate,
    /// An id that a file takes back, of which no file has a record.
    UnknownDeletion,
    /// A code that does not have the form of an ATC code, and was kept.
    UnusualAtcCode,
    /// A correction of a row that is no reject.
    UnusedCorrection,
    /// A message about a failure did not arrive.
    Webhook,
}

impl WarningCode {
    /// Every code.
    pub const ALL: [Self; 21] = [
        Self::AmbiguousDate,
        Self::AmbiguousTerm,
        Self::Audit,
        Self::AuditFailed,
        Self::AuditNotRun,
        Self::CacheNotWritten,
        Self::ConflictingDuplicate,
        Self::DamagedCache,
        Self::EmptyFile,
        Self::GuessedEncoding,
        Self::MissingDay,
        Self::MissingHeader,
        Self::OtherTerms,
        Self::SharedName,
        Self::ShortName,
        Self::TriedAgain,
        Self::UndecidedDuplicate,
        Self::UnknownDeletion,
        Self::UnusualAtcCode,
        Self::UnusedCorrection,
        Self::Webhook,
    ];

    /// Those of the drugs pipeline.
    pub const DRUGS: [Self; 15] = [
        Self::AmbiguousDate,
        Self::AmbiguousTerm,
        Self::CacheNotWritten,
        Self::ConflictingDuplicate,
        Self::DamagedCache,
        Self::EmptyFile,
        Self::GuessedEncoding,
        Self::MissingDay,
        Self::MissingHeader,
        Self::OtherTerms,
        Self::SharedName,
        Self::ShortName,
        Self::UndecidedDuplicate,
        Self::UnknownDeletion,
        Self::UnusualAtcCode,
    ];

    /// Those of pipelines of tables.
    pub const TABLES: [Self; 10] = [
        Self::Audit,
        Self::AuditFailed,
        Self::AuditNotRun,
        Self::ConflictingDuplicate,
        Self::EmptyFile,
        Self::GuessedEncoding,
        Self::MissingDay,
        Self::TriedAgain,
        Self::UnusedCorrection,
        Self::Webhook,
    ];

    /// The stable kebab-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AmbiguousDate => "ambiguous-date",
            Self::AmbiguousTerm => "ambiguous-term",
            Self::Audit => "audit",
            Self::AuditFailed => "audit-failed",
            Self::AuditNotRun => "audit-not-run",
            Self::CacheNotWritten => "cache-not-written",
            Self::ConflictingDuplicate => "conflicting-duplicate",
            Self::DamagedCache => "damaged-cache",
            Self::EmptyFile => "empty-file",
            Self::GuessedEncoding => "guessed-encoding",
            Self::MissingDay => "missing-day",
            Self::MissingHeader => "missing-header",
            Self::OtherTerms => "other-terms",
            Self::SharedName => "shared-name",
            Self::ShortName => "short-name",
            Self::TriedAgain => "tried-again",
            Self::UndecidedDuplicate => "undecided-duplicate",
            Self::UnknownDeletion => "unknown-deletion",
            Self::UnusualAtcCode => "unusual-atc-code",
            Self::UnusedCorrection => "unused-correction",
            Self::Webhook => "webhook",
        }
    }
}

/// Something worth a look that occurred at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What it is about.
    pub code: WarningCode,
    /// One sentence.
    pub message: String,
    /// How often.
    pub count: u64,
    /// The first five places.
    pub examples: Vec<String>,
}

/// Warnings, aggregated by code.
#[derive(Debug, Default)]
pub struct Warnings(BTreeMap<WarningCode, Warning>);

impl Warnings {
    /// Counts one more; only the first five examples are kept.
    pub fn add(&mut self, code: WarningCode, message: &str, example: impl FnOnce() -> String) {
        self.add_many(code, message, 1, example);
    }

    /// Counts some more that share one example.
    pub fn add_many(
        &mut self,
        code: WarningCode,
        message: &str,
        count: u64,
        example: impl FnOnce() -> String,
    ) {
        if count == 0 {
            return;
        }
        let warning = self.0.entry(code).or_insert_with(|| Warning {
            code,
            message: message.to_owned(),
            count: 0,
            examples: Vec::new(),
        });
        warning.count += count;
        if warning.examples.len() < 5 {
            warning.examples.push(example());
        }
    }

    /// The warnings, in the order of their codes.
    #[must_use]
    pub fn into_list(self) -> Vec<Warning> {
        self.0.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_kebab_case_unique_in_order_and_read_back() {
        let names = WarningCode::ALL.map(WarningCode::as_str);
        assert!(names.is_sorted(), "a run record has them in the order of their names");
        assert!(WarningCode::ALL.is_sorted());
        assert_eq!(BTreeSet::from(names).len(), names.len());
        for code in WarningCode::ALL {
            let name = code.as_str();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<WarningCode>(&format!("\"{name}\"")).unwrap(), code);
        }
    }

    #[test]
    fn every_code_is_of_a_pipeline() {
        let of_a_pipeline: BTreeSet<_> = WarningCode::DRUGS.into_iter().chain(WarningCode::TABLES).collect();
        assert_eq!(of_a_pipeline, BTreeSet::from(WarningCode::ALL));
    }

    #[test]
    fn a_code_is_counted_and_has_five_examples_at_most() {
        let mut warnings = Warnings::default();
        for i in 0..7 {
            warnings.add(WarningCode::ShortName, "names of one letter", || i.to_string());
        }
        warnings.add_many(WarningCode::EmptyFile, "files without a row", 0, || "none".into());
        let list = warnings.into_list();
        assert_eq!((list.len(), list[0].count), (1, 7));
        assert_eq!(list[0].examples, ["0", "1", "2", "3", "4"]);
    }
}
