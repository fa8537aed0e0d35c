//! What a run of a pipeline of tables did, in words.

use pipeline::export::{AuditRecord, TableRunRecord, TableSourceRecord, TaskRecord};
use pipeline::record::{Ledger, Warning};

use crate::base::options::{Common, LogFormat};
use crate::base::render::{self, thousands};
use crate::base::summary::{counts, ledgers, warning_line};

/// Tells a log what the summary tells a person.
pub(crate) fn log(record: &TableRunRecord, common: &Common) {
    for TableSourceRecord { name, file, ledger, .. } in &record.sources {
        let Ledger { read, accepted, rejected, merged, blank } = *ledger;
        tracing::info!(source = name, file, read, accepted, rejected, merged, blank, "read `{file}`");
    }
    for TaskRecord { name, state, attempts, rows_in, rows_out, duration_ms, error, .. } in &record.tasks {
        let (state, error) = (state.name(), error.as_ref().map(|error| error.message.as_str()));
        tracing::info!(
            task = name,
            state,
            attempts,
            rows_in,
            rows_out,
            duration_ms,
            error,
            "task `{name}`: {state}"
        );
    }
    for AuditRecord { name, rows, state, .. } in &record.audits {
        tracing::info!(audit = name, rows, state = state.name(), "audit `{name}`: {}", state.name());
    }
    if common.log_format == LogFormat::Json {
        for Warning { code, message, count, examples } in &record.warnings {
            tracing::warn!(code = code.as_str(), count, examples = examples.join("; "), "{message}");
        }
    }
    tracing::info!(state = record.state.name(), "run of `{}`: {}", record.pipeline, record.state.name());
}

/// What a run did, for a person; `last` is the last line before the warnings.
pub(crate) fn summary(record: &TableRunRecord, last: &str) -> String {
    let mut text = String::new();
    if !record.sources.is_empty() {
        text.push_str(&ledgers(record.sources.iter().map(|source| (source.file.as_str(), &source.ledger))));
        text.push('\n');
    }
    text.push_str(&tasks(&record.tasks));
    if !record.audits.is_empty() {
        text.push('\n');
        text.push_str(&audits(&record.audits));
    }
    let mut found = Vec::new();
    if !record.rejects.is_empty() {
        found.push(format!("rejects: {}\n", counts(&record.rejects)));
    }
    if !record.repairs.is_empty() {
        found.push(format!("repairs: {}\n", counts(&record.repairs)));
    }
    if !found.is_empty() {
        text.push('\n');
        text.push_str(&found.concat());
    }
    text.push('\n');
    text.push_str(last);
    let own = record.tasks.iter().flat_map(|task| {
        task.warnings.iter().map(|warning| Warning {
            message: format!("`{}`: {}", task.name, warning.message),
            ..warning.clone()
        })
    });
    for warning in record.warnings.iter().cloned().chain(own) {
        text.push_str(&format!("{}\n", warning_line(&warning)));
    }
    text
}

fn tasks(tasks: &[TaskRecord]) -> String {
    let row = |task: &TaskRecord| {
        let seconds = task.duration_ms as f64 / 1000.0;
        vec![
            task.name.clone(),
            task.state.name().to_owned(),
            task.attempts.to_string(),
            thousands(task.rows_in),
            thousands(task.rows_out),
            format!("{seconds:.2} s"),
        ]
    };
    let header = ["task", "state", "tries", "rows in", "rows out", "took"];
    render::table(&header, tasks.iter().map(row).collect(), &[2, 3, 4, 5])
}

fn audits(audits: &[AuditRecord]) -> String {
    let row = |audit: &AuditRecord| {
        vec![
            audit.name.clone(),
            audit.state.name().to_owned(),
            if audit.blocking { "yes".into() } else { "no".into() },
            audit.rows.map_or_else(|| "-".into(), thousands),
        ]
    };
    render::table(&["audit", "state", "blocking", "bad rows"], audits.iter().map(row).collect(), &[3])
}
