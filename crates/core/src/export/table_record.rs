//! The run record of a pipeline of tables, `run.json`: what was read, what each task did, what was found.
//!
//! A task that runs alone, and the retry of a failed run, enter what they did into the record that is there:
//! [`TableRunRecord::merge`]. So a run whose tasks were executed one by one, by Airflow, has one record as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Action, Error, Result};
use crate::export::{AuditState, Exceeded, RunState, TaskState};
use crate::record::{Ledger, Warning};

/// What a run of a pipeline of tables did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableRunRecord {
    /// The pipeline.
    pub pipeline: String,
    /// The version of this program.
    pub version: String,
    /// How it ended.
    pub state: RunState,
    /// The day it was for, `YYYY-MM-DD`, if one was named.
    pub date: Option<String>,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// Threads used.
    pub threads: usize,
    /// The parameters by name; what is secret in them is `***`.
    pub params: BTreeMap<String, String>,
    /// The parameters that were given for the run; the others come from the pipeline file or the environment.
    #[serde(default)]
    pub given: Vec<String>,
    /// One entry a file.
    pub sources: Vec<TableSourceRecord>,
    /// One entry a task, in the order of the plan.
    pub tasks: Vec<TaskRecord>,
    /// One entry an audit.
    pub audits: Vec<AuditRecord>,
    /// Sources with more rejects than they may have.
    pub exceeded: Vec<Exceeded>,
    /// Rejects by code. A row that has several codes counts for each.
    pub rejects: BTreeMap<String, u64>,
    /// Repairs by code.
    pub repairs: BTreeMap<String, u64>,
    /// What is worth a look.
    pub warnings: Vec<Warning>,
    /// Where the time went.
    pub durations: TableDurations,
    /// Why no task could begin, if none could.
    pub error: Option<Failure>,
}

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableSourceRecord {
    /// The source in the pipeline file.
    pub name: String,
    /// The file within its folder.
    pub file: String,
    /// What became of its rows.
    #[serde(flatten)]
    pub ledger: Ledger,
    /// Size in bytes, as the file lies there.
    pub bytes: u64,
    /// `xxh3:` and the hash of these bytes.
    pub hash: String,
    /// The encoding, as the WHATWG Encoding Standard spells it; null where a format has none.
    pub encoding: Option<String>,
    /// Its rejects by code.
    pub rejects: BTreeMap<String, u64>,
    /// Its repairs by code.
    pub repairs: BTreeMap<String, u64>,
}

/// What a task did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The task: the name of its table. The fallback task is `on_failure`.
    pub name: String,
    /// How it ended.
    pub state: TaskState,
    /// How often it was tried.
    pub attempts: u32,
    /// Rows of all tables that it reads.
    pub rows_in: u64,
    /// Rows that it made.
    pub rows_out: u64,
    /// Milliseconds, all attempts and waits included.
    pub duration_ms: u64,
    /// What is worth a look.
    pub warnings: Vec<Warning>,
    /// Why it could not go on.
    pub error: Option<Failure>,
    /// What it wrote.
    pub table: Option<WrittenTable>,
}

/// Why something could not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened and where, causes included.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let mut message = error.to_string();
        let mut next = std::error::Error::source(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            // Some errors have said already what their cause will say.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            next = cause.source();
        }
        Self { message, hint: error.hint() }
    }
}

/// A table as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenTable {
    /// Where: a path or a URL, without a password.
    pub url: String,
    /// `parquet`, `csv`, `json`, `ndjson` or `postgres`.
    pub format: String,
    /// The columns that are folders.
    pub partition_by: Vec<String>,
    /// Files written; none in a database.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The audit.
    pub name: String,
    /// Whether rows stop what comes behind.
    pub blocking: bool,
    /// Bad rows; null where it was not run.
    pub rows: Option<u64>,
    /// How it ended.
    pub state: AuditState,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDurations {
    /// Reading and cleaning the sources.
    pub read_ms: u64,
    /// Tasks and audits.
    pub tasks_ms: u64,
    /// All of it.
    pub total_ms: u64,
}

impl TableRunRecord {
    /// Enters what a later run of a part did: its sources, tasks and audits take the place of those that are there.
    /// `order` has the names of all tasks, in the order of the plan.
    #[must_use]
    pub fn merge(self, part: Self, order: &[String]) -> Self {
        let Self { mut sources, mut tasks, mut audits, mut exceeded, mut warnings, .. } = self;
        let read = |name: &str| part.sources.iter().any(|source| source.name == name);
        sources.retain(|source| !read(&source.name));
        exceeded.retain(|source| !read(&source.source));
        tasks.retain(|task| !part.tasks.iter().any(|other| other.name == task.name));
        audits.retain(|audit| !part.audits.iter().any(|other| other.name == audit.name));
        let again = |warning: &Warning| {
            part.warnings.iter().any(|w| (&w.code, &w.message) == (&warning.code, &warning.message))
        };
        warnings.retain(|warning| !again(warning));
        sources.extend(part.sources);
        exceeded.extend(part.exceeded);
        tasks.extend(part.tasks);
        audits.extend(part.audits);
        warnings.extend(part.warnings);
        let place = |name: &str| order.iter().position(|other| other == name).unwrap_or(usize::MAX);
        sources.sort_by(|a, b| (&a.name, &a.file).cmp(&(&b.name, &b.file)));
        tasks.sort_by_key(|task| place(&task.name));
        audits.sort_by(|a, b| a.name.cmp(&b.name));
        let durations = TableDurations {
            read_ms: self.durations.read_ms + part.durations.read_ms,
            tasks_ms: self.durations.tasks_ms + part.durations.tasks_ms,
            total_ms: self.durations.total_ms + part.durations.total_ms,
        };
        let mut merged = Self { sources, tasks, audits, exceeded, warnings, durations, ..part };
        merged.count();
        merged.state = merged.verdict();
        merged
    }

    /// Adds up the rejects and repairs of all files.
    pub fn count(&mut self) {
        let (mut rejects, mut repairs) = (BTreeMap::new(), BTreeMap::new());
        for source in &self.sources {
            for (sum, counts) in [(&mut rejects, &source.rejects), (&mut repairs, &source.repairs)] {
                for (code, count) in counts {
                    *sum.entry(code.clone()).or_default() += count;
                }
            }
        }
        (self.rejects, self.repairs) = (rejects, repairs);
    }

    /// How a run with these sections has ended.
    #[must_use]
    pub fn verdict(&self) -> RunState {
        let task = |state| self.tasks.iter().any(|task| task.state == state);
        let audit = |state| self.audits.iter().any(|audit| audit.state == state);
        if task(TaskState::Interrupted) {
            RunState::Interrupted
        } else if self.error.is_some() || task(TaskState::Failed) || audit(AuditState::Failed) {
            RunState::Failed
        } else if !self.exceeded.is_empty() || audit(AuditState::NotPassed) {
            RunState::NotPassed
        } else if task(TaskState::UpstreamFailed) {
            // Only a part was run since: what stopped it is mended, and it waits to be run again.
            RunState::Failed
        } else {
            RunState::Succeeded
        }
    }
}

/// Renders the record.
#[must_use]
pub fn write_table_record(record: &TableRunRecord) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(record).expect("text and numbers always have a JSON form");
    bytes.push(b'\n');
    bytes
}

/// Reads a record back; `name` is what messages call the file.
pub fn read_table_record(text: &str, name: &str) -> Result<TableRunRecord> {
    serde_json::from_str(text).map_err(|e| Error::Input {
        message: format!("`{name}` is no run record of a pipeline of tables: {e}"),
        hint: format!("make it anew with {}", Action::Run("")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str, state: TaskState) -> TaskRecord {
        TaskRecord {
            name: name.into(),
            state,
            attempts: 1,
            rows_in: 1,
            rows_out: 1,
            duration_ms: 0,
            warnings: Vec::new(),
            error: None,
            table: None,
        }
    }

    fn source(name: &str, file: &str, rejects: u64) -> TableSourceRecord {
        TableSourceRecord {
            name: name.into(),
            file: file.into(),
            ledger: Ledger { read: 10, accepted: 10 - rejects, rejected: rejects, ..Ledger::default() },
            bytes: 1,
            hash: "xxh3:0".into(),
            encoding: None,
            rejects: BTreeMap::from([("wrong-type".to_owned(), rejects)]),
            repairs: BTreeMap::new(),
        }
    }

    fn record(sources: Vec<TableSourceRecord>, tasks: Vec<TaskRecord>) -> TableRunRecord {
        let mut record = TableRunRecord {
            pipeline: "p".into(),
            version: "0".into(),
            state: RunState::Succeeded,
            date: None,
            started: String::new(),
            threads: 1,
            params: BTreeMap::new(),
            given: Vec::new(),
            sources,
            tasks,
            audits: Vec::new(),
            exceeded: Vec::new(),
            rejects: BTreeMap::new(),
            repairs: BTreeMap::new(),
            warnings: Vec::new(),
            durations: TableDurations::default(),
            error: None,
        };
        record.count();
        record.state = record.verdict();
        record
    }

    #[test]
    fn a_part_takes_the_place_of_what_it_did_again() {
        let whole = record(
            vec![source("a", "a.csv", 2), source("a", "gone.csv", 1), source("b", "b.csv", 3)],
            vec![task("first", TaskState::Failed), task("second", TaskState::UpstreamFailed)],
        );
        assert_eq!((whole.state, whole.rejects["wrong-type"]), (RunState::Failed, 6));
        let order = ["first".to_owned(), "second".to_owned()];
        let part = record(vec![source("a", "a.csv", 1)], vec![task("first", TaskState::Succeeded)]);
        let merged = whole.merge(part, &order);
        assert_eq!((merged.state, merged.rejects["wrong-type"]), (RunState::Failed, 4));
        let merged = merged.merge(record(vec![], vec![task("second", TaskState::Succeeded)]), &order);
        assert_eq!((merged.state, merged.rejects["wrong-type"]), (RunState::Succeeded, 4));
        assert_eq!(merged.tasks.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["first", "second"]);
        assert_eq!(merged.sources.len(), 2);
    }

    #[test]
    fn the_worst_that_happened_is_the_verdict() {
        let mut run = record(vec![], vec![task("a", TaskState::Succeeded)]);
        run.audits = vec![AuditRecord {
            name: "x".into(),
            blocking: true,
            rows: Some(1),
            state: AuditState::NotPassed,
        }];
        run.tasks.push(task("b", TaskState::UpstreamFailed));
        assert_eq!(run.verdict(), RunState::NotPassed);
        run.tasks.push(task("c", TaskState::Failed));
        assert_eq!(run.verdict(), RunState::Failed);
        run.tasks.push(task("d", TaskState::Interrupted));
        assert_eq!(run.verdict(), RunState::Interrupted);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let run = record(vec![source("a", "a.csv", 2)], vec![task("first", TaskState::Failed)]);
        let text = String::from_utf8(write_table_record(&run)).unwrap();
        assert_eq!(read_table_record(&text, "run.json").unwrap(), run);
        let error = read_table_record("{}", "run.json").unwrap_err().to_string();
        assert!(error.contains("`run.json` is no run record"), "{error}");
    }
}
