//! The tables of a query, wherever they are: in memory, in files, in a database.
//!
//! What this process made and wrote whole is in memory. All else is read from the place where its task wrote it, or
//! from where `inputs` says: a task that runs alone sees what a run of all tasks sees.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{Array, Int64Array};

use crate::error::{Error, Result, Setting};
use crate::run::plan::task_of;
use crate::run::redact;
use crate::run::state::Run;
use crate::run::threads::blocking;
use crate::sink::files::{Target, parse_folders};
use crate::spec::tables::{SqlText, TableFormat, TableTask};
use crate::store::Connect;
use crate::table::{Engine, TableFile, TableFiles};

/// Whether a table is there.
pub(super) enum Registered {
    /// It is, with so many rows.
    Rows(u64),
    /// It is not, as this tells.
    Missing(Error),
}

/// Makes a table known to an engine under its name. `reader` is the task that reads it.
pub(super) async fn register(
    run: &Arc<Run>,
    engine: &Engine,
    reader: Option<&TableTask>,
    table: &str,
) -> Result<Registered> {
    let elsewhere = reader.map(|task| run.places.elsewhere(task, table)).transpose()?.flatten();
    if let Some(place) = elsewhere {
        let found = find(run, place.clone(), None, Vec::new()).await?;
        let Some(files) = found else { return Ok(not_there(table, &place, "")) };
        return register_files(run, engine, table, files).await.map(Registered::Rows);
    }
    if let Some(kept) = run.results.kept(table) {
        engine.register_batches(table, kept.schema.clone(), kept.batches.clone())?;
        return Ok(Registered::Rows(kept.batches.iter().map(|batch| batch.num_rows() as u64).sum()));
    }
    let Ok(task) = task_of(&run.spec, table) else { return Ok(not_there(table, "memory", "")) };
    let hint = format!(
        "run the task that writes it first: {}, with the same {} and {}",
        Setting::Task(table),
        Setting::Out,
        Setting::Date
    );
    if let Some(url) = run.places.database(task) {
        let (url, name, schema) = (url.to_owned(), table.to_owned(), run.schemas.get(table).cloned());
        let shown = format!("{} (table `{table}`)", redact::url(&url));
        let read =
            blocking(move || crate::sink::postgres::Postgres::connect(&url)?.read(&name, schema.as_ref()))
                .await?;
        let Some((schema, batches)) = read else { return Ok(not_there(table, &shown, &hint)) };
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        engine.register_batches(table, schema, batches)?;
        return Ok(Registered::Rows(rows));
    }
    let place = run.places.of(task)?;
    let found = find(run, place.clone(), Some(task.write.format), task.write.partition_by.clone()).await?;
    match (found, run.schemas.get(table)) {
        (Some(files), schema) => {
            let files = TableFiles { schema: schema.cloned(), ..files };
            register_files(run, engine, table, files).await.map(Registered::Rows)
        }
        // It was written, and has no partition with rows.
        (None, Some(schema)) if !task.write.partition_by.is_empty() && was_written(run, table)? => {
            engine.register_batches(table, schema.clone(), Vec::new())?;
            Ok(Registered::Rows(0))
        }
        (None, _) => Ok(not_there(table, &place, &hint)),
    }
}

/// Whether a table was written by a run that is on record, or by this one.
fn was_written(run: &Run, table: &str) -> Result<bool> {
    if run.results.wrote(table) {
        return Ok(true);
    }
    let record = run.home.record(None)?;
    Ok(record
        .is_some_and(|record| record.tasks.iter().any(|task| task.name == table && task.table.is_some())))
}

async fn register_files(run: &Arc<Run>, engine: &Engine, table: &str, files: TableFiles) -> Result<u64> {
    engine.register_files(table, files).await?;
    let sql = SqlText {
        file: "the number of rows".into(),
        line: 1,
        text: format!("SELECT count(*) AS rows FROM {}", quoted(table)),
    };
    let counted = engine.query(&sql, &run.params).await?;
    let rows = counted.batches.iter().find_map(|batch| {
        let column = batch.column(0).as_any().downcast_ref::<Int64Array>()?;
        (!column.is_empty()).then(|| column.value(0))
    });
    Ok(u64::try_from(rows.unwrap_or_default()).unwrap_or_default())
}

/// A name as SQL takes it as it is.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The files of a table at a place, fetched if they are far away; none if there is none.
async fn find(
    run: &Arc<Run>,
    place: String,
    format: Option<TableFormat>,
    partition_by: Vec<String>,
) -> Result<Option<TableFiles>> {
    let run = Arc::clone(run);
    blocking(move || {
        let scratch = run.scratch.fresh("tables");
        table_files(&*run.options.connect, &place, format, partition_by, &scratch)
    })
    .await
}

/// The files of a table. Without a format it is told by the endings of the files.
pub(super) fn table_files(
    connect: &dyn Connect,
    place: &str,
    format: Option<TableFormat>,
    partition_by: Vec<String>,
    scratch: &Path,
) -> Result<Option<TableFiles>> {
    let target = Target::of(place);
    let folder = connect.folder(&target.folder)?;
    let known = |name: &str| {
        TableFormat::ALL
            .into_iter()
            .find(|format| name.rsplit_once('.').is_some_and(|(_, end)| end == format.name()))
    };
    let mut names: Vec<String> = match &target.file {
        Some(file) => {
            let there = match folder.local_path(file) {
                Some(path) => path.is_file(),
                None => folder.list("")?.iter().any(|entry| entry.name == *file),
            };
            if there { vec![file.clone()] } else { Vec::new() }
        }
        None => folder.list("")?.into_iter().map(|entry| entry.name).collect(),
    };
    let Some(format) = format.or_else(|| names.iter().find_map(|name| known(name))) else { return Ok(None) };
    names.retain(|name| known(name) == Some(format));
    if names.is_empty() {
        return Ok(None);
    }
    let partition_by = match names.first() {
        Some(name) if partition_by.is_empty() => {
            parse_folders(name).into_iter().map(|(column, _)| column).collect()
        }
        _ => partition_by,
    };
    let mut files = Vec::new();
    for name in names {
        let mut folders = parse_folders(&name);
        let mut partition = Vec::new();
        for column in &partition_by {
            let at = folders.iter().position(|(name, _)| name == column).ok_or_else(|| Error::Input {
                message: format!("`{}` is in no folder `{column}=...`", folder.url(&name)),
                hint: "move away what is no part of the table, or write the table anew".into(),
            })?;
            partition.push(folders.swap_remove(at).1);
        }
        files.push(TableFile { path: folder.fetch(&name, scratch)?, partition });
    }
    Ok(Some(TableFiles { files, format, partition_by, schema: None }))
}

fn not_there(table: &str, place: &str, hint: &str) -> Registered {
    Registered::Missing(Error::Input {
        message: format!("the table `{table}` is not there: nothing was found at `{}`", redact::url(place)),
        hint: if hint.is_empty() {
            format!("check the place, see {} and `inputs`", Setting::Params)
        } else {
            hint.to_owned()
        },
    })
}
