//! The run record, `run.json`: what was read, what came of it, and how long it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Action, Error, Result};
use crate::mention::{Ambiguous, Drug};
use crate::record::{Ledger, Warning};

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The pipeline.
    pub pipeline: String,
    /// The version of this program.
    pub version: String,
    /// How it ended.
    pub state: State,
    /// The day it was for, `YYYY-MM-DD`, if one was named.
    pub date: Option<String>,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// Threads used.
    pub threads: usize,
    /// One entry a file.
    pub sources: Vec<SourceRecord>,
    /// Sources with more rejects than they may have.
    pub exceeded: Vec<Exceeded>,
    /// What the graph holds.
    pub counts: Counts,
    /// Rejects by code.
    pub rejects: BTreeMap<String, u64>,
    /// Repairs by code.
    pub repairs: BTreeMap<String, u64>,
    /// Files that were not read: an incremental run knew what they hold.
    #[serde(default)]
    pub unchanged: u64,
    /// Terms that belong to drugs of several names.
    #[serde(default)]
    pub ambiguous_terms: Vec<AmbiguousTerm>,
    /// What is worth a look.
    pub warnings: Vec<Warning>,
    /// Where the time went.
    pub durations: Durations,
    /// The output; none where the run wrote nothing.
    pub output: Option<OutputFile>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All is well.
    Succeeded,
    /// The outputs are written, but the data did not pass.
    NotPassed,
    /// A source has no file for the day: nothing was read, nothing was written.
    Skipped,
}

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// The source in the pipeline file.
    pub name: String,
    /// The file within the data folder.
    pub file: String,
    /// What became of its rows.
    #[serde(flatten)]
    pub ledger: Ledger,
    /// Dates in which day and month could be exchanged.
    pub ambiguous_dates: u64,
    /// Size in bytes, as the file lies there.
    pub bytes: u64,
    /// `xxh3:` and the hash of these bytes.
    pub hash: String,
    /// The encoding, as the WHATWG Encoding Standard spells it.
    pub encoding: String,
}

/// A source with more rejects than it may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exceeded {
    /// The source.
    pub source: String,
    /// Its rejects.
    pub rejected: u64,
    /// Its rows.
    pub read: u64,
    /// The limit as it was given.
    pub max_rejects: String,
}

/// What the graph holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Drugs of the list.
    pub drugs: u64,
    /// Publications that mention a drug.
    pub publications: u64,
    /// Journals that mention a drug.
    pub journals: u64,
    /// Drug-publication pairs.
    pub mentions: u64,
    /// Rows not used.
    pub rejects: u64,
    /// Repairs.
    pub repairs: u64,
}

/// A term that belongs to drugs of several names: a mention counts for each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmbiguousTerm {
    /// The term, in lower case.
    pub term: String,
    /// Its drugs, in the order of the output.
    pub drugs: Vec<DrugName>,
}

/// A drug as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrugName {
    /// Its code.
    pub atccode: Option<String>,
    /// Its name.
    pub drug: String,
}

impl AmbiguousTerm {
    pub(crate) fn new(ambiguous: &Ambiguous<'_>) -> Self {
        let name = |drug: &&Drug| DrugName { atccode: drug.atccode.clone(), drug: drug.name.clone() };
        Self { term: ambiguous.term.to_owned(), drugs: ambiguous.drugs.iter().map(name).collect() }
    }
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// Reading, cleaning, matching.
    pub read_ms: u64,
    /// Duplicates, journals, graph.
    pub graph_ms: u64,
    /// Writing.
    pub write_ms: u64,
}

/// The file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Where, as it was given.
    pub file: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// `xxh3:` and the hash of its bytes.
    pub hash: String,
}

/// Renders a run record.
#[must_use]
pub fn write_record(record: &RunRecord) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(record).expect("text and numbers always have a JSON form");
    bytes.push(b'\n');
    bytes
}

/// Reads a run record back; `name` is what messages call the file.
pub fn read_record(text: &str, name: &str) -> Result<RunRecord> {
    serde_json::from_str(text).map_err(|e| Error::Input {
        message: format!("`{name}` is no run record of ours: {e}"),
        hint: format!("make it anew with {}", Action::Run("")),
    })
}
