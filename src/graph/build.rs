//! Puts a graph together.

use std::collections::HashMap;

use petgraph::csr::Csr;

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
    mentions: Vec<Vec<NewMention>>,
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

impl GraphBuilder {
    /// Adds a drug.
    pub fn drug(&mut self, atccode: Option<&str>, name: &str) -> DrugId {
        self.made.drugs.push(Drug { atccode: atccode.map(str::to_owned), name: name.to_owned() });
        DrugId(self.made.drugs.len() as u32 - 1)
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
            self.mentions.push(Vec::new());
        }
        self.mentions[0].push(NewMention { drug, publication, evidence });
    }

    /// Says that a term belongs to drugs of several names.
    pub fn ambiguous(&mut self, term: &str) {
        self.made.ambiguous.insert(fold(term));
    }

    /// Takes over publications with their mentions: their text is not copied.
    pub(crate) fn append(&mut self, parts: Vec<Part>) {
        self.made.publications.reserve_exact(parts.iter().map(|part| part.rows.len()).sum());
        for Part { text, mut rows, mut mentions } in parts {
            let first = self.made.publications.len() as u32;
            let number = self.made.texts.len() as u32;
            self.made.texts.push(text);
            rows.iter_mut().for_each(|row| row.text = number);
            self.made.publications.append(&mut rows);
            mentions.iter_mut().for_each(|mention| mention.publication.0 += first);
            self.mentions.push(mentions);
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
    /// # Panics
    ///
    /// When there are four billion nodes.
    #[must_use]
    pub fn build(mut self) -> MentionGraph {
        let made = &mut self.made;
        let nodes = made.drugs.len() + made.publications.len() + made.journals.len();
        assert!(u32::try_from(nodes).is_ok(), "a graph has fewer than four billion nodes");
        let mut edges = by_drug(made, &std::mem::take(&mut self.mentions));
        edges.extend(made.publications.iter().enumerate().filter_map(|(i, row)| {
            let from = made.publication_node(PublicationId(i as u32));
            row.journal.map(|journal| (from, made.journal_node(journal), Edge::PublishedIn))
        }));
        made.graph = Csr::from_sorted_edges(&edges).expect("edges are sorted, and each is there once");
        while made.graph.node_count() < nodes {
            made.graph.add_node(());
        }
        self.made
    }
}

/// The mentions as edges: drug by drug, each by rising publication. Complexity: linear where they come so.
fn by_drug(made: &MentionGraph, mentions: &[Vec<NewMention>]) -> Vec<(u32, u32, Edge)> {
    let mut starts = vec![0; made.drugs.len() + 1];
    for mention in mentions.iter().flatten() {
        starts[mention.drug.0 as usize + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let count = starts.last().copied().unwrap_or(0);
    let published = made.publications.iter().filter(|row| row.journal.is_some()).count();
    let mut edges = Vec::with_capacity(count + published);
    edges.resize(count, (0, 0, Edge::PublishedIn));
    for mention in mentions.iter().flatten() {
        let place = &mut starts[mention.drug.0 as usize];
        let to = made.publication_node(mention.publication);
        edges[*place] = (mention.drug.0, to, Edge::Mentions(mention.evidence));
        *place += 1;
    }
    let ends = |edge: &(u32, u32, Edge)| (edge.0, edge.1);
    if !edges.is_sorted_by(|a, b| ends(a) < ends(b)) {
        edges.sort_by_key(ends);
        edges.dedup_by_key(|edge| ends(edge));
    }
    edges
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
