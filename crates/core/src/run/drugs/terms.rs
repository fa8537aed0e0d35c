//! Lists whose rows are terms: the rows of one id are one drug.

use std::collections::BTreeMap;

use crate::clean::clean_line;
use crate::mention::{Drug, is_atc_code};
use crate::record::{Field, Ledger, Reject, RejectCode, Repair, excerpt};
use crate::source::{ListFormat, Row, RowSink};

/// The kinds of term of RxNorm that name a drug, the one that is shown first: ingredient, precise ingredient, several
/// ingredients, brand.
const NAMES: [&str; 4] = ["IN", "PIN", "MIN", "BN"];

/// What became of the rows of one file.
#[derive(Debug, Default)]
pub(super) struct TermReport {
    pub(super) ledger: Ledger,
    pub(super) rejects: Vec<Reject>,
    pub(super) repairs: Vec<Repair>,
}

/// A drug in the making.
#[derive(Debug, Default)]
struct Group {
    /// Each with its rank and the file of its row.
    names: Vec<(usize, String, usize)>,
    /// None where the row is counted with its name.
    synonyms: Vec<(String, Option<usize>)>,
    codes: Vec<(String, Option<usize>)>,
}

/// The terms of all files.
#[derive(Debug)]
pub(super) struct Terms {
    format: ListFormat,
    groups: BTreeMap<String, Group>,
    /// One for each file, with the file's number.
    pub(super) reports: Vec<(usize, TermReport)>,
    /// The line of the block's first row.
    pub(super) first: u64,
    /// Rows that are of no use here.
    pub(super) passed_over: u64,
}

impl Terms {
    pub(super) fn new(format: ListFormat) -> Self {
        Self { format, groups: BTreeMap::new(), reports: Vec::new(), first: 1, passed_over: 0 }
    }

    pub(super) fn format(&self) -> ListFormat {
        self.format
    }

    /// Begins a file.
    pub(super) fn begin(&mut self, file: usize) {
        self.reports.push((file, TermReport::default()));
        self.first = 1;
    }

    fn report(&mut self) -> &mut TermReport {
        &mut self.reports.last_mut().expect("a file was begun").1
    }

    /// The drugs, with their synonyms.
    pub(super) fn drugs(&mut self) -> Vec<(Drug, Vec<String>)> {
        let mut drugs = Vec::new();
        for (_, mut group) in std::mem::take(&mut self.groups) {
            group.names.sort();
            let files = group.names.iter().map(|name| name.2);
            let files = files.chain(group.synonyms.iter().chain(&group.codes).filter_map(|term| term.1));
            if group.names.is_empty() {
                self.passed_over += files.count() as u64;
                continue;
            }
            for file in files {
                self.reports[file].1.ledger.accepted += 1;
                self.reports[file].1.ledger.read += 1;
            }
            let mut names = group.names.into_iter().map(|name| name.1);
            let name = names.next().unwrap_or_default();
            let synonyms: Vec<String> = names.chain(group.synonyms.into_iter().map(|term| term.0)).collect();
            let mut codes: Vec<Option<String>> = group.codes.into_iter().map(|code| Some(code.0)).collect();
            codes.sort();
            codes.dedup();
            if codes.is_empty() {
                codes.push(None);
            }
            let drug = |atccode| (Drug { atccode, name: name.clone() }, synonyms.clone());
            drugs.extend(codes.into_iter().map(drug));
        }
        drugs
    }

    fn text(&mut self, text: &str, line: u64) -> String {
        let cleaned = clean_line(text);
        let first = self.first;
        let report = self.report();
        for code in cleaned.repairs {
            let (before, after) = (excerpt(text.as_bytes()), Some(excerpt(cleaned.text.as_bytes())));
            report.repairs.push(Repair { code, line: first + line, field: Some(Field::Drug), before, after });
        }
        cleaned.text.into_owned()
    }

    fn nameless(&mut self, row: &Row<'_>) {
        let raw = excerpt(row.raw);
        self.reject(Reject { code: RejectCode::MissingName, line: row.line, field: Some(Field::Drug), raw });
    }

    fn rxnorm(&mut self, row: &Row<'_>) {
        let [id, language, list, kind, code, text, suppress] = *row.fields else { return };
        let file = self.reports.len() - 1;
        let rank = NAMES.iter().position(|name| *name == kind);
        let (ours, atc) =
            (list == "RXNORM" && (rank.is_some() || kind == "SY"), list == "ATC" && is_atc_code(code));
        if language != "ENG" || suppress != "N" || !(ours || atc) {
            self.passed_over += 1;
            return;
        }
        if id.trim().is_empty() || text.trim().is_empty() {
            return self.nameless(row);
        }
        let text = self.text(text, row.line);
        let group = self.groups.entry(id.trim().to_owned()).or_default();
        match rank {
            _ if atc => group.codes.push((code.to_owned(), Some(file))),
            Some(rank) => group.names.push((rank, text, file)),
            None => group.synonyms.push((text, Some(file))),
        }
    }

    fn unii(&mut self, row: &Row<'_>) {
        let [id, name, display] = *row.fields else { return };
        if id.trim().is_empty() || display.trim().is_empty() {
            return self.nameless(row);
        }
        let file = self.reports.len() - 1;
        let (name, display) = (self.text(name, row.line), self.text(display, row.line));
        let group = self.groups.entry(id.trim().to_owned()).or_default();
        if group.names.is_empty() {
            group.names.push((0, display, file));
            if !name.is_empty() {
                group.synonyms.push((name, None));
            }
        } else {
            group.synonyms.push((name, Some(file)));
        }
    }
}

impl RowSink for Terms {
    fn row(&mut self, row: &Row<'_>) {
        let first = self.first;
        let mended = row.mended.iter().map(|r| Repair { line: first + r.line, ..r.clone() });
        self.report().repairs.extend(mended);
        match self.format {
            ListFormat::RxNorm => self.rxnorm(row),
            _ => self.unii(row),
        }
    }

    fn blank(&mut self) {
        let report = self.report();
        report.ledger.read += 1;
        report.ledger.blank += 1;
    }

    fn reject(&mut self, reject: Reject) {
        let first = self.first;
        let report = self.report();
        report.ledger.read += 1;
        report.ledger.rejected += 1;
        report.rejects.push(Reject { line: first + reject.line, ..reject });
    }

    fn repair(&mut self, repair: Repair) {
        let first = self.first;
        let report = self.report();
        report.repairs.push(Repair { line: first + repair.line, ..repair });
    }
}
