//! `output.json` -> the graph it was written from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use serde::Deserialize;

use crate::clean::Date;
use crate::error::{Action, Error, Result, Setting};
use crate::graph::{Evidence, JournalId, MentionGraph, NewPublication, PublicationId};
use crate::record::Kind;

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    drugs: Vec<DrugEntry<'a>>,
}

#[derive(Deserialize)]
struct DrugEntry<'a> {
    #[serde(borrow)]
    atccode: Option<Cow<'a, str>>,
    drug: Cow<'a, str>,
    mentions: MentionsEntry<'a>,
}

#[derive(Deserialize)]
struct MentionsEntry<'a> {
    #[serde(borrow)]
    pubmed: Vec<MentionEntry<'a>>,
    clinical_trials: Vec<MentionEntry<'a>>,
}

#[derive(Deserialize)]
struct MentionEntry<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    title: Cow<'a, str>,
    journal: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    matched: Cow<'a, str>,
    span: (u32, u32),
    occurrences: u32,
    source: Cow<'a, str>,
    #[serde(default)]
    ambiguous: bool,
}

impl<'a> MentionEntry<'a> {
    /// What is said of the publication, not of the mention.
    fn publication(&self) -> [Option<&Cow<'a, str>>; 5] {
        [Some(&self.source), self.id.as_ref(), Some(&self.title), self.journal.as_ref(), self.date.as_ref()]
    }
}

impl PartialEq for MentionEntry<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.publication() == other.publication()
    }
}

impl Eq for MentionEntry<'_> {}

impl Hash for MentionEntry<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.publication().hash(state);
    }
}

/// Reads a graph back; `name` is what messages call the file.
///
/// Complexity: linear in the bytes.
pub fn read_graph(bytes: &[u8], name: &str) -> Result<MentionGraph> {
    let damaged = |message: String| Error::Input {
        message,
        hint: format!(
            "name an output.json of this program with {}, or make one with {}",
            Setting::Graph,
            Action::Run("")
        ),
    };
    let output: Output<'_> =
        serde_json::from_slice(bytes).map_err(|e| damaged(format!("`{name}` is no graph of ours: {e}")))?;
    let mut builder = MentionGraph::builder();
    let mut journals: HashMap<String, JournalId> = HashMap::new();
    // Several records may stand on one line: a publication is told apart by all that is said of it.
    let mut publications: HashMap<(Kind, &MentionEntry<'_>), PublicationId> = HashMap::new();
    for entry in &output.drugs {
        let drug = builder.drug(entry.atccode.as_deref(), &entry.drug);
        let kinds =
            [(Kind::Pubmed, &entry.mentions.pubmed), (Kind::ClinicalTrial, &entry.mentions.clinical_trials)];
        for (kind, mention) in kinds.iter().flat_map(|(kind, list)| list.iter().map(|m| (*kind, m))) {
            let date =
                match &mention.date {
                    None => None,
                    Some(text) => Some(Date::from_iso(text).ok_or_else(|| {
                        damaged(format!("`{name}` is no graph of ours: `{text}` is no date"))
                    })?),
                };
            let publication = match publications.get(&(kind, mention)) {
                Some(&publication) => publication,
                None => {
                    let publication = builder.publication(&NewPublication {
                        kind,
                        id: mention.id.as_deref(),
                        title: &mention.title,
                        date,
                        source: &mention.source,
                    });
                    if let Some(title) = &mention.journal {
                        let journal =
                            *journals.entry(title.to_string()).or_insert_with(|| builder.journal(title));
                        builder.published_in(publication, journal);
                    }
                    publications.insert((kind, mention), publication);
                    publication
                }
            };
            let evidence = Evidence { span: mention.span, occurrences: mention.occurrences };
            builder.mention(drug, publication, evidence);
            if mention.ambiguous {
                builder.ambiguous(&mention.matched);
            }
        }
    }
    Ok(builder.build())
}
