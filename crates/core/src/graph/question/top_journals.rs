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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::question::example::graph;
    use crate::record::Kind::{ClinicalTrial, Pubmed};

    const DRUGS: [(Option<&str>, &str); 4] = [
        (Some("A03BA"), "ATROPINE"),
        (Some("V03AB"), "ETHANOL"),
        (Some("D08AX"), "Ethanol"),
        (Some("B01AC"), "ASPIRIN"),
    ];

    fn sample() -> MentionGraph {
        graph(
            &DRUGS,
            &[
                (Pubmed, Some("Acta"), &[0, 1]),
                (ClinicalTrial, Some("Acta"), &[3]),
                (Pubmed, Some("Brain"), &[1, 2]),
                (Pubmed, None, &[0]),
                (Pubmed, Some("Cell"), &[3, 0, 1]),
                (Pubmed, Some("Unread"), &[]),
            ],
        )
    }

    fn top(limit: Limit) -> Vec<(String, usize, String)> {
        let answer = sample().ask(&TopJournals { limit });
        answer.journals.into_iter().map(|j| (j.title, j.count, j.drugs.join(" "))).collect()
    }

    fn row(title: &str, count: usize, drugs: &str) -> (String, usize, String) {
        (title.into(), count, drugs.into())
    }

    #[test]
    fn all_that_are_tied_at_the_top_are_listed() {
        // An article and a trial count alike: Acta has three drugs of two publications, Cell three of one.
        let all = "ASPIRIN ATROPINE ETHANOL";
        assert_eq!(top(Limit::Tied), [row("Acta", 3, all), row("Cell", 3, all)]);
    }

    #[test]
    fn a_limit_cuts_the_list_and_counts_names_not_codes() {
        assert_eq!(top(Limit::First(1)), top(Limit::Tied)[..1]);
        assert_eq!(top(Limit::First(0)), []);
        // Brain mentions one name under two codes, and a journal without a mention is not listed.
        let all = top(Limit::First(9));
        assert_eq!((all.len(), &all[2]), (3, &row("Brain", 1, "ETHANOL")));
    }

    #[test]
    fn a_graph_without_mentions_has_no_top() {
        let empty = graph(&DRUGS, &[(Pubmed, Some("Acta"), &[])]);
        assert_eq!(empty.ask(&TopJournals { limit: Limit::Tied }).journals, []);
    }
}
