//! The graph as `output.json`.
//!
//! Up to a megabyte it is written for people, with two spaces of indentation; above that one drug a line, so
//! that line tools still work. Drugs are rendered in parallel, a batch at a time: the file is never in memory
//! as a whole.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::clean::Date;
use crate::error::Result;
use crate::graph::{DrugId, Mention, MentionGraph};
use crate::record::Kind;

/// Largest file that is indented, in bytes.
const PRETTY_LIMIT: usize = 1_000_000;

/// Bytes that a mention takes at least when indented: below the limit divided by this, it is worth a try.
const PRETTY_MENTION: usize = 200;

/// Mentions rendered between two looks at the clock of the writer.
const BATCH: usize = 8192;

#[derive(Serialize)]
struct DrugEntry<'g> {
    atccode: Option<&'g str>,
    drug: &'g str,
    mentions: MentionsEntry<'g>,
}

#[derive(Serialize)]
struct MentionsEntry<'g> {
    pubmed: Vec<MentionEntry<'g>>,
    clinical_trials: Vec<MentionEntry<'g>>,
    journals: Vec<JournalEntry<'g>>,
}

#[derive(Serialize)]
struct MentionEntry<'g> {
    id: Option<&'g str>,
    title: &'g str,
    journal: Option<&'g str>,
    date: Option<Iso>,
    matched: &'g str,
    span: (u32, u32),
    occurrences: u32,
    source: Place<'g>,
}

#[derive(Serialize)]
struct JournalEntry<'g> {
    title: &'g str,
    dates: BTreeSet<Iso>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Iso(Date);

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

struct Place<'g> {
    file: &'g str,
    line: u64,
}

impl Serialize for Place<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{}", self.file, self.line))
    }
}

impl<'g> DrugEntry<'g> {
    fn new(graph: &'g MentionGraph, id: DrugId) -> Self {
        let drug = graph.drug(id);
        let mut entries: BTreeMap<Kind, Vec<MentionEntry<'g>>> = BTreeMap::new();
        let mut journals: BTreeMap<&'g str, BTreeSet<Iso>> = BTreeMap::new();
        for mention in graph.mentions(id) {
            let journal = graph.journal_of(mention.id).map(|journal| graph.journal(journal));
            if let Some(journal) = journal {
                journals.entry(journal).or_default().extend(mention.date().map(Iso));
            }
            let of_kind = entries.entry(mention.publication.kind).or_default();
            of_kind.push(MentionEntry::new(&mention, journal));
        }
        let mut of_kind = |kind| {
            let mut entries = entries.remove(&kind).unwrap_or_default();
            entries.sort_by(|a, b| a.order().cmp(&b.order()));
            entries
        };
        let mentions = MentionsEntry {
            pubmed: of_kind(Kind::Pubmed),
            clinical_trials: of_kind(Kind::ClinicalTrial),
            journals: journals.into_iter().map(|(title, dates)| JournalEntry { title, dates }).collect(),
        };
        Self { atccode: drug.atccode.as_deref(), drug: &drug.name, mentions }
    }
}

impl<'g> MentionEntry<'g> {
    fn new(mention: &Mention<'g>, journal: Option<&'g str>) -> Self {
        let publication = mention.publication;
        Self {
            id: publication.id,
            title: publication.title,
            journal,
            date: publication.date.map(Iso),
            matched: mention.matched(),
            span: mention.evidence.span,
            occurrences: mention.evidence.occurrences,
            source: Place { file: publication.file, line: publication.line },
        }
    }

    /// By date, id, title, journal, nulls last; the place decides only between rows that say the same.
    fn order(&self) -> impl Ord + use<'_, 'g> {
        (
            (self.date.is_none(), self.date),
            (self.id.is_none(), self.id),
            self.title,
            (self.journal.is_none(), self.journal),
            (self.source.file, self.source.line),
        )
    }
}

/// Writes a graph, piece by piece, in the order of its drugs.
///
/// Complexity: O(m log m) in the mentions of a drug; memory is a batch of drugs.
pub fn write_graph(graph: &MentionGraph, mut write: impl FnMut(&[u8]) -> Result<()> + Send) -> Result<()> {
    if graph.mention_count() <= PRETTY_LIMIT / PRETTY_MENTION {
        let drugs: Vec<_> = graph.drugs().map(|(id, _)| DrugEntry::new(graph, id)).collect();
        let mut pretty = to_bytes(&BTreeMap::from([("drugs", drugs)]), true);
        pretty.push(b'\n');
        if pretty.len() <= PRETTY_LIMIT {
            return write(&pretty);
        }
    }
    write(b"{\"drugs\":[\n")?;
    let ids: Vec<DrugId> = graph.drugs().map(|(id, _)| id).collect();
    let (mut rendered, mut from): (Vec<Vec<u8>>, usize) = (Vec::new(), 0);
    while from < ids.len() || !rendered.is_empty() {
        let mut mentions = 0;
        let batch = ids[from..].iter().take_while(|&&id| {
            let more = mentions < BATCH;
            mentions += 1 + graph.mentions(id).count();
            more
        });
        let to = from + batch.count();
        let last = ids.len() - 1;
        let render = || -> Vec<Vec<u8>> {
            let render = |i: usize| {
                let mut line = to_bytes(&DrugEntry::new(graph, ids[i]), false);
                line.extend_from_slice(if i == last { b"\n" } else { b",\n" });
                line
            };
            (from..to).into_par_iter().map(render).collect()
        };
        let (written, next) = rayon::join(|| rendered.iter().try_for_each(|line| write(line)), render);
        written?;
        (rendered, from) = (next, to);
    }
    write(b"]}\n")
}

fn to_bytes(value: &impl Serialize, pretty: bool) -> Vec<u8> {
    let bytes = if pretty { serde_json::to_vec_pretty(value) } else { serde_json::to_vec(value) };
    bytes.expect("text, numbers and lists always have a JSON form")
}
