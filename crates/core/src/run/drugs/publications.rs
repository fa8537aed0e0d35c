//! One block of publications: cleaned, matched, and everything else forgotten.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::clean::{Folded, RowKey, clean_and_fold, clean_line, date, text_hash};
use crate::graph::Evidence;
use crate::mention::{Matcher, Occurrence, Search, Vocabulary};
use crate::record::{
    Field, Kind, Ledger, RAW_LIMIT, Reject, RejectCode, Repair, RepairCode, RowPlace, excerpt,
};
use crate::run::drugs::journals::Spellings;
use crate::run::drugs::named::{Named, NamedRow};
use crate::source::{Row, RowSink};
use crate::spec::{OnInvalidDate, SourceSpec};

/// What is kept of a block.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) ledger: Ledger,
    pub(super) ambiguous_dates: u64,
    /// One for each accepted row, if they are kept with the block.
    pub(super) keys: Vec<RowKey>,
    pub(super) rejects: Vec<Reject>,
    pub(super) repairs: Vec<Repair>,
    /// Rows that mention a drug, in the order of the file.
    pub(super) found: Vec<Found>,
    /// Their mentions: each a name of the vocabulary, in the order of `found`.
    pub(super) hits: Vec<Hit>,
    /// Their ids and titles.
    pub(super) text: String,
    /// Rows of another version than 1: their places, and their versions.
    pub(super) versions: Vec<(RowPlace, u32)>,
    pub(super) deletions: Vec<Deleted>,
    /// The thread's spelling of the journal of each row that has one: only where a cache asks for it.
    #[serde(skip)]
    pub(super) spelled: Option<Vec<u32>>,
}

/// An id that is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deleted {
    /// Hash of the id.
    pub(super) id: u64,
    /// Line within the block, from 0.
    pub(super) line: u64,
    /// The id as it stands there.
    pub(super) text: String,
}

impl Kept {
    /// As much room as the former block took: blocks are alike.
    pub(super) fn like(former: &Self) -> Self {
        Self {
            found: Vec::with_capacity(former.found.len() * 5 / 4),
            hits: Vec::with_capacity(former.hits.len() * 5 / 4),
            text: String::with_capacity(former.text.len() * 5 / 4),
            ..Self::default()
        }
    }
}

/// A row that mentions a drug.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Found {
    /// Its key's place.
    pub(super) at: RowPlace,
    /// Line within the block, from 0.
    pub(super) line: u64,
    pub(super) start: u32,
    pub(super) id_len: Option<u32>,
    pub(super) title_len: u32,
    pub(super) date: u32,
    /// The thread's spelling of the journal.
    pub(super) journal: Option<u32>,
    /// Number of its hits.
    pub(super) hits: u32,
}

/// What was found in a title.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Hit {
    /// As [`Vocabulary::drugs_of`] takes it.
    pub(super) found: u32,
    pub(super) evidence: Evidence,
}

/// Titles that are searched together.
const TOGETHER: usize = 16;

/// Bytes of titles that are searched together at most, but for the last one of them.
const LARGE: usize = 1 << 16;

/// What a thread keeps from row to row.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The titles of the rows that wait, folded, and some more.
    folded: [Folded; TOGETHER],
    waiting: Vec<Waiting>,
    /// Their ids and titles.
    text: String,
    search: Search,
    /// Occurrences by drug: where each begins, and ends, the longest first.
    by_drug: Vec<(u32, u32, Reverse<u32>)>,
    named: Named,
    pub(super) journals: Spellings,
}

/// A row whose title has not been searched yet.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    at: RowPlace,
    line: u64,
    id_len: u32,
    title_len: u32,
    date: u32,
}

/// Takes the rows of one block.
pub(super) struct Publications<'a> {
    pub(super) kind: Kind,
    pub(super) spec: &'a SourceSpec,
    pub(super) matcher: &'a Matcher,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) scratch: &'a mut Scratch,
    /// The place of the block's first row.
    pub(super) at: RowPlace,
    /// Whether its rows can name a journal.
    pub(super) journals: bool,
    pub(super) kept: Kept,
}

impl RowSink for Publications<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let [id, title, date, journal] = *row.fields else { return };
        let folded = &mut self.scratch.folded[self.scratch.waiting.len()];
        let cleaned = clean_and_fold(title, folded);
        if cleaned.text.is_empty() {
            return self.lose(RejectCode::MissingTitle, row.line, Field::Title, title);
        }
        let read = date::read(date, self.spec.date_order);
        if read.is_none() && self.spec.on_invalid_date == OnInvalidDate::Reject {
            return self.lose(RejectCode::InvalidDate, row.line, Field::Date, date);
        }
        self.kept.ledger.read += 1;
        self.kept.repairs.extend_from_slice(row.mended);
        for code in cleaned.repairs {
            self.mend(code, row.line, Field::Title, title, Some(&cleaned.text));
        }
        let date = match read {
            Some(read) => {
                self.kept.ambiguous_dates += u64::from(read.ambiguous);
                if read.range {
                    let after = read.date.to_string();
                    self.mend(RepairCode::DateRange, row.line, Field::Date, date, Some(&after));
                }
                read.date.packed()
            }
            None => {
                self.mend(RepairCode::InvalidDate, row.line, Field::Date, date, None);
                0
            }
        };
        let clean_id = clean_line(id);
        for code in clean_id.repairs {
            self.mend(code, row.line, Field::Id, id, Some(&clean_id.text));
        }
        let clean_id = clean_id.text;
        if clean_id.is_empty() {
            self.mend(RepairCode::MissingId, row.line, Field::Id, id, None);
        }
        self.journal(row.line, journal);

        let at = self.at.row(row.ordinal);
        let scratch = &mut *self.scratch;
        self.kept.keys.push(RowKey {
            id: if clean_id.is_empty() { 0 } else { text_hash(self.kind, clean_id.as_bytes()) },
            title: text_hash(self.kind, scratch.folded[scratch.waiting.len()].bytes()),
            journal: 0, // until it is looked up
            date,
            at,
        });
        scratch.text.push_str(&clean_id);
        scratch.text.push_str(&cleaned.text);
        let (id_len, title_len) = (clean_id.len() as u32, cleaned.text.len() as u32);
        scratch.waiting.push(Waiting { at, line: row.line, id_len, title_len, date });
        if scratch.waiting.len() == TOGETHER || scratch.text.len() > LARGE {
            self.search();
        }
    }

    fn blank(&mut self) {
        self.kept.ledger.read += 1;
        self.kept.ledger.blank += 1;
    }

    fn reject(&mut self, reject: Reject) {
        self.kept.ledger.read += 1;
        self.kept.ledger.rejected += 1;
        self.kept.rejects.push(reject);
    }

    fn repair(&mut self, repair: Repair) {
        self.kept.repairs.push(repair);
    }

    fn revision(&mut self, row: &Row<'_>, version: u32) {
        self.row(row);
        if version != 1 {
            self.kept.versions.push((self.at.row(row.ordinal), version));
        }
    }

    fn deletion(&mut self, line: u64, id: &str) {
        let id = clean_line(id).text;
        self.kept.deletions.push(Deleted {
            id: text_hash(self.kind, id.as_bytes()),
            line,
            text: excerpt(id.as_bytes()),
        });
    }
}

impl Publications<'_> {
    /// Takes note of a row's journal; which it is turns out in [`Publications::finish`].
    fn journal(&mut self, line: u64, text: &str) {
        if !self.journals {
            return;
        }
        if text.trim().is_empty() {
            return self.mend(RepairCode::MissingJournal, line, Field::Journal, text, None);
        }
        let (key, repairs) = (self.kept.keys.len(), self.kept.repairs.len());
        self.scratch.named.push(text, NamedRow { key, line, repairs });
    }

    /// Searches the titles of the rows that wait.
    fn search(&mut self) {
        let Scratch { folded, waiting, text, search, by_drug, .. } = &mut *self.scratch;
        self.matcher.find_all(&folded[..waiting.len()], search);
        let mut rest = text.as_str();
        for (number, row) in waiting.drain(..).enumerate() {
            let (text, behind) = rest.split_at((row.id_len + row.title_len) as usize);
            rest = behind;
            let occurrences = search.of(number);
            if occurrences.is_empty() {
                continue;
            }
            let (folded, hits) = (&folded[number], &mut self.kept.hits);
            self.kept.found.push(Found {
                at: row.at,
                line: row.line,
                start: self.kept.text.len() as u32,
                id_len: (row.id_len > 0).then_some(row.id_len),
                title_len: row.title_len,
                date: row.date,
                journal: None, // until it is looked up
                hits: match self.vocabulary.has_synonyms() {
                    false => hits_by_name(occurrences, folded, hits),
                    true => hits_by_drug(occurrences, folded, self.vocabulary, by_drug, hits),
                },
            });
            self.kept.text.push_str(text);
        }
        if text.len() > LARGE {
            // Room for what is seldom so large would stay for the rest of the run.
            (*folded, *text, *search) = Default::default();
        }
        text.clear();
    }

    /// Searches the titles, and looks up the journals, that still wait: what is kept of the block is complete then.
    pub(super) fn finish(mut self) -> Kept {
        self.search();
        let Scratch { named, journals, .. } = self.scratch;
        let mut found = self.kept.found.iter_mut().peekable();
        let mut mends = Vec::new();
        named.drain(journals, |journals, row, text, counted| {
            let key = &mut self.kept.keys[row.key];
            key.journal = counted.hash;
            while found.next_if(|found| found.at < key.at).is_some() {}
            if let Some(found) = found.next_if(|found| found.at == key.at) {
                found.journal = Some(counted.place);
            }
            if let Some(spelled) = &mut self.kept.spelled {
                spelled.push(counted.place);
            }
            if !counted.plain {
                let mut mend = |code, after| {
                    mends.push((row.repairs, mended(code, row.line, Field::Journal, text, after)));
                };
                match journals.name(counted.place) {
                    None => mend(RepairCode::MissingJournal, None),
                    Some(name) => name.repairs.iter().for_each(|&code| mend(code, Some(&name.shown))),
                }
            }
        });
        insert(mends, &mut self.kept.repairs);
        self.kept
    }

    fn lose(&mut self, code: RejectCode, line: u64, field: Field, raw: &str) {
        self.reject(Reject { code, line, field: Some(field), raw: excerpt(raw.as_bytes()) });
    }

    fn mend(&mut self, code: RepairCode, line: u64, field: Field, before: &str, after: Option<&str>) {
        self.repair(mended(code, line, field, before, after));
    }
}

/// Inserts repairs, each before the one that has its number now; the numbers must not fall.
fn insert(repairs: Vec<(usize, Repair)>, into: &mut Vec<Repair>) {
    if repairs.is_empty() {
        return;
    }
    let mut rest = std::mem::take(into).into_iter();
    let mut passed = 0;
    for (number, repair) in repairs {
        into.extend(rest.by_ref().take(number - passed));
        passed = number;
        into.push(repair);
    }
    into.extend(rest);
}

fn mended(code: RepairCode, line: u64, field: Field, before: &str, after: Option<&str>) -> Repair {
    let cut = |text: &str| if text.len() < RAW_LIMIT { text.to_owned() } else { excerpt(text.as_bytes()) };
    Repair { code, line, field: Some(field), before: cut(before), after: after.map(cut) }
}

/// Turns occurrences into one hit a name, the first occurrence its proof.
fn hits_by_name(occurrences: &mut [Occurrence], folded: &Folded, hits: &mut Vec<Hit>) -> u32 {
    occurrences.sort_unstable();
    let mut count = 0;
    for of_name in occurrences.chunk_by(|a, b| a.name == b.name) {
        let span = folded.span(of_name[0].start as usize, of_name[0].end as usize);
        let evidence = Evidence { span, occurrences: of_name.len() as u32 };
        hits.push(Hit { found: of_name[0].name, evidence });
        count += 1;
    }
    count
}

/// Turns occurrences into one hit a drug, the first occurrence of any of its names its proof.
///
/// A name inside a longer one of the same drug does not count: `aspirin lysine` names the drug once.
fn hits_by_drug(
    occurrences: &[Occurrence],
    folded: &Folded,
    vocabulary: &Vocabulary,
    by_drug: &mut Vec<(u32, u32, Reverse<u32>)>,
    hits: &mut Vec<Hit>,
) -> u32 {
    by_drug.clear();
    for o in occurrences {
        by_drug.extend(vocabulary.bearers(o.name).iter().map(|&drug| (drug, o.start, Reverse(o.end))));
    }
    by_drug.sort_unstable();
    let mut count = 0;
    for of_drug in by_drug.chunk_by(|a, b| a.0 == b.0) {
        let (drug, start, Reverse(end)) = of_drug[0];
        let (mut covered, mut occurrences) = (0, 0);
        for &(_, _, Reverse(end)) in of_drug {
            if end > covered {
                (covered, occurrences) = (end, occurrences + 1);
            }
        }
        let span = folded.span(start as usize, end as usize);
        hits.push(Hit { found: drug, evidence: Evidence { span, occurrences } });
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_are_inserted_where_they_would_have_been_told() {
        let repair =
            |line| Repair { code: RepairCode::Merged, line, field: None, before: String::new(), after: None };
        let mut repairs: Vec<Repair> = [0, 1, 2].map(repair).into();
        insert(
            [(0, 10), (2, 11), (2, 12), (3, 13)].map(|(at, line)| (at, repair(line))).into(),
            &mut repairs,
        );
        assert_eq!(repairs.iter().map(|repair| repair.line).collect::<Vec<_>>(), [10, 0, 1, 11, 12, 2, 13]);
    }
}
