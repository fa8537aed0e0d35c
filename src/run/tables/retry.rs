//! The last failed run again, without what succeeded.
//!
//! The record says what it was: its day, its parameters, what became of each task. A run that was killed has no
//! record, but has left a note of how far it came. What is secret in a parameter is not on record, so that it comes
//! from where it came from before, or has to be given again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::export::{AuditState, Failure, RunState, TableRunRecord, TaskState};
use crate::run::tables::days::Day;
use crate::run::tables::execute::{Finished, execute};
use crate::run::tables::home::Home;
use crate::run::tables::options::{TableProgress, TableRunOptions};
use crate::run::tables::plan::{ON_FAILURE, Scope};
use crate::run::tables::redact;
use crate::spec::LogicalDate;
use crate::spec::tables::{Param, TablesSpec};

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
            hint: "run it first, or name its output with --out".into(),
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

fn date_of(record: &TableRunRecord) -> Option<LogicalDate> {
    record.date.as_ref().and_then(|date| date.parse().ok())
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
    options.set = settings(spec, &options, &record.params)?;
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

/// The parameters of a run that is on record.
pub(super) fn settings(
    spec: &TablesSpec,
    options: &TableRunOptions,
    on_record: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let mut set = options.set.clone();
    let secret = |value: &str| value.contains(redact::HIDDEN);
    for Param { name, .. } in &spec.params {
        if let Some(value) = on_record.get(name).filter(|value| !secret(value)) {
            set.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    // The rest comes from the file and the environment: is it the same, as far as it is shown?
    let given = TableRunOptions { set: set.clone(), ..options.clone() };
    let resolved = spec.resolve(&given.given())?;
    let shown = redact::params(&resolved);
    let differs = |param: &&Param| {
        let value = on_record.get(&param.name).filter(|value| secret(value));
        value.is_some_and(|value| shown.get(&param.name) != Some(value)) && !set.contains_key(&param.name)
    };
    let missing: Vec<&Param> = spec.params.iter().filter(differs).collect();
    if missing.is_empty() {
        return Ok(set);
    }
    let again: Vec<String> = missing.iter().map(|param| format!("--set {}=...", param.name)).collect();
    let names: Vec<String> = missing.iter().map(|param| format!("`{}`", param.name)).collect();
    Err(Error::Input {
        message: format!("{} of the last run is secret, and not on record", names.join(", ")),
        hint: format!("give it again: {}", again.join(" ")),
    })
}
