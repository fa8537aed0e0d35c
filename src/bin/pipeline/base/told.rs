//! What Airflow tells, as JSON and as text: tasks and moments.

use jiff::Timestamp;
use pipeline::airflow::{Task, seconds};
use serde::Serialize;

use crate::base::render;

/// A task, as `trigger` and `status` tell of it.
#[derive(Debug, Serialize)]
pub(crate) struct TaskAnswer {
    task: String,
    map_index: Option<u32>,
    state: String,
    #[serde(rename = "try")]
    attempt: Option<u32>,
    start: Option<String>,
    end: Option<String>,
    seconds: Option<f64>,
}

impl From<&Task> for TaskAnswer {
    fn from(task: &Task) -> Self {
        Self {
            task: task.id.clone(),
            map_index: task.map_index,
            state: task.state().to_owned(),
            attempt: task.attempt,
            start: text(task.start),
            end: text(task.end),
            seconds: seconds(task.start, task.end),
        }
    }
}

/// A moment as JSON has it.
pub(crate) fn text(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

/// A moment as a person wants it: in UTC, to the second.
pub(crate) fn short(moment: Option<Timestamp>) -> String {
    moment.map_or_else(|| "-".into(), |moment| moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// Seconds as a person wants them.
pub(crate) fn duration(start: Option<Timestamp>, end: Option<Timestamp>) -> String {
    seconds(start, end).map_or_else(|| "-".into(), |seconds| format!("{seconds:.1} s"))
}

/// The tasks of a run.
pub(crate) fn tasks(tasks: &[Task]) -> String {
    let row = |task: &Task| {
        let attempt = task.attempt.map_or_else(|| "-".into(), |attempt| attempt.to_string());
        vec![task.label(), task.state().to_owned(), attempt, duration(task.start, task.end)]
    };
    render::table(&["task", "state", "try", "took"], tasks.iter().map(row).collect(), &[2, 3])
}
