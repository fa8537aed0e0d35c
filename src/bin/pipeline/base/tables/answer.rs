//! How a run of a pipeline of tables has ended: its answer and its exit code.

use pipeline::error::Error;
use pipeline::export::{AuditState, Failure, RunState, TableRunRecord, TaskState};
use pipeline::record::WarningCode;
use pipeline::run::tables::Day;
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::render::{self, counted};
use crate::base::summary::over_limit;
use crate::base::tables::options::out_option;
use crate::base::tables::summary::{log, summary};

/// Shows what a run did; gives how the command ends.
pub(crate) fn finished(record: &TableRunRecord, out: &str, common: &Common) -> anyhow::Result<Outcome> {
    log(record, common);
    match common.format {
        Format::Json => render::print_json(record)?,
        Format::Text if !common.quiet => render::print(&text(record, out))?,
        Format::Text => {}
    }
    verdict(record, out)
}

fn text(record: &TableRunRecord, out: &str) -> String {
    if record.state == RunState::Skipped {
        let missing: Vec<String> =
            record.warnings.iter().flat_map(|w| &w.examples).map(|name| format!("`{name}`")).collect();
        let date = record.date.as_deref().unwrap_or_default();
        return format!("skipped: no file for {date} of {}; no table was written\n", missing.join(", "));
    }
    let mut last = String::new();
    for task in &record.tasks {
        if let Some(table) = &task.table {
            last.push_str(&format!("wrote {}\n", table.url));
        }
    }
    if !record.rejects.is_empty() {
        let option = out_option(&record.pipeline, out);
        last.push_str(&format!(
            "see the rejects one by one with `pipeline rejects {}{option}`\n",
            record.pipeline
        ));
    }
    summary(record, &last)
}

/// The exit code of a run, and what to say if it is not 0.
fn verdict(record: &TableRunRecord, out: &str) -> anyhow::Result<Outcome> {
    let option = out_option(&record.pipeline, out);
    let retry = format!("`pipeline retry {}{option}`", record.pipeline);
    match record.state {
        RunState::Succeeded | RunState::Skipped => Ok(Outcome::Done),
        RunState::NotPassed => Ok(Outcome::NotPassed {
            why: format!("the data did not pass: {}", not_passed(record)),
            hint: if record.exceeded.is_empty() {
                format!("mend the data, or the query of the audit, then {retry}")
            } else {
                format!(
                    "the outputs are written; see `pipeline rejects {}{option}`, or allow more with --max-rejects",
                    record.pipeline
                )
            },
        }),
        RunState::Interrupted => Err(Error::Input {
            message: format!("the run of `{}` was interrupted", record.pipeline),
            hint: format!("go on with {retry}"),
        }
        .into()),
        RunState::Failed => {
            let Failure { message, hint } = failure(record);
            let hint = match hint.contains("run again") {
                true => hint.replacen("run again", &retry, 1),
                false => format!("{hint}; then {retry}"),
            };
            Err(Error::Input { message, hint }.into())
        }
    }
}

/// Why a run failed: the first reason, and how many more there are.
fn failure(record: &TableRunRecord) -> Failure {
    if let Some(error) = &record.error {
        return error.clone();
    }
    let failed: Vec<_> = record.tasks.iter().filter(|task| task.state == TaskState::Failed).collect();
    let more = match failed.len() {
        0 | 1 => String::new(),
        n => format!(" (and {} failed, too)", counted(n as u64 - 1, "task")),
    };
    if let Some((task, error)) = failed.first().and_then(|task| Some((task, task.error.as_ref()?))) {
        let message = format!("the task `{}` failed: {}{more}", task.name, error.message);
        return Failure { message, hint: error.hint.clone() };
    }
    let audit = record.audits.iter().find(|audit| audit.state == AuditState::Failed);
    let why = record.warnings.iter().find(|warning| warning.code == WarningCode::AuditFailed);
    let why = why.and_then(|warning| warning.examples.first()).cloned().unwrap_or_default();
    match audit {
        Some(audit) => Failure {
            message: format!("the audit `{}` could not be run: {why}", audit.name),
            hint: "mend its query".into(),
        },
        None => Failure {
            message: format!("tasks of `{}` have not been run, since others had failed", record.pipeline),
            hint: "run them".into(),
        },
    }
}

fn not_passed(record: &TableRunRecord) -> String {
    let audits = record.audits.iter().filter(|audit| audit.state == AuditState::NotPassed);
    let audits = audits.map(|audit| {
        format!("the audit `{}` found {}", audit.name, counted(audit.rows.unwrap_or_default(), "row"))
    });
    let sources = record.exceeded.iter().map(over_limit);
    sources.chain(audits).collect::<Vec<_>>().join("; ")
}

/// What came of a day.
#[derive(Serialize)]
struct DayAnswer<'a> {
    date: String,
    state: &'a str,
    run: Option<&'a TableRunRecord>,
    error: Option<&'a str>,
}

/// Shows what came of several days; gives how the command ends: by the worst of them.
pub(crate) fn backfilled(days: &[Day], out: &str, common: &Common) -> anyhow::Result<Outcome> {
    let state = |day: &Day| match &day.run {
        Ok(record) => record.state.name(),
        Err(_) => RunState::Failed.name(),
    };
    match common.format {
        Format::Json => {
            let answers = days.iter().map(|day| DayAnswer {
                date: day.date.to_string(),
                state: state(day),
                run: day.run.as_ref().ok(),
                error: day.run.as_ref().err().map(|failure| failure.message.as_str()),
            });
            render::print_json(&serde_json::json!({ "days": answers.collect::<Vec<_>>() }))?;
        }
        Format::Text if !common.quiet => {
            let row = |day: &Day| {
                let sum = |of: &dyn Fn(&TableRunRecord) -> u64| match &day.run {
                    Ok(record) => render::thousands(of(record)),
                    Err(_) => "-".into(),
                };
                vec![
                    day.date.to_string(),
                    state(day).to_owned(),
                    sum(&|record| record.sources.iter().map(|source| source.ledger.read).sum()),
                    sum(&|record| record.sources.iter().map(|source| source.ledger.rejected).sum()),
                    sum(&|record| record.durations.total_ms),
                ]
            };
            let header = ["day", "state", "read", "rejected", "ms"];
            render::print(&render::table(&header, days.iter().map(row).collect(), &[2, 3, 4]))?;
        }
        Format::Text => {}
    }
    let mut worst = Outcome::Done;
    let bad = |day: &&Day| !matches!(state(day), "succeeded" | "skipped");
    let others = match days.iter().filter(bad).count() {
        0 | 1 => String::new(),
        n => format!(" ({} in all did not succeed)", counted(n as u64, "day")),
    };
    for day in days {
        let outcome = match &day.run {
            Ok(record) => verdict(record, out),
            Err(Failure { message, hint }) => {
                Err(Error::Input { message: message.clone(), hint: hint.clone() }.into())
            }
        };
        match outcome {
            Ok(Outcome::Done) => {}
            Ok(Outcome::NotPassed { why, hint }) => {
                if matches!(worst, Outcome::Done) {
                    worst = Outcome::NotPassed { why: format!("{}: {why}{others}", day.date), hint };
                }
            }
            Err(error) => {
                let hint = error.downcast_ref::<Error>().map(Error::hint).unwrap_or_default();
                return Err(Error::Input { message: format!("{}: {error}{others}", day.date), hint }.into());
            }
        }
    }
    Ok(worst)
}
