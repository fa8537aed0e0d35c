//! Nodes, edges, and what they show.

use serde::{Deserialize, Serialize};

use crate::clean::{Date, fold, text_hash};
use crate::record::Kind;

/// A drug of one graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DrugId(pub(super) u32);

/// A publication of one graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicationId(pub(crate) u32);

/// A journal of one graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JournalId(pub(super) u32);

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// A drug of the list.
    Drug(DrugId),
    /// A publication that mentions a drug.
    Publication(PublicationId),
    /// A journal.
    Journal(JournalId),
}

/// What an edge stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The drug is named in the publication's title.
    Mentions(Evidence),
    /// The publication appeared in the journal.
    PublishedIn,
}

/// Where a title names a drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The first occurrence: [start, end) in Unicode scalar values of the title.
    pub span: (u32, u32),
    /// How often the name occurs.
    pub occurrences: u32,
}

/// A publication as the graph shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication<'g> {
    /// Article or trial.
    pub kind: Kind,
    /// Its id, if it has one.
    pub id: Option<&'g str>,
    /// Its title, on one line.
    pub title: &'g str,
    /// Its date, as precise as it was given.
    pub date: Option<Date>,
    /// The file it came from.
    pub file: &'g str,
    /// The line of the file, from 1.
    pub line: u64,
}

impl Publication<'_> {
    /// What tells this publication from all others: its kind and its id, or, where it has none, a hash of what
    /// it says, the same in every run and wherever it was read.
    ///
    /// ```
    /// # use pipeline_core::graph::Publication;
    /// # use pipeline_core::record::Kind;
    /// # let publication = |id| Publication {
    /// #     kind: Kind::Pubmed, id, title: "On ethanol", date: None, file: "pubmed.csv", line: 2,
    /// # };
    /// assert_eq!(publication(Some("7")).key(), "pubmed:7");
    /// assert_eq!(publication(None).key(), "pubmed:~29af41fc7edd983f");
    /// ```
    #[must_use]
    pub fn key(&self) -> String {
        let kind = self.kind.name();
        match self.id {
            Some(id) => format!("{kind}:{id}"),
            None => {
                let date = self.date.map(|date| date.to_string()).unwrap_or_default();
                format!(
                    "{kind}:~{:016x}",
                    text_hash(self.kind, format!("{}\n{date}", fold(self.title)).as_bytes())
                )
            }
        }
    }
}

/// A drug named in a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention<'g> {
    /// Who is named.
    pub drug: DrugId,
    /// Where.
    pub id: PublicationId,
    /// Where, in full.
    pub publication: Publication<'g>,
    /// The proof.
    pub evidence: Evidence,
}

impl<'g> Mention<'g> {
    /// The date of the mention: the publication's.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        self.publication.date
    }

    /// The text of the first occurrence, as it stands in the title.
    ///
    /// Complexity: constant for ASCII titles, else linear in the title.
    #[must_use]
    pub fn matched(&self) -> &'g str {
        let title = self.publication.title;
        let (start, end) = (self.evidence.span.0 as usize, self.evidence.span.1 as usize);
        if title.is_ascii() {
            return title.get(start..end).unwrap_or_default();
        }
        let mut places = title.char_indices().map(|(at, _)| at).skip(start);
        let from = places.next().unwrap_or(title.len());
        let to = match end.checked_sub(start + 1) {
            Some(between) => places.nth(between).unwrap_or(title.len()),
            None => from,
        };
        title.get(from..to).unwrap_or_default()
    }
}

/// Texts of many publications, one after another.
pub(super) type Text = String;

/// A publication in 48 bytes and its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicationRow {
    pub(crate) text: u32,
    /// Where in the text the id begins; the title follows it.
    pub(crate) start: u32,
    pub(crate) id_len: Option<u32>,
    pub(crate) title_len: u32,
    /// [`Date::packed`], or 0.
    pub(crate) date: u32,
    pub(crate) file: u32,
    pub(crate) line: u64,
    pub(crate) kind: Kind,
    /// As the edge to it says.
    pub(crate) journal: Option<JournalId>,
}

impl PublicationRow {
    pub(super) fn view<'g>(self, text: &'g str, files: &'g [String]) -> Publication<'g> {
        let title = (self.start + self.id_len.unwrap_or(0)) as usize;
        Publication {
            kind: self.kind,
            id: self.id_len.map(|_| &text[self.start as usize..title]),
            title: &text[title..title + self.title_len as usize],
            date: Date::from_packed(self.date),
            file: &files[self.file as usize],
            line: self.line,
        }
    }
}
