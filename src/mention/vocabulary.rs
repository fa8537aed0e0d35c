//! The drugs that are looked for.

use std::collections::HashMap;

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
    drugs: Vec<Drug>,
    /// Distinct folded names.
    names: Vec<String>,
    /// For each name, the drugs that bear it.
    bearers: Vec<Vec<u32>>,
}

impl Vocabulary {
    /// Makes a vocabulary; of twins that differ in case only, the least spelling stays.
    #[must_use]
    pub fn new(mut drugs: Vec<Drug>) -> Self {
        // None sorts before Some: turn it around, so that drugs without a code come last.
        let order = |drug: &Drug| (drug.atccode.is_none(), drug.atccode.clone(), drug.name.clone());
        drugs.sort_by_cached_key(order);
        let mut names: Vec<String> = Vec::with_capacity(drugs.len());
        let mut bearers: Vec<Vec<u32>> = Vec::with_capacity(drugs.len());
        let mut places: HashMap<String, u32> = HashMap::with_capacity(drugs.len());
        let mut kept: Vec<Drug> = Vec::with_capacity(drugs.len());
        for drug in drugs {
            let folded = fold(&drug.name);
            let place = *places.entry(folded).or_insert_with_key(|folded| {
                names.push(folded.clone());
                bearers.push(Vec::new());
                names.len() as u32 - 1
            });
            let bearers = &mut bearers[place as usize];
            if bearers.iter().all(|&other| kept[other as usize].atccode != drug.atccode) {
                bearers.push(kept.len() as u32);
                kept.push(drug);
            }
        }
        Self { drugs: kept, names, bearers }
    }

    /// The drugs, in the order of the output.
    #[must_use]
    pub fn drugs(&self) -> &[Drug] {
        &self.drugs
    }

    /// The drugs that bear a name, by the position that [`Matcher`] gives.
    #[must_use]
    pub fn bearers(&self, name: u32) -> &[u32] {
        &self.bearers[name as usize]
    }

    /// The matcher of the names.
    #[must_use]
    pub fn matcher(&self, overlap: Overlap) -> Matcher {
        Matcher::new(self.names.iter().map(String::as_str), overlap)
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
