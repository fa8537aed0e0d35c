//! Executes the jobs of a plan for the scheduler, and tells how they go.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::export::{TableRunRecord, TaskState};
use crate::run::done::Done;
use crate::run::plan::{Job, Plan};
use crate::run::report;
use crate::run::scheduler::{Attempts, Ended, TaskRunner, Verdict};
use crate::run::state::Run;
use crate::run::{audit, task};
use crate::spec::tables::TablesSpec;

/// The runner of tasks and audits.
pub(super) struct Worker {
    run: Arc<Run>,
    /// Where each job stands in the pipeline file.
    jobs: Vec<Place>,
    /// What has come of them so far: the record, should the run be killed.
    so_far: Mutex<TableRunRecord>,
}

#[derive(Clone, Copy)]
enum Place {
    Task(usize),
    Audit(usize),
}

impl Worker {
    /// `record` is what is known before the first job.
    pub(super) fn new(run: &Arc<Run>, plan: &Plan<'_>, record: TableRunRecord) -> Self {
        let spec = &run.spec;
        let place = |job: &Job<'_>| match job {
            Job::Task(task) => spec.tasks.iter().position(|other| other.name == task.name).map(Place::Task),
            Job::Audit(audit) => {
                spec.audits.iter().position(|other| other.name == audit.name).map(Place::Audit)
            }
        };
        let jobs = plan.jobs.iter().filter_map(place).collect();
        Self { run: Arc::clone(run), jobs, so_far: Mutex::new(record) }
    }

    fn job(&self, at: usize) -> Job<'_> {
        match self.jobs[at] {
            Place::Task(at) => Job::Task(&self.run.spec.tasks[at]),
            Place::Audit(at) => Job::Audit(&self.run.spec.audits[at]),
        }
    }
}

impl TaskRunner for Worker {
    type Output = Done;

    async fn run(&self, at: usize, _: u32) -> Result<Verdict<Done>> {
        match self.job(at) {
            Job::Task(task) => {
                self.run.progress.begins(&task.name);
                task::make(&self.run, task).await.map(|made| Verdict::Go(Done::Made(made)))
            }
            Job::Audit(audit) => {
                self.run.progress.begins(&audit.name);
                let done = audit::look(&self.run, audit).await?;
                let found = matches!(&done, Done::Looked(looked) if looked.rows > 0);
                Ok(if found && audit.blocking { Verdict::Stop(done) } else { Verdict::Go(done) })
            }
        }
    }

    fn waits(&self, at: usize, error: &Error, wait: Duration) {
        let name = self.job(at).name().to_owned();
        tracing::warn!(task = name, "`{name}` has failed, and is tried again in {wait:?}: {error}");
        self.run.progress.waits(&name, &error.to_string(), wait);
    }

    fn ended(&self, at: usize, ended: &Ended<Done>) {
        let job = self.job(at);
        self.run.progress.ended(job.name());
        let Job::Task(task) = job else { return };
        let done = report::task(&task.name, ended);
        self.run.progress.done(&done);
        if done.state != TaskState::Succeeded {
            return;
        }
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        so_far.tasks.retain(|task| task.name != done.name);
        so_far.tasks.push(done);
        self.run.home.note(&so_far);
    }
}

/// How often and for how long a pipeline's tasks are tried.
pub(super) fn attempts(spec: &TablesSpec, threads: usize) -> Attempts {
    let schedule = &spec.schedule;
    Attempts {
        retries: schedule.retries,
        delay: schedule.retry_delay.unwrap_or(Duration::from_secs(1)),
        timeout: schedule.timeout,
        at_once: threads.max(2),
    }
}
