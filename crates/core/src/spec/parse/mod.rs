//! Text -> specification, with every problem at once.

mod drugs;
mod order;
mod schedule;
mod source;
mod tables;
mod task;
mod value;

use toml::de::{DeTable, DeValue};

use crate::error::Result;
use crate::spec::parse::value::{Reader, Value};
use crate::spec::problem::Problems;
use crate::spec::{Builtin, Pipeline, Problem, SqlFiles};

/// Reads a pipeline file; `file` is what messages call it, `name` the pipeline's name.
///
/// # Errors
///
/// Every problem of the file, as one error.
pub fn parse(text: &str, file: &str, name: &str, sql: &SqlFiles<'_>) -> Result<Pipeline> {
    inspect(text, file, name, sql).map_err(|problems| Problem::into_error(&problems))
}

/// Reads a pipeline file, as [`parse`] does; its problems are a list.
pub fn inspect(text: &str, file: &str, name: &str, sql: &SqlFiles<'_>) -> Result<Pipeline, Vec<Problem>> {
    let mut reader = Reader { problems: Problems::new(file, text), sql, params: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = !errors.is_empty();
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        let message = match error.message() {
            "duplicate key" => "this key stands in the same table before: a name can be used once".to_owned(),
            message => message.to_owned(),
        };
        reader.problems.add(at, message);
    }
    if broken {
        // What else would be told may follow from these.
        return Err(reader.problems.into_list());
    }
    let pipeline = if is_drugs(table.get_ref(), name) {
        Pipeline::Drugs(reader.drugs(table.get_ref(), name))
    } else {
        Pipeline::Tables(Box::new(reader.tables(table.get_ref(), name)))
    };
    match reader.problems.into_list() {
        problems if problems.is_empty() => Ok(pipeline),
        problems => Err(problems),
    }
}

/// Tells whether a file is one of the drugs pipeline: a task has a builtin, or a source is `drugs` and nothing in the
/// file speaks of tables.
fn is_drugs(table: &DeTable<'_>, name: &str) -> bool {
    let builtins = Builtin::ALL.map(Builtin::name);
    let builtin = |value: &Value<'_>| match value.get_ref() {
        DeValue::String(text) => builtins.contains(&text.as_ref()),
        _ => false,
    };
    let any = |key: &str, is: &dyn Fn(&DeTable<'_>) -> bool| inner(table, key).iter().any(|table| is(table));
    if any("tasks", &|task| task.get("builtin").is_some_and(builtin)) {
        return true;
    }
    let of_tables = any("tasks", &|task| task.contains_key("sql") || task.contains_key("write"))
        || any("sources", &|source| source.contains_key("columns"))
        || ["params", "audits", "on_failure", "tests"].iter().any(|key| table.contains_key(*key));
    let sources = table.get("sources").map(Value::get_ref);
    let drugs = matches!(sources, Some(DeValue::Table(sources)) if sources.contains_key("drugs"));
    !of_tables && (drugs || name == "drugs" || any("tasks", &|task| task.contains_key("builtin")))
}

/// The tables within the table of a key.
fn inner<'t, 'v>(table: &'t DeTable<'v>, key: &str) -> Vec<&'t DeTable<'v>> {
    let Some(DeValue::Table(table)) = table.get(key).map(Value::get_ref) else { return Vec::new() };
    let tables = table.values().filter_map(|value| match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    });
    tables.collect()
}
