//! A run of a DAG and its tasks, as Airflow tells of them, and a run to be.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

use crate::airflow::dag::moment;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunState {
    /// It waits for its turn; that of a paused DAG waits for good.
    Queued,
    /// It has begun.
    Running,
    /// All is well.
    Success,
    /// A task failed, or somebody said so.
    Failed,
    /// A state that this program has never heard of.
    #[serde(other)]
    Unknown,
}

impl RunState {
    /// Airflow's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it will not change by itself.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A run of a DAG.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Answer")]
#[non_exhaustive]
pub struct DagRun {
    /// The DAG.
    pub dag: String,
    /// Its id, unique within the DAG.
    pub id: String,
    /// How far it is.
    pub state: RunState,
    /// The date that it is for; Airflow 3 knows runs without one.
    pub logical_date: Option<Timestamp>,
    /// When its first task began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
}

/// A task of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "TaskAnswer")]
#[non_exhaustive]
pub struct Task {
    /// The task's id.
    pub id: String,
    /// Its number, where the task was multiplied.
    pub map_index: Option<u32>,
    /// Airflow's word for how far it is, as in `running` or `up_for_retry`; none before it is its turn.
    pub state: Option<String>,
    /// Which try this is: 0 before the first; Airflow's commands do not tell.
    pub attempt: Option<u32>,
    /// When this try began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
}

impl Task {
    /// The state in one word: `none` before it is its turn.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.as_deref().unwrap_or("none")
    }

    /// The id, with its number where the task was multiplied: `load[3]`.
    #[must_use]
    pub fn label(&self) -> String {
        self.map_index.map_or_else(|| self.id.clone(), |index| format!("{}[{index}]", self.id))
    }
}

/// Seconds between two moments, to the millisecond. Airflow's own number is wrong for tasks that failed.
#[must_use]
pub fn seconds(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<f64> {
    let millis = end?.duration_since(start?).as_millis();
    (millis >= 0).then_some(millis as f64 / 1000.0)
}

/// A run to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The DAG.
    pub dag: String,
    /// Its id. It is ours, so that a run can be found again whose creation was never answered.
    pub id: String,
    /// The date that it is for; a DAG has one run for each.
    pub logical_date: Timestamp,
    /// Parameters of the pipeline.
    pub set: BTreeMap<String, String>,
}

impl NewRun {
    /// A run for a date, made at a moment: `pipeline__2026-01-02__20260102T030405123456Z`.
    #[must_use]
    pub fn new(dag: &str, logical_date: Timestamp, now: Timestamp, set: BTreeMap<String, String>) -> Self {
        // No character that a URL or a shell would have another idea of.
        let id = format!(
            "pipeline__{}__{}{:06}Z",
            logical_date.strftime("%Y-%m-%d"),
            now.strftime("%Y%m%dT%H%M%S"),
            now.subsec_microsecond(),
        );
        Self { dag: dag.to_owned(), id, logical_date, set }
    }

    /// What the tasks are told: `{"set": {...}}`.
    pub(super) fn conf(&self) -> serde_json::Value {
        if self.set.is_empty() { serde_json::json!({}) } else { serde_json::json!({ "set": self.set }) }
    }
}

#[derive(Deserialize)]
struct Answer {
    dag_id: String,
    #[serde(alias = "run_id")]
    dag_run_id: String,
    state: RunState,
    #[serde(default)]
    logical_date: Option<String>,
    // Airflow 2's commands know no other key.
    #[serde(default)]
    execution_date: Option<String>,
    #[serde(default)]
    start_date: Option<String>,
    #[serde(default)]
    end_date: Option<String>,
}

impl From<Answer> for DagRun {
    fn from(answer: Answer) -> Self {
        Self {
            dag: answer.dag_id,
            id: answer.dag_run_id,
            state: answer.state,
            logical_date: moment(answer.logical_date.or(answer.execution_date)),
            start: moment(answer.start_date),
            end: moment(answer.end_date),
        }
    }
}

#[derive(Deserialize)]
struct TaskAnswer {
    task_id: String,
    #[serde(default)]
    map_index: serde_json::Value,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    try_number: Option<u32>,
    #[serde(default)]
    start_date: Option<String>,
    #[serde(default)]
    end_date: Option<String>,
}

impl From<TaskAnswer> for Task {
    fn from(answer: TaskAnswer) -> Self {
        // -1 is "not multiplied"; the commands print a text.
        let index = match &answer.map_index {
            serde_json::Value::String(text) => text.parse().ok(),
            number => number.as_i64(),
        };
        Self {
            id: answer.task_id,
            map_index: index.and_then(|index| u32::try_from(index).ok()),
            state: answer.state.filter(|state| !state.is_empty() && state != "none"),
            attempt: answer.try_number,
            start: moment(answer.start_date),
            end: moment(answer.end_date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> DagRun {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_moment_is_the_same_whatever_its_zone() {
        let two = run(r#"{"dag_id": "d", "dag_run_id": "r", "state": "queued",
            "logical_date": "2026-01-02T01:00:00+01:00", "execution_date": "2026-01-02T01:00:00+01:00"}"#);
        let three = run(
            r#"{"dag_id": "d", "dag_run_id": "r", "state": "queued", "logical_date": "2026-01-02T00:00:00Z"}"#,
        );
        let command = run(r#"{"dag_id": "d", "run_id": "r", "state": "queued", "start_date": "",
            "execution_date": "2026-01-01T19:00:00-05:00"}"#);
        assert_eq!(two, three);
        assert_eq!(two, command);
        assert_eq!(two.logical_date.unwrap().to_string(), "2026-01-02T00:00:00Z");
    }

    #[test]
    fn a_state_of_the_future_is_no_end() {
        let state = run(r#"{"dag_id": "d", "dag_run_id": "r", "state": "restarting"}"#).state;
        assert_eq!((state, state.has_ended()), (RunState::Unknown, false));
    }

    #[test]
    fn an_id_needs_no_encoding_and_no_quotes() {
        let new = NewRun::new(
            "drugs",
            "2026-01-02T00:00:00Z".parse().unwrap(),
            "2026-11-21T09:18:01.500042Z".parse().unwrap(),
            BTreeMap::new(),
        );
        assert_eq!(new.id, "pipeline__2026-01-02__20261121T091801500042Z");
        assert_eq!(crate::remote::http::segment(&new.id), new.id);
    }

    #[test]
    fn a_task_is_told_by_its_number_only_if_it_was_multiplied() {
        let label = |text: &str| serde_json::from_str::<Task>(text).unwrap().label();
        assert_eq!(label(r#"{"task_id": "load", "map_index": -1, "state": null}"#), "load");
        assert_eq!(label(r#"{"task_id": "load", "map_index": 3}"#), "load[3]");
        assert_eq!(label(r#"{"task_id": "load", "map_index": "3"}"#), "load[3]");
        assert_eq!(label(r#"{"task_id": "load", "map_index": ""}"#), "load");
    }
}
