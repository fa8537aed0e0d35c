//! The run record, put together from what each part of the run has told.

use crate::export::{
    AuditRecord, AuditState, Failure, RunState, TableDurations, TableRunRecord, TaskRecord, TaskState,
};
use crate::record::{Warning, WarningCode};
use crate::run::done::Done;
use crate::run::options::TableRunOptions;
use crate::run::redact;
use crate::run::scheduler::{Ended, Outcome, Verdict};
use crate::spec::tables::{Audit, Resolved, TablesSpec};

/// A record of a run that has done nothing yet.
pub(super) fn blank(
    spec: &TablesSpec,
    options: &TableRunOptions,
    params: &Resolved,
    started: jiff::Timestamp,
) -> TableRunRecord {
    TableRunRecord {
        pipeline: spec.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        state: RunState::Succeeded,
        date: options.date.map(|date| date.to_string()),
        started: started.to_string(),
        threads: options.thread_count(),
        params: redact::params(spec, params),
        given: options.set.keys().cloned().collect(),
        sources: Vec::new(),
        tasks: Vec::new(),
        audits: Vec::new(),
        exceeded: Vec::new(),
        rejects: Default::default(),
        repairs: Default::default(),
        warnings: Vec::new(),
        durations: TableDurations::default(),
        error: None,
    }
}

/// A task that has not been run.
pub(super) fn idle(name: &str, state: TaskState) -> TaskRecord {
    TaskRecord {
        name: name.to_owned(),
        state,
        attempts: 0,
        rows_in: 0,
        rows_out: 0,
        duration_ms: 0,
        warnings: Vec::new(),
        error: None,
        table: None,
    }
}

/// What a task did.
pub(super) fn task(name: &str, ended: &Ended<Done>) -> TaskRecord {
    let mut record = TaskRecord {
        attempts: ended.attempts,
        duration_ms: ended.took.as_millis() as u64,
        ..idle(name, TaskState::Succeeded)
    };
    match &ended.outcome {
        Outcome::Done(Verdict::Go(Done::Made(made)) | Verdict::Stop(Done::Made(made))) => {
            (record.rows_in, record.rows_out) = (made.rows_in, made.rows_out);
            record.table = Some(made.table.clone());
        }
        Outcome::Done(_) => {}
        Outcome::Failed(error) => {
            record.state = TaskState::Failed;
            record.error = Some(Failure::from(error));
        }
        Outcome::UpstreamFailed => record.state = TaskState::UpstreamFailed,
        Outcome::Interrupted => record.state = TaskState::Interrupted,
    }
    if record.attempts > 1 {
        record.warnings.push(Warning {
            code: WarningCode::TriedAgain,
            message: "attempts that failed before the last one".into(),
            count: u64::from(record.attempts - 1),
            examples: Vec::new(),
        });
    }
    record
}

/// What an audit found, and what is to be said of it.
pub(super) fn audit(audit: &Audit, ended: &Ended<Done>) -> (AuditRecord, Option<Warning>) {
    let mut record = AuditRecord {
        name: audit.name.clone(),
        blocking: audit.blocking,
        rows: None,
        state: AuditState::NotRun,
    };
    let warning = |code, message: String, count, examples| Some(Warning { code, message, count, examples });
    let name = &audit.name;
    let said = match &ended.outcome {
        Outcome::Done(Verdict::Go(Done::Looked(looked)) | Verdict::Stop(Done::Looked(looked))) => {
            record.rows = Some(looked.rows);
            record.state = match (looked.rows, audit.blocking) {
                (0, _) => AuditState::Passed,
                (_, true) => AuditState::NotPassed,
                (_, false) => AuditState::Warned,
            };
            let said = format!("rows found by the audit `{name}`");
            if looked.rows == 0 {
                None
            } else {
                warning(WarningCode::Audit, said, looked.rows, looked.examples.clone())
            }
        }
        Outcome::Done(Verdict::Go(Done::NotRun(why)) | Verdict::Stop(Done::NotRun(why))) => {
            warning(WarningCode::AuditNotRun, format!("the audit `{name}` was not run"), 1, vec![why.clone()])
        }
        Outcome::Failed(error) => {
            record.state = AuditState::Failed;
            let why = Failure::from(error).message;
            warning(WarningCode::AuditFailed, format!("the audit `{name}` could not be run"), 1, vec![why])
        }
        Outcome::Done(_) | Outcome::UpstreamFailed | Outcome::Interrupted => None,
    };
    (record, said)
}

/// Adds warnings to others, those of one kind together.
pub(super) fn add_warnings(all: &mut Vec<Warning>, more: Vec<Warning>) {
    for warning in more {
        let same = |other: &&mut Warning| (&other.code, &other.message) == (&warning.code, &warning.message);
        match all.iter_mut().find(same) {
            Some(other) => {
                other.count += warning.count;
                let free = 5_usize.saturating_sub(other.examples.len());
                other.examples.extend(warning.examples.into_iter().take(free));
            }
            None => all.push(warning),
        }
    }
}
