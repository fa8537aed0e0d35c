//! Makes one table: its rows, and where they are written.

use std::sync::Arc;

use crate::error::Result;
use crate::export::WrittenTable;
use crate::run::done::Made;
use crate::run::plan::task_of;
use crate::run::redact;
use crate::run::register::{Registered, quoted, register};
use crate::run::state::Run;
use crate::run::threads::{blocking, computing};
use crate::sink::files::{TableWrite, Target, write_table};
use crate::spec::tables::{SqlText, TableTask, Work, WriteMode};
use crate::table::{Engine, QueryResult};

/// Makes and writes the table of a task.
pub(super) async fn make(run: &Arc<Run>, task: &TableTask) -> Result<Made> {
    let (held, name) = (Arc::clone(run), task.name.clone());
    let (made, rows_in) =
        computing(move || async move { query(&held, task_of(&held.spec, &name)?).await }).await?;
    let rows_out = made.batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let (held, name) = (Arc::clone(run), task.name.clone());
    let table = blocking(move || write(&held, task_of(&held.spec, &name)?, made)).await?;
    Ok(Made { rows_in, rows_out, table })
}

/// The rows of a task's table, and the number of those that it reads.
async fn query(run: &Arc<Run>, task: &TableTask) -> Result<(QueryResult, u64)> {
    let engine = Engine::new(None)?;
    let mut rows_in = 0;
    for table in &task.from {
        match register(run, &engine, Some(task), table).await? {
            Registered::Rows(rows) => rows_in += rows,
            Registered::Missing(error) => return Err(error),
        }
    }
    let made = match &task.work {
        Work::Sql(sql) => engine.query(sql, &run.params).await?,
        Work::Copy => {
            let from = task.from.first().map(String::as_str).unwrap_or_default();
            let text = format!("SELECT * FROM {}", quoted(from));
            engine.query(&SqlText { file: run.spec.file.clone(), line: 1, text }, &run.params).await?
        }
    };
    Ok((made, rows_in))
}

/// Writes a table. It is one piece of work that nothing cuts off but the end of the process.
fn write(run: &Run, task: &TableTask, made: QueryResult) -> Result<WrittenTable> {
    let name = &task.name;
    run.home.check_ours()?;
    let table = match run.places.database(task) {
        Some(url) => {
            let postgres = crate::sink::postgres::Postgres::connect(url)?;
            postgres.write(task, &made.schema, &made.batches, run.options.date)?;
            WrittenTable {
                url: format!("{}#{name}", redact::url(url)),
                format: "postgres".into(),
                partition_by: task.write.partition_by.clone(),
                files: 0,
                bytes: 0,
            }
        }
        None => {
            let place = run.places.of(task)?;
            let target = Target::of(&place);
            let folder = run.options.connect.folder(&target.folder)?;
            let how = TableWrite::new(&task.write, &target, run.options.date);
            let written = write_table(&how, &made.schema, made.batches.iter().cloned().map(Ok), &folder)?;
            WrittenTable {
                url: redact::url(&place),
                format: task.write.format.name().to_owned(),
                partition_by: task.write.partition_by.clone(),
                files: written.files,
                bytes: written.bytes,
            }
        }
    };
    run.results.note_written(name);
    // Of any other mode, the table is more than what was made: it is read from its place.
    if task.write.mode == WriteMode::Replace {
        run.results.keep(name, made);
    }
    Ok(table)
}
