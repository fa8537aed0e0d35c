//! The graph as `output.json`.
//!
//! Up to a megabyte it is written for people, with two spaces of indentation; above that one drug a line, so
//! that line tools still work. Drugs are rendered in parallel and written in turn: the file is never in memory
//! as a whole.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use crate::clean::Date;
use crate::error::Result;
use crate::export::compact::{push_drug, push_head, push_mentions, push_tail};
use crate::export::entry::{Dated, Dates, DrugEntry, Iso, JournalEntry, MentionEntry, MentionsEntry, Place};
use crate::export::sections::{CHUNK, LARGE, Section, sections};
use crate::export::turns::Turns;
use crate::graph::{DrugId, Mention, MentionGraph};
use crate::record::Kind;

/// Largest file that is indented, in bytes.
const PRETTY_LIMIT: usize = 1_000_000;

/// Bytes that a mention takes at least when indented, apart from its title.
const PRETTY_MENTION: usize = 200;

/// Mentions of a drug whose texts are fetched together: they fit the cache.
const FETCHED: usize = 2048;

#[derive(Serialize)]
struct Document<'g> {
    drugs: Vec<DrugEntry<'g>>,
}

/// Room for what a drug is made of, kept from drug to drug.
#[derive(Default)]
struct Scratch<'g> {
    mentions: Vec<Mention<'g>>,
    order: Vec<Sorted>,
    journals: Vec<Dated>,
}

impl<'g> DrugEntry<'g> {
    fn new<'s>(graph: &'g MentionGraph, id: DrugId, scratch: &'s mut Scratch<'g>) -> DrugEntry<'s>
    where
        'g: 's,
    {
        let drug = graph.drug(id);
        let Scratch { mentions, order, journals } = scratch;
        mentions.clear();
        order.clear();
        journals.clear();
        if graph.degree(id) <= FETCHED {
            graph.fetch_texts(id);
        }
        mentions.extend(graph.mentions(id));
        journals.extend(mentions.iter().map(|m| (graph.journal_of(m.id), m.date().map(Iso))));
        order.extend(mentions.iter().enumerate().map(|(i, m)| Sorted::new(m, i)));
        let entry = |at: u32| {
            let mention = &mentions[at as usize];
            let journal = journals[at as usize].0.map(|journal| graph.journal(journal));
            MentionEntry::new(mention, journal, graph.is_ambiguous(mention))
        };
        let by_order = |a: &Sorted, b: &Sorted| {
            a.key.cmp(&b.key).then_with(|| {
                let (a, b) = (entry(a.at), entry(b.at));
                a.order().cmp(&b.order())
            })
        };
        let large = order.len() > LARGE;
        match large {
            true => order.par_sort_unstable_by(by_order),
            false => order.sort_unstable_by(by_order),
        }
        let trials = order.partition_point(|sorted| sorted.kind() == 0);
        let (pubmed, clinical_trials) = order.split_at(trials);
        let entries = |order: &[Sorted]| match large {
            true => order.par_iter().map(|sorted| entry(sorted.at)).collect(),
            false => order.iter().map(|sorted| entry(sorted.at)).collect::<Vec<_>>(),
        };
        let (pubmed, clinical_trials) = (entries(pubmed), entries(clinical_trials));
        journals.retain(|(journal, _)| journal.is_some());
        let journals = JournalEntry::list(graph, journals);
        let mentions = MentionsEntry { pubmed, clinical_trials, journals };
        DrugEntry { atccode: drug.atccode.as_deref(), drug: &drug.name, mentions }
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
    /// Journals by title, each with its known dates.
    fn list(graph: &'g MentionGraph, journals: &'g mut Vec<Dated>) -> Vec<Self> {
        journals.sort_unstable();
        journals.dedup();
        let journals: &[Dated] = journals;
        let entry = |dates: &'g [Dated]| JournalEntry {
            title: dates[0].0.map_or("", |journal| graph.journal(journal)),
            dates: Dates(dates),
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
/// Complexity: O(m log m) in the mentions of a drug; memory is a piece a thread, and the list of a drug's mentions.
pub fn write_graph(graph: &MentionGraph, mut write: impl FnMut(&[u8]) -> Result<()> + Send) -> Result<()> {
    let ids: Vec<DrugId> = graph.drugs().map(|(id, _)| id).collect();
    if may_be_pretty(graph) {
        let mut scratches: Vec<_> = ids.iter().map(|_| Scratch::default()).collect();
        let drugs = ids.iter().zip(&mut scratches).map(|(&id, scratch)| DrugEntry::new(graph, id, scratch));
        let document = Document { drugs: drugs.collect() };
        let mut pretty = serde_json::to_vec_pretty(&document).expect(ALWAYS_JSON);
        pretty.push(b'\n');
        if pretty.len() <= PRETTY_LIMIT {
            return write(&pretty);
        }
    }
    write(b"{\"drugs\":[\n")?;
    let end = |drug: usize| if drug + 1 == ids.len() { &b"\n"[..] } else { b",\n" };
    for section in sections(graph, &ids) {
        match section {
            Section::Drugs(chunks) => in_turns(&mut write, &chunks, |piece, chunk, scratch| {
                for drug in chunk.clone() {
                    push_drug(piece, &DrugEntry::new(graph, ids[drug], scratch));
                    piece.extend_from_slice(end(drug));
                }
            })?,
            Section::Large(drug) => {
                let mut scratch = Scratch::default();
                let entry = DrugEntry::new(graph, ids[drug], &mut scratch);
                let count = entry.mentions.count();
                let pieces: Vec<_> =
                    (0..count).step_by(CHUNK).map(|from| from..count.min(from + CHUNK)).collect();
                in_turns(&mut write, &pieces, |piece, places, ()| {
                    if places.start == 0 {
                        push_head(piece, &entry);
                    }
                    push_mentions(piece, &entry, places.clone());
                    if places.end == count {
                        push_tail(piece, &entry);
                        piece.extend_from_slice(end(drug));
                    }
                })?;
            }
        }
    }
    write(b"]}\n")
}

/// Renders pieces with all threads, and writes them in turn. `render` has what a thread keeps from piece to piece.
fn in_turns<T: Sync, S: Default>(
    write: &mut (impl FnMut(&[u8]) -> Result<()> + Send),
    pieces: &[T],
    render: impl Fn(&mut Vec<u8>, &T, &mut S) + Sync,
) -> Result<()> {
    let turns = Turns::new(write);
    let next = AtomicUsize::new(0);
    rayon::broadcast(|_| {
        let _leaves = turns.leave_on_panic();
        let mut kept = S::default();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            let Some(of_turn) = pieces.get(turn) else { break };
            let mut piece = turns.room();
            render(&mut piece, of_turn, &mut kept);
            turns.hand_over(turn, piece);
        }
    });
    turns.finish()
}

/// Whether the indented file may stay below the limit: a look that costs nothing spares most large graphs the try.
fn may_be_pretty(graph: &MentionGraph) -> bool {
    let fixed = graph.mention_count() * PRETTY_MENTION;
    fixed <= PRETTY_LIMIT
        && fixed + graph.publications().map(|(_, shown)| shown.title.len()).sum::<usize>() <= PRETTY_LIMIT
}

const ALWAYS_JSON: &str = "text, numbers and lists always have a JSON form";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Evidence, NewPublication};

    #[test]
    fn large_drugs_say_what_small_ones_would() {
        let mut builder = MentionGraph::builder();
        let ids = ["FEW", "TRIALS", "ARTICLES", "NONE", "BOTH"].map(|name| builder.drug(None, name));
        let journals = ["Acta", "Lancet"].map(|title| builder.journal(title));
        for i in 0..=LARGE {
            for (kind, drugs) in [(Kind::Pubmed, [2, 4, 0]), (Kind::ClinicalTrial, [1, 4, 0])] {
                let (id, source) = (i.to_string(), format!("{}:{i}", kind.name()));
                let date = Date::new(1990 + i as u32 % 7, i as u32 % 5, 0);
                let new = NewPublication { kind, id: Some(&id), title: "a title", date, source: &source };
                let publication = builder.publication(&new);
                builder.published_in(publication, journals[i % 2]);
                for drug in &drugs[..if i < 3 { 3 } else { 2 }] {
                    builder.mention(ids[*drug], publication, Evidence { span: (2, 7), occurrences: 1 });
                }
            }
        }
        let graph = builder.build();
        let sections = sections(&graph, &ids);
        assert_eq!(sections[1..4].iter().filter(|s| matches!(s, Section::Large(_))).count(), 2);
        assert_eq!((&sections[5], sections.len()), (&Section::Large(4), 7));
        let lines = ids
            .map(|id| serde_json::to_string(&DrugEntry::new(&graph, id, &mut Scratch::default())).unwrap());
        let expect = format!("{{\"drugs\":[\n{}\n]}}\n", lines.join(",\n"));
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut written = Vec::new();
            let write = |bytes: &[u8]| {
                written.extend_from_slice(bytes);
                Ok(())
            };
            pool.install(|| write_graph(&graph, write)).unwrap();
            assert!(String::from_utf8(written).unwrap() == expect, "{threads} threads");
        }
    }
}
