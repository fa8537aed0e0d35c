//! What is done when a run has failed: the fallback task, and a message to the webhook.
//!
//! Neither changes how the run has ended, and a failure of the webhook is a warning: it tells of a failure, and should
//! not hide it behind its own.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::export::{AuditState, RunState, TableRunRecord};
use crate::record::{Warning, WarningCode};
use crate::remote::post_to_webhook;
use crate::run::done::Done;
use crate::run::plan::ON_FAILURE;
use crate::run::report;
use crate::run::scheduler::{Attempts, RealTime, TaskRunner, Verdict, execute};
use crate::run::state::Run;
use crate::run::task;
use crate::table::{QueryResult, run_tasks_schema};

/// Whether a run has ended so that the fallback is due.
pub(super) fn is_due(record: &TableRunRecord) -> bool {
    let stopped = record.audits.iter().any(|audit| audit.state == AuditState::NotPassed);
    record.state == RunState::Failed || (record.state == RunState::NotPassed && stopped)
}

/// Runs the fallback task and calls the webhook; enters into the record what came of it.
pub(super) async fn on_failure(run: &Arc<Run>, how: Attempts, record: &mut TableRunRecord) -> Result<()> {
    let Some(declared) = &run.spec.on_failure else { return Ok(()) };
    if declared.task.is_some() {
        fallback(run, how, record).await?;
    }
    let url =
        declared.webhook.as_ref().filter(|_| run.options.webhook).map(|webhook| run.params.text(webhook));
    if let Some(url) = url {
        let sent = match url {
            Ok(url) if url.trim().is_empty() => Ok(()),
            Ok(url) => tokio::select! {
                sent = post_to_webhook(url.trim(), message(record)) => sent,
                () = run.options.stop.asked() => Ok(()),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            record.warnings.push(Warning {
                code: WarningCode::Webhook,
                message: "messages about the failure that did not arrive".into(),
                count: 1,
                examples: vec![error.to_string()],
            });
        }
    }
    Ok(())
}

/// Runs the fallback task. `record` tells it what became of the others.
pub(super) async fn fallback(run: &Arc<Run>, how: Attempts, record: &mut TableRunRecord) -> Result<()> {
    run.results.keep("run_tasks", run_tasks(record)?);
    let stop = run.options.stop.clone();
    let worker = Arc::new(Fallback(Arc::clone(run)));
    let ended =
        execute(&[Vec::new()], worker, Arc::new(RealTime), how, async move { stop.asked().await }).await;
    record.tasks.retain(|task| task.name != ON_FAILURE);
    record.tasks.extend(ended.iter().map(|ended| report::task(ON_FAILURE, ended)));
    Ok(())
}

struct Fallback(Arc<Run>);

impl TaskRunner for Fallback {
    type Output = Done;

    async fn run(&self, _: usize, _: u32) -> Result<Verdict<Done>> {
        let Some(task) = self.0.spec.fallback() else {
            return Err(Error::Input {
                message: format!("the pipeline `{}` has no fallback task", self.0.spec.name),
                hint: "declare one in [on_failure] of the pipeline file".into(),
            });
        };
        self.0.progress.begins(ON_FAILURE);
        task::make(&self.0, task).await.map(|made| Verdict::Go(Done::Made(made)))
    }

    fn ended(&self, _: usize, ended: &super::scheduler::Ended<Done>) {
        self.0.progress.ended(ON_FAILURE);
        self.0.progress.done(&report::task(ON_FAILURE, ended));
    }
}

/// What became of the tasks, as a table.
fn run_tasks(record: &TableRunRecord) -> Result<QueryResult> {
    let tasks: Vec<_> = record.tasks.iter().filter(|task| task.name != ON_FAILURE).collect();
    let texts = |text: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
        Arc::new((0..tasks.len()).map(text).collect::<StringArray>())
    };
    let columns = vec![
        texts(&|at| Some(tasks[at].name.clone())),
        texts(&|at| Some(tasks[at].state.name().to_owned())),
        Arc::new(tasks.iter().map(|task| Some(i64::from(task.attempts))).collect::<Int64Array>()) as ArrayRef,
        texts(&|at| tasks[at].error.as_ref().map(|error| error.message.clone())),
    ];
    let schema = run_tasks_schema();
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|error| Error::Input {
        message: format!("`run_tasks` could not be made: {error}"),
        hint: "this is a bug: please report it".into(),
    })?;
    Ok(QueryResult { schema, batches: vec![batch] })
}

/// What is sent to the webhook.
fn message(record: &TableRunRecord) -> Value {
    let tasks = record.tasks.iter().map(|task| {
        let error = task.error.as_ref().map(|error| error.message.as_str());
        json!({ "task": task.name, "state": task.state, "error": error })
    });
    let stopped = record.audits.iter().filter(|audit| audit.state != AuditState::Passed);
    let audits =
        stopped.map(|audit| json!({ "audit": audit.name, "state": audit.state, "rows": audit.rows }));
    json!({
        "pipeline": record.pipeline,
        "date": record.date,
        "run": record.started,
        "state": record.state,
        "tasks": tasks.collect::<Vec<_>>(),
        "audits": audits.collect::<Vec<_>>(),
        "error": record.error.as_ref().map(|error| error.message.as_str()),
    })
}
