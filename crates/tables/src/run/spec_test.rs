//! The tests that stand in a pipeline file: rows in, rows expected.
//!
//! Each one runs the whole pipeline in a private folder, with the files that it gives and nothing of the environment:
//! no variable, no place but that folder, no webhook.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::export::{Failure, RunState};
use crate::record::WarningCode;
use crate::run::compare::differences;
use crate::run::execute::{Finished, execute};
use crate::run::options::{Stop, TableRunOptions};
use crate::run::plan::Scope;
use crate::run::register::{Registered, quoted, register};
use crate::run::rejects::rejects;
use crate::run::threads::block_on;
use crate::source::FileFormat;
use crate::spec::tables::{SpecTest, SqlText, TableSource, TablesSpec};
use crate::store::{LocalOnly, Scratch};
use crate::table::{Engine, json};

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TestOutcome {
    /// The test.
    pub name: String,
    /// What is not as expected; nothing if it passed.
    pub problems: Vec<String>,
}

/// Runs the tests of a pipeline file, one after another. `scratch` is a folder in which private ones can be made.
///
/// A pipeline that fails is an outcome, not an error.
pub fn run_tests(spec: &TablesSpec, scratch: &std::path::Path) -> Result<Vec<TestOutcome>> {
    let outcome = |test: &SpecTest| {
        let problems = one(spec, test, scratch)?;
        Ok(TestOutcome { name: test.name.clone(), problems })
    };
    spec.tests.iter().map(outcome).collect()
}

fn one(spec: &TablesSpec, test: &SpecTest, scratch: &std::path::Path) -> Result<Vec<String>> {
    let folder = Scratch::new(scratch)?;
    for source in &spec.sources {
        let given = test.given.get(&source.name);
        let name = file_name(source, test);
        let text = given.cloned().unwrap_or_else(|| without_rows(source, &name));
        folder.write(&format!("data/{name}"), text.as_bytes())?;
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    let options = TableRunOptions {
        date: test.date,
        set: test.set.clone(),
        scratch: folder.path().to_owned(),
        webhook: false,
        stop: Stop::default(),
        ..TableRunOptions::new(path("data"), path("out"), Arc::new(LocalOnly))
    };
    // No waits between attempts: what fails here fails for good.
    let mut spec = spec.clone();
    spec.schedule.retries = 0;
    let finished = match execute(&spec, &options, Arc::new(()), &Scope::Whole) {
        Ok(finished) => finished,
        Err(error) => return Ok(vec![Failure::from(&error).message]),
    };
    let mut problems = failures(&finished);
    for (table, expected) in &test.expect {
        match rows(&spec, &options, &finished, table) {
            Ok(found) => problems.extend(differences(table, expected, &found)),
            // Why it is not there has been told already.
            Err(_) if !problems.is_empty() => {}
            Err(error) => problems.push(Failure::from(&error).message),
        }
    }
    Ok(problems)
}

/// Why tasks failed, if any did.
fn failures(finished: &Finished) -> Vec<String> {
    let record = &finished.record;
    if record.state == RunState::Skipped {
        return vec!["the run was skipped: there is no file for the day".into()];
    }
    let mut problems: Vec<String> = record.error.iter().map(|error| error.message.clone()).collect();
    for task in &record.tasks {
        problems.extend(
            task.error.iter().map(|error| format!("the task `{}` failed: {}", task.name, error.message)),
        );
    }
    let failed = record.warnings.iter().filter(|warning| warning.code == WarningCode::AuditFailed);
    problems.extend(failed.map(|warning| format!("{}: {}", warning.message, warning.examples.join("; "))));
    problems
}

/// The rows of a table after the run.
fn rows(
    spec: &TablesSpec,
    options: &TableRunOptions,
    finished: &Finished,
    table: &str,
) -> Result<Vec<Map<String, Value>>> {
    if table == "rejects" {
        return rejects(spec, options);
    }
    let engine = Engine::new(None)?;
    let text = format!("SELECT * FROM {}", quoted(table));
    let sql = SqlText { file: "the expected rows".into(), line: 1, text };
    let found = block_on(async {
        if let Registered::Missing(error) = register(&finished.run, &engine, None, table).await? {
            return Err(error);
        }
        engine.query(&sql, &finished.run.params).await
    })?;
    let row = |row: &Vec<u8>| {
        serde_json::from_slice(row).map_err(|error| Error::Input {
            message: format!("a row of `{table}` is no JSON: {error}"),
            hint: "this is a bug: please report it".into(),
        })
    };
    json::rows(&found.batches).iter().map(row).collect()
}

/// A name that the first path of a source takes.
fn file_name(source: &TableSource, test: &SpecTest) -> String {
    let path = source.path.first().map(|path| path.text.as_str()).unwrap_or_default();
    let path = path.strip_prefix("{data}/").unwrap_or(path);
    let whole = path.starts_with('{') && !path.starts_with("{date}");
    let date = test.date.map(|date| date.to_string()).unwrap_or_default();
    let name = path.replace("{date}", &date);
    // A whole path resolves to anything; within the data folder, the pattern's own words are kept.
    let last = name.rsplit('/').next().unwrap_or_default();
    let ending = match source.format {
        Some(format) => format.name(),
        None => FileFormat::of(last).map_or("csv", FileFormat::name),
    };
    if whole && (last.starts_with('{') || last.is_empty()) {
        return format!("{}.{ending}", source.name);
    }
    let name = if whole { last.to_owned() } else { name };
    let mut taken = String::new();
    let mut inside = 0_u32;
    let mut choice = String::new();
    for c in name.chars() {
        match c {
            '*' => taken.push_str(&source.name),
            '?' => taken.push('x'),
            // The first of some characters, or of some words.
            '[' | '{' => (inside, choice) = (inside + 1, String::new()),
            ']' | '}' if inside > 0 => {
                inside -= 1;
                let first = if c == ']' {
                    choice.chars().next().map(String::from)
                } else {
                    choice.split(',').next().map(str::to_owned)
                };
                taken.push_str(&first.unwrap_or_default());
            }
            c if inside > 0 => choice.push(c),
            c => taken.push(c),
        }
    }
    taken
}

/// A file that has no row.
fn without_rows(source: &TableSource, name: &str) -> String {
    match source.format.or_else(|| FileFormat::of(name)) {
        Some(FileFormat::Json) => "[]".into(),
        _ => {
            let names: Vec<&str> = source.columns.iter().map(|column| column.from.as_str()).collect();
            let mut seen = BTreeMap::new();
            let distinct = names.into_iter().filter(|name| seen.insert(*name, ()).is_none());
            format!("{}\n", distinct.collect::<Vec<_>>().join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::tables::Template;

    #[test]
    fn a_file_is_named_so_that_its_source_takes_it() {
        let test = SpecTest {
            name: String::new(),
            date: "2026-01-02".parse().ok(),
            set: BTreeMap::new(),
            given: BTreeMap::new(),
            expect: BTreeMap::new(),
            at: 0,
        };
        for (path, expect) in [
            ("*.csv", "s.csv"),
            ("transactions.csv", "transactions.csv"),
            ("{date}.csv", "2026-01-02.csv"),
            ("{date}/x_*.json", "2026-01-02/x_s.json"),
            ("{input}", "s.csv"),
            ("{data}/deep/[ab]?.csv", "deep/ax.csv"),
            ("{data}/*.json", "s.json"),
        ] {
            let source = TableSource {
                name: "s".into(),
                path: vec![Template { text: path.into(), at: 0 }],
                format: None,
                encoding: None,
                columns: Vec::new(),
                key: Vec::new(),
                reject: BTreeMap::new(),
                date_order: crate::clean::DateOrder::default(),
                max_rejects: crate::spec::MaxRejects::default(),
                at: 0,
            };
            assert_eq!(file_name(&source, &test), expect, "{path}");
        }
    }
}
