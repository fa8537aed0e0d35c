//! Tasks, audits, and what is written.

use std::collections::BTreeMap;

use crate::spec::tables::Template;

/// One task: a table made of other tables, and where it is written.
#[derive(Debug, Clone)]
pub struct TableTask {
    /// Its name: that of the table that it makes.
    pub name: String,
    /// What it does, in one sentence.
    pub description: String,
    /// How the table is made.
    pub work: Work,
    /// The tables that it reads, sources or tasks: it waits for those.
    pub from: Vec<String>,
    /// Tasks that must have succeeded before, beside those of `from`.
    pub after: Vec<String>,
    /// Where a table of `from` is read instead of where its task wrote it: a path or URL by table.
    pub inputs: BTreeMap<String, Template>,
    /// Where its table goes.
    pub write: Write,
    /// Byte offset of its name in the pipeline file.
    pub at: usize,
}

/// How a table is made.
#[derive(Debug, Clone)]
pub enum Work {
    /// It is the one table of `from`, row for row.
    Copy,
    /// The rows of a query.
    Sql(SqlText),
}

/// SQL and where it stands, so that a message can name the line. Parameters are `$name` in it, and bound as values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlText {
    /// What messages call the file: a `.sql` file, or the pipeline file.
    pub file: String,
    /// Line of `file` on which the text begins, from 1.
    pub line: usize,
    /// The SQL.
    pub text: String,
}

/// Where a table goes.
#[derive(Debug, Clone)]
pub struct Write {
    /// A path or URL: a folder, or one file if it ends in `.parquet`, `.csv`, `.json` or `.ndjson`.
    pub to: Template,
    /// How it is written.
    pub format: TableFormat,
    /// What becomes of the rows that are there.
    pub mode: WriteMode,
    /// Columns that tell a row from others, for [`WriteMode::Upsert`] and [`WriteMode::Insert`].
    pub key: Vec<String>,
    /// Columns that are folders, `column=value/`, and not in the files.
    pub partition_by: Vec<String>,
}

/// The formats that a table is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableFormat {
    /// Apache Parquet, compressed with zstd.
    #[default]
    Parquet,
    /// CSV with a header, RFC 4180, LF.
    Csv,
    /// One JSON list.
    Json,
    /// One JSON object a line.
    Ndjson,
}

impl TableFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Parquet, Self::Csv, Self::Json, Self::Ndjson];

    /// The name in pipeline files, and the ending of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }
}

/// What becomes of the rows that are there when a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteMode {
    /// The new rows replace all.
    #[default]
    Replace,
    /// The new rows replace those partitions that they have rows for, and that of the logical date; the others stay.
    ReplacePartitions,
    /// A row of a key that is there replaces it, other rows are added.
    Upsert,
    /// Only rows of a key that is not there are added.
    Insert,
}

impl WriteMode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Replace, Self::ReplacePartitions, Self::Upsert, Self::Insert];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::ReplacePartitions => "replace-partitions",
            Self::Upsert => "upsert",
            Self::Insert => "insert",
        }
    }
}

/// A query that returns bad rows. It runs as soon as the tables that it reads are there.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Its name.
    pub name: String,
    /// What it looks for, in one sentence.
    pub description: String,
    /// The query.
    pub sql: SqlText,
    /// The tables that it reads: tasks, or sources.
    pub from: Vec<String>,
    /// Whether a row makes the run one that did not pass and stops what comes behind the tables it reads; else it warns.
    pub blocking: bool,
    /// Byte offset of its name in the pipeline file.
    pub at: usize,
}

/// What is done when any task fails or a blocking audit finds rows.
#[derive(Debug, Clone)]
pub struct OnFailure {
    /// A URL to which a JSON message about the failure is sent; nowhere if it resolves to nothing.
    pub webhook: Option<Template>,
    /// A task that is run then, named `on_failure`; `run_tasks` is a table in its SQL: task, state, attempts, error.
    pub task: Option<TableTask>,
}
