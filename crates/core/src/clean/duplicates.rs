//! Finds records that are told twice, with 32 bytes a row and nothing else in memory.
//!
//! A row is kept as hashes: of its id, its folded title, its journal, and its date as a number. That is enough
//! to tell equal, complementary and conflicting rows apart. Nothing depends on the order of the rows: of rows
//! that differ the winner is the fuller one, then the later dated, then the one with the lesser hashes.
//!
//! Complexity: linear in the rows, with two bits a row and bucket to leave out those that stand alone; sorting
//! is for the few that are left.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::clean::revisions::Revisions;
use crate::clean::row_key::{Fate, RowKey, Why};
use crate::record::{Field, RowPlace};

/// Every row that is not a record of its own, in order of place.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Rows merged into another, or in conflict with it.
    pub fates: Vec<Fate>,
    /// Rows without an id that fit several records, and were left alone.
    pub undecided: Vec<RowPlace>,
    /// Deletions of what is not there, by their place in the list.
    pub unheard: Vec<u32>,
}

/// Decides which rows tell the same record.
///
/// Same id: equal or complementary rows are one; one that contradicts is in conflict. Same title and date
/// where at least one lacks an id: equal or complementary rows are one, unless several records fit.
#[must_use]
pub fn decide(chunks: &[&[RowKey]], revisions: &Revisions) -> Decisions {
    let mut decisions = Decisions::default();
    let mut merged = by_id(chunks, revisions, &mut decisions);
    by_title(chunks, &mut merged, &mut decisions);
    decisions.fates.par_sort_unstable();
    decisions.undecided.sort_unstable();
    decisions
}

/// Merges rows of one id; gives what became of the rows that took part, by place.
fn by_id(chunks: &[&[RowKey]], revisions: &Revisions, decisions: &mut Decisions) -> Vec<RowKey> {
    let mut deletions = revisions.last_deletions();
    let rows: usize = chunks.iter().map(|rows| rows.len()).sum::<usize>() + deletions.len();
    let (once, twice) = (Bits::new(rows), Bits::new(rows));
    deletions.keys().for_each(|&id| {
        twice.set(id);
    });
    chunks.par_iter().copied().flatten_iter().filter(|row| row.id != 0).for_each(|row| {
        if once.set(row.id) {
            twice.set(row.id);
        }
    });
    let mut doubtful: Vec<RowKey> = chunks
        .par_iter()
        .copied()
        .flatten_iter()
        .filter(|row| row.id != 0 && twice.get(row.id))
        .copied()
        .collect();
    doubtful.par_sort_unstable_by_key(|row| (row.id, rank(row)));
    let mut survivors = Vec::new();
    let mut group: Vec<RowKey> = Vec::new();
    for of_id in doubtful.chunk_by(|a, b| a.id == b.id) {
        let deletion = deletions.remove(&of_id[0].id);
        if of_id.len() == 1 && deletion.is_none() {
            continue;
        }
        group.clear();
        group.extend_from_slice(of_id);
        let before = decisions.fates.len();
        revisions.settle(deletion, &mut group, &mut decisions.fates);
        if decisions.fates.len() == before {
            decisions.unheard.extend(deletion);
        }
        let Some((first, rest)) = group.split_first() else { continue };
        let mut survivor = *first;
        for row in rest {
            let why = contradiction(&survivor, row).map_or(Why::Merged, Why::Conflict);
            if why == Why::Merged {
                absorb(&mut survivor, row);
            }
            decisions.fates.push(Fate { at: row.at, survivor: survivor.at, why });
        }
        survivors.push(survivor);
    }
    decisions.unheard.extend(deletions.into_values());
    decisions.unheard.sort_unstable();
    survivors.sort_unstable_by_key(|row| row.at);
    survivors
}

/// Merges rows of one title and date where some have no id.
fn by_title(chunks: &[&[RowKey]], survivors: &mut [RowKey], decisions: &mut Decisions) {
    let anonymous: usize = chunks.par_iter().map(|rows| rows.iter().filter(|row| row.id == 0).count()).sum();
    if anonymous == 0 {
        return;
    }
    let titles = Bits::new(anonymous);
    chunks.par_iter().copied().flatten_iter().filter(|row| row.id == 0).for_each(|row| {
        titles.set(row.title);
    });
    let mut gone: Vec<RowPlace> = decisions.fates.iter().map(|fate| fate.at).collect();
    gone.sort_unstable();
    let mut doubtful: Vec<RowKey> = chunks
        .par_iter()
        .copied()
        .flatten_iter()
        .filter(|row| titles.get(row.title) && gone.binary_search(&row.at).is_err())
        .map(|row| match survivors.binary_search_by_key(&row.at, |s| s.at) {
            Ok(i) => survivors[i], // with what it took over from its twins
            Err(_) => *row,
        })
        .collect();
    doubtful.par_sort_unstable_by_key(|row| (row.title, row.date, row.journal, row.at));
    for group in doubtful.chunk_by(|a, b| (a.title, a.date) == (b.title, b.date)).filter(|g| g.len() > 1) {
        resolve(group, decisions);
    }
}

/// Rows of one journal without an id: one record at most.
struct Cluster<'a> {
    rows: &'a [&'a RowKey],
    into: Option<RowPlace>,
}

/// Decides within the rows of one title and date, sorted by journal and place.
fn resolve(group: &[RowKey], decisions: &mut Decisions) {
    let (anonymous, named): (Vec<&RowKey>, Vec<&RowKey>) = group.iter().partition(|row| row.id == 0);
    let mut clusters: Vec<Cluster<'_>> =
        anonymous.chunk_by(|a, b| a.journal == b.journal).map(|rows| Cluster { rows, into: None }).collect();
    // A record without a journal may be completed by one cluster only.
    let mut claims: Vec<(RowPlace, usize)> = Vec::new();
    for (i, cluster) in clusters.iter_mut().enumerate().filter(|(_, c)| c.rows[0].journal != 0) {
        let journal = cluster.rows[0].journal;
        let fits: Vec<_> = named.iter().filter(|r| r.journal == journal || r.journal == 0).collect();
        match fits[..] {
            [] => {}
            [one] if one.journal == journal => cluster.into = Some(one.at),
            [one] => claims.push((one.at, i)),
            [..] => decisions.undecided.push(cluster.rows[0].at),
        }
    }
    for &(at, i) in &claims {
        if claims.iter().filter(|claim| claim.0 == at).count() == 1 {
            clusters[i].into = Some(at);
        } else {
            decisions.undecided.push(clusters[i].rows[0].at);
        }
    }
    // Rows that name no journal either: the group is sorted, so theirs is the first cluster.
    if clusters.first().is_some_and(|c| c.rows[0].journal == 0) {
        let alone = clusters[1..].iter().filter(|c| c.into.is_none()).map(|c| c.rows[0].at);
        let fits: Vec<RowPlace> = named.iter().map(|row| row.at).chain(alone).collect();
        match fits[..] {
            [] => {}
            [one] => clusters[0].into = Some(one),
            [..] => decisions.undecided.push(clusters[0].rows[0].at),
        }
    }
    for cluster in &clusters {
        let (survivor, rest) = match cluster.into {
            Some(into) => (into, cluster.rows),
            None => (cluster.rows[0].at, &cluster.rows[1..]),
        };
        let fates = rest.iter().map(|row| Fate { at: row.at, survivor, why: Why::Merged });
        decisions.fates.extend(fates);
    }
}

/// The order in which rows of one id are tried: by content, place last.
fn rank(row: &RowKey) -> (Reverse<u32>, Reverse<u32>, u64, u32, RowPlace) {
    let filled = u32::from(row.date != 0) + u32::from(row.journal != 0);
    (Reverse(filled), Reverse(row.date), row.title, row.journal, row.at)
}

/// The first field in which two rows contradict each other.
fn contradiction(a: &RowKey, b: &RowKey) -> Option<Field> {
    if a.title != b.title {
        Some(Field::Title)
    } else if a.date != b.date && a.date != 0 && b.date != 0 {
        Some(Field::Date)
    } else if a.journal != b.journal && a.journal != 0 && b.journal != 0 {
        Some(Field::Journal)
    } else {
        None
    }
}

/// Takes over what the survivor lacks.
fn absorb(survivor: &mut RowKey, row: &RowKey) {
    if survivor.date == 0 {
        survivor.date = row.date;
    }
    if survivor.journal == 0 {
        survivor.journal = row.journal;
    }
}

/// A set of hashes that may claim to hold one it does not: sixteen bits for each.
struct Bits {
    words: Vec<AtomicU64>,
    shift: u32,
}

impl Bits {
    fn new(expected: usize) -> Self {
        let bits = (expected.max(4) * 16).next_power_of_two();
        Self { words: (0..bits / 64).map(|_| AtomicU64::new(0)).collect(), shift: 64 - bits.trailing_zeros() }
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = hash >> self.shift;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    /// Adds a hash; tells whether it seemed to be there already.
    fn set(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.words[word].fetch_or(bit, Ordering::Relaxed) & bit != 0
    }

    fn get(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.words[word].load(Ordering::Relaxed) & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::row_key::text_hash;
    use crate::record::Kind;

    /// Rows as (id, title, journal, date), small numbers standing for hashes; place is the index.
    fn check(rows: &[(u64, u64, u32, u32)], expect: &str) {
        let spread = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let keys = |order: &[usize]| {
            let key = |&i: &usize| {
                let (id, title, journal, date) = rows[i];
                RowKey {
                    id: spread(id),
                    title: spread(title),
                    journal,
                    date,
                    at: RowPlace::block(0, i as u64),
                }
            };
            order.iter().map(key).collect::<Vec<_>>()
        };
        let shown = |rows: &[RowKey]| {
            let Decisions { fates, undecided, .. } = decide(&[rows], &Revisions::default());
            let fate = |f: &Fate| match f.why {
                Why::Conflict(field) => format!("{}!{}:{}", f.at.within(), f.survivor.within(), field.name()),
                _ => format!("{}>{}", f.at.within(), f.survivor.within()),
            };
            let undecided = undecided.iter().map(|at| format!("{}?", at.within()));
            fates.iter().map(fate).chain(undecided).collect::<Vec<_>>().join(" ")
        };
        let order: Vec<usize> = (0..rows.len()).collect();
        let reversed: Vec<usize> = (0..rows.len()).rev().collect();
        assert_eq!(shown(&keys(&order)), expect, "{rows:?}");
        assert_eq!(shown(&keys(&reversed)), expect, "{rows:?}, read backwards");
    }

    #[test]
    fn ids_of_both_kinds_never_share_a_hash() {
        let mut hashes: Vec<u64> = Kind::ALL
            .iter()
            .flat_map(|&kind| {
                (10_000_000..10_100_000).map(move |id| text_hash(kind, id.to_string().as_bytes()))
            })
            .collect();
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }

    #[test]
    fn rows_of_one_id_are_one_record_or_in_conflict() {
        check(&[(1, 1, 1, 1), (2, 1, 1, 1)], "");
        check(&[(1, 1, 1, 1), (1, 1, 1, 1)], "1>0");
        check(&[(1, 1, 0, 1), (1, 1, 1, 0)], "1>0"); // complementary: the dated one survives
        check(&[(1, 1, 1, 1), (1, 2, 1, 2)], "0!1:title"); // the later dated one survives
        check(&[(1, 1, 1, 1), (1, 1, 2, 1)], "1!0:journal");
        check(&[(1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 0, 0)], "0!1:date 2>1");
    }

    #[test]
    fn a_row_without_id_joins_the_one_record_it_fits() {
        check(&[(1, 1, 0, 1), (0, 1, 1, 1)], "1>0"); // one row lacks the id, the other the journal
        check(&[(1, 1, 1, 1), (0, 1, 1, 1)], "1>0");
        check(&[(1, 1, 1, 1), (0, 1, 2, 1)], ""); // another journal: another record
        check(&[(1, 1, 1, 1), (0, 1, 1, 2)], ""); // another date
        check(&[(1, 1, 1, 1), (2, 1, 1, 1), (0, 1, 1, 1)], "2?"); // which one?
        check(&[(1, 1, 0, 1), (0, 1, 1, 1), (0, 1, 2, 1)], "1? 2?");
        check(&[(0, 1, 1, 1), (0, 1, 1, 1), (0, 1, 0, 1)], "1>0 2>0");
        check(&[(0, 1, 1, 1), (0, 1, 2, 1), (0, 1, 0, 1)], "2?");
        check(&[(1, 1, 1, 0), (1, 1, 0, 1), (0, 1, 1, 1)], "0>1 2>1"); // it fits what the two together are
        check(&[(0, 1, 0, 0), (0, 1, 0, 0)], "1>0");
        check(&[(1, 1, 1, 1), (2, 1, 1, 1), (0, 1, 1, 1), (0, 1, 1, 1)], "3>2 2?");
    }
}
