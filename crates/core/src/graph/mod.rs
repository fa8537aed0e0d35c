//! The graph drug -> publication -> journal, and the questions it answers.
//!
//! ```
//! use pipeline_core::graph::{Evidence, MentionGraph, NewPublication};
//! use pipeline_core::graph::question::{Limit, TopJournals};
//! use pipeline_core::record::Kind;
//!
//! let mut builder = MentionGraph::builder();
//! let drug = builder.drug(Some("V03AB"), "ETHANOL");
//! let journal = builder.journal("Psychopharmacology");
//! let publication = builder.publication(&NewPublication {
//!     kind: Kind::Pubmed,
//!     id: Some("6"),
//!     title: "On ethanol",
//!     date: None,
//!     source: "pubmed.csv:7",
//! });
//! builder.published_in(publication, journal);
//! builder.mention(drug, publication, Evidence { span: (3, 10), occurrences: 1 });
//! let graph = builder.build();
//!
//! let answer = graph.ask(&TopJournals { limit: Limit::Tied });
//! assert_eq!(answer.journals[0].title, "Psychopharmacology");
//! assert_eq!(answer.journals[0].drugs, ["ETHANOL"]);
//! let mention = graph.mentions(drug).next().unwrap();
//! assert_eq!(mention.matched(), "ethanol");
//! ```

mod build;
mod node;
pub mod question;

pub use build::{GraphBuilder, NewPublication};
pub use node::{DrugId, Edge, Evidence, JournalId, Mention, Node, Publication, PublicationId};

use std::collections::HashSet;
use std::sync::Arc;

use petgraph::csr::Csr;
use petgraph::visit::EdgeRef;

pub(crate) use crate::graph::build::{NewMention, Part};
pub(crate) use crate::graph::node::PublicationRow;

use crate::clean::fold;
use crate::graph::node::Text;
use crate::mention::Drug;

/// Drugs, the publications that mention them, and the journals these appeared in.
///
/// Nodes are drugs, publications and journals; edges are mentions (drug -> publication, with their evidence)
/// and published-in (publication -> journal). Lists of nodes keep the order in which they were added.
#[derive(Debug, Default)]
pub struct MentionGraph {
    /// The edges of each node in one piece. Nodes are numbered: drugs, then publications, then journals.
    graph: Csr<(), Edge>,
    /// Those of a vocabulary are not copied.
    drugs: Arc<Vec<Drug>>,
    journals: Vec<String>,
    publications: Vec<PublicationRow>,
    texts: Vec<Text>,
    files: Vec<String>,
    /// Folded terms that belong to drugs of several names.
    ambiguous: HashSet<String>,
}

impl MentionGraph {
    /// The petgraph graph underneath, for algorithms of your own.
    ///
    /// The one place where petgraph shows: it may change with petgraph's version. [`MentionGraph::node`] tells what its
    /// nodes stand for.
    #[must_use]
    pub fn inner(&self) -> &Csr<(), Edge> {
        &self.graph
    }

    /// What a node of [`MentionGraph::inner`] stands for; none where there is no such node.
    #[must_use]
    pub fn node(&self, index: u32) -> Option<Node> {
        let (drugs, publications) = (self.drugs.len() as u32, self.publications.len() as u32);
        let journals = self.journals.len() as u32;
        if index < drugs {
            return Some(Node::Drug(DrugId(index)));
        }
        let index = index - drugs;
        if index < publications {
            return Some(Node::Publication(PublicationId(index)));
        }
        (index - publications < journals).then(|| Node::Journal(JournalId(index - publications)))
    }

    fn publication_node(&self, id: PublicationId) -> u32 {
        self.drugs.len() as u32 + id.0
    }

    fn journal_node(&self, id: JournalId) -> u32 {
        (self.drugs.len() + self.publications.len()) as u32 + id.0
    }

    /// The drugs, mentioned or not.
    pub fn drugs(&self) -> impl ExactSizeIterator<Item = (DrugId, &Drug)> {
        self.drugs.iter().enumerate().map(|(i, drug)| (DrugId(i as u32), drug))
    }

    /// A drug.
    #[must_use]
    pub fn drug(&self, id: DrugId) -> &Drug {
        &self.drugs[id.0 as usize]
    }

    /// Tells whether the term that a mention shows belongs to drugs of several names: it counts for each of them.
    ///
    /// Complexity: constant where no term does, else linear in the term.
    #[must_use]
    pub fn is_ambiguous(&self, mention: &Mention<'_>) -> bool {
        !self.ambiguous.is_empty() && self.ambiguous.contains(&fold(mention.matched()))
    }

    /// The journals' titles.
    pub fn journals(&self) -> impl ExactSizeIterator<Item = (JournalId, &str)> {
        self.journals.iter().enumerate().map(|(i, title)| (JournalId(i as u32), title.as_str()))
    }

    /// A journal's title.
    #[must_use]
    pub fn journal(&self, id: JournalId) -> &str {
        &self.journals[id.0 as usize]
    }

    /// The publications.
    pub fn publications(&self) -> impl ExactSizeIterator<Item = (PublicationId, Publication<'_>)> {
        (0..self.publications.len() as u32).map(|i| (PublicationId(i), self.publication(PublicationId(i))))
    }

    /// A publication.
    #[must_use]
    pub fn publication(&self, id: PublicationId) -> Publication<'_> {
        let row = self.publications[id.0 as usize];
        row.view(&self.texts[row.text as usize], &self.files)
    }

    /// The journal that a publication appeared in.
    ///
    /// Complexity: constant.
    #[must_use]
    pub fn journal_of(&self, id: PublicationId) -> Option<JournalId> {
        // The edge says the same; this saves three steps through memory for each mention.
        self.publications[id.0 as usize].journal
    }

    /// The mentions of a drug, one a publication, in the order in which the publications were added.
    ///
    /// Complexity: linear in their number.
    pub fn mentions(&self, id: DrugId) -> impl Iterator<Item = Mention<'_>> {
        self.graph.edges(id.0).filter_map(move |edge| match *edge.weight() {
            Edge::Mentions(evidence) => {
                let publication = PublicationId(edge.target() - self.drugs.len() as u32);
                Some(Mention {
                    drug: id,
                    id: publication,
                    publication: self.publication(publication),
                    evidence,
                })
            }
            Edge::PublishedIn => None,
        })
    }

    /// Looks at the texts of a drug's publications: they are far apart, and a loop that does nothing else lets the
    /// processor fetch many of them at once, for who reads them next.
    pub(crate) fn fetch_texts(&self, id: DrugId) {
        const LINE: usize = 64; // what the processor fetches at a time
        let mut seen = 0;
        for publication in self.graph.neighbors_slice(id.0) {
            let row = &self.publications[*publication as usize - self.drugs.len()];
            let len = (row.id_len.unwrap_or(0) + row.title_len) as usize;
            let text = &self.texts[row.text as usize].as_bytes()[row.start as usize..][..len];
            seen = text.iter().step_by(LINE).chain(text.last()).fold(seen, |seen, byte| seen ^ byte);
        }
        std::hint::black_box(seen);
    }

    /// Number of mentions of a drug.
    ///
    /// Complexity: constant.
    #[must_use]
    pub fn degree(&self, id: DrugId) -> usize {
        self.graph.out_degree(id.0)
    }

    /// Number of mentions.
    ///
    /// Complexity: linear in the drugs.
    #[must_use]
    pub fn mention_count(&self) -> usize {
        self.drugs().map(|(id, _)| self.degree(id)).sum()
    }
}
