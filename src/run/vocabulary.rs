//! Reads the list of drugs.

use std::collections::HashMap;

use crate::clean::{clean_line, fold};
use crate::error::{Error, Result};
use crate::export::Warnings;
use crate::mention::{Drug, Vocabulary, is_atc_code};
use crate::record::{Field, Ledger, Reject, RejectCode, Repair, RepairCode, excerpt};
use crate::source::{Block, Digest, Feed, Row, RowSink, read_block};
use crate::spec::SourceSpec;
use crate::store::InputFile;

/// What became of one file.
#[derive(Debug)]
pub(super) struct FileReport {
    pub(super) ledger: Ledger,
    pub(super) ambiguous_dates: u64,
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
        seen: HashMap::new(),
        warnings,
        file: "",
        first: 1,
        report: Report::default(),
    };
    let mut reports = Vec::new();
    for file in files {
        let mut feed = Feed::open(file, &spec.layout(&Field::DRUG))?;
        let mut block = Block::default();
        list.file = &file.name;
        list.first = 1;
        while feed.next(&mut block)? {
            let lines = read_block(feed.shape(), &block, &mut list);
            list.first += lines;
        }
        let (hash, bytes) = feed.digest();
        let facts = Digest { shape: feed.shape().clone(), hash, bytes };
        let Report { ledger, rejects, repairs } = std::mem::take(&mut list.report);
        reports.push(FileReport { ledger, ambiguous_dates: 0, rejects, repairs, facts });
    }
    if list.drugs.is_empty() {
        let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.name)).collect();
        return Err(Error::Input {
            message: format!("no drug in {}", names.join(", ")),
            hint: "the list needs at least one row with a name".into(),
        });
    }
    Ok((Vocabulary::new(list.drugs), reports))
}

#[derive(Default)]
struct Report {
    ledger: Ledger,
    rejects: Vec<Reject>,
    repairs: Vec<Repair>,
}

struct List<'a> {
    drugs: Vec<Drug>,
    /// Folded name -> the codes it stands under, each with its place.
    seen: HashMap<String, Vec<(Option<String>, String)>>,
    warnings: &'a mut Warnings,
    file: &'a str,
    first: u64,
    /// Of the file that is being read.
    report: Report,
}

impl RowSink for List<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let [code, name] = *row.fields else { return };
        let (clean_code, clean_name) = (clean_line(code), clean_line(name));
        if clean_name.text.is_empty() {
            let raw = excerpt(name.as_bytes());
            let code = RejectCode::MissingName;
            return self.reject(Reject { code, line: row.line, field: Some(Field::Drug), raw });
        }
        let line = self.first + row.line;
        let place = format!("{}:{line}", self.file);
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
        let name = clean_name.text.into_owned();
        let atccode = (!clean_code.text.is_empty()).then(|| clean_code.text.into_owned());
        let twins = self.seen.entry(fold(&name)).or_default();
        let twin = twins.iter().find(|(other, _)| *other == atccode).map(|(_, place)| place.clone());
        match &atccode {
            None => mend(RepairCode::MissingAtcCode, Some(Field::AtcCode), code, None),
            Some(code) if !is_atc_code(code) => {
                let message = "codes that do not have the form of an ATC code: kept as they are";
                self.warnings.add("unusual-atc-code", message, || format!("{code} ({name}), {place}"));
            }
            Some(_) => {}
        }
        if let Some(twin) = &twin {
            mend(RepairCode::Merged, None, &String::from_utf8_lossy(row.raw), Some(twin));
        } else if !twins.is_empty() {
            let message = "names under several codes: each code is a drug, questions count the name once";
            self.warnings.add("shared-name", message, || format!("{name}, {place}"));
        }
        if name.chars().count() == 1 {
            let message = "names of one letter, which many titles contain by chance";
            self.warnings.add("short-name", message, || format!("{name}, {place}"));
        }
        let report = &mut self.report;
        report.repairs.extend(row.mended.iter().map(|repair| Repair { line, ..repair.clone() }));
        report.repairs.extend(repairs);
        report.ledger.read += 1;
        if twin.is_some() {
            report.ledger.merged += 1;
        } else {
            report.ledger.accepted += 1;
            twins.push((atccode.clone(), place));
        }
        self.drugs.push(Drug { atccode, name });
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
