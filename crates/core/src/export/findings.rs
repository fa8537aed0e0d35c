//! Rejects and repairs as JSON lines: one finding a line, in the order of the files.

use serde::{Deserialize, Serialize};

use crate::error::{Action, Error, Result};
use crate::record::{Field, Reject, Repair};

/// A reject or a repair as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Finding {
    /// A row that was not used.
    Reject(RejectLine),
    /// Something mended.
    Repair(RepairLine),
}

/// A line of `rejects.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectLine {
    /// Why: stable, kebab-case.
    pub code: String,
    /// The file within the data folder.
    pub source: String,
    /// The row's first line, from 1.
    pub line: u64,
    /// The column at fault, as the file calls it.
    pub field: Option<String>,
    /// The text at fault.
    pub raw: String,
}

/// A line of `repairs.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairLine {
    /// What was mended: stable, kebab-case.
    pub code: String,
    /// The file within the data folder.
    pub source: String,
    /// The row's first line, from 1.
    pub line: u64,
    /// The column that was mended, as the file calls it.
    pub field: Option<String>,
    /// The text before.
    pub before: String,
    /// The text after; null where nothing remains.
    pub after: Option<String>,
}

/// Appends a file's rejects; `column` gives the name of a field in that file.
pub fn write_rejects(out: &mut Vec<u8>, file: &str, rejects: &[Reject], column: impl Fn(Field) -> String) {
    for reject in rejects {
        let line = RejectLine {
            code: reject.code.as_str().to_owned(),
            source: file.to_owned(),
            line: reject.line,
            field: reject.field.map(&column),
            raw: reject.raw.clone(),
        };
        append(out, &line);
    }
}

/// Appends a file's repairs; `column` gives the name of a field in that file.
pub fn write_repairs(out: &mut Vec<u8>, file: &str, repairs: &[Repair], column: impl Fn(Field) -> String) {
    for repair in repairs {
        let line = RepairLine {
            code: repair.code.as_str().to_owned(),
            source: file.to_owned(),
            line: repair.line,
            field: repair.field.map(&column),
            before: repair.before.clone(),
            after: repair.after.clone(),
        };
        append(out, &line);
    }
}

fn append(out: &mut Vec<u8>, line: &impl Serialize) {
    serde_json::to_writer(&mut *out, line).expect("text and numbers always have a JSON form");
    out.push(b'\n');
}

/// Reads findings back; `name` is what messages call the file.
pub fn read_findings(text: &str, name: &str) -> Result<Vec<Finding>> {
    let read = |(i, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|e| Error::Input {
            message: format!("{name}:{}: not a finding of ours: {e}", i + 1),
            hint: format!("make it anew with {}", Action::Run("")),
        })
    };
    text.lines().enumerate().map(read).collect()
}
