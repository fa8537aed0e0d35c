//! The question asked, and its answer shown.

use pipeline::error::Error;
use pipeline::export::{read_findings, read_graph, read_record};
use pipeline::run::Companions;
use pipeline::run::tables::{Rows, TableRunOptions, ask, ask_graph};
use pipeline::spec::Pipeline;
use pipeline::spec::tables::SqlText;
use serde_json::{Map, Value};

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::place;
use crate::base::place::DEFAULT_OUT;
use crate::base::render;
use crate::base::settings::settings;
use crate::base::tables::options;
use crate::commands::sql::args::Args;

pub(super) fn run(args: &Args, pipeline: &Pipeline, common: &Common) -> anyhow::Result<Outcome> {
    let question = SqlText { file: "SQL".into(), line: 1, text: args.query.clone() };
    let answer = match pipeline {
        Pipeline::Tables(spec) => {
            let given = options(&spec.name, None, args.out.as_deref(), settings(&args.set));
            ask(spec, &TableRunOptions { date: args.date, ..given }, &question)?
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
    if !args.set.is_empty() || args.date.is_some() {
        return Err(Error::Input {
            message: format!("the pipeline `{}` has no parameters and no days", args.name),
            hint: "leave out --set and --date".into(),
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
