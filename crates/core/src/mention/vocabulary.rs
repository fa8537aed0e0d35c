//! The drugs that are looked for.

use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;
use smallvec::SmallVec;
use xxhash_rust::xxh3::Xxh3Default;

use crate::clean::fold;
use crate::mention::{Matcher, Overlap};

/// A drug of the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Drug {
    /// Its code in the Anatomical Therapeutic Chemical classification, as it was written.
    pub atccode: Option<String>,
    /// Its name, as it was written.
    pub name: String,
}

/// Drugs in the order of the output: by code, then name; those without a code last.
///
/// One name under two codes is two drugs; the same code and name twice is one.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// A graph has the same ones.
    drugs: Arc<Vec<Drug>>,
    /// Distinct folded names, each with the drugs that bear it.
    names: IndexMap<String, SmallVec<[u32; 2]>>,
    /// The drugs themselves, each a list of its own; empty where no drug has two names.
    own: Vec<u32>,
}

/// A term that belongs to drugs of several names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous<'v> {
    /// The term, folded.
    pub term: &'v str,
    /// Its drugs, in the order of the output.
    pub drugs: Vec<&'v Drug>,
}

impl Vocabulary {
    /// Makes a vocabulary; of twins that differ in case only, the least spelling stays.
    #[must_use]
    pub fn new(drugs: Vec<Drug>) -> Self {
        Self::with_synonyms(drugs.into_iter().map(|drug| (drug, Vec::new())).collect())
    }

    /// Makes a vocabulary of drugs with other names; a drug that is told twice has the other names of both.
    ///
    /// Complexity: linear in the names, plus a sort of the drugs; done by the current pool of rayon.
    #[must_use]
    pub fn with_synonyms(mut drugs: Vec<(Drug, Vec<String>)>) -> Self {
        // None sorts before Some: turn it around, so that drugs without a code come last.
        drugs.par_sort_by(|(a, _), (b, _)| {
            let order = |drug: &Drug| drug.atccode.is_none();
            order(a).cmp(&order(b)).then_with(|| (&a.atccode, &a.name).cmp(&(&b.atccode, &b.name)))
        });
        let mut names: IndexMap<String, SmallVec<_>> = IndexMap::with_capacity(drugs.len());
        let mut kept: Vec<Drug> = Vec::with_capacity(drugs.len());
        let mut synonyms: Vec<(u32, Vec<String>)> = Vec::new();
        let folded: Vec<String> = drugs.par_iter().map(|(drug, _)| fold(&drug.name)).collect();
        for ((drug, others), folded) in drugs.into_iter().zip(folded) {
            let bearers = names.entry(folded).or_default();
            let twin = bearers.iter().copied().find(|&other| kept[other as usize].atccode == drug.atccode);
            let place = twin.unwrap_or_else(|| {
                bearers.push(kept.len() as u32);
                kept.push(drug);
                kept.len() as u32 - 1
            });
            if !others.is_empty() {
                synonyms.push((place, others));
            }
        }
        let (count, mut more) = (names.len(), false);
        for (drug, others) in &synonyms {
            for folded in others.iter().map(|other| fold(other)).filter(|other| !other.is_empty()) {
                let bearers = names.entry(folded).or_default();
                if !bearers.contains(drug) {
                    bearers.push(*drug);
                    bearers.sort_unstable();
                    more = true;
                }
            }
        }
        debug_assert!(more || names.len() == count);
        let own = if more { (0..kept.len() as u32).collect() } else { Vec::new() };
        Self { drugs: Arc::new(kept), names, own }
    }

    /// Whether a drug has several names, so that what is found are drugs, not names.
    #[must_use]
    pub fn has_synonyms(&self) -> bool {
        !self.own.is_empty()
    }

    /// The drugs of what was found: of a drug itself where drugs have several names, else of a name.
    #[must_use]
    pub fn drugs_of(&self, found: u32) -> &[u32] {
        if self.own.is_empty() {
            self.bearers(found)
        } else {
            std::slice::from_ref(&self.own[found as usize])
        }
    }

    /// The terms that belong to drugs of several names, in order. One name under several codes is none of them.
    ///
    /// Complexity: linear in the terms, plus a sort of those that are told.
    #[must_use]
    pub fn ambiguous(&self) -> Vec<Ambiguous<'_>> {
        if !self.has_synonyms() {
            return Vec::new();
        }
        let mut terms = Vec::new();
        for (term, bearers) in self.names.iter().filter(|(_, bearers)| bearers.len() > 1) {
            let drugs: Vec<&Drug> = bearers.iter().map(|&drug| &self.drugs[drug as usize]).collect();
            let first = fold(&drugs[0].name);
            if drugs.iter().any(|drug| fold(&drug.name) != first) {
                terms.push(Ambiguous { term, drugs });
            }
        }
        terms.sort_unstable_by_key(|ambiguous| ambiguous.term);
        terms
    }

    /// The drugs, in the order of the output.
    #[must_use]
    pub fn drugs(&self) -> &[Drug] {
        &self.drugs
    }

    /// The same, for a graph of its own to hold.
    pub(crate) fn shared_drugs(&self) -> Arc<Vec<Drug>> {
        Arc::clone(&self.drugs)
    }

    /// The drugs that bear a name, by the position that [`Matcher`] gives.
    #[must_use]
    pub fn bearers(&self, name: u32) -> &[u32] {
        &self.names[name as usize]
    }

    /// XXH3 of all that it holds: drugs, names, and who bears which.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut hash = Xxh3Default::new();
        let mut text = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        for drug in self.drugs.iter() {
            text(drug.atccode.as_deref().unwrap_or("\0")); // a code is never that
            text(&drug.name);
        }
        for (name, bearers) in self.names.iter() {
            text(name);
            text(&bearers.len().to_string());
            for bearer in bearers {
                text(&bearer.to_string());
            }
        }
        hash.digest()
    }

    /// The matcher of the names.
    #[must_use]
    pub fn matcher(&self, overlap: Overlap) -> Matcher {
        Matcher::new(self.names.keys().map(String::as_str), overlap)
    }
}

/// Tells whether a code has the form of one of the five ATC levels: `A`, `A04`, `A04A`, `A04AD`, `A04AD12`.
#[must_use]
pub fn is_atc_code(code: &str) -> bool {
    matches!(code.len(), 1 | 3 | 4 | 5 | 7)
        && code.bytes().enumerate().all(|(i, b)| match i {
            0 | 3 | 4 => b.is_ascii_uppercase(),
            _ => b.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_are_one_and_namesakes_two() {
        let drug =
            |code: Option<&str>, name: &str| Drug { atccode: code.map(str::to_owned), name: name.into() };
        let vocabulary = Vocabulary::new(vec![
            drug(None, "Z"),
            drug(Some("B01"), "Aspirin"),
            drug(Some("A01"), "ASPIRIN"),
            drug(Some("B01"), "ASPIRIN"),
            drug(Some("A01"), "ETHANOL"),
        ]);
        let shown: Vec<_> =
            vocabulary.drugs().iter().map(|d| (d.atccode.as_deref(), d.name.as_str())).collect();
        assert_eq!(
            shown,
            [(Some("A01"), "ASPIRIN"), (Some("A01"), "ETHANOL"), (Some("B01"), "ASPIRIN"), (None, "Z")]
        );
        assert_eq!(vocabulary.bearers(0), [0, 2]);
        assert!(!vocabulary.has_synonyms());
    }

    #[test]
    fn a_synonym_belongs_to_its_drug_or_to_several() {
        let drug = |code: &str, name: &str, others: &[&str]| {
            let drug = Drug { atccode: Some(code.into()), name: name.into() };
            (drug, others.iter().map(|other| (*other).to_owned()).collect())
        };
        let vocabulary = Vocabulary::with_synonyms(vec![
            drug("A", "Aspirin", &["ASA", "asa", "aspirin", ""]),
            drug("B", "Aspirin", &["ASA"]),
            drug("C", "Mesalazine", &["asa", "5-ASA"]),
            drug("D", "5-asa", &[]),
        ]);
        let shown = |name: &str| {
            let place = vocabulary.names.get_index_of(name).expect(name);
            vocabulary.bearers(place as u32).to_vec()
        };
        assert_eq!(shown("asa"), [0, 1, 2]);
        assert_eq!(shown("5-asa"), [2, 3]);
        assert_eq!(shown("aspirin"), [0, 1]);
        assert_eq!(vocabulary.drugs_of(2), [2]);
        let ambiguous: Vec<_> = vocabulary.ambiguous().into_iter().map(|a| (a.term, a.drugs.len())).collect();
        assert_eq!(ambiguous, [("5-asa", 2), ("asa", 3)]);
    }

    #[test]
    fn codes_have_the_form_of_a_level() {
        for (code, expect) in
            [("A04AD", true), ("A04AD12", true), ("A", true), ("6302001", false), ("a04ad", false)]
        {
            assert_eq!(is_atc_code(code), expect, "{code}");
        }
    }
}
