//! Puts a graph together.

use std::collections::HashMap;

use crate::clean::{Date, fold};
use crate::graph::MentionGraph;
use crate::graph::node::{DrugId, Edge, Evidence, JournalId, Node, PublicationId, PublicationRow, Text};
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
    mentions: Vec<(DrugId, PublicationId, Evidence)>,
}

impl GraphBuilder {
    /// Adds a drug.
    pub fn drug(&mut self, atccode: Option<&str>, name: &str) -> DrugId {
        let id = DrugId(self.made.drugs.len() as u32);
        let node = self.made.graph.add_node(Node::Drug(id));
        self.made.degrees.push(0);
        self.made.drugs.push((Drug { atccode: atccode.map(str::to_owned), name: name.to_owned() }, node));
        id
    }

    /// Adds a journal; the caller sees to it that one journal is added once.
    pub fn journal(&mut self, title: &str) -> JournalId {
        let id = JournalId(self.made.journals.len() as u32);
        let node = self.made.graph.add_node(Node::Journal(id));
        self.made.journals.push((title.to_owned(), node));
        id
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
        self.add(row)
    }

    /// Says that a publication appeared in a journal; once for each publication.
    pub fn published_in(&mut self, publication: PublicationId, journal: JournalId) {
        let (row, from) = &mut self.made.publications[publication.0 as usize];
        row.journal = Some(journal);
        let (from, to) = (*from, self.made.journals[journal.0 as usize].1);
        self.made.graph.add_edge(from, to, Edge::PublishedIn);
    }

    /// Says that a publication mentions a drug; once for each pair.
    pub fn mention(&mut self, drug: DrugId, publication: PublicationId, evidence: Evidence) {
        self.made.degrees[drug.0 as usize] += 1;
        self.mentions.push((drug, publication, evidence));
    }

    /// Says that a term belongs to drugs of several names.
    pub fn ambiguous(&mut self, term: &str) {
        self.made.ambiguous.insert(fold(term));
    }

    /// The finished graph.
    ///
    /// The edges of a drug are a list in which each one tells the place of the next: they are added drug by drug, so
    /// that to walk the list is to walk through memory.
    ///
    /// Complexity: linear.
    #[must_use]
    pub fn build(mut self) -> MentionGraph {
        let mut ends: Vec<usize> = Vec::with_capacity(self.made.degrees.len());
        for &degree in &self.made.degrees {
            ends.push(ends.last().copied().unwrap_or(0) + degree as usize);
        }
        let mut order: Vec<u32> = vec![0; self.mentions.len()];
        for (i, (drug, ..)) in self.mentions.iter().enumerate() {
            // From the back, because petgraph walks a list from its newest edge.
            let end = &mut ends[drug.0 as usize];
            *end -= 1;
            order[*end] = i as u32;
        }
        for i in order {
            let (drug, publication, evidence) = self.mentions[i as usize];
            let from = self.made.drugs[drug.0 as usize].1;
            let to = self.made.publications[publication.0 as usize].1;
            self.made.graph.add_edge(from, to, Edge::Mentions(evidence));
        }
        self.mentions.clear();
        self.made
    }

    /// Makes room at once, so that nothing is copied while the graph grows.
    pub(crate) fn reserve(&mut self, publications: usize, mentions: usize) {
        self.made.publications.reserve_exact(publications);
        self.made.graph.reserve_exact_nodes(publications);
        self.made.graph.reserve_exact_edges(publications + mentions);
        self.mentions.reserve_exact(mentions);
    }

    /// Takes over a text that rows added by [`GraphBuilder::adopt`] point into.
    pub(crate) fn adopt_text(&mut self, text: Text) -> u32 {
        self.made.texts.push(text);
        self.made.texts.len() as u32 - 1
    }

    /// Adds a publication whose text was taken over: nothing is copied.
    pub(crate) fn adopt(&mut self, text: u32, row: PublicationRow) -> PublicationId {
        self.add(PublicationRow { text, ..row })
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

    fn add(&mut self, row: PublicationRow) -> PublicationId {
        let id = PublicationId(self.made.publications.len() as u32);
        let node = self.made.graph.add_node(Node::Publication(id));
        self.made.publications.push((row, node));
        id
    }
}

impl PublicationRow {
    /// A row whose text is not known yet.
    pub(crate) fn new(kind: Kind, start: u32, id_len: Option<u32>, title_len: u32) -> Self {
        Self { text: 0, start, id_len, title_len, date: 0, file: 0, line: 0, kind, journal: None }
    }
}
