//! A pipeline file: found, parsed, validated.
//!
//! Validation reports every problem at once, each with its line. What defines the data is in the file; how a
//! run behaves is a flag.

mod cron;
mod date;
mod find;
mod limit;
mod parse;
mod pipeline;
mod problem;
mod schedule;
mod shipped;
mod sql_files;
pub mod tables;
mod task;

pub use cron::Cron;
pub use date::LogicalDate;
pub use find::{Found, find, locate, names};
pub use limit::MaxRejects;
pub use parse::{inspect, parse};
pub use pipeline::Pipeline;
pub use problem::Problem;
pub use problem::unknown;
pub use schedule::Schedule;
pub use shipped::{SHIPPED, Shipped};
pub use sql_files::SqlFiles;
pub use task::{Builtin, TaskSpec};

use std::collections::BTreeMap;

use crate::clean::DateOrder;
use crate::error::Result;
use crate::error::{Error, Setting};
use crate::mention::Overlap;
use crate::record::{Field, Kind};
use crate::source::{Encoding, FileFormat, Layout, ListFormat};
use crate::store::Pattern;

/// The drugs pipeline, as its file declares it.
#[derive(Debug, Clone)]
pub struct DrugsSpec {
    /// The pipeline's name: the file's.
    pub name: String,
    /// What it does, in one sentence.
    pub description: String,
    /// When it runs, and how often a task is tried.
    pub schedule: Schedule,
    /// The list of drugs.
    pub drugs: SourceSpec,
    /// The publications, by kind.
    pub publications: Vec<(Kind, SourceSpec)>,
    /// Its tasks; each stands behind those it waits for.
    pub tasks: Vec<TaskSpec>,
    /// What becomes of a name inside a longer one.
    pub overlap: Overlap,
}

/// A source: its files and how to read them.
#[derive(Debug, Clone, Default)]
pub struct SourceSpec {
    /// Its files, within the data folder.
    pub path: Vec<Pattern>,
    /// Whether it may have no file at all.
    pub optional: bool,
    /// Names of our columns in its files, where they differ.
    pub rename: BTreeMap<Field, String>,
    /// The format, where file names do not tell it.
    pub format: Option<FileFormat>,
    /// The kind of list, where files do not tell it (drugs).
    pub list: Option<ListFormat>,
    /// The encoding, where it is not to be found out.
    pub encoding: Option<Encoding>,
    /// What comes first in a date of three numbers.
    pub date_order: DateOrder,
    /// What becomes of a row whose date cannot be read.
    pub on_invalid_date: OnInvalidDate,
    /// How many of its rows may be rejects.
    pub max_rejects: MaxRejects,
}

/// What becomes of a row whose date cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnInvalidDate {
    /// It stays, without a date.
    #[default]
    Null,
    /// It is a reject.
    Reject,
}

impl OnInvalidDate {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Null, Self::Reject];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Reject => "reject",
        }
    }
}

impl DrugsSpec {
    /// Every source and its name.
    pub fn sources(&self) -> impl Iterator<Item = (&'static str, &SourceSpec)> {
        let publications = self.publications.iter().map(|(kind, source)| (kind.name(), source));
        std::iter::once(("drugs", &self.drugs)).chain(publications)
    }

    /// The task of a name, or what may have been meant.
    pub fn task(&self, name: &str) -> Result<&TaskSpec> {
        self.tasks.iter().find(|task| task.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tasks.iter().map(|task| task.name.as_str()).collect();
            Error::Call {
                message: unknown("task", name, &format!(" of the pipeline `{}`", self.name), &names),
                hint: format!("name a task of the pipeline file, or run without {}", Setting::Tasks),
            }
        })
    }

    /// The first task that does this work.
    #[must_use]
    pub fn task_that(&self, builtin: Builtin) -> Option<&TaskSpec> {
        self.tasks.iter().find(|task| task.builtin == builtin)
    }

    /// The pipeline of one day: its name for each `{date}` of a path. Without a day there must be no `{date}`.
    pub fn on(&self, date: Option<LogicalDate>) -> Result<Self> {
        let mut spec = self.clone();
        let publications = spec.publications.iter_mut().map(|(kind, source)| (kind.name(), source));
        for (name, source) in std::iter::once(("drugs", &mut spec.drugs)).chain(publications) {
            for pattern in source.path.iter_mut().filter(|pattern| pattern.is_dated()) {
                let dated = date.map(|date| pattern.on(&date.to_string()));
                *pattern = dated.unwrap_or_else(|| Err("no day was named".into())).map_err(|problem| {
                    Error::Input {
                        message: format!(
                            "the source `{name}` has a file a day, `{}`: {problem}",
                            pattern.as_str()
                        ),
                        hint: format!("name the day with {} YYYY-MM-DD", Setting::Date),
                    }
                })?;
            }
        }
        Ok(spec)
    }
}

impl SourceSpec {
    /// How to read its files: these columns, each under the name it has there.
    #[must_use]
    pub fn layout(&self, columns: &[Field]) -> Layout {
        let columns = columns.iter().map(|&field| (field, self.column(field))).collect();
        Layout::new(columns, self.format, self.encoding)
    }

    /// Tells whether it has a file a day: `{date}` stands in a path.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.path.iter().any(Pattern::is_dated)
    }

    /// The name of a column in its files.
    #[must_use]
    pub fn column(&self, field: Field) -> String {
        self.rename.get(&field).cloned().unwrap_or_else(|| field.name().to_owned())
    }
}
