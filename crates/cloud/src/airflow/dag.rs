//! A DAG as Airflow tells of it: known, parsed, paused; and the files that it could not import.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A DAG.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Answer")]
#[non_exhaustive]
pub struct Dag {
    /// Its id: the pipeline's name.
    pub id: String,
    /// Whether its runs stay queued.
    pub paused: bool,
    /// Whether its file is still there.
    pub active: bool,
    /// When it runs by itself, as Airflow writes it: mostly a cron line.
    pub schedule: Option<String>,
    /// When its file was last read.
    pub last_parsed: Option<Timestamp>,
    /// When its next scheduled run will start.
    pub next_run: Option<Timestamp>,
    /// Its file, where the DAG processor sees it.
    pub file: Option<String>,
    /// Whether the last reading of its file failed; the DAG is then what it was before.
    pub has_import_errors: bool,
}

/// A file that Airflow could not import.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "ImportAnswer")]
#[non_exhaustive]
pub struct ImportError {
    /// The file, as Airflow names it: a path, or relative to the folder of the DAGs.
    pub file: String,
    /// When it failed.
    pub time: Option<Timestamp>,
    /// What Python said.
    pub trace: String,
}

impl ImportError {
    /// The last line of what Python said, which names the error.
    #[must_use]
    pub fn message(&self) -> &str {
        self.trace.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no reason given")
    }

    /// Whether this is about the file of a DAG: `NAME.py`, or the one that the DAG was read from.
    #[must_use]
    pub fn is_about(&self, name: &str, dag: Option<&Dag>) -> bool {
        let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let file = last(&self.file);
        file == format!("{name}.py")
            || dag.and_then(|dag| dag.file.as_deref()).is_some_and(|f| last(f) == file)
    }
}

/// A moment as either version writes it: with `Z` or an offset.
pub(super) fn moment(text: Option<String>) -> Option<Timestamp> {
    text?.parse().ok()
}

// Airflow 2 and 3 have different keys for some of this; what one lacks is null.
#[derive(Deserialize)]
struct Answer {
    dag_id: String,
    #[serde(default)]
    is_paused: Option<Flag>,
    #[serde(default)]
    is_active: Option<Flag>,
    #[serde(default)]
    is_stale: Option<Flag>,
    #[serde(default)]
    timetable_summary: Option<String>,
    #[serde(default)]
    schedule_interval: Value,
    #[serde(default)]
    last_parsed_time: Option<String>,
    #[serde(default, alias = "next_dagrun_create_after")]
    next_dagrun_run_after: Option<String>,
    #[serde(default)]
    fileloc: Option<String>,
    #[serde(default)]
    has_import_errors: Option<Flag>,
}

/// A boolean, or the word for one: Airflow's commands print `"True"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Is(bool),
    Word(String),
}

impl Flag {
    fn is(flag: Option<Self>) -> Option<bool> {
        match flag? {
            Self::Is(is) => Some(is),
            Self::Word(word) => Some(word.eq_ignore_ascii_case("true")),
        }
    }
}

impl From<Answer> for Dag {
    fn from(answer: Answer) -> Self {
        let cron = answer.schedule_interval.get("value").and_then(Value::as_str).map(str::to_owned);
        let active = Flag::is(answer.is_active).or(Flag::is(answer.is_stale).map(|stale| !stale));
        Self {
            id: answer.dag_id,
            paused: Flag::is(answer.is_paused).unwrap_or_default(),
            active: active.unwrap_or(true),
            schedule: answer.timetable_summary.or(cron).filter(|schedule| schedule != "None"),
            last_parsed: moment(answer.last_parsed_time),
            next_run: moment(answer.next_dagrun_run_after),
            file: answer.fileloc,
            has_import_errors: Flag::is(answer.has_import_errors).unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct ImportAnswer {
    #[serde(alias = "filepath")]
    filename: String,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default, alias = "error")]
    stack_trace: String,
}

impl From<ImportAnswer> for ImportError {
    fn from(answer: ImportAnswer) -> Self {
        Self { file: answer.filename, time: moment(answer.timestamp), trace: answer.stack_trace }
    }
}
