//! Rejects that somebody has corrected, put in again.
//!
//! Corrections are kept in the output folder, and each later run of the same files applies them: what a person has
//! decided once does not have to be decided again, and a rerun leaves the same rows. Each one knows the text of the
//! row that it was made for, so that it never falls upon another one.

mod read;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result, Setting};
use crate::export::TableRunRecord;
use crate::run::corrections::{Line, keep, read_lines, text_of};
use crate::run::execute::{Finished, execute};
use crate::run::home::{CORRECTIONS, Home};
use crate::run::options::{TableProgress, TableRunOptions};
use crate::run::plan::Scope;
use crate::run::recorded::{date_of, recall};
use crate::run::rejects::rejects;
use crate::spec::tables::TablesSpec;

/// A row that was corrected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CorrectedRow {
    /// The source.
    pub source: String,
    /// The file.
    pub file: String,
    /// The line.
    pub line: u64,
    /// What is wrong with it still.
    pub codes: Vec<String>,
}

/// What came of a replay.
#[derive(Debug)]
pub struct Replayed {
    /// Rows that are in the tables now.
    pub accepted: Vec<CorrectedRow>,
    /// Rows that are rejects still.
    pub rejected: Vec<CorrectedRow>,
    /// Corrections that fit no reject: nothing was done with them.
    pub unknown: Vec<CorrectedRow>,
    /// The record of the run; none where no correction fits.
    pub record: Option<TableRunRecord>,
}

/// Keeps corrections and runs the pipeline again, for the day and with the parameters of the last run.
///
/// `text` is a JSON array, JSON lines or CSV; `name` is what messages call it.
pub fn replay(
    spec: &TablesSpec,
    options: &TableRunOptions,
    text: &str,
    name: &str,
    progress: &Arc<dyn TableProgress>,
) -> Result<Replayed> {
    let given = read::read(spec, text, name)?;
    let home = Home::look(options)?;
    let Some(last) = home.record(options.date)? else {
        return Err(Error::Input {
            message: format!("no run of `{}` is on record in `{}`", spec.name, options.out),
            hint: format!("run it first, or name its output with {}", Setting::Out),
        });
    };
    let mut options = TableRunOptions { task: None, ..options.clone() };
    options.date = date_of(&last);
    recall(spec, &mut options, &last, &|_| true)?;

    let before = rejects(spec, &options)?;
    let kept = read_lines(&home.lines(CORRECTIONS)?, &home.url(CORRECTIONS))?;
    let mut taken = vec![false; before.len()];
    let (mut fitting, mut unknown) = (Vec::new(), Vec::new());
    for mut correction in given {
        let fits = |(at, row): &(usize, &Map<String, Value>)| {
            let raw = correction.raw.is_empty() || row["raw"] == correction.raw.as_str();
            !taken[*at] && raw && is_at(row, &correction)
        };
        let found = before.iter().enumerate().find(fits).map(|(at, row)| (at, text_of(row, "raw")));
        let earlier = kept.iter().find(|line| line.is_for(&correction)).map(|line| line.raw.clone());
        match (found, earlier) {
            (Some((at, raw)), _) => {
                taken[at] = true;
                correction.leave_out(&before[at]);
                // A list of rejects may be given back as a whole: what was not changed is no correction.
                if !correction.record.is_empty() {
                    fitting.push(Line { raw, ..correction });
                }
            }
            // It was corrected before, and is no reject any more: it is corrected once more.
            (None, Some(raw)) => fitting.push(Line { raw, ..correction }),
            (None, None) => unknown.push(corrected_row(&correction, Vec::new())),
        }
    }
    if fitting.is_empty() {
        return Ok(Replayed { accepted: Vec::new(), rejected: Vec::new(), unknown, record: None });
    }
    keep(&home, kept, &fitting)?;
    let Finished { written, .. } = execute(spec, &options, Arc::clone(progress), &Scope::Whole)?;
    // The rows were not read: nothing is known of them but that their corrections are kept.
    if written.error.is_some() || written.sources.is_empty() {
        return Ok(Replayed { accepted: Vec::new(), rejected: Vec::new(), unknown, record: Some(written) });
    }

    let after = rejects(spec, &options)?;
    let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
    for line in fitting {
        let still = after.iter().find(|row| is_at(row, &line) && row["raw"] == line.raw.as_str());
        match still {
            Some(row) => rejected.push(corrected_row(&line, codes(row))),
            None => accepted.push(corrected_row(&line, Vec::new())),
        }
    }
    Ok(Replayed { accepted, rejected, unknown, record: Some(written) })
}

fn corrected_row(line: &Line, codes: Vec<String>) -> CorrectedRow {
    CorrectedRow { source: line.source.clone(), file: line.file.clone(), line: line.line, codes }
}

fn is_at(row: &Map<String, Value>, line: &Line) -> bool {
    row["source"] == line.source.as_str() && row["file"] == line.file.as_str() && row["line"] == line.line
}

fn codes(row: &Map<String, Value>) -> Vec<String> {
    let codes = row["codes"].as_array().map(Vec::as_slice).unwrap_or_default();
    codes.iter().filter_map(|code| code.as_str().map(str::to_owned)).collect()
}
