//! The rejects of the last run, read back.

use serde_json::{Map, Value};

use crate::error::{Action, Error, Result, Setting};
use crate::export::{Finding, read_findings};
use crate::run::home::{Home, REPAIRS};
use crate::run::options::TableRunOptions;
use crate::run::register::table_files;
use crate::run::threads::block_on;
use crate::spec::tables::{Resolved, SqlText, TableFormat, TablesSpec};
use crate::store::Scratch;
use crate::table::{Engine, TableFiles, json, rejects_schema};

/// The rows of the table `rejects`, by source, file and line.
///
/// # Errors
///
/// Where no run has written it.
pub fn rejects(spec: &TablesSpec, options: &TableRunOptions) -> Result<Vec<Map<String, Value>>> {
    let scratch = Scratch::new(&options.scratch)?;
    let place = format!("{}/rejects", options.out.trim_end_matches('/'));
    let found =
        table_files(&*options.connect, &place, Some(TableFormat::Parquet), Vec::new(), scratch.path())?;
    let Some(files) = found else {
        return Err(Error::Input {
            message: format!("no run of `{}` has written `{place}`", spec.name),
            hint: format!("run {} first, or name its output with {}", Action::Run(&spec.name), Setting::Out),
        });
    };
    let engine = Engine::new(None)?;
    let text = "SELECT * FROM rejects ORDER BY source, file, line, raw".to_owned();
    let sql = SqlText { file: "rejects".into(), line: 1, text };
    let rows = block_on(async {
        engine.register_files("rejects", TableFiles { schema: Some(rejects_schema()), ..files }).await?;
        engine.query(&sql, &Resolved::default()).await
    })?;
    json::rows(&rows.batches).iter().map(|row| parsed(row, &place)).collect()
}

fn parsed(row: &[u8], place: &str) -> Result<Map<String, Value>> {
    serde_json::from_slice(row).map_err(|error| Error::Input {
        message: format!("`{place}` holds a row that cannot be shown: {error}"),
        hint: format!("make it anew with {}", Action::Run("")),
    })
}

/// What the last run has mended.
pub fn repairs(options: &TableRunOptions) -> Result<Vec<Finding>> {
    let home = Home::look(options)?;
    let mut text = home.lines(REPAIRS)?.join("\n");
    text.push('\n');
    read_findings(text.trim_start(), &home.url(REPAIRS))
}
