//! The codes of what can be wrong with a row, and of what can be mended.

use serde::{Deserialize, Serialize};

/// Why a row was not used. The code is stable: scripts may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RejectCode {
    /// The title is missing or blank.
    MissingTitle,
    /// The drug's name is missing or blank.
    MissingName,
    /// More or fewer fields than the header.
    RaggedRow,
    /// A quote that is never closed, or closed in the middle of a field.
    UnterminatedQuote,
    /// A row longer than 16 MiB.
    RowTooLarge,
    /// Text that is no JSON, even after the repairs we know.
    InvalidJson,
    /// Text that is no record of PubMed: an element that is not closed, or what stands between records.
    InvalidXml,
    /// A JSON value where an object was expected.
    NotAnObject,
    /// A JSON object with none of the columns of its source.
    NoKnownColumn,
    /// A JSON object that names one column twice.
    DuplicateKey,
    /// A list or an object where text was expected.
    WrongType,
    /// The date cannot be read, and the pipeline file asks to reject such rows.
    InvalidDate,
    /// The same id as another record, with other content.
    ConflictingDuplicate,
    /// A required column has no value.
    MissingValue,
    /// A number that cannot be read as its column says numbers are typed, or that no number type holds.
    InvalidNumber,
    /// Neither true nor false.
    InvalidBoolean,
    /// A moment that cannot be read, or that never was.
    InvalidTimestamp,
    /// No amount of money, or several.
    InvalidPrice,
    /// A list that cannot be read, or that holds something else.
    InvalidList,
}

impl RejectCode {
    /// Every code.
    pub const ALL: [Self; 19] = [
        Self::MissingTitle,
        Self::MissingName,
        Self::RaggedRow,
        Self::UnterminatedQuote,
        Self::RowTooLarge,
        Self::InvalidJson,
        Self::InvalidXml,
        Self::NotAnObject,
        Self::NoKnownColumn,
        Self::DuplicateKey,
        Self::WrongType,
        Self::InvalidDate,
        Self::ConflictingDuplicate,
        Self::MissingValue,
        Self::InvalidNumber,
        Self::InvalidBoolean,
        Self::InvalidTimestamp,
        Self::InvalidPrice,
        Self::InvalidList,
    ];

    /// Those that only pipelines of tables have.
    pub const TABLES: [Self; 6] = [
        Self::MissingValue,
        Self::InvalidNumber,
        Self::InvalidBoolean,
        Self::InvalidTimestamp,
        Self::InvalidPrice,
        Self::InvalidList,
    ];

    /// The stable kebab-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingTitle => "missing-title",
            Self::MissingName => "missing-name",
            Self::RaggedRow => "ragged-row",
            Self::UnterminatedQuote => "unterminated-quote",
            Self::RowTooLarge => "row-too-large",
            Self::InvalidJson => "invalid-json",
            Self::InvalidXml => "invalid-xml",
            Self::NotAnObject => "not-an-object",
            Self::NoKnownColumn => "no-known-column",
            Self::DuplicateKey => "duplicate-key",
            Self::WrongType => "wrong-type",
            Self::InvalidDate => "invalid-date",
            Self::ConflictingDuplicate => "conflicting-duplicate",
            Self::MissingValue => "missing-value",
            Self::InvalidNumber => "invalid-number",
            Self::InvalidBoolean => "invalid-boolean",
            Self::InvalidTimestamp => "invalid-timestamp",
            Self::InvalidPrice => "invalid-price",
            Self::InvalidList => "invalid-list",
        }
    }
}

/// What was mended in a row that is used all the same. The code is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RepairCode {
    /// Literal `\xc3\xb1` became the character it stands for.
    EscapeDecoded,
    /// Literal `\xc3\x28` that stands for nothing was removed.
    EscapeRemoved,
    /// A control character was removed.
    ControlCharacter,
    /// A byte that is no UTF-8 became U+FFFD.
    InvalidUtf8,
    /// An empty id became null.
    MissingId,
    /// The publication names no journal.
    MissingJournal,
    /// Trailing garbage of a journal was removed.
    JournalGarbage,
    /// A date that is missing, unreadable, or of no calendar became null.
    InvalidDate,
    /// A comma after the last element of a JSON list or object.
    TrailingComma,
    /// No comma between two elements of a JSON list.
    MissingComma,
    /// A comment in JSON.
    JsonComment,
    /// `NaN` or `Infinity` in JSON became null.
    JsonNan,
    /// A control character or a broken escape in a JSON string was written as JSON wants it.
    JsonString,
    /// A JSON list that ends without its bracket.
    UnclosedList,
    /// JSON written as one JSON string.
    JsonInString,
    /// A reference to an entity that XML does not know stays as it was written.
    UnknownEntity,
    /// A span of time or a season became what all of it shares: the month or the year.
    DateRange,
    /// A record told twice, the two merged into one.
    Merged,
    /// A record that a later revision replaces.
    Superseded,
    /// A record that a later file takes back.
    Deleted,
    /// A drug listed without a code.
    MissingAtcCode,
    /// A text that stands for no value became null.
    NullText,
    /// UTF-8 that was once read as Windows-1252 was read again.
    Mojibake,
    /// A row that was a reject was replaced by its correction.
    Corrected,
}

impl RepairCode {
    /// Every code.
    pub const ALL: [Self; 24] = [
        Self::EscapeDecoded,
        Self::EscapeRemoved,
        Self::ControlCharacter,
        Self::InvalidUtf8,
        Self::MissingId,
        Self::MissingJournal,
        Self::JournalGarbage,
        Self::InvalidDate,
        Self::TrailingComma,
        Self::MissingComma,
        Self::JsonComment,
        Self::JsonNan,
        Self::JsonString,
        Self::UnclosedList,
        Self::JsonInString,
        Self::UnknownEntity,
        Self::DateRange,
        Self::Merged,
        Self::Superseded,
        Self::Deleted,
        Self::MissingAtcCode,
        Self::NullText,
        Self::Mojibake,
        Self::Corrected,
    ];

    /// Those that only pipelines of tables have.
    pub const TABLES: [Self; 3] = [Self::NullText, Self::Mojibake, Self::Corrected];

    /// The stable kebab-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EscapeDecoded => "escape-decoded",
            Self::EscapeRemoved => "escape-removed",
            Self::ControlCharacter => "control-character",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::MissingId => "missing-id",
            Self::MissingJournal => "missing-journal",
            Self::JournalGarbage => "journal-garbage",
            Self::InvalidDate => "invalid-date",
            Self::TrailingComma => "trailing-comma",
            Self::MissingComma => "missing-comma",
            Self::JsonComment => "json-comment",
            Self::JsonNan => "json-nan",
            Self::JsonString => "json-string",
            Self::UnclosedList => "unclosed-list",
            Self::JsonInString => "json-in-string",
            Self::UnknownEntity => "unknown-entity",
            Self::DateRange => "date-range",
            Self::Merged => "merged",
            Self::Superseded => "superseded",
            Self::Deleted => "deleted",
            Self::MissingAtcCode => "missing-atc-code",
            Self::NullText => "null-text",
            Self::Mojibake => "mojibake",
            Self::Corrected => "corrected",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let rejects: HashSet<_> = RejectCode::ALL.iter().map(|c| c.as_str()).collect();
        let repairs: HashSet<_> = RepairCode::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(rejects.len(), RejectCode::ALL.len());
        assert_eq!(repairs.len(), RepairCode::ALL.len());
        for code in rejects.union(&repairs) {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{code}"
            );
        }
    }
}
