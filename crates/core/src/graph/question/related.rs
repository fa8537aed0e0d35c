//! Which drugs do the same journals mention in PubMed, but not in clinical trials?

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use crate::clean::{clean_line, fold};
use crate::graph::question::Question;
use crate::graph::{DrugId, JournalId, MentionGraph};
use crate::record::Kind;

/// Asks for the drugs that the journals of one drug mention through PubMed and not through a trial.
#[derive(Debug, Clone)]
pub struct Related<'q> {
    /// A drug's name in any case, or its code.
    pub drug: &'q str,
    /// What "not in a trial" means.
    pub reading: Reading,
}

/// What "not in a clinical trial" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// Not in a trial of that journal.
    #[default]
    Journal,
    /// Not in any trial.
    Anywhere,
}

impl Reading {
    /// Every reading.
    pub const ALL: [Self; 2] = [Self::Journal, Self::Anywhere];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Anywhere => "anywhere",
        }
    }
}

/// The related drugs, by name and code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedAnswer {
    /// The drug that was asked for, as the list spells it.
    pub drug: String,
    /// The reading.
    pub reading: Reading,
    /// The related ones.
    pub drugs: Vec<RelatedDrug>,
}

/// A related drug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedDrug {
    /// Its name.
    pub drug: String,
    /// Its code.
    pub atccode: Option<String>,
    /// The journals that mention both through PubMed, sorted.
    pub journals: Vec<String>,
}

/// No drug bears the name, or several bear the code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDrug {
    /// Nothing of that name or code.
    #[error("no drug is called `{asked}`")]
    Unknown {
        /// What was asked for.
        asked: String,
        /// Names that look like it, the best first.
        close: Vec<String>,
    },
    /// A code that stands for several names.
    #[error("the code `{code}` stands for {} drugs: {}", names.len(), names.join(", "))]
    Ambiguous {
        /// The code.
        code: String,
        /// The names.
        names: Vec<String>,
    },
}

impl Question for Related<'_> {
    type Answer = Result<RelatedAnswer, UnknownDrug>;

    /// Complexity: linear in the mentions, and a search among the drugs.
    fn answer(&self, graph: &MentionGraph) -> Self::Answer {
        let (name, wanted) = find(graph, self.drug)?;
        let journals_by = |drug: DrugId, kind: Kind| {
            let of_kind = graph.mentions(drug).filter(move |m| m.publication.kind == kind);
            of_kind.filter_map(|m| graph.journal_of(m.id))
        };
        let ours: HashSet<JournalId> =
            wanted.iter().flat_map(|&drug| journals_by(drug, Kind::Pubmed)).collect();
        // By name, and code: one name under two codes is told apart in the list, but not in what excludes it.
        let mut by_name: BTreeMap<String, Vec<DrugId>> = BTreeMap::new();
        for (id, drug) in graph.drugs().filter(|(id, _)| !wanted.contains(id)) {
            by_name.entry(fold(&drug.name)).or_default().push(id);
        }
        let mut drugs = Vec::new();
        for ids in by_name.values() {
            let trials: HashSet<JournalId> =
                ids.iter().flat_map(|&id| journals_by(id, Kind::ClinicalTrial)).collect();
            let any_trial = || {
                let mut mentions = ids.iter().flat_map(|&id| graph.mentions(id));
                mentions.any(|m| m.publication.kind == Kind::ClinicalTrial)
            };
            if self.reading == Reading::Anywhere && any_trial() {
                continue;
            }
            for &id in ids {
                let shared: BTreeSet<&str> = journals_by(id, Kind::Pubmed)
                    .filter(|journal| ours.contains(journal) && !trials.contains(journal))
                    .map(|journal| graph.journal(journal))
                    .collect();
                if !shared.is_empty() {
                    let drug = graph.drug(id);
                    drugs.push(RelatedDrug {
                        drug: drug.name.clone(),
                        atccode: drug.atccode.clone(),
                        journals: shared.into_iter().map(str::to_owned).collect(),
                    });
                }
            }
        }
        let order = |d: &RelatedDrug| (d.drug.clone(), d.atccode.is_none(), d.atccode.clone());
        drugs.sort_by_cached_key(order);
        Ok(RelatedAnswer { drug: name, reading: self.reading, drugs })
    }
}

/// The drugs that a name or a code stands for, all of one name.
fn find(graph: &MentionGraph, asked: &str) -> Result<(String, Vec<DrugId>), UnknownDrug> {
    let key = fold(&clean_line(asked).text);
    let named: Vec<DrugId> = graph.drugs().filter(|(_, d)| fold(&d.name) == key).map(|(id, _)| id).collect();
    if let Some(&first) = named.first() {
        return Ok((graph.drug(first).name.clone(), named));
    }
    let coded = graph.drugs().filter(|(_, d)| d.atccode.as_deref().is_some_and(|code| fold(code) == key));
    let names: BTreeMap<String, String> = coded.map(|(_, d)| (fold(&d.name), d.name.clone())).collect();
    if names.len() > 1 {
        return Err(UnknownDrug::Ambiguous { code: asked.to_owned(), names: names.into_values().collect() });
    }
    if let Some((key, name)) = names.into_iter().next() {
        let ids = graph.drugs().filter(|(_, d)| fold(&d.name) == key).map(|(id, _)| id);
        return Ok((name, ids.collect()));
    }
    let mut close: Vec<(f64, &str)> = graph
        .drugs()
        .map(|(_, d)| (strsim::jaro_winkler(&fold(&d.name), &key), d.name.as_str()))
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    close.dedup_by_key(|(_, name)| *name);
    let close = close.into_iter().take(3).map(|(_, name)| name.to_owned()).collect();
    Err(UnknownDrug::Unknown { asked: asked.to_owned(), close })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::question::example::graph;
    use crate::record::Kind::{ClinicalTrial, Pubmed};

    /// Atropine is in Acta and Brain through PubMed, and in Cell through a trial.
    fn sample() -> MentionGraph {
        const ATROPINE: usize = 0;
        const ETHANOL: usize = 1;
        const ETHANOL_OF_ANOTHER_CODE: usize = 2;
        const ASPIRIN: usize = 3;
        const THYME: usize = 4;
        const WARFARIN: usize = 5;
        let drugs = [
            (Some("A03BA"), "ATROPINE"),
            (Some("V03AB"), "ETHANOL"),
            (Some("D08AX"), "ethanol"),
            (Some("B01AC"), "ASPIRIN"),
            (None, "THYME"),
            (Some("B01AC"), "WARFARIN"),
        ];
        graph(
            &drugs,
            &[
                (Pubmed, Some("Acta"), &[ATROPINE, ETHANOL, ASPIRIN]),
                (ClinicalTrial, Some("Acta"), &[ASPIRIN]),
                (Pubmed, Some("Brain"), &[ATROPINE, ETHANOL_OF_ANOTHER_CODE, THYME]),
                (ClinicalTrial, Some("Brain"), &[ETHANOL]),
                (Pubmed, Some("Acta"), &[THYME]),
                (ClinicalTrial, Some("Cell"), &[ATROPINE]),
                (Pubmed, Some("Cell"), &[WARFARIN]),
                (Pubmed, None, &[ATROPINE, WARFARIN]),
            ],
        )
    }

    fn ask(drug: &str, reading: Reading) -> Result<RelatedAnswer, UnknownDrug> {
        sample().ask(&Related { drug, reading })
    }

    /// `name code: journals` of each related drug.
    fn related(drug: &str, reading: Reading) -> Vec<String> {
        let of = |drug: &RelatedDrug| {
            let code = drug.atccode.as_deref().unwrap_or("-");
            format!("{} {code}: {}", drug.drug, drug.journals.join(", "))
        };
        ask(drug, reading).unwrap().drugs.iter().map(of).collect()
    }

    #[test]
    fn a_trial_of_the_same_journal_takes_that_journal_out() {
        // Aspirin shares Acta, but a trial in Acta mentions it. Ethanol shares Acta; in Brain, which it shares under
        // its other code, a trial mentions that name. Warfarin is in Cell, where Atropine is in a trial only.
        assert_eq!(related("atropine", Reading::Journal), ["ETHANOL V03AB: Acta", "THYME -: Acta, Brain"]);
    }

    #[test]
    fn a_trial_anywhere_takes_the_drug_out() {
        assert_eq!(related("atropine", Reading::Anywhere), ["THYME -: Acta, Brain"]);
    }

    #[test]
    fn a_name_stands_for_all_its_codes_and_a_code_for_its_name() {
        let both = ["ATROPINE A03BA: Acta, Brain", "THYME -: Acta, Brain"];
        for asked in ["Ethanol", " ETHANOL ", "v03ab", "D08AX"] {
            assert_eq!(related(asked, Reading::Journal), both, "{asked}");
        }
        // It is shown as the list spells it, where it stands first.
        assert_eq!(ask("ethanol", Reading::Journal).unwrap().drug, "ETHANOL");
        assert_eq!(related("warfarin", Reading::Journal), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_drug_is_told_with_what_may_have_been_meant() {
        let unknown = |asked: &str, close: &[&str]| {
            let close = close.iter().map(ToString::to_string).collect();
            Err(UnknownDrug::Unknown { asked: asked.into(), close })
        };
        assert_eq!(ask("atropin", Reading::Journal), unknown("atropin", &["ATROPINE"]));
        assert_eq!(ask("qqq", Reading::Journal), unknown("qqq", &[]));
        let names = vec!["ASPIRIN".into(), "WARFARIN".into()];
        let ambiguous = UnknownDrug::Ambiguous { code: "b01ac".into(), names };
        assert_eq!(ask("b01ac", Reading::Journal), Err(ambiguous));
    }
}
