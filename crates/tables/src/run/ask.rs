//! A question in SQL about what a pipeline wrote.
//!
//! The tables are where the run wrote them that is on record, whatever the parameters would say today. Only the tables that the question names are looked for, so that nothing else is fetched from a bucket. Where the
//! tables are in Postgres, Postgres answers; `rejects` are files beside the record wherever the tables are.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{Action, Error, Result, Setting};
use crate::export::{Finding, RunRecord};
use crate::graph::MentionGraph;
use crate::graph_tables::{graph_tables, rejects_table};
use crate::run::home::Home;
use crate::run::options::TableRunOptions;
use crate::run::recorded::{date_of, recall};
use crate::run::register::{Registered, register, table_files};
use crate::run::state::Run;
use crate::run::threads::block_on;
use crate::spec::Problem;
use crate::spec::tables::{Resolved, SqlText, TableFormat, TablesSpec, Template};
use crate::table::{Engine, NamedTable, QueryResult, TableFiles, json, rejects_schema, unknown_table};

/// The rows of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The names of its columns, in order.
    pub columns: Vec<String>,
    /// Its rows, each a JSON object whose keys are the columns in their order.
    pub rows: Vec<Vec<u8>>,
}

impl From<QueryResult> for Rows {
    fn from(result: QueryResult) -> Self {
        let columns = result.schema.fields().iter().map(|field| field.name().clone()).collect();
        Self { columns, rows: json::rows(&result.batches) }
    }
}

const REJECTS: &str = "rejects";

/// Answers a question about the tables that the last run wrote, `rejects` among them.
///
/// # Errors
///
/// What is wrong with the SQL, with its place; a table that no run has written.
pub fn ask(spec: &TablesSpec, options: &TableRunOptions, question: &SqlText) -> Result<Rows> {
    let home = Home::look(options)?;
    let record = home.record(options.date)?.or(home.record(None)?);
    let engine = Engine::interactive(None)?;
    let named = engine.tables_named(question);
    let only_rejects = named.as_ref().is_ok_and(|named| named.iter().all(|table| table.name == REJECTS));
    let mut options = options.clone();
    if let Some(record) = &record {
        // Where a place has the day in its name, the last run's day is meant.
        options.date = options.date.or_else(|| date_of(record));
        let of_places = place_params(spec);
        recall(spec, &mut options, record, &|param| {
            !only_rejects && of_places.contains(param.name.as_str())
        })?;
    }
    let params = spec.resolve(&options.given())?;
    if let Some(url) = params.get("database").filter(|url| !url.trim().is_empty() && !only_rejects) {
        let (schema, batches) = crate::sink::postgres::Postgres::connect(url)?.query(&question.text)?;
        return Ok(QueryResult { schema, batches }.into());
    }
    let named = named?;
    let run = Arc::new(Run::new(spec, params, &options, home, Arc::new(()))?);
    let known = tables_of(spec);
    block_on(async {
        for table in &named {
            let missing = match table.name.as_str() {
                REJECTS => rejects(&run, &engine).await?,
                name if known.contains(&name) => match register(&run, &engine, None, name).await? {
                    Registered::Rows(_) => None,
                    Registered::Missing(error) => Some(error),
                },
                _ => return Err(unknown(question, table, &known)),
            };
            match missing {
                Some(_) if record.is_none() => return Err(no_run(spec, &options)),
                Some(error) => return Err(error),
                None => {}
            }
        }
        engine.query(question, &run.params).await.map(Rows::from)
    })
}

/// Answers a question about a graph and the findings of its run: see [`graph_tables`] and [`rejects_table`].
pub fn ask_graph(
    graph: &MentionGraph,
    rejects: &[Finding],
    record: Option<&RunRecord>,
    question: &SqlText,
) -> Result<Rows> {
    let engine = Engine::interactive(None)?;
    let tables = graph_tables(graph).into_iter().chain([(REJECTS, rejects_table(rejects, record))]);
    for (name, batch) in tables {
        engine.register_batches(name, batch.schema(), vec![batch])?;
    }
    block_on(engine.query(question, &Resolved::default())).map(Rows::from)
}

/// Every table that can be asked about.
fn tables_of(spec: &TablesSpec) -> Vec<&str> {
    spec.all_tasks().map(|task| task.name.as_str()).chain([REJECTS]).collect()
}

/// The parameters that say where tables are.
fn place_params(spec: &TablesSpec) -> BTreeSet<&str> {
    let database = Template { text: "{database}".into(), at: 0 };
    let places = spec.all_tasks().map(|task| &task.write.to).chain([&database]);
    places.flat_map(|place| spec.made_of(place)).collect()
}

/// Makes the table `rejects` known; else tells why not.
async fn rejects(run: &Run, engine: &Engine) -> Result<Option<Error>> {
    let place = format!("{}/rejects", run.options.out.trim_end_matches('/'));
    let scratch = run.scratch.path().join(REJECTS);
    let files = table_files(&*run.options.connect, &place, Some(TableFormat::Parquet), Vec::new(), &scratch)?;
    let Some(files) = files else { return Ok(Some(no_run(&run.spec, &run.options))) };
    engine.register_files(REJECTS, TableFiles { schema: Some(rejects_schema()), ..files }).await?;
    Ok(None)
}

fn unknown(question: &SqlText, table: &NamedTable, known: &[&str]) -> Error {
    let (line, column) = table.place;
    let problem = Problem {
        file: question.file.clone(),
        line: question.line + usize::try_from(line).unwrap_or(1).max(1) - 1,
        column: usize::try_from(column).ok(),
        message: unknown_table(&table.name, known),
    };
    Error::Spec { message: problem.to_string(), hint: format!("the tables are {}", known.join(", ")) }
}

fn no_run(spec: &TablesSpec, options: &TableRunOptions) -> Error {
    Error::Input {
        message: format!("no run of `{}` has written to `{}`", spec.name, options.out),
        hint: format!("run {} first, or name its output with {}", Action::Run(&spec.name), Setting::Out),
    }
}
