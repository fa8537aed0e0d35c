//! Which journals mention the most different drugs?

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::clean::fold;
use crate::graph::MentionGraph;
use crate::graph::question::Question;

/// Asks for the journals that mention the most distinct drugs, by PubMed articles and trials alike.
#[derive(Debug, Clone, Copy)]
pub struct TopJournals {
    /// How many.
    pub limit: Limit,
}

/// How many journals to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// All those tied at the top.
    Tied,
    /// So many, ties or not.
    First(usize),
}

/// The journals, those with most drugs first, then by title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopJournalsAnswer {
    /// The journals.
    pub journals: Vec<TopJournal>,
}

/// A journal and the drugs it mentions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopJournal {
    /// Its title.
    pub title: String,
    /// Number of distinct drug names.
    pub count: usize,
    /// The names, sorted.
    pub drugs: Vec<String>,
}

impl Question for TopJournals {
    type Answer = TopJournalsAnswer;

    /// Complexity: O(m log m) in the mentions.
    fn answer(&self, graph: &MentionGraph) -> TopJournalsAnswer {
        // One name may be spelled in two ways under two codes.
        let mut spelling: HashMap<String, &str> = HashMap::new();
        let mut drugs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (id, drug) in graph.drugs() {
            let name = *spelling.entry(fold(&drug.name)).or_insert(&drug.name);
            for mention in graph.mentions(id) {
                if let Some(journal) = graph.journal_of(mention.id) {
                    drugs.entry(graph.journal(journal)).or_default().insert(name);
                }
            }
        }
        let mut ranked: Vec<_> = drugs.into_iter().collect();
        ranked.sort_by_key(|(title, drugs)| (Reverse(drugs.len()), *title));
        let most = ranked.first().map_or(0, |(_, drugs)| drugs.len());
        match self.limit {
            Limit::Tied => ranked.retain(|(_, drugs)| drugs.len() == most),
            Limit::First(n) => ranked.truncate(n),
        }
        let journals = ranked.into_iter().map(|(title, drugs)| TopJournal {
            title: title.to_owned(),
            count: drugs.len(),
            drugs: drugs.into_iter().map(str::to_owned).collect(),
        });
        TopJournalsAnswer { journals: journals.collect() }
    }
}
