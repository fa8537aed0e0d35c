//! The last failed run again, without what succeeded.
//!
//! The record says what it was: its day, its parameters, what became of each task. A run that was killed has no
//! record, but has left a note of how far it came.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{Error, Result, Setting};
use crate::export::{AuditState, Failure, RunState, TableRunRecord, TaskState};
use crate::run::days::Day;
use crate::run::execute::{Finished, execute};
use crate::run::home::Home;
use crate::run::options::{TableProgress, TableRunOptions};
use crate::run::plan::{ON_FAILURE, Scope};
use crate::run::recorded::{date_of, recall};
use crate::spec::tables::TablesSpec;

/// What a retry did.
#[derive(Debug)]
pub enum Retried {
    /// Nothing had failed: this is the record of the last run.
    Nothing(Box<TableRunRecord>),
    /// There was no failed task, but a source has more rejects than it may have, which running again does not change.
    Rejects(Box<TableRunRecord>),
    /// Run again: the record as it is now, and the tasks that were run.
    Run(Box<TableRunRecord>, Vec<String>),
    /// Days that were run again.
    Days(Vec<Day>),
}

/// Runs again what did not succeed. Parameters that `options` set replace those on record.
///
/// # Errors
///
/// Where there is no record, or a secret is needed that is not on record; besides, as a run.
pub fn retry(
    spec: &TablesSpec,
    options: &TableRunOptions,
    progress: &Arc<dyn TableProgress>,
) -> Result<Retried> {
    let home = Home::look(options)?;
    let unfinished = home.unfinished()?.filter(|record| record.pipeline == spec.name);
    let wanted = options.date.map(|date| date.to_string());
    let of_day = |record: &TableRunRecord| wanted.is_none() || record.date == wanted;
    let mut records: Vec<TableRunRecord> = home.days()?.into_iter().filter(|record| of_day(record)).collect();
    match unfinished.filter(|record| of_day(record)) {
        Some(killed) => match records.iter_mut().find(|record| record.date == killed.date) {
            Some(record) => *record = killed,
            None => records.push(killed),
        },
        None if records.is_empty() => records.extend(home.record(None)?.filter(|record| of_day(record))),
        None => {}
    }
    let Some(last) = records.last().cloned() else {
        return Err(Error::Input {
            message: format!("no run of `{}` is on record in `{}`", spec.name, options.out),
            hint: format!("run it first, or name its output with {}", Setting::Out),
        });
    };
    let failed: Vec<TableRunRecord> = records.into_iter().filter(|record| !is_over(record)).collect();
    match failed.as_slice() {
        [] if !last.exceeded.is_empty() => Ok(Retried::Rejects(Box::new(last))),
        [] => Ok(Retried::Nothing(Box::new(last))),
        [record] if record.date.is_none() => {
            let (finished, tasks) = again(spec, options, record, progress)?;
            Ok(Retried::Run(Box::new(finished.written), tasks))
        }
        days => {
            let mut done = Vec::new();
            for record in days {
                let Some(date) = date_of(record) else { continue };
                let run = again(spec, options, record, progress);
                let run = run.map(|(finished, _)| finished.written).map_err(|error| Failure::from(&error));
                done.push(Day { date, run });
                if options.stop.is_asked() {
                    break;
                }
            }
            Ok(Retried::Days(done))
        }
    }
}

/// Whether there is nothing in a run to do again.
fn is_over(record: &TableRunRecord) -> bool {
    let tasks = record.tasks.iter().filter(|task| task.name != ON_FAILURE);
    let audits = record.audits.iter();
    record.state == RunState::Skipped
        || (record.error.is_none()
            && tasks.into_iter().all(|task| task.state == TaskState::Succeeded)
            && audits.into_iter().all(|audit| {
                matches!(audit.state, AuditState::Passed | AuditState::Warned)
                    || (audit.state == AuditState::NotRun && !audit.blocking)
            }))
}

/// Runs what is left of a run; gives the tasks that were run, too.
fn again(
    spec: &TablesSpec,
    options: &TableRunOptions,
    record: &TableRunRecord,
    progress: &Arc<dyn TableProgress>,
) -> Result<(Finished, Vec<String>)> {
    let mut options = TableRunOptions { date: date_of(record), task: None, ..options.clone() };
    recall(spec, &mut options, record, &|_| true)?;
    let done =
        |name: &str| record.tasks.iter().any(|task| task.name == name && task.state == TaskState::Succeeded);
    let passed = |name: &str| {
        let over = |state| matches!(state, AuditState::Passed | AuditState::Warned);
        record.audits.iter().any(|audit| audit.name == name && over(audit.state))
    };
    let left = spec.tasks.iter().map(|task| task.name.clone()).filter(|name| !done(name));
    let tasks: BTreeSet<String> = left.collect();
    let names: Vec<String> =
        spec.tasks.iter().map(|task| task.name.clone()).filter(|name| tasks.contains(name)).collect();
    let scope = if record.tasks.iter().any(|task| task.state == TaskState::Succeeded) {
        // What a task makes anew is looked at anew.
        let due = |audit: &&crate::spec::tables::Audit| {
            !passed(&audit.name) || audit.from.iter().any(|table| tasks.contains(table))
        };
        let audits = spec.audits.iter().filter(due).map(|audit| audit.name.clone()).collect();
        Scope::Part { tasks, audits }
    } else {
        Scope::Whole
    };
    let finished = execute(spec, &options, Arc::clone(progress), &scope)?;
    Ok((finished, names))
}
