//! One block of a source: rows typed, and those that break the contract told apart.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;

use crate::error::{Error, Result};
use crate::record::{Field, Ledger, RAW_LIMIT, Reject, RejectCode, Repair, RepairCode, RowPlace, excerpt};
use crate::source::{Row, RowSink};
use crate::table::builder::{Cell, Cells, Given, Text, of_bytes};
use crate::table::contract::Contract;
use crate::table::correct::Correction;
use crate::table::found::RowReject;
use crate::table::merge::Entry;

/// What is kept of one block.
#[derive(Debug)]
pub(super) struct BlockRows {
    pub(super) at: RowPlace,
    /// Lines that begin in it.
    pub(super) lines: u64,
    /// Rows read, and blank ones; what became of the others is known at the end.
    pub(super) ledger: Ledger,
    /// The rows that pass by themselves.
    pub(super) batch: RecordBatch,
    /// Where rows are told apart, of each row of `batch` its number within the block.
    pub(super) numbers: Vec<u32>,
    /// Where rows are told apart, one for each of those rows that has a key.
    pub(super) entries: Vec<Entry>,
    /// The same for rows that do not pass.
    pub(super) failed: Vec<Entry>,
    /// By the row's number; lines are the block's own, from 0.
    pub(super) rejects: Vec<(u32, RowReject)>,
    /// By the number of the row that was mended, none where it was between rows.
    pub(super) repairs: Vec<(Option<u32>, Repair)>,
}

/// What a block needed: the next one is alike. Its memory is used again, since what is new to a process is given to
/// it by the kernel, page by page, and that costs more than to fill it.
#[derive(Debug, Default)]
pub(super) struct Room {
    rows: usize,
    bytes: Vec<usize>,
    judged: Vec<Judged>,
    texts: Texts,
}

/// The rows of a block as they stand there, for those that a rule rejects.
#[derive(Debug, Default)]
struct Texts {
    text: String,
    /// Of each row, where its columns and then its excerpt (empty: that of its record) end: twice that, and one more if the column is absent.
    ends: Vec<usize>,
}

/// A row before it is judged.
#[derive(Debug, Clone, Copy)]
struct Judged {
    number: u32,
    line: u64,
    key: u64,
    content: u64,
    text: u64,
}

/// Takes the rows of one block.
pub(super) struct Rows<'a> {
    contract: &'a Contract<'a>,
    at: RowPlace,
    corrections: &'a HashMap<RowPlace, &'a Correction>,
    cells: Vec<Cells<'a>>,
    /// Rows so far: the number of the next one, whether it is used or not.
    number: u32,
    rows: usize,
    ledger: Ledger,
    /// One for each cell of a column, where rules or keys need to know.
    judged: Vec<Judged>,
    texts: Texts,
    hashes: Vec<u8>,
    faults: Vec<(RejectCode, usize)>,
    /// Rows that do not pass, by their position in the columns; with their numbers.
    bad: BTreeMap<usize, (u32, RowReject)>,
    rejects: Vec<(u32, RowReject)>,
    repairs: Vec<(Option<u32>, Repair)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        contract: &'a Contract<'a>,
        at: RowPlace,
        corrections: &'a HashMap<RowPlace, &'a Correction>,
        room: &mut Room,
    ) -> Self {
        Self {
            contract,
            at,
            corrections,
            cells: contract.cells(room.rows, &room.bytes),
            number: 0,
            rows: 0,
            ledger: Ledger::default(),
            judged: std::mem::take(&mut room.judged),
            texts: std::mem::take(&mut room.texts),
            hashes: Vec::new(),
            faults: Vec::new(),
            bad: BTreeMap::new(),
            rejects: Vec::new(),
            repairs: Vec::new(),
        }
    }

    fn next_number(&mut self) -> (u32, Option<&'a Correction>) {
        let number = self.number;
        self.number += 1;
        self.ledger.read += 1;
        let correction = match self.corrections.is_empty() {
            true => None,
            false => self.corrections.get(&self.at.row(number)).copied(),
        };
        (number, correction)
    }

    /// Types a row of texts.
    fn take_text<'t>(&mut self, number: u32, line: u64, raw: &[u8], text: impl Fn(usize) -> Text<'t>) {
        self.take(number, line, Some(raw), |i| Given::Text(text(i)), &text);
    }

    /// Types a row, from what its cells are made of; `text` gives their texts, where they are needed. Without `raw` the
    /// row's excerpt is that of its record.
    fn take<'t>(
        &mut self,
        number: u32,
        line: u64,
        raw: Option<&[u8]>,
        given: impl Fn(usize) -> Given<'t>,
        text: impl Fn(usize) -> Text<'t>,
    ) {
        let contract = self.contract;
        let keyed = !contract.key.is_empty();
        self.faults.clear();
        self.hashes.clear();
        let mut nulls = 0_u64;
        for (i, cells) in self.cells.iter_mut().enumerate() {
            let cell = cells.push(&given(i), keyed.then_some(&mut self.hashes));
            let mut mend = |code, after| {
                let field = Some(Field::Column(i as u16));
                let before = excerpt(text(i).text.as_bytes());
                self.repairs.push((Some(number), Repair { code, line, field, before, after }));
            };
            match cell {
                Cell::Value => continue,
                Cell::Mojibake(meant) => {
                    mend(RepairCode::Mojibake, Some(excerpt(meant.as_bytes())));
                    continue;
                }
                Cell::Wrong(code) => {
                    self.faults.push((code, i));
                    continue;
                }
                Cell::NullText => mend(RepairCode::NullText, None),
                Cell::Null => {}
            }
            nulls += 1;
            if contract.source.columns[i].required {
                self.faults.push((RejectCode::MissingValue, i));
            }
        }
        if keyed || !contract.rules.is_empty() {
            let (key, content) =
                if keyed { Entry::hashes(&self.hashes, &contract.key, nulls) } else { (0, 0) };
            let told = |hash: u64, i| hash.rotate_left(5) ^ of_bytes(text(i).text.as_bytes());
            let text = if keyed { (0..self.cells.len()).fold(0, told) } else { 0 };
            self.judged.push(Judged { number, line, key, content, text });
        }
        if !contract.rules.is_empty() {
            self.texts.push(self.cells.len(), raw.unwrap_or_default(), &text);
        }
        if !self.faults.is_empty() {
            while self.repairs.pop_if(|(of, _)| *of == Some(number)).is_some() {}
            let record = contract.record(&text);
            let raw = excerpt(raw.unwrap_or(record.as_bytes()));
            let mut reject = RowReject { line, codes: Vec::new(), fields: Vec::new(), raw, record };
            for (code, i) in &self.faults {
                reject.add_code(code.as_str());
                reject.fields.push(contract.source.columns[*i].name.clone());
            }
            self.bad.insert(self.rows, (number, reject));
        }
        self.rows += 1;
    }

    /// Takes all rows of a batch that is typed already; `texts` gives the texts of a row.
    pub(super) fn batch(&mut self, batch: &RecordBatch, texts: impl Fn(usize) -> Vec<Option<String>>) {
        let contract = self.contract;
        for row in 0..batch.num_rows() {
            let (number, correction) = self.next_number();
            let (line, of_row) = (row as u64, OnceCell::new());
            let text = |i: usize| Text::of(of_row.get_or_init(|| texts(row))[i].as_ref());
            let given = |i: usize| Given::Typed(batch.column(i), row);
            let Some(correction) = correction else {
                self.take(number, line, None, given, text);
                continue;
            };
            let raw = contract.record(text);
            self.correct(number, line, raw.as_bytes(), correction);
            let (text, given) = (contract.corrected(correction, text), contract.corrected(correction, given));
            self.take(number, line, Some(raw.as_bytes()), given, text);
        }
    }

    fn correct(&mut self, number: u32, line: u64, raw: &[u8], correction: &Correction) {
        let (before, after) = (excerpt(raw), Some(excerpt(correction.json().as_bytes())));
        let repair = Repair { code: RepairCode::Corrected, line, field: None, before, after };
        self.repairs.push((Some(number), repair));
    }

    /// Ends the block, which has so many lines.
    pub(super) fn finish(mut self, lines: u64, room: &mut Room) -> Result<BlockRows> {
        let grown = |n: usize| n + n / 8;
        room.rows = grown(self.rows);
        room.bytes = self.cells.iter().map(|cells| grown(cells.text_len())).collect();
        let columns = self.cells.iter_mut().map(Cells::finish).collect();
        let batch = RecordBatch::try_new(self.contract.schema.clone(), columns).map_err(defect)?;
        let (contract, columns, mut texts) =
            (self.contract, self.cells.len(), std::mem::take(&mut self.texts));
        let kept = self.settle(batch, lines, |row| {
            let (raw, text) = texts.row(row, columns);
            let record = contract.record(text);
            (if raw.is_empty() { excerpt(record.as_bytes()) } else { raw.to_owned() }, record)
        });
        texts.clear();
        self.judged.clear();
        (room.texts, room.judged) = (texts, self.judged);
        kept
    }

    /// Judges the rows by the rules, and leaves out those that do not pass; `describe` gives a row's excerpt and its
    /// record.
    fn settle(
        &mut self,
        mut batch: RecordBatch,
        lines: u64,
        describe: impl Fn(usize) -> (String, String),
    ) -> Result<BlockRows> {
        let before = self.bad.len();
        self.judge(&batch, describe)?;
        if self.bad.len() > before {
            let numbers: HashSet<u32> = self.bad.values().map(|(number, _)| *number).collect();
            self.repairs.retain(|(of, _)| of.is_none_or(|number| !numbers.contains(&number)));
        }
        if !self.bad.is_empty() {
            let passes: BooleanArray = (0..self.rows).map(|row| Some(!self.bad.contains_key(&row))).collect();
            batch = filter_record_batch(&batch, &passes).map_err(defect)?;
        }
        let (mut numbers, mut entries, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        if !self.contract.key.is_empty() {
            for (row, judged) in self.judged.iter().enumerate() {
                let Judged { number, key, content, text, .. } = *judged;
                let entry = Entry { key, content, text, place: self.at.row(number) };
                let fails = self.bad.contains_key(&row);
                if !fails {
                    numbers.push(number);
                }
                if key != 0 {
                    if fails { &mut failed } else { &mut entries }.push(entry);
                }
            }
        }
        let mut rejects = std::mem::take(&mut self.rejects);
        rejects.extend(std::mem::take(&mut self.bad).into_values());
        rejects.sort_by_key(|(number, _)| *number);
        let (at, ledger, repairs) =
            (self.at, std::mem::take(&mut self.ledger), std::mem::take(&mut self.repairs));
        Ok(BlockRows { at, lines, ledger, batch, numbers, entries, failed, rejects, repairs })
    }

    fn judge(&mut self, batch: &RecordBatch, describe: impl Fn(usize) -> (String, String)) -> Result<()> {
        for (code, broken) in self.contract.rules.check(batch)? {
            for row in broken {
                let Judged { number, line, .. } = self.judged[row];
                let (_, reject) = self.bad.entry(row).or_insert_with(|| {
                    let (raw, record) = describe(row);
                    (number, RowReject { line, codes: vec![], fields: vec![], raw, record })
                });
                reject.add_code(code);
            }
        }
        Ok(())
    }
}

/// What cannot be: columns of the wrong type or length.
pub(super) fn defect(error: impl std::fmt::Display) -> Error {
    Error::Input {
        message: format!("the columns of a block do not fit together: {error}"),
        hint: "this is a bug: please report it with the input's first lines".into(),
    }
}

impl RowSink for Rows<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let (number, correction) = self.next_number();
        for repair in row.mended {
            self.repairs.push((Some(number), repair.clone()));
        }
        let contract = self.contract;
        match correction {
            None => self.take_text(number, row.line, row.raw, contract.texts(row)),
            Some(correction) => {
                self.correct(number, row.line, row.raw, correction);
                self.take_text(
                    number,
                    row.line,
                    row.raw,
                    contract.corrected(correction, contract.texts(row)),
                );
            }
        }
    }

    fn blank(&mut self) {
        self.ledger.read += 1;
        self.ledger.blank += 1;
    }

    fn reject(&mut self, reject: Reject) {
        let (number, correction) = self.next_number();
        let Reject { code, line, field, raw } = reject;
        if let Some(correction) = correction {
            self.correct(number, line, raw.as_bytes(), correction);
            let contract = self.contract;
            let text = contract.corrected(correction, |_| Text::NONE);
            return self.take_text(number, line, raw.as_bytes(), text);
        }
        let fields = field.map(|field| self.contract.name(field)).into_iter().collect();
        let codes = vec![code.as_str().to_owned()];
        self.rejects.push((number, RowReject { line, codes, fields, raw, record: "{}".into() }));
    }

    fn repair(&mut self, repair: Repair) {
        self.repairs.push((None, repair));
    }
}

impl Texts {
    fn push<'t>(&mut self, columns: usize, raw: &[u8], text: &impl Fn(usize) -> Text<'t>) {
        for i in 0..columns {
            let Text { text, absent } = text(i);
            self.text.push_str(text);
            self.ends.push(self.text.len() << 1 | usize::from(absent));
        }
        match std::str::from_utf8(raw) {
            Ok(raw) if raw.len() <= RAW_LIMIT => self.text.push_str(raw),
            _ => self.text.push_str(&excerpt(raw)),
        }
        self.ends.push(self.text.len() << 1);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// The excerpt of a row, and the texts of its columns.
    fn row<'t>(&'t self, row: usize, columns: usize) -> (&'t str, impl Fn(usize) -> Text<'t>) {
        let first = row * (columns + 1);
        let piece = move |at: usize| {
            let start = if at == 0 { 0 } else { self.ends[at - 1] >> 1 };
            let (end, absent) = (self.ends[at] >> 1, self.ends[at] & 1 == 1);
            Text { text: &self.text[start..end], absent }
        };
        (piece(first + columns).text, move |i| piece(first + i))
    }
}
