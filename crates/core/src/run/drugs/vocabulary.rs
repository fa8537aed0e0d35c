//! Reads the list of drugs.

use std::collections::HashMap;

use crate::clean::{clean_line, fold};
use crate::error::{Error, Result};
use crate::mention::{Drug, Vocabulary, is_atc_code};
use crate::record::{Field, Ledger, Reject, RejectCode, Repair, RepairCode, WarningCode, Warnings, excerpt};
use crate::run::drugs::give_back;
use crate::run::drugs::terms::Terms;
use crate::source::{Block, Digest, Feed, ListFormat, Row, RowSink, read_block};
use crate::spec::SourceSpec;
use crate::store::InputFile;

/// What became of one file.
#[derive(Debug)]
pub(super) struct FileReport {
    pub(super) ledger: Ledger,
    pub(super) ambiguous_dates: u64,
    /// Ids that it takes back.
    pub(super) deletions: u64,
    pub(super) rejects: Vec<Reject>,
    pub(super) repairs: Vec<Repair>,
    pub(super) facts: Digest,
}

/// Reads the files of the list, in order.
pub(super) fn read(
    files: &[InputFile],
    spec: &SourceSpec,
    warnings: &mut Warnings,
) -> Result<(Vocabulary, Vec<FileReport>)> {
    let mut list = List {
        drugs: Vec::new(),
        rows: Vec::new(),
        seen: HashMap::new(),
        warnings,
        file: "",
        first: 1,
        coded: true,
        report: Report::default(),
    };
    let mut reports = Vec::new();
    let mut grouped: Vec<Terms> = Vec::new();
    for file in files {
        let (mut feed, format) = open(file, spec)?;
        let mut block = Block::default();
        let facts = |feed: Feed| {
            let (hash, bytes) = feed.digest();
            Digest { shape: feed.shape().clone(), hash, bytes }
        };
        let report = |Report { ledger, rejects, repairs }: Report, facts| FileReport {
            ledger,
            ambiguous_dates: 0,
            deletions: 0,
            rejects,
            repairs,
            facts,
        };
        if format.is_grouped() {
            if grouped.iter().all(|terms| terms.format() != format) {
                grouped.push(Terms::new(format));
            }
            let terms = grouped.iter_mut().find(|terms| terms.format() == format).expect("it was just added");
            terms.begin(reports.len());
            while feed.next(&mut block)? {
                terms.first += read_block(feed.shape(), &block, terms);
            }
            reports.push(report(Report::default(), facts(feed)));
            continue;
        }
        list.file = &file.name;
        list.first = 1;
        list.coded = format == ListFormat::Drugs;
        while feed.next(&mut block)? {
            list.expect((block.lines() as usize).min(block.bytes().len() / 16)); // many lines may be blank
            let lines = read_block(feed.shape(), &block, &mut list);
            list.first += lines;
        }
        reports.push(report(std::mem::take(&mut list.report), facts(feed)));
    }
    for mut terms in grouped {
        for (drug, synonyms) in terms.drugs() {
            list.short(&drug.name, terms.format().name());
            list.drugs.push((drug, synonyms));
        }
        let message = "rows of a list that name no drug here: another kind of term, language or source";
        list.warnings.add_many(WarningCode::OtherTerms, message, terms.passed_over, || {
            terms.format().name().to_owned()
        });
        for (file, told) in terms.reports {
            (reports[file].ledger, reports[file].rejects) = (told.ledger, told.rejects);
            reports[file].repairs = told.repairs;
        }
    }
    if list.drugs.is_empty() {
        let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.name)).collect();
        return Err(Error::Input {
            message: format!("no drug in {}", names.join(", ")),
            hint: "the list needs at least one row with a name".into(),
        });
    }
    give_back(list.seen);
    let vocabulary = Vocabulary::with_synonyms(list.drugs);
    for ambiguous in vocabulary.ambiguous() {
        let message = "terms that belong to several drugs: a mention counts for each of them";
        warnings.add(WarningCode::AmbiguousTerm, message, || ambiguous.term.to_owned());
    }
    Ok((vocabulary, reports))
}

/// Opens a list, of the kind that is declared, or that its name or its header tells.
fn open(file: &InputFile, spec: &SourceSpec) -> Result<(Feed, ListFormat)> {
    let own = spec.layout(&Field::DRUG);
    let told = spec.list.or_else(|| ListFormat::of(&file.name).filter(|_| spec.format.is_none()));
    let format = told.unwrap_or(ListFormat::Drugs);
    let failure = match Feed::open(file, &format.layout(own.clone())) {
        Ok(feed) => return Ok((feed, format)),
        Err(failure) => failure,
    };
    // Without our columns it may have those of another kind; if not, ours are what is missing.
    let others = [ListFormat::DrugBank, ListFormat::Unii].into_iter().filter(|_| told.is_none());
    for format in others {
        if let Ok(feed) = Feed::open(file, &format.layout(own.clone())) {
            return Ok((feed, format));
        }
    }
    Err(failure)
}

#[derive(Default)]
struct Report {
    ledger: Ledger,
    rejects: Vec<Reject>,
    repairs: Vec<Repair>,
}

struct List<'a> {
    drugs: Vec<(Drug, Vec<String>)>,
    /// Of each of them, where it stands, and the next one of the same name.
    rows: Vec<(&'a str, u64, Option<usize>)>,
    /// Folded name -> the first of its drugs.
    seen: HashMap<String, usize>,
    warnings: &'a mut Warnings,
    file: &'a str,
    first: u64,
    /// Whether the list has codes.
    coded: bool,
    /// Of the file that is being read.
    report: Report,
}

const SHORT: &str = "names of one letter, which many titles contain by chance";

impl List<'_> {
    /// Makes room for so many rows.
    fn expect(&mut self, rows: usize) {
        self.drugs.reserve(rows);
        self.rows.reserve(rows);
        self.seen.reserve(rows);
    }

    /// Warns of a name that is found everywhere.
    fn short(&mut self, name: &str, place: &str) {
        if name.chars().count() == 1 {
            self.warnings.add(WarningCode::ShortName, SHORT, || format!("{name}, {place}"));
        }
    }
}

impl RowSink for List<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let (code, name, others) = match *row.fields {
            [code, name, others] => (code, name, others),
            [name, others] => ("", name, others),
            _ => return,
        };
        let (clean_code, clean_name) = (clean_line(code), clean_line(name));
        if clean_name.text.is_empty() {
            let raw = excerpt(name.as_bytes());
            let code = RejectCode::MissingName;
            return self.reject(Reject { code, line: row.line, field: Some(Field::Drug), raw });
        }
        let line = self.first + row.line;
        let place = |(file, line, _): &(&str, u64, Option<usize>)| format!("{file}:{line}");
        let here = (self.file, line, None);
        let mut repairs = Vec::new();
        let mut mend = |code, field, before: &str, after: Option<&str>| {
            let (before, after) = (excerpt(before.as_bytes()), after.map(|a| excerpt(a.as_bytes())));
            repairs.push(Repair { code, line, field, before, after });
        };
        for repair in clean_name.repairs {
            mend(repair, Some(Field::Drug), name, Some(&clean_name.text));
        }
        for repair in clean_code.repairs {
            mend(repair, Some(Field::AtcCode), code, Some(&clean_code.text));
        }
        let mut synonyms = Vec::new();
        for other in others.split('|') {
            let clean = clean_line(other);
            for repair in clean.repairs {
                mend(repair, Some(Field::Synonyms), other, Some(&clean.text));
            }
            if !clean.text.is_empty() {
                synonyms.push(clean.text.into_owned());
            }
        }
        let name = clean_name.text.into_owned();
        let atccode = (!clean_code.text.is_empty()).then(|| clean_code.text.into_owned());
        // Its namesakes, as far as the one with its code.
        let own = self.drugs.len();
        let first = *self.seen.entry(fold(&name)).or_insert(own);
        let (mut next, mut last, mut twin) = ((first < own).then_some(first), None, None);
        while let Some(other) = next.filter(|_| twin.is_none()) {
            twin = (self.drugs[other].0.atccode == atccode).then_some(other);
            (last, next) = (Some(other), self.rows[other].2);
        }
        match &atccode {
            None if !self.coded => {}
            None => mend(RepairCode::MissingAtcCode, Some(Field::AtcCode), code, None),
            Some(code) if !is_atc_code(code) => {
                let message = "codes that do not have the form of an ATC code: kept as they are";
                self.warnings.add(WarningCode::UnusualAtcCode, message, || {
                    format!("{code} ({name}), {}", place(&here))
                });
            }
            Some(_) => {}
        }
        if let Some(twin) = twin {
            mend(RepairCode::Merged, None, &String::from_utf8_lossy(row.raw), Some(&place(&self.rows[twin])));
        } else if let Some(last) = last {
            self.rows[last].2 = Some(own);
            let message = "names under several codes: each code is a drug, questions count the name once";
            self.warnings.add(WarningCode::SharedName, message, || format!("{name}, {}", place(&here)));
        }
        let short = [&name].into_iter().chain(&synonyms).find(|name| name.chars().count() == 1);
        if let Some(short) = short {
            self.warnings.add(WarningCode::ShortName, SHORT, || format!("{short}, {}", place(&here)));
        }
        let report = &mut self.report;
        report.repairs.extend(row.mended.iter().map(|repair| Repair { line, ..repair.clone() }));
        report.repairs.extend(repairs);
        report.ledger.read += 1;
        match twin {
            Some(_) => report.ledger.merged += 1,
            None => report.ledger.accepted += 1,
        }
        self.rows.push(here);
        self.drugs.push((Drug { atccode, name }, synonyms));
    }

    fn blank(&mut self) {
        let report = &mut self.report;
        report.ledger.read += 1;
        report.ledger.blank += 1;
    }

    fn reject(&mut self, reject: Reject) {
        let first = self.first;
        let report = &mut self.report;
        report.ledger.read += 1;
        report.ledger.rejected += 1;
        report.rejects.push(Reject { line: first + reject.line, ..reject });
    }

    fn repair(&mut self, repair: Repair) {
        let first = self.first;
        let repair = Repair { line: first + repair.line, ..repair };
        self.report.repairs.push(repair);
    }
}
