//! What the threads kept -> the graph, and a report for each file.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::clean::{Date, Decisions, Deletion, Fate, Revisions, RowKey, Why, decide};
use crate::error::{Error, Result};
use crate::graph::{
    DrugId, JournalId, MentionGraph, NewMention, NewPublication, Part, PublicationId, PublicationRow,
};
use crate::mention::Vocabulary;
use crate::record::{Ledger, Reject, RejectCode, Repair, RepairCode, RowPlace, WarningCode, Warnings};
use crate::run::drugs::fetch::{Fetched, fetch};
use crate::run::drugs::give_back;
use crate::run::drugs::journals::{Journals, Tally};
use crate::run::drugs::publications::{Found, Hit};
use crate::run::drugs::scan::{BlockKept, Scanned, Task};
use crate::run::drugs::vocabulary::FileReport;
use crate::source::{Digest, FileFormat};

/// The graph, a report for each file in their order, and the rows that were fetched for the reports.
pub(super) type Assembled = (MentionGraph, Vec<FileReport>, HashMap<RowPlace, Fetched>);

/// Keys that one thread looks at before it takes the next ones.
const KEYS_AT_A_TIME: usize = 1 << 14;

/// Puts the graph together; of the rows that reports show, those that are `known` need not be fetched.
pub(super) fn assemble(
    mut scanned: Scanned,
    tasks: &[Task<'_>],
    vocabulary: &Vocabulary,
    known: &HashMap<RowPlace, Fetched>,
    warnings: &mut Warnings,
) -> Result<Assembled> {
    number_lines(&mut scanned.blocks);
    let of_blocks = scanned.blocks.iter_mut().map(|block| std::mem::take(&mut block.kept.keys));
    let keys: Vec<_> = std::mem::take(&mut scanned.keys).into_iter().chain(of_blocks).collect();
    let (revisions, deletions) = revisions(&mut scanned, tasks);
    let spellings = std::mem::take(&mut scanned.spellings);
    let runs: Vec<&[RowKey]> = keys.iter().flat_map(|keys| keys.chunks(KEYS_AT_A_TIME)).collect();
    let (decisions, tally) = rayon::join(|| decide(&runs, &revisions), || Tally::new(spellings));
    drop(runs);
    give_back(keys);
    let mut reports = reports(&mut scanned.blocks, scanned.facts);
    let fetched = tell(&decisions, tasks, &deletions, known, &mut reports, warnings)?;
    // Of rows that say the same it is chance which one stands for them: only those that are not used at all lose
    // their say in how a journal is spelled.
    let rejected = decisions.fates.iter().filter(|fate| fate.why != Why::Merged);
    let gone = rejected.filter_map(|fate| fetched.get(&fate.at));
    let journals = tally.settle(gone.map(|row| row.journal.as_str()));
    let graph = graph(scanned.blocks, tasks, vocabulary, &journals, &decisions.fates);
    Ok((graph, reports, fetched))
}

/// Turns lines counted from a block's start into lines of the file, from 1.
fn number_lines(blocks: &mut [BlockKept]) {
    for of_file in blocks.chunk_by_mut(|a, b| a.at.file() == b.at.file()) {
        let mut first = 1;
        for block in of_file {
            block.kept.rejects.iter_mut().for_each(|reject| reject.line += first);
            block.kept.repairs.iter_mut().for_each(|repair| repair.line += first);
            block.kept.found.iter_mut().for_each(|found| found.line += first);
            block.kept.deletions.iter_mut().for_each(|deletion| deletion.line += first);
            first += block.lines;
        }
    }
}

/// What the files say of revisions, and for each deletion where it stands.
fn revisions(scanned: &mut Scanned, tasks: &[Task<'_>]) -> (Revisions, Vec<String>) {
    let mut revisions = Revisions::default();
    let mut places = Vec::new();
    revisions.files = scanned.facts.iter().map(|facts| facts.shape.format == FileFormat::PubmedXml).collect();
    for block in &mut scanned.blocks {
        revisions.versions.append(&mut block.kept.versions);
        for deletion in &block.kept.deletions {
            revisions.deletions.push(Deletion { id: deletion.id, file: block.at.file() });
            places.push(format!("{}:{}", tasks[block.at.file()].file.name, deletion.line));
        }
    }
    (revisions, places)
}

fn reports(blocks: &mut [BlockKept], facts: Vec<Digest>) -> Vec<FileReport> {
    let empty = |facts| FileReport {
        ledger: Ledger::default(),
        ambiguous_dates: 0,
        deletions: 0,
        rejects: Vec::new(),
        repairs: Vec::new(),
        facts,
    };
    let mut reports: Vec<FileReport> = facts.into_iter().map(empty).collect();
    for block in blocks {
        let report = &mut reports[block.at.file()];
        report.ledger += &block.kept.ledger;
        report.ambiguous_dates += block.kept.ambiguous_dates;
        report.deletions += block.kept.deletions.len() as u64;
        report.rejects.append(&mut block.kept.rejects);
        report.repairs.append(&mut block.kept.repairs);
    }
    reports
}

/// Enters what was decided of records told twice into the reports.
fn tell(
    decisions: &Decisions,
    tasks: &[Task<'_>],
    deletions: &[String],
    known: &HashMap<RowPlace, Fetched>,
    reports: &mut [FileReport],
    warnings: &mut Warnings,
) -> Result<HashMap<RowPlace, Fetched>> {
    let involved = decisions.fates.iter().flat_map(|fate| [fate.at, fate.survivor]);
    let fetched = fetch(tasks, involved.chain(decisions.undecided.iter().copied()).collect(), known)?;
    let place = |row: &Fetched| format!("{}:{}", tasks[row.file].file.name, row.line);
    let get = |at: RowPlace| {
        fetched.get(&at).ok_or_else(|| Error::Input {
            message: format!("`{}` changed while it was being read", tasks[at.file()].file.name),
            hint: "run again when nobody writes to it".into(),
        })
    };
    for fate in &decisions.fates {
        let (row, survivor) = (get(fate.at)?, get(fate.survivor)?);
        let report = &mut reports[row.file];
        report.ledger.accepted -= 1;
        let mut merge = |code, place| {
            let (before, after) = (row.raw.clone(), Some(place));
            report.ledger.merged += 1;
            report.repairs.push(Repair { code, line: row.line, field: None, before, after });
        };
        match fate.why {
            Why::Merged => merge(RepairCode::Merged, place(survivor)),
            Why::Superseded => merge(RepairCode::Superseded, place(survivor)),
            Why::Deleted(deletion) => merge(RepairCode::Deleted, deletions[deletion as usize].clone()),
            Why::Conflict(field) => {
                report.ledger.rejected += 1;
                let code = RejectCode::ConflictingDuplicate;
                report.rejects.push(Reject {
                    code,
                    line: row.line,
                    field: Some(field),
                    raw: row.raw.clone(),
                });
                let message =
                    "records with the id of another one, but other content: the fuller, later one is used";
                warnings.add(WarningCode::ConflictingDuplicate, message, || {
                    format!("{} contradicts {}", place(row), place(survivor))
                });
            }
        }
    }
    for &deletion in &decisions.unheard {
        let message = "ids that are taken back, of which no file before has a record";
        warnings.add(WarningCode::UnknownDeletion, message, || deletions[deletion as usize].clone());
    }
    for &at in &decisions.undecided {
        let row = get(at)?;
        let message = "records without an id that fit several others: kept as records of their own";
        warnings.add(WarningCode::UndecidedDuplicate, message, || place(row));
    }
    for report in reports {
        report.rejects.sort_by_key(|reject| reject.line);
        report.repairs.sort_by_key(|repair| repair.line);
    }
    Ok(fetched)
}

/// A row that mentions a drug, with what belongs to it.
#[derive(Clone, Copy)]
struct Entry<'a> {
    found: Found,
    hits: &'a [Hit],
    text: &'a str,
    journal: Option<u32>,
}

impl Entry<'_> {
    fn id(&self) -> Option<&str> {
        self.found.id_len.map(|len| &self.text[self.found.start as usize..][..len as usize])
    }

    fn title(&self) -> &str {
        let start = self.found.start + self.found.id_len.unwrap_or(0);
        &self.text[start as usize..][..self.found.title_len as usize]
    }
}

fn graph(
    blocks: Vec<BlockKept>,
    tasks: &[Task<'_>],
    vocabulary: &Vocabulary,
    journals: &Journals,
    fates: &[Fate],
) -> MentionGraph {
    let mut builder = MentionGraph::builder();
    let drugs: Vec<DrugId> = builder.drugs(vocabulary.shared_drugs());
    vocabulary.ambiguous().iter().for_each(|ambiguous| builder.ambiguous(ambiguous.term));
    let journal_of = |block: &BlockKept, found: &Found| {
        found.journal.and_then(|spelling| journals.of_spelling[block.thread][spelling as usize])
    };
    // Journals in the order of their names, those without a mention left out.
    let mut used = vec![false; journals.shown.len()];
    for block in &blocks {
        for journal in block.kept.found.iter().filter_map(|found| journal_of(block, found)) {
            used[journal as usize] = true;
        }
    }
    let mut by_name: Vec<usize> = (0..used.len()).filter(|&journal| used[journal]).collect();
    by_name.sort_unstable_by_key(|&journal| &journals.shown[journal]);
    let mut journal_ids: Vec<Option<JournalId>> = vec![None; used.len()];
    for journal in by_name {
        journal_ids[journal] = Some(builder.journal(&journals.shown[journal]));
    }
    let files: Vec<u32> = tasks.iter().map(|task| builder.file(&task.file.name)).collect();

    let groups = groups(&blocks, fates, &journal_of);
    let merged: Vec<(RowPlace, NewGroup)> =
        groups.iter().map(|(survivor, entries)| (*survivor, merge(*survivor, entries))).collect();
    drop(groups);
    let (drugs, files) = (&drugs, &files);
    let mentions = |publication: PublicationId, hit: &Hit| {
        let evidence = hit.evidence;
        let named = vocabulary.drugs_of(hit.found).iter();
        named.map(move |&drug| NewMention { drug: drugs[drug as usize], publication, evidence })
    };
    for (survivor, group) in &merged {
        let file = survivor.file();
        let publication = builder.publication(&NewPublication {
            kind: tasks[file].kind,
            id: group.id.as_deref(),
            title: &group.title,
            date: group.date,
            source: &format!("{}:{}", tasks[file].file.name, group.line),
        });
        if let Some(journal) = group.journal.and_then(|journal| journal_ids[journal as usize]) {
            builder.published_in(publication, journal);
        }
        for new in group.hits.iter().flat_map(|hit| mentions(publication, hit)) {
            builder.mention(new.drug, new.publication, new.evidence);
        }
    }
    let part = |mut block: BlockKept| {
        let kept = std::mem::take(&mut block.kept);
        let kind = tasks[block.at.file()].kind;
        let mut part = Part {
            rows: Vec::with_capacity(kept.found.len()),
            mentions: Vec::with_capacity(kept.hits.len()),
            ..Part::default()
        };
        let mut hits = &kept.hits[..];
        for found in &kept.found {
            let (own, rest) = hits.split_at(found.hits as usize);
            hits = rest;
            let told_elsewhere = !fates.is_empty()
                && (fates.binary_search_by_key(&found.at, |fate| fate.at).is_ok()
                    || merged.binary_search_by_key(&found.at, |(survivor, _)| *survivor).is_ok());
            if told_elsewhere {
                continue;
            }
            let mut row = PublicationRow::new(kind, found.start, found.id_len, found.title_len);
            (row.date, row.file, row.line) = (found.date, files[block.at.file()], found.line);
            row.journal = journal_of(&block, found).and_then(|journal| journal_ids[journal as usize]);
            let publication = PublicationId(part.rows.len() as u32);
            part.rows.push(row);
            part.mentions.extend(own.iter().flat_map(|hit| mentions(publication, hit)));
        }
        part.text = kept.text;
        part
    };
    builder.append(blocks.into_par_iter().map(part).collect());
    builder.build()
}

/// The rows of each record that is told by several, by the place of the row that stands for it.
fn groups<'a>(
    blocks: &'a [BlockKept],
    fates: &[Fate],
    journal_of: &impl Fn(&BlockKept, &Found) -> Option<u32>,
) -> BTreeMap<RowPlace, Vec<Entry<'a>>> {
    let mut groups: BTreeMap<RowPlace, Vec<Entry<'a>>> = BTreeMap::new();
    let merged: Vec<&Fate> = fates.iter().filter(|fate| fate.why == Why::Merged).collect();
    if merged.is_empty() {
        return groups;
    }
    let mut survivors: Vec<RowPlace> = merged.iter().map(|fate| fate.survivor).collect();
    survivors.sort_unstable();
    for block in blocks {
        let mut hits = &block.kept.hits[..];
        for found in &block.kept.found {
            let (own, rest) = hits.split_at(found.hits as usize);
            hits = rest;
            let survivor = match merged.binary_search_by_key(&found.at, |fate| fate.at) {
                Ok(i) => merged[i].survivor,
                Err(_) if survivors.binary_search(&found.at).is_ok() => found.at,
                Err(_) => continue,
            };
            let journal = journal_of(block, found);
            let entry = Entry { found: *found, hits: own, text: &block.kept.text, journal };
            groups.entry(survivor).or_default().push(entry);
        }
    }
    groups
}

/// A record put together from several rows.
struct NewGroup {
    id: Option<String>,
    title: String,
    date: Option<Date>,
    journal: Option<u32>,
    hits: Vec<Hit>,
    line: u64,
}

/// Puts a record together: what one row lacks another has. Titles may differ in case: the least is shown.
fn merge(survivor: RowPlace, entries: &[Entry<'_>]) -> NewGroup {
    let shown = entries.iter().min_by_key(|entry| entry.title()).expect("a group has a row");
    NewGroup {
        id: entries.iter().find_map(|entry| entry.id().map(str::to_owned)),
        title: shown.title().to_owned(),
        date: entries.iter().find_map(|entry| Date::from_packed(entry.found.date)),
        journal: entries.iter().find_map(|entry| entry.journal),
        hits: shown.hits.to_vec(),
        line: entries.iter().find(|entry| entry.found.at == survivor).map_or(0, |entry| entry.found.line),
    }
}
