//! One run, from its parameters to its record.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Runtime;

use crate::error::Result;
use crate::export::{Failure, RunState, TableRunRecord, TaskState};
use crate::record::{Warning, WarningCode};
use crate::run::corrections::read_corrections;
use crate::run::failure;
use crate::run::home::{CORRECTIONS, Home};
use crate::run::options::{TableProgress, TableRunOptions};
use crate::run::plan::{Job, ON_FAILURE, Plan, Scope, origins, plan, unknown_task};
use crate::run::report::{self, add_warnings};
use crate::run::scheduler::{Attempts, Outcome, RealTime, execute as schedule};
use crate::run::source::{self, Found, Reader};
use crate::run::state::Run;
use crate::run::threads::{blocking, runtime};
use crate::run::worker::{Worker, attempts};
use crate::spec::tables::{TableSource, TablesSpec};

/// A run that has ended.
pub(super) struct Finished {
    /// What this run did.
    pub(super) record: TableRunRecord,
    /// The record that is in the output folder now.
    pub(super) written: TableRunRecord,
    pub(super) run: Arc<Run>,
}

/// Runs a pipeline of tables, or one task of it.
///
/// The record tells how it has ended: a task that could not go on is no error of this function.
///
/// # Errors
///
/// What keeps a run from beginning: a parameter, a day that is missing, an output folder that cannot be one, or that
/// another run writes to. Nothing was changed then. Besides, a record that cannot be written.
pub fn run(
    spec: &TablesSpec,
    options: &TableRunOptions,
    progress: Arc<dyn TableProgress>,
) -> Result<TableRunRecord> {
    let scope = match options.task.as_deref() {
        None => Scope::Whole,
        Some(ON_FAILURE) if spec.fallback().is_some() => Scope::Fallback,
        Some(ON_FAILURE) => return Err(unknown_task(spec, ON_FAILURE)),
        Some(task) => Scope::of_task(spec, task)?,
    };
    execute(spec, options, progress, &scope).map(|finished| finished.record)
}

/// Runs a part of a pipeline, or all of it.
pub(super) fn execute(
    spec: &TablesSpec,
    options: &TableRunOptions,
    progress: Arc<dyn TableProgress>,
    scope: &Scope,
) -> Result<Finished> {
    let (clock, started) = (Instant::now(), jiff::Timestamp::now());
    let params = spec.resolve(&options.given())?;
    let record = report::blank(spec, options, &params, started);
    let home = Home::open(options, options.task.as_deref())?;
    let run = Arc::new(Run::new(spec, params, options, home, progress)?);
    let plan = plan(&run.spec, scope);
    let mut course = Course {
        run: &run,
        plan: &plan,
        scope,
        how: attempts(spec, options.thread_count()),
        runtime: runtime(options.thread_count())?,
        record,
    };
    course.check_places()?;
    let ended = course.go();
    let Course { runtime, mut record, .. } = course;
    // What was timed out or interrupted may go on writing until the process ends; it holds the locks.
    runtime.shutdown_background();
    ended?;
    record.durations.total_ms = clock.elapsed().as_millis() as u64;
    record.durations.tasks_ms = record.durations.total_ms.saturating_sub(record.durations.read_ms);
    let written = match scope {
        Scope::Whole => run.home.write(&record, options.date).map(|()| record.clone())?,
        _ if record.state == RunState::Skipped => record.clone(),
        _ => run.home.merge(&record, options.date, &order(spec))?,
    };
    Ok(Finished { record, written, run })
}

/// The names of all tasks, in the order of the plan.
fn order(spec: &TablesSpec) -> Vec<String> {
    let names = spec.tasks.iter().map(|task| task.name.clone());
    names.chain(std::iter::once(ON_FAILURE.to_owned())).collect()
}

/// A run on its way.
struct Course<'a> {
    run: &'a Arc<Run>,
    plan: &'a Plan<'a>,
    scope: &'a Scope,
    how: Attempts,
    runtime: Runtime,
    record: TableRunRecord,
}

/// How the way ends before the tasks.
enum Way {
    On(Vec<(TableSource, Found)>),
    Skip(Vec<String>),
    Interrupted,
}

impl Course<'_> {
    /// What needs a day that is not named is told before anything is read.
    fn check_places(&self) -> Result<()> {
        for job in &self.plan.jobs {
            if let Job::Task(task) = job {
                self.run.places.of(task)?;
            }
        }
        for source in self.origins()? {
            for path in &source.path {
                self.run.params.text(path)?;
            }
        }
        Ok(())
    }

    fn origins(&self) -> Result<Vec<&TableSource>> {
        let mut failed = Ok(());
        let elsewhere =
            |task: &crate::spec::tables::TableTask, table: &str| match self.run.places.elsewhere(task, table)
            {
                Ok(place) => place.is_some(),
                Err(_) => false,
            };
        for job in &self.plan.jobs {
            if let Job::Task(task) = job {
                for table in &task.from {
                    failed = failed.and(self.run.places.elsewhere(task, table).map(|_| ()));
                }
            }
        }
        failed?;
        let names = origins(&self.run.spec, self.plan, &elsewhere);
        Ok(self.run.spec.sources.iter().filter(|source| names.contains(source.name.as_str())).collect())
    }

    fn go(&mut self) -> Result<()> {
        if *self.scope == Scope::Fallback {
            return self.fallback_alone();
        }
        let clock = Instant::now();
        let way = self.find();
        let way = match way {
            Ok(Way::Skip(missing)) => {
                self.record.state = RunState::Skipped;
                self.record.warnings.push(Warning {
                    code: WarningCode::MissingDay,
                    message: "sources without a file for the day".into(),
                    count: missing.len() as u64,
                    examples: missing.into_iter().take(5).collect(),
                });
                return Ok(());
            }
            Ok(Way::On(found)) => self.read(found),
            other => other.map(|_| TaskState::Interrupted),
        };
        self.record.durations.read_ms = clock.elapsed().as_millis() as u64;
        match way {
            Ok(TaskState::Succeeded) => self.tasks(),
            Ok(state) => self.idle(state),
            Err(error) => {
                self.record.error = Some(Failure::from(&error));
                self.idle(TaskState::UpstreamFailed);
            }
        }
        self.record.state = self.record.verdict();
        if *self.scope == Scope::Whole && failure::is_due(&self.record) {
            self.runtime.block_on(failure::on_failure(self.run, self.how, &mut self.record))?;
        }
        Ok(())
    }

    fn idle(&mut self, state: TaskState) {
        for job in &self.plan.jobs {
            if let Job::Task(task) = job {
                let done = report::idle(&task.name, state);
                self.run.progress.done(&done);
                self.record.tasks.push(done);
            }
        }
    }

    /// The fallback task, by what is on record of the others.
    fn fallback_alone(&mut self) -> Result<()> {
        let date = self.run.options.date;
        if let Some(last) = self.run.home.record(date)?.or(self.run.home.record(None)?)
            && last.date == self.record.date
        {
            self.record.tasks = last.tasks;
        }
        self.runtime.block_on(failure::fallback(self.run, self.how, &mut self.record))?;
        self.record.tasks.retain(|task| task.name == ON_FAILURE);
        self.record.state = self.record.verdict();
        Ok(())
    }

    /// Finds the files of the sources that are read, and looks whether the day's files are there of those that are
    /// not read but stand behind what is.
    fn find(&self) -> Result<Way> {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for source in self.origins()? {
            let is_read = self.plan.sources.contains(source.name.as_str());
            let dated = source::is_dated(&self.run.spec, source);
            if !is_read && !dated {
                continue;
            }
            let (run, wanted) = (Arc::clone(self.run), source.clone());
            let listing = blocking(move || {
                source::find(&wanted, &run.params, &*run.options.connect, run.scratch.path())
            });
            let stop = &self.run.options.stop;
            let files = self.runtime.block_on(async {
                tokio::select! {
                    files = listing => files.map(Some),
                    () = stop.asked() => Ok(None),
                }
            });
            let Some(files) = files? else { return Ok(Way::Interrupted) };
            match files.files.is_empty() {
                true if dated => missing.push(source.name.clone()),
                true => return Err(source::none(source, &files)),
                false if is_read => found.push((source.clone(), files)),
                false => {}
            }
        }
        Ok(if missing.is_empty() { Way::On(found) } else { Way::Skip(missing) })
    }

    /// Reads sources; how the tasks begin.
    fn read(&mut self, found: Vec<(TableSource, Found)>) -> Result<TaskState> {
        if found.is_empty() {
            return Ok(TaskState::Succeeded);
        }
        let corrections =
            read_corrections(&self.run.home.lines(CORRECTIONS)?, &self.run.home.url(CORRECTIONS))?;
        let alone: Vec<Vec<usize>> = found.iter().map(|_| Vec::new()).collect();
        let reader = Arc::new(Reader::new(self.run, found, corrections));
        let stop = self.run.options.stop.clone();
        let work = schedule(&alone, Arc::clone(&reader), Arc::new(RealTime), self.how, async move {
            stop.asked().await;
        });
        let ended = self.runtime.block_on(work);
        let sheet = reader.sheet();
        let files: Vec<String> = sheet.files.iter().map(|file| file.file.clone()).collect();
        let part = (*self.scope != Scope::Whole).then_some(files.as_slice());
        self.record.sources = sheet.files;
        self.record.exceeded = sheet.exceeded;
        self.record.count();
        add_warnings(&mut self.record.warnings, sheet.warnings);
        let mut state = TaskState::Succeeded;
        for ended in ended {
            match ended.outcome {
                Outcome::Failed(error) => return Err(error),
                Outcome::Interrupted => state = TaskState::Interrupted,
                Outcome::Done(_) | Outcome::UpstreamFailed => {}
            }
        }
        if state == TaskState::Succeeded {
            self.run.home.write_repairs(&sheet.repairs, part)?;
        }
        Ok(state)
    }

    /// Runs tasks and audits.
    fn tasks(&mut self) {
        let mut so_far = self.record.clone();
        for job in &self.plan.jobs {
            if let Job::Task(task) = job {
                so_far.tasks.push(report::idle(&task.name, TaskState::Interrupted));
            }
        }
        so_far.state = RunState::Interrupted;
        self.run.home.note(&so_far);
        let worker = Arc::new(Worker::new(self.run, self.plan, so_far));
        let stop = self.run.options.stop.clone();
        let work = schedule(&self.plan.after, worker, Arc::new(RealTime), self.how, async move {
            stop.asked().await;
        });
        let ended = self.runtime.block_on(work);
        for (job, ended) in self.plan.jobs.iter().zip(&ended) {
            match job {
                Job::Task(task) => self.record.tasks.push(report::task(&task.name, ended)),
                Job::Audit(audit) => {
                    let (audit, warning) = report::audit(audit, ended);
                    self.record.audits.push(audit);
                    add_warnings(&mut self.record.warnings, warning.into_iter().collect());
                }
            }
        }
    }
}
