//! A pipeline of tables: sources with a contract, tasks in SQL, audits, writes.
//!
//! These are the parts of the file as they are meant; `spec/parse/tables/` reads them. Texts with parameters are
//! [`Template`]s until a run resolves them: nothing of the environment is looked at while a file is parsed.

mod column;
mod joined;
mod place;
mod resolve;
mod task;
mod template;
mod test;

pub use column::{Column, ColumnType, NumberStyle};
pub use task::{Audit, OnFailure, SqlText, TableFormat, TableTask, Work, Write, WriteMode};
pub use template::{Given, Param, ParamType, Resolved, Template};
pub use test::{SpecTest, TestRow};

pub(crate) use place::{RESERVED_PLACES, nested};
pub(crate) use resolve::GIVEN;
pub(crate) use template::{Piece, is_name, names, pieces};

use std::collections::BTreeMap;

use crate::clean::DateOrder;
use crate::source::{Encoding, FileFormat};
use crate::spec::{MaxRejects, Schedule};

/// A pipeline of tables, as its file declares it.
#[derive(Debug, Clone)]
pub struct TablesSpec {
    /// The pipeline's name: the file's.
    pub name: String,
    /// What messages call the file.
    pub file: String,
    /// What it does, in one sentence.
    pub description: String,
    /// When it runs, and how often a task is tried.
    pub schedule: Schedule,
    /// Its parameters, in the order of the file.
    pub params: Vec<Param>,
    /// Its sources, in the order of the file.
    pub sources: Vec<TableSource>,
    /// Its tasks; each stands behind those it waits for.
    pub tasks: Vec<TableTask>,
    /// Queries that must return no row.
    pub audits: Vec<Audit>,
    /// What is done when a task fails.
    pub on_failure: Option<OnFailure>,
    /// Rows in, rows expected.
    pub tests: Vec<SpecTest>,
}

/// A source: its files, and the contract that their rows are held to.
#[derive(Debug, Clone)]
pub struct TableSource {
    /// Its name: that of the table that tasks read.
    pub name: String,
    /// Its files: patterns within the data folder, or a whole path or URL.
    pub path: Vec<Template>,
    /// The format, where file names do not tell it.
    pub format: Option<FileFormat>,
    /// The encoding, where it is not to be found out.
    pub encoding: Option<Encoding>,
    /// Its columns, in the order of the file.
    pub columns: Vec<Column>,
    /// Columns that tell a record from others: rows of one key are one record. Empty: each row is a record.
    pub key: Vec<String>,
    /// Conditions in SQL over the columns, by reject code: a row for which one is true is a reject.
    pub reject: BTreeMap<String, SqlText>,
    /// What comes first in a date of three numbers.
    pub date_order: DateOrder,
    /// How many of its rows may be rejects.
    pub max_rejects: MaxRejects,
    /// Byte offset of its name in the pipeline file.
    pub at: usize,
}

impl TablesSpec {
    /// A pipeline that has nothing yet.
    pub fn empty(name: &str, file: &str) -> Self {
        Self {
            name: name.to_owned(),
            file: file.to_owned(),
            description: String::new(),
            schedule: Schedule::default(),
            params: Vec::new(),
            sources: Vec::new(),
            tasks: Vec::new(),
            audits: Vec::new(),
            on_failure: None,
            tests: Vec::new(),
        }
    }

    /// The source of a name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&TableSource> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// The task of a name.
    #[must_use]
    pub fn task(&self, name: &str) -> Option<&TableTask> {
        self.tasks.iter().find(|task| task.name == name)
    }

    /// The task that runs when others have failed.
    #[must_use]
    pub fn fallback(&self) -> Option<&TableTask> {
        self.on_failure.as_ref()?.task.as_ref()
    }

    /// Every task, the fallback the last.
    pub fn all_tasks(&self) -> impl Iterator<Item = &TableTask> {
        self.tasks.iter().chain(self.fallback())
    }

    /// The tasks that must have succeeded before a task: those that it reads `from`, and those of `after`, each once.
    ///
    /// ```
    /// use pipeline_core::spec::{Pipeline, SqlFiles, parse};
    /// let text = "[sources.s]\npath = '*.csv'\ncolumns = { a = 'string' }\n\
    ///             [tasks.first]\nfrom = 's'\nwrite = { to = '{out}/first' }\n\
    ///             [tasks.second]\nfrom = 'first'\nwrite = { to = '{out}/second' }\n";
    /// let Ok(Pipeline::Tables(spec)) = parse(text, "p.toml", "p", &SqlFiles::None) else { panic!() };
    /// assert_eq!(spec.upstream(&spec.tasks[1]), ["first"]);
    /// ```
    #[must_use]
    pub fn upstream<'s>(&'s self, task: &'s TableTask) -> Vec<&'s str> {
        let mut names: Vec<&str> = Vec::new();
        for name in task.from.iter().chain(&task.after) {
            if self.task(name).is_some() && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

impl TableSource {
    /// Tells whether it has a file a day: `{date}` stands in a path.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.path.iter().any(|path| path.uses("date"))
    }
}
