//! What `output.json` says of a drug: the entries, as serde writes them.

use serde::{Serialize, Serializer};

use crate::clean::Date;
use crate::graph::JournalId;

#[derive(Serialize)]
pub(super) struct DrugEntry<'g> {
    pub(super) atccode: Option<&'g str>,
    pub(super) drug: &'g str,
    pub(super) mentions: MentionsEntry<'g>,
}

#[derive(Serialize)]
pub(super) struct MentionsEntry<'g> {
    pub(super) pubmed: Vec<MentionEntry<'g>>,
    pub(super) clinical_trials: Vec<MentionEntry<'g>>,
    pub(super) journals: Vec<JournalEntry<'g>>,
}

impl MentionsEntry<'_> {
    pub(super) fn count(&self) -> usize {
        self.pubmed.len() + self.clinical_trials.len()
    }
}

#[derive(Clone, Serialize)]
pub(super) struct MentionEntry<'g> {
    pub(super) id: Option<&'g str>,
    pub(super) title: &'g str,
    pub(super) journal: Option<&'g str>,
    pub(super) date: Option<Iso>,
    pub(super) matched: &'g str,
    pub(super) span: (u32, u32),
    pub(super) occurrences: u32,
    pub(super) source: Place<'g>,
    /// Told only where it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) ambiguous: bool,
}

#[derive(Serialize)]
pub(super) struct JournalEntry<'g> {
    pub(super) title: &'g str,
    pub(super) dates: Dates<'g>,
}

/// The known dates of a journal, distinct and sorted; each with the journal.
#[derive(Clone, Copy)]
pub(super) struct Dates<'g>(pub(super) &'g [Dated]);

pub(super) type Dated = (Option<JournalId>, Option<Iso>);

impl Dates<'_> {
    pub(super) fn iter(self) -> impl Iterator<Item = Iso> {
        self.0.iter().filter_map(|(_, date)| *date)
    }
}

impl Serialize for Dates<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Iso(pub(super) Date);

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (text, len) = self.0.digits();
        serializer.serialize_str(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }
}

#[derive(Clone)]
pub(super) struct Place<'g> {
    pub(super) file: &'g str,
    pub(super) line: u64,
}

impl Serialize for Place<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{}", self.file, self.line))
    }
}
