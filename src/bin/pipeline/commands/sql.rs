//! `pipeline sql`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pipeline::error::Error;
use pipeline::export::{read_findings, read_graph, read_record};
use pipeline::run::Companions;
use pipeline::run::tables::{Rows, TableRunOptions, ask, ask_graph};
use pipeline::spec::tables::SqlText;
use pipeline::spec::{self, LogicalDate, Pipeline};
use serde_json::{Map, Value};

use crate::args::{Common, Format};
use crate::commands::run::DEFAULT_OUT;
use crate::exit::Outcome;
use crate::place::{self, Places};
use crate::render;
use crate::spec_args::DagsArgs;

/// Query the tables that a pipeline wrote
///
/// Every task's table goes by the name of the task, the rejects by `rejects`; `pipeline sql drugs` has the tables
/// drugs, publications, journals, mentions and rejects. The query can change nothing. With the parameter `database`
/// set, the tables are in Postgres, and Postgres answers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pipeline
    name: String,
    /// The query, as in "SELECT * FROM rejects"
    query: String,
    #[command(flatten)]
    dags: DagsArgs,
    /// The output of the run [default: result/NAME/, for drugs result/output.json]; also s3:// and gs://
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// The day of the run that is asked about [default: the last one]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<LogicalDate>,
    /// A parameter of the pipeline, as it was in the run
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it is not KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let question = SqlText { file: "SQL".into(), line: 1, text: args.query.clone() };
    let answer = match spec::find(&args.name, args.dags.folder()?.as_deref())? {
        Pipeline::Tables(spec) => {
            let out = match &args.out {
                Some(out) => out.to_string_lossy().trim_end_matches('/').to_owned(),
                None => format!("result/{}", args.name),
            };
            let options = TableRunOptions {
                date: args.date,
                set: args.set.iter().cloned().collect::<BTreeMap<_, _>>(),
                env: Arc::new(|name| std::env::var(name).ok()),
                scratch: std::env::temp_dir(),
                ..TableRunOptions::new(format!("data/{}", args.name), out, Arc::new(Places::default()))
            };
            ask(&spec, &options, &question)?
        }
        _ => of_graph(args, &question)?,
    };
    match common.format {
        Format::Json => render::print(&json(&answer))?,
        Format::Text => render::print(&text(&answer)?)?,
    }
    Ok(Outcome::Done)
}

fn of_graph(args: &Args, question: &SqlText) -> anyhow::Result<Rows> {
    if let Some((key, _)) = args.set.first() {
        return Err(Error::Input {
            message: format!("the pipeline `{}` has no parameter `{key}`", args.name),
            hint: "leave out --set".into(),
        }
        .into());
    }
    let site = place::site(args.out.as_deref().unwrap_or(DEFAULT_OUT.as_ref()))?;
    let companions = Companions::beside(&site);
    let Some(graph) = site.read_text()? else {
        return Err(Error::Input {
            message: format!("no run has written `{site}`"),
            hint: "run `pipeline run` first, or name its output with --out".into(),
        }
        .into());
    };
    let graph = read_graph(graph.as_bytes(), &site.to_string())?;
    let rejects = companions.rejects.read_text()?.unwrap_or_default();
    let rejects = read_findings(&rejects, &companions.rejects.to_string())?;
    let record = companions.record.read_text()?;
    let record = record.map(|text| read_record(&text, &companions.record.to_string())).transpose()?;
    Ok(ask_graph(&graph, &rejects, record.as_ref(), question)?)
}

/// A list of objects, one a line.
fn json(answer: &Rows) -> String {
    let rows: Vec<String> = answer.rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect();
    match rows.len() {
        0 => "[]\n".into(),
        _ => format!("[\n  {}\n]\n", rows.join(",\n  ")),
    }
}

fn text(answer: &Rows) -> anyhow::Result<String> {
    let rows: Vec<Map<String, Value>> =
        answer.rows.iter().map(|row| serde_json::from_slice(row)).collect::<Result<_, _>>()?;
    let is_number = |column: &String| {
        let mut values = rows.iter().filter_map(|row| row.get(column)).filter(|value| !value.is_null());
        values.next().is_some_and(Value::is_number) && values.all(Value::is_number)
    };
    let numbers: Vec<usize> =
        (0..answer.columns.len()).filter(|&at| is_number(&answer.columns[at])).collect();
    let header: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
    let cells =
        |row: &Map<String, Value>| answer.columns.iter().map(|column| cell(row.get(column))).collect();
    Ok(render::table(&header, rows.iter().map(cells).collect(), &numbers))
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}
