//! What is decided when all files were read: rows told twice, lines, the ledger.

use std::collections::{HashMap, HashSet};

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;

use crate::error::{Error, Result};
use crate::record::{Ledger, RejectCode, Repair, RepairCode, RowPlace, WarningCode, Warnings};
use crate::store::InputFile;
use crate::table::contract::Contract;
use crate::table::correct::Correction;
use crate::table::fetched::Fetched;
use crate::table::found::{ReadFile, RowReject};
use crate::table::merge::{Fate, decide};
use crate::table::refetch::fetch;
use crate::table::rows::{BlockRows, defect};
use crate::table::scanned::{Facts, Scanned};

/// The table of a source, and its files; their rejects are still with their places.
pub(super) struct Settled {
    pub(super) batches: Vec<RecordBatch>,
    pub(super) files: Vec<(ReadFile, Vec<(RowPlace, RowReject)>)>,
}

pub(super) fn settle(
    contract: &Contract<'_>,
    files: &[InputFile],
    mut scanned: Scanned,
    pool: &rayon::ThreadPool,
    corrections: &HashMap<RowPlace, &Correction>,
    warnings: &mut Warnings,
) -> Result<Settled> {
    let of = |entries: fn(&mut BlockRows) -> &mut Vec<_>, scanned: &mut Scanned| {
        scanned.blocks.iter_mut().flat_map(|block| std::mem::take(entries(block))).collect::<Vec<_>>()
    };
    let passing = of(|block| &mut block.entries, &mut scanned);
    let failing = of(|block| &mut block.failed, &mut scanned);
    let fates = pool.install(|| decide(passing, failing));
    let fetched = fetch(contract, files, corrections, &fates)?;
    let gone: HashSet<RowPlace> = fates.iter().map(|fate| fate.place).collect();

    let mut batches = Vec::new();
    let mut settled: Vec<(ReadFile, Vec<(RowPlace, RowReject)>)> = files
        .iter()
        .zip(scanned.facts)
        .map(|(file, facts)| (read_file(file, facts, warnings), Vec::new()))
        .collect();
    let mut lines = vec![1; files.len()];
    for block in scanned.blocks {
        let first = lines[block.at.file()];
        lines[block.at.file()] += block.lines;
        let (file, rejects) = &mut settled[block.at.file()];
        file.ledger += &block.ledger;
        let stays = |number: u32| gone.is_empty() || !gone.contains(&block.at.row(number));
        for (number, mut reject) in block.rejects {
            if stays(number) {
                reject.line += first;
                rejects.push((block.at.row(number), reject));
            }
        }
        for (number, mut repair) in block.repairs {
            if number.is_none_or(stays) {
                repair.line += first;
                file.repairs.push(repair);
            }
        }
        let mut batch = block.batch;
        if !gone.is_empty() && block.numbers.iter().any(|&number| !stays(number)) {
            let stay: BooleanArray = block.numbers.iter().map(|&number| Some(stays(number))).collect();
            batch = filter_record_batch(&batch, &stay).map_err(defect)?;
        }
        file.ledger.accepted += batch.num_rows() as u64;
        if batch.num_rows() > 0 {
            batches.push(batch);
        }
    }
    told_twice(contract, files, &fates, &fetched, &mut settled, warnings)?;
    for (file, rejects) in &mut settled {
        rejects.sort_by_key(|(place, _)| *place);
        file.repairs.sort_by_key(|repair| repair.line);
        file.ledger.rejected = rejects.len() as u64;
        let ledger = &file.ledger;
        if !ledger.balances() {
            let (read, accounted) = (ledger.read, ledger.accounted());
            return Err(Error::Ledger { file: file.name.clone(), read, accounted });
        }
        if ledger.read == ledger.blank {
            warnings.add(WarningCode::EmptyFile, "files without a row", || file.name.clone());
        }
    }
    Ok(Settled { batches, files: settled })
}

/// A file before its rows.
fn read_file(file: &InputFile, facts: Facts, warnings: &mut Warnings) -> ReadFile {
    let Facts { shape, hash, bytes } = facts;
    let mut repairs = Vec::new();
    if let Some(shape) = &shape {
        if shape.guessed_encoding {
            let message = "files that are no UTF-8 and were read as Windows-1252";
            warnings.add(WarningCode::GuessedEncoding, message, || file.name.clone());
        }
        if shape.json_in_string {
            let (before, after) = ("JSON in a JSON string".to_owned(), Some("JSON".to_owned()));
            repairs.push(Repair { code: RepairCode::JsonInString, line: 1, field: None, before, after });
        }
    }
    ReadFile {
        name: file.name.clone(),
        ledger: Ledger::default(),
        bytes,
        hash,
        encoding: shape.map(|shape| shape.encoding),
        rejects: Vec::new(),
        repairs,
    }
}

/// Enters the rows that are no records of their own.
fn told_twice(
    contract: &Contract<'_>,
    files: &[InputFile],
    fates: &[Fate],
    fetched: &HashMap<RowPlace, Fetched>,
    settled: &mut [(ReadFile, Vec<(RowPlace, RowReject)>)],
    warnings: &mut Warnings,
) -> Result<()> {
    let get = |place: RowPlace| {
        fetched.get(&place).ok_or_else(|| Error::Input {
            message: format!("`{}` changed while it was read", files[place.file()].name),
            hint: "run again when nobody writes to it".into(),
        })
    };
    for fate in fates {
        let (row, survivor) = (get(fate.place)?, get(fate.survivor)?);
        let shown = |place: RowPlace, row: &Fetched| format!("{}:{}", files[place.file()].name, row.line);
        let (file, rejects) = &mut settled[fate.place.file()];
        if fate.conflict {
            let differs = |&i: &usize| row.differs(survivor, i);
            let columns = &contract.source.columns;
            let fields = (0..columns.len()).filter(differs).map(|i| columns[i].name.clone()).collect();
            let codes = vec![RejectCode::ConflictingDuplicate.as_str().to_owned()];
            let (line, raw, record) = (row.line, row.raw.clone(), contract.record(|i| row.text(i)));
            rejects.push((fate.place, RowReject { line, codes, fields, raw, record }));
            let message = "rows with the key of another one, but other content: the fuller one is used";
            warnings.add(WarningCode::ConflictingDuplicate, message, || {
                format!("{} contradicts {}", shown(fate.place, row), shown(fate.survivor, survivor))
            });
        } else {
            file.ledger.merged += 1;
            let (before, after) = (row.raw.clone(), Some(shown(fate.survivor, survivor)));
            let repair = Repair { code: RepairCode::Merged, line: row.line, field: None, before, after };
            file.repairs.push(repair);
        }
    }
    Ok(())
}
