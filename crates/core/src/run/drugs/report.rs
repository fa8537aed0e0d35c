//! The run record, put together from the reports of the files.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::export::{Counts, Durations, RunRecord, SourceRecord, State};
use crate::graph::MentionGraph;
use crate::record::{Repair, RepairCode, WarningCode, Warnings};
use crate::run::RunOptions;
use crate::run::drugs::vocabulary::FileReport;
use crate::spec::{DrugsSpec, MaxRejects, SourceSpec};
use crate::store::InputFile;

/// The reports of all files.
#[derive(Default)]
pub(super) struct Sheet<'a> {
    pub(super) files: Vec<(&'a InputFile, &'a SourceSpec, FileReport)>,
    sources: Vec<SourceRecord>,
}

impl<'a> Sheet<'a> {
    /// Enters a file; its ledger must balance.
    pub(super) fn add(
        &mut self,
        name: &str,
        file: &'a InputFile,
        spec: &'a SourceSpec,
        mut report: FileReport,
        warnings: &mut Warnings,
    ) -> Result<()> {
        let ledger = &report.ledger;
        if !ledger.balances() || ledger.rejected != report.rejects.len() as u64 {
            let (read, accounted) = (ledger.read, ledger.accounted());
            return Err(Error::Ledger { file: file.name.clone(), read, accounted });
        }
        let shape = &report.facts.shape;
        if shape.guessed_encoding {
            let message = "files that are no UTF-8 and were read as Windows-1252";
            warnings.add(WarningCode::GuessedEncoding, message, || file.name.clone());
        }
        if let Some(other) = &shape.header_of {
            let message = "pages of a download without a header: read by that of another file";
            warnings.add(WarningCode::MissingHeader, message, || format!("{} by {other}", file.name));
        }
        if ledger.read == ledger.blank && report.deletions == 0 {
            warnings.add(WarningCode::EmptyFile, "files without a row", || file.name.clone());
        }
        if shape.json_in_string {
            let repair = Repair {
                code: RepairCode::JsonInString,
                line: 1,
                field: None,
                before: "JSON in a JSON string".into(),
                after: Some("JSON".into()),
            };
            report.repairs.insert(0, repair);
        }
        let message = "dates in which day and month could be exchanged: read in the declared order";
        let ambiguous = report.ambiguous_dates;
        warnings.add_many(WarningCode::AmbiguousDate, message, ambiguous, || {
            format!("{ambiguous} in {}", file.name)
        });
        self.sources.push(SourceRecord {
            name: name.to_owned(),
            file: file.name.clone(),
            ledger: report.ledger.clone(),
            ambiguous_dates: report.ambiguous_dates,
            bytes: report.facts.bytes,
            hash: format!("xxh3:{}", report.facts.hash),
            encoding: report.facts.shape.encoding.name().to_owned(),
        });
        self.files.push((file, spec, report));
        Ok(())
    }
}

/// Makes the record, times and output left open.
pub(super) fn record(
    spec: &DrugsSpec,
    graph: &MentionGraph,
    sheet: &Sheet<'_>,
    limits: &[(&str, MaxRejects)],
    options: &RunOptions,
    warnings: Warnings,
) -> RunRecord {
    let mut exceeded = Vec::new();
    for (name, own) in limits {
        let files = sheet.sources.iter().filter(|source| source.name == *name).map(|source| &source.ledger);
        exceeded.extend(options.max_rejects.unwrap_or(*own).exceeded(name, files));
    }
    let (mut rejects, mut repairs) = (BTreeMap::new(), BTreeMap::new());
    for (_, _, report) in &sheet.files {
        for reject in &report.rejects {
            *rejects.entry(reject.code.as_str().to_owned()).or_default() += 1;
        }
        for repair in &report.repairs {
            *repairs.entry(repair.code.as_str().to_owned()).or_default() += 1;
        }
    }
    let counts = Counts {
        drugs: graph.drugs().len() as u64,
        publications: graph.publications().len() as u64,
        journals: graph.journals().len() as u64,
        mentions: graph.mention_count() as u64,
        rejects: rejects.values().sum(),
        repairs: repairs.values().sum(),
    };
    RunRecord {
        pipeline: spec.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        state: if exceeded.is_empty() { State::Succeeded } else { State::NotPassed },
        date: options.date.map(|date| date.to_string()),
        started: String::new(),
        threads: 0,
        sources: sheet.sources.clone(),
        exceeded,
        counts,
        rejects,
        repairs,
        unchanged: 0,
        ambiguous_terms: Vec::new(),
        warnings: warnings.into_list(),
        durations: Durations::default(),
        output: None,
    }
}
