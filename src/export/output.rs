//! The graph as `output.json`.
//!
//! Up to a megabyte it is written for people, with two spaces of indentation; above that one drug a line, so
//! that line tools still work. Drugs are rendered in parallel and written in turn: the file is never in memory
//! as a whole.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Serialize, Serializer};

use crate::clean::Date;
use crate::error::Result;
use crate::export::compact::push_drug;
use crate::export::turns::Turns;
use crate::graph::{DrugId, JournalId, Mention, MentionGraph};
use crate::record::Kind;

/// Largest file that is indented, in bytes.
const PRETTY_LIMIT: usize = 1_000_000;

/// Bytes that a mention takes at least when indented, apart from its title.
const PRETTY_MENTION: usize = 200;

/// Mentions rendered at a time by one thread.
const CHUNK: usize = 512;

#[derive(Serialize)]
struct Document<'g> {
    drugs: Vec<DrugEntry<'g>>,
}

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

#[derive(Serialize)]
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
    pub(super) dates: Vec<Iso>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Iso(pub(super) Date);

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (text, len) = self.0.digits();
        serializer.serialize_str(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }
}

pub(super) struct Place<'g> {
    pub(super) file: &'g str,
    pub(super) line: u64,
}

impl Serialize for Place<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{}", self.file, self.line))
    }
}

impl<'g> DrugEntry<'g> {
    fn new(graph: &'g MentionGraph, id: DrugId) -> Self {
        let drug = graph.drug(id);
        // Gathered first: what each of them points to is far off in memory, and loops that do little else let the
        // processor fetch many at once.
        let mut mentions: Vec<Mention<'g>> = Vec::with_capacity(graph.degree(id));
        mentions.extend(graph.mentions(id));
        let mut journals: Vec<_> =
            mentions.iter().map(|m| (graph.journal_of(m.id), m.date().map(Iso))).collect();
        let mut order: Vec<Sorted> = mentions.iter().enumerate().map(|(i, m)| Sorted::new(m, i)).collect();
        let entry = |at: u32| {
            let mention = &mentions[at as usize];
            let journal = journals[at as usize].0.map(|journal| graph.journal(journal));
            MentionEntry::new(mention, journal, graph.is_ambiguous(mention))
        };
        order.sort_unstable_by(|a, b| {
            a.key.cmp(&b.key).then_with(|| {
                let (a, b) = (entry(a.at), entry(b.at));
                a.order().cmp(&b.order())
            })
        });
        let trials = order.partition_point(|sorted| sorted.kind() == 0);
        let (pubmed, clinical_trials) = order.split_at(trials);
        let entries = |order: &[Sorted]| order.iter().map(|sorted| entry(sorted.at)).collect();
        let (pubmed, clinical_trials) = (entries(pubmed), entries(clinical_trials));
        journals.retain(|(journal, _)| journal.is_some());
        let journals = JournalEntry::list(graph, journals);
        let mentions = MentionsEntry { pubmed, clinical_trials, journals };
        Self { atccode: drug.atccode.as_deref(), drug: &drug.name, mentions }
    }
}

/// A mention in the order of the output, as far as a number tells.
///
/// Of two that differ here the order is that of [`MentionEntry::order`]; of equals the entries themselves decide.
struct Sorted {
    /// Kind, date and the first eight bytes of the id, most significant first; what is null comes last.
    key: u128,
    /// Place among the drug's mentions.
    at: u32,
}

impl Sorted {
    fn new(mention: &Mention<'_>, at: usize) -> Self {
        let kind = match mention.publication.kind {
            Kind::Pubmed => 0,
            Kind::ClinicalTrial => 1,
        };
        let date = mention.date().map_or(u32::MAX, Date::packed);
        let id = mention.publication.id.map_or(u64::MAX, first_eight);
        Self { key: kind << 96 | u128::from(date) << 64 | u128::from(id), at: at as u32 }
    }

    fn kind(&self) -> u128 {
        self.key >> 96
    }
}

/// The first eight bytes of a text as a number that sorts as texts do; what is missing counts as zeros.
fn first_eight(text: &str) -> u64 {
    let mut eight = [0; 8];
    let len = text.len().min(8);
    eight[..len].copy_from_slice(&text.as_bytes()[..len]);
    u64::from_be_bytes(eight)
}

impl<'g> JournalEntry<'g> {
    /// Journals by title, each with its known dates, distinct and sorted.
    fn list(graph: &'g MentionGraph, mut journals: Vec<(Option<JournalId>, Option<Iso>)>) -> Vec<Self> {
        journals.sort_unstable();
        journals.dedup();
        let entry = |dates: &[(Option<JournalId>, Option<Iso>)]| JournalEntry {
            title: dates[0].0.map_or("", |journal| graph.journal(journal)),
            dates: dates.iter().filter_map(|(_, date)| *date).collect(),
        };
        let mut entries: Vec<_> = journals.chunk_by(|a, b| a.0 == b.0).map(entry).collect();
        entries.sort_unstable_by_key(|entry| entry.title);
        entries
    }
}

impl<'g> MentionEntry<'g> {
    fn new(mention: &Mention<'g>, journal: Option<&'g str>, ambiguous: bool) -> Self {
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
            ambiguous,
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
/// Complexity: O(m log m) in the mentions of a drug; memory is a piece a thread.
pub fn write_graph(graph: &MentionGraph, mut write: impl FnMut(&[u8]) -> Result<()> + Send) -> Result<()> {
    let ids: Vec<DrugId> = graph.drugs().map(|(id, _)| id).collect();
    if may_be_pretty(graph) {
        let document = Document { drugs: ids.iter().map(|&id| DrugEntry::new(graph, id)).collect() };
        let mut pretty = serde_json::to_vec_pretty(&document).expect(ALWAYS_JSON);
        pretty.push(b'\n');
        if pretty.len() <= PRETTY_LIMIT {
            return write(&pretty);
        }
    }
    write(b"{\"drugs\":[\n")?;
    let chunks = chunks(graph, &ids);
    let turns = Turns::new(&mut write);
    let next = AtomicUsize::new(0);
    rayon::broadcast(|_| {
        let _leaves = turns.leave_on_panic();
        while let Some((turn, chunk)) = take(&next, &chunks) {
            let mut piece = turns.room();
            for i in chunk {
                push_drug(&mut piece, &DrugEntry::new(graph, ids[i]));
                piece.extend_from_slice(if i + 1 == ids.len() { b"\n" } else { b",\n" });
            }
            turns.hand_over(turn, piece);
        }
    });
    turns.finish()?;
    write(b"]}\n")
}

/// Whether the indented file may stay below the limit: a look that costs nothing spares most large graphs the try.
fn may_be_pretty(graph: &MentionGraph) -> bool {
    let fixed = graph.mention_count() * PRETTY_MENTION;
    fixed <= PRETTY_LIMIT
        && fixed + graph.publications().map(|(_, shown)| shown.title.len()).sum::<usize>() <= PRETTY_LIMIT
}

const ALWAYS_JSON: &str = "text, numbers and lists always have a JSON form";

/// Runs of drugs with enough mentions to be worth a hand-over.
fn chunks(graph: &MentionGraph, ids: &[DrugId]) -> Vec<Range<usize>> {
    let (mut chunks, mut from, mut mentions) = (Vec::new(), 0, 0);
    for (i, &id) in ids.iter().enumerate() {
        mentions += 1 + graph.degree(id);
        if mentions >= CHUNK || i + 1 == ids.len() {
            chunks.push(from..i + 1);
            (from, mentions) = (i + 1, 0);
        }
    }
    chunks
}

fn take(next: &AtomicUsize, chunks: &[Range<usize>]) -> Option<(usize, Range<usize>)> {
    let turn = next.fetch_add(1, Ordering::Relaxed);
    chunks.get(turn).map(|chunk| (turn, chunk.clone()))
}
