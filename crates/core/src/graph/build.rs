//! Puts a graph together.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use petgraph::csr::Csr;
use rayon::iter::repeat_n;
use rayon::prelude::*;

use crate::clean::{Date, fold};
use crate::graph::MentionGraph;
use crate::graph::node::{DrugId, Edge, Evidence, JournalId, PublicationId, PublicationRow, Text};
use crate::mention::Drug;
use crate::record::Kind;

/// A publication to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewPublication<'a> {
    /// Article or trial.
    pub kind: Kind,
    /// Its id, if it has one.
    pub id: Option<&'a str>,
    /// Its title, on one line.
    pub title: &'a str,
    /// Its date.
    pub date: Option<Date>,
    /// Where it was read: `file:line`.
    pub source: &'a str,
}

/// A graph that grows.
#[derive(Debug, Default)]
pub struct GraphBuilder {
    made: MentionGraph,
    /// The text that takes what is copied.
    own: Option<usize>,
    file_ids: HashMap<String, u32>,
    /// A list a part: mentions are many, and are put in order once.
    /// Each with what must be added to the numbers of their publications.
    mentions: Vec<(u32, Vec<NewMention>)>,
}

/// A mention to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewMention {
    pub(crate) drug: DrugId,
    pub(crate) publication: PublicationId,
    pub(crate) evidence: Evidence,
}

/// Publications and what they mention, made apart from all others.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// What the rows point into.
    pub(crate) text: Text,
    pub(crate) rows: Vec<PublicationRow>,
    /// Their publications are places in `rows`.
    pub(crate) mentions: Vec<NewMention>,
}

impl MentionGraph {
    /// Starts an empty graph.
    #[must_use]
    pub fn builder() -> GraphBuilder {
        GraphBuilder::default()
    }
}

impl GraphBuilder {
    /// Adds a drug.
    pub fn drug(&mut self, atccode: Option<&str>, name: &str) -> DrugId {
        let drugs = Arc::make_mut(&mut self.made.drugs);
        drugs.push(Drug { atccode: atccode.map(str::to_owned), name: name.to_owned() });
        DrugId(drugs.len() as u32 - 1)
    }

    /// Takes the drugs of a vocabulary, in their order, before any others; they are not copied.
    pub(crate) fn drugs(&mut self, drugs: Arc<Vec<Drug>>) -> Vec<DrugId> {
        debug_assert!(self.made.drugs.is_empty());
        self.made.drugs = drugs;
        (0..self.made.drugs.len() as u32).map(DrugId).collect()
    }

    /// Adds a journal; the caller sees to it that one journal is added once.
    pub fn journal(&mut self, title: &str) -> JournalId {
        self.made.journals.push(title.to_owned());
        JournalId(self.made.journals.len() as u32 - 1)
    }

    /// Adds a publication.
    ///
    /// # Panics
    ///
    /// When texts added here exceed four gigabytes.
    pub fn publication(&mut self, new: &NewPublication<'_>) -> PublicationId {
        let own = *self.own.get_or_insert_with(|| {
            self.made.texts.push(Text::new());
            self.made.texts.len() - 1
        });
        let text = &mut self.made.texts[own];
        let start = u32::try_from(text.len()).expect("texts of a built graph stay below 4 GB");
        text.push_str(new.id.unwrap_or_default());
        text.push_str(new.title);
        let (file, line) = new.source.rsplit_once(':').unwrap_or((new.source, "0"));
        let row = PublicationRow {
            text: own as u32,
            start,
            id_len: new.id.map(|id| id.len() as u32),
            title_len: new.title.len() as u32,
            date: new.date.map_or(0, Date::packed),
            file: self.file(file),
            line: line.parse().unwrap_or(0),
            kind: new.kind,
            journal: None,
        };
        self.made.publications.push(row);
        PublicationId(self.made.publications.len() as u32 - 1)
    }

    /// Says that a publication appeared in a journal; of several the last one counts.
    pub fn published_in(&mut self, publication: PublicationId, journal: JournalId) {
        self.made.publications[publication.0 as usize].journal = Some(journal);
    }

    /// Says that a publication mentions a drug; of several times the first one counts.
    pub fn mention(&mut self, drug: DrugId, publication: PublicationId, evidence: Evidence) {
        if self.mentions.is_empty() {
            self.mentions.push((0, Vec::new()));
        }
        self.mentions[0].1.push(NewMention { drug, publication, evidence });
    }

    /// Says that a term belongs to drugs of several names.
    pub fn ambiguous(&mut self, term: &str) {
        self.made.ambiguous.insert(fold(term));
    }

    /// Adds what was made in parallel; within a part publications are numbered from 0.
    pub(crate) fn append(&mut self, parts: Vec<Part>) {
        let (mut first, first_text) = (self.made.publications.len(), self.made.texts.len());
        let count = parts.iter().map(|part| part.rows.len()).sum();
        extend(&mut self.made.publications, count, PublicationRow::new(Kind::Pubmed, 0, None, 0));
        let mut room = &mut self.made.publications[first..];
        let mut places = Vec::with_capacity(parts.len());
        for part in &parts {
            let (own, rest) = room.split_at_mut(part.rows.len());
            places.push(own);
            room = rest;
        }
        places.into_par_iter().zip(&parts).enumerate().for_each(|(i, (own, part))| {
            let text = (first_text + i) as u32;
            own.iter_mut().zip(&part.rows).for_each(|(own, row)| *own = PublicationRow { text, ..*row });
        });
        for Part { text, rows, mentions } in parts {
            self.made.texts.push(text);
            self.mentions.push((first as u32, mentions));
            first += rows.len();
        }
    }

    /// The number of a file's name.
    pub(crate) fn file(&mut self, name: &str) -> u32 {
        if let Some(&id) = self.file_ids.get(name) {
            return id;
        }
        let id = self.made.files.len() as u32;
        self.made.files.push(name.to_owned());
        self.file_ids.insert(name.to_owned(), id);
        id
    }

    /// The finished graph.
    ///
    /// Complexity: linear, but for sorting the mentions of drugs whose publications were not added in the order of
    /// their mentions.
    ///
    /// Done by the current pool of rayon.
    ///
    /// # Panics
    ///
    /// When there are four billion nodes.
    #[must_use]
    pub fn build(mut self) -> MentionGraph {
        let made = &mut self.made;
        let nodes = made.drugs.len() + made.publications.len() + made.journals.len();
        assert!(u32::try_from(nodes).is_ok(), "a graph has fewer than four billion nodes");
        let mut edges = edges(made, &std::mem::take(&mut self.mentions));
        made.graph = Csr::from_sorted_edges(&edges).unwrap_or_else(|_| {
            let ends = |edge: &(u32, u32, Edge)| (edge.0, edge.1);
            edges.sort_by_key(ends);
            edges.dedup_by_key(|edge| ends(edge));
            Csr::from_sorted_edges(&edges).expect("edges are sorted, and each is there once")
        });
        while made.graph.node_count() < nodes {
            made.graph.add_node(());
        }
        self.made
    }
}

/// The edges, by drug and by publication; of a drug in the order in which they were added.
///
/// Complexity: linear, and each thread looks at all mentions.
fn edges(made: &MentionGraph, mentions: &[(u32, Vec<NewMention>)]) -> Vec<(u32, u32, Edge)> {
    let mut starts = vec![0; made.drugs.len() + 1];
    for mention in mentions.iter().flat_map(|(_, mentions)| mentions) {
        starts[mention.drug.0 as usize + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let count = starts[made.drugs.len()];
    let published = made.publications.iter().filter(|row| row.journal.is_some()).count();
    let mut edges = Vec::new();
    extend(&mut edges, count + published, (0, 0, Edge::PublishedIn));
    let (mut of_drugs, of_publications) = edges.split_at_mut(count);
    // Each thread takes the drugs of as many mentions as the others do.
    let (threads, mut taken, mut pieces) = (rayon::current_num_threads(), 0, Vec::new());
    for thread in 1..=threads {
        let drugs =
            taken..starts[..made.drugs.len()].partition_point(|&start| start < count * thread / threads);
        let (own, rest) = of_drugs.split_at_mut(starts[drugs.end] - starts[drugs.start]);
        taken = drugs.end;
        pieces.push((drugs, own));
        of_drugs = rest;
    }
    let fill = |(drugs, own): (Range<usize>, &mut [(u32, u32, Edge)])| {
        let mut places: Vec<usize> =
            starts[drugs.clone()].iter().map(|start| start - starts[drugs.start]).collect();
        for (first, mentions) in mentions {
            for &NewMention { drug, publication, evidence } in mentions {
                if drugs.contains(&(drug.0 as usize)) {
                    let place = &mut places[drug.0 as usize - drugs.start];
                    let to = made.publication_node(PublicationId(first + publication.0));
                    own[*place] = (drug.0, to, Edge::Mentions(evidence));
                    *place += 1;
                }
            }
        }
    };
    let published_in = || {
        let journals = (0..).zip(&made.publications).filter_map(|(i, row)| Some((i, row.journal?)));
        for (edge, (i, journal)) in of_publications.iter_mut().zip(journals) {
            *edge = (made.publication_node(PublicationId(i)), made.journal_node(journal), Edge::PublishedIn);
        }
    };
    rayon::join(|| pieces.into_par_iter().for_each(fill), published_in);
    edges
}

/// Adds as many values by all threads: a page of memory that is new costs more than what is written to it.
fn extend<T: Copy + Send + Sync>(list: &mut Vec<T>, count: usize, value: T) {
    list.reserve_exact(count);
    list.par_extend(repeat_n(value, count));
}

impl PublicationRow {
    /// A row of a [`Part`].
    pub(crate) fn new(kind: Kind, start: u32, id_len: Option<u32>, title_len: u32) -> Self {
        Self { text: 0, start, id_len, title_len, date: 0, file: 0, line: 0, kind, journal: None }
    }
}

#[cfg(test)]
mod tests {
    use petgraph::visit::{EdgeRef, IntoEdgeReferences};

    use super::*;
    use crate::graph::node::Node;

    #[test]
    fn edges_are_sorted_and_single_in_whatever_order_they_are_added() {
        let mut builder = MentionGraph::builder();
        let [a, b, unnamed] = ["A", "B", "C"].map(|name| builder.drug(None, name));
        let [first, second] = ["one", "two"].map(|title| {
            let new =
                NewPublication { kind: Kind::Pubmed, id: None, title, date: None, source: "pubmed.csv:2" };
            builder.publication(&new)
        });
        let journal = builder.journal("Acta");
        builder.journal("Unread");
        builder.published_in(second, journal);
        let evidence = |occurrences| Evidence { span: (0, 1), occurrences };
        for (drug, publication, occurrences) in
            [(b, second, 1), (a, second, 2), (a, first, 3), (a, second, 4)]
        {
            builder.mention(drug, publication, evidence(occurrences));
        }
        let graph = builder.build();
        let of = |drug| graph.mentions(drug).map(|m| (m.id, m.evidence.occurrences)).collect::<Vec<_>>();
        assert_eq!((of(a), of(b), of(unnamed)), (vec![(first, 3), (second, 2)], vec![(second, 1)], vec![]));
        assert_eq!((graph.degree(a), graph.degree(unnamed), graph.mention_count()), (2, 0, 3));
        assert_eq!(graph.journal_of(second), Some(journal));
        let node = |index| graph.node(index).expect("an edge has two nodes");
        let edges = graph.inner().edge_references().map(|e| (node(e.source()), node(e.target())));
        let mentions = |drug, publication| (Node::Drug(drug), Node::Publication(publication));
        let expect = [mentions(a, first), mentions(a, second), mentions(b, second)];
        let published = (Node::Publication(second), Node::Journal(journal));
        assert_eq!(edges.collect::<Vec<_>>(), [&expect[..], &[published]].concat());
        assert_eq!((graph.inner().node_count(), graph.node(7)), (7, None));
    }
}
