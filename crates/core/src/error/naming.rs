//! What hints call the settings and commands of whoever uses the library.
//!
//! A hint names what can be set (`Setting::Out`), not a flag: the library has none. The program says once how it spells
//! them (`--out`), and every hint and record from then on has its words; without it they have plain names. That is one
//! function for the whole process, as a panic hook is: an error is made far from whoever knows the command line, and
//! stands in run records, too.

use std::fmt;
use std::sync::OnceLock;

/// Something that the caller can set.
///
/// ```
/// use pipeline_core::error::Setting;
/// assert_eq!(format!("write elsewhere with {}", Setting::Out), "write elsewhere with `out`");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting<'a> {
    /// The binary that is uploaded.
    Binary,
    /// The bucket of a Composer environment.
    Bucket,
    /// The folder of pipeline files.
    Dags,
    /// The data folder.
    Data,
    /// The day of a run.
    Date,
    /// The first day of several.
    From,
    /// The graph that is asked.
    Graph,
    /// Whether unchanged files are not read again.
    Incremental,
    /// Where the output goes.
    Out,
    /// A parameter of the pipeline, and what it could be set to.
    Param(&'a str, &'a str),
    /// Parameters of the pipeline, whichever.
    Params,
    /// One task in place of all.
    Task(&'a str),
    /// One task in place of all, whichever.
    Tasks,
    /// Number of threads.
    Threads,
    /// The last day of several, or where results are downloaded to.
    To,
    /// Whether a paused DAG is let go.
    Unpause,
    /// How long Airflow may take.
    Wait,
}

/// Something that the caller can do next.
///
/// ```
/// use pipeline_core::error::Action;
/// assert_eq!(format!("do {} first", Action::Run("shops")), "do `run shops` first");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Show the rejects of the last run, as JSON.
    Rejects,
    /// Put corrected rejects in again.
    Replay,
    /// Run a pipeline; empty for whichever.
    Run(&'a str),
    /// Query the tables.
    Sql,
    /// Show a DAG and its runs; empty for all of them.
    Status(&'a str),
    /// Start a DAG.
    Trigger,
    /// Upload data, DAGs and the binary.
    Upload,
}

/// How a program spells what can be set and done.
#[derive(Debug, Clone, Copy)]
pub struct Spelling {
    /// A setting, as it is typed.
    pub setting: fn(Setting<'_>) -> String,
    /// A command, as it is typed, without quotes.
    pub action: fn(Action<'_>) -> String,
}

static SPELLING: OnceLock<Spelling> = OnceLock::new();

/// Says how the program spells settings and commands, before anything else is asked of the library. The first word counts.
pub fn spell_with(spelling: Spelling) {
    let _ = SPELLING.set(spelling);
}

impl fmt::Display for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SPELLING.get() {
            Some(spelling) => f.write_str(&(spelling.setting)(*self)),
            None => f.write_str(&self.plain()),
        }
    }
}

impl fmt::Display for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SPELLING.get() {
            Some(spelling) => write!(f, "`{}`", (spelling.action)(*self)),
            None => write!(f, "`{}`", self.plain()),
        }
    }
}

impl Setting<'_> {
    /// The name that the library itself has for it.
    #[must_use]
    pub fn plain(&self) -> String {
        let name = match self {
            Self::Binary => "binary",
            Self::Bucket => "bucket",
            Self::Dags => "dags",
            Self::Data => "data",
            Self::Date => "date",
            Self::From => "from",
            Self::Graph => "graph",
            Self::Incremental => "incremental",
            Self::Out => "out",
            Self::Param(name, value) => return format!("`{name}` = {value}"),
            Self::Params => "set",
            Self::Task(name) => return format!("`task` = {name}"),
            Self::Tasks => "task",
            Self::Threads => "threads",
            Self::To => "to",
            Self::Unpause => "unpause",
            Self::Wait => "wait",
        };
        format!("`{name}`")
    }
}

impl Action<'_> {
    /// The name that the library itself has for it.
    #[must_use]
    pub fn plain(&self) -> String {
        let (name, what) = match *self {
            Self::Rejects => ("rejects", ""),
            Self::Replay => ("replay", ""),
            Self::Run(pipeline) => ("run", pipeline),
            Self::Sql => ("sql", ""),
            Self::Status(dag) => ("status", dag),
            Self::Trigger => ("trigger", ""),
            Self::Upload => ("upload", ""),
        };
        if what.is_empty() { name.to_owned() } else { format!("{name} {what}") }
    }
}
