//! The corrections that are kept in the output folder, and applied by each run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Action, Error, Result};
use crate::run::home::{CORRECTIONS, Home};
use crate::store::FolderLock;
use crate::table::Correction;

/// A correction as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) source: String,
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) raw: String,
    pub(super) record: BTreeMap<String, String>,
}

impl Line {
    /// Leaves out what stands in the reject as it is here.
    pub(super) fn leave_out(&mut self, reject: &Map<String, Value>) {
        let read: Map<String, Value> = serde_json::from_str(&text_of(reject, "record")).unwrap_or_default();
        // What was none and is given back as none is an empty text here.
        let former = |column: &str| read.get(column).and_then(Value::as_str).unwrap_or_default();
        self.record.retain(|column, text| former(column) != text);
    }

    /// Whether it is for the same row as another one.
    pub(super) fn is_for(&self, other: &Self) -> bool {
        let raw = other.raw.is_empty() || self.raw == other.raw;
        raw && (&self.source, &self.file, self.line) == (&other.source, &other.file, other.line)
    }
}

/// A text of a row of rejects.
pub(super) fn text_of(row: &Map<String, Value>, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

/// Writes the corrections that are kept: the new ones take the place of those for the same rows.
pub(super) fn keep(home: &Home, mut kept: Vec<Line>, new: &[Line]) -> Result<()> {
    let _moment: Option<FolderLock> = home.moment()?;
    for line in new {
        match kept.iter_mut().find(|other| line.is_for(other)) {
            // What was corrected before and is not named now stays corrected.
            Some(other) => other.record.extend(line.record.clone()),
            None => kept.push(line.clone()),
        }
    }
    let key = |line: &Line| (line.source.clone(), line.file.clone(), line.line, line.raw.clone());
    kept.sort_by_key(key);
    let mut bytes = Vec::new();
    for line in &kept {
        serde_json::to_writer(&mut bytes, line).expect("text and numbers always have a JSON form");
        bytes.push(b'\n');
    }
    home.write_lines(CORRECTIONS, &bytes)
}

/// The corrections that are kept.
pub(super) fn read_lines(lines: &[String], name: &str) -> Result<Vec<Line>> {
    let read = |(at, line): (usize, &String)| {
        serde_json::from_str(line).map_err(|error| Error::Input {
            message: format!("{name}:{}: not a correction: {error}", at + 1),
            hint: format!("mend the line or take it out: {} writes it", Action::Replay),
        })
    };
    lines.iter().enumerate().map(read).collect()
}

/// The corrections that a run applies.
pub(super) fn read_corrections(lines: &[String], name: &str) -> Result<Vec<Correction>> {
    let read = read_lines(lines, name)?.into_iter().map(|line| Correction {
        source: line.source,
        file: line.file,
        line: line.line,
        raw: line.raw,
        record: line.record,
    });
    Ok(read.collect())
}
