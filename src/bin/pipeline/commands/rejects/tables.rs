//! `pipeline rejects` of a pipeline of tables.

use pipeline::export::{Finding, RunState, TableRunRecord};
use pipeline::run::tables::{CorrectedRow, Replayed, TableRunOptions, rejects, repairs, replay};
use pipeline::spec::tables::TablesSpec;
use pipeline::store::read_text;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::render::{self, counted};
use crate::base::settings::settings;
use crate::base::tables::{finished, options, out_option, progress};
use crate::commands::rejects::args::Args;
use crate::commands::rejects::findings::{repairs_text, short};

#[derive(Serialize)]
struct Answer {
    rejects: Vec<Map<String, Value>>,
    repairs: Vec<Finding>,
}

/// The answer of a replay.
#[derive(Serialize)]
struct ReplayAnswer<'a> {
    accepted: &'a [CorrectedRow],
    rejected: &'a [CorrectedRow],
    unknown: &'a [CorrectedRow],
    run: Option<&'a TableRunRecord>,
}

pub(super) fn run(args: &Args, spec: &TablesSpec, common: &Common) -> anyhow::Result<Outcome> {
    let options = TableRunOptions {
        date: args.date,
        ..options(&spec.name, args.data.as_deref(), args.out.as_deref(), settings(&args.set))
    };
    if let Some(file) = &args.replay {
        crate::base::logging::label(&spec.name, "");
        let replayed =
            replay(spec, &options, &read_text(file)?, &file.display().to_string(), &progress(common))?;
        return answer(&replayed, spec, &options.out, common);
    }
    let answer = Answer { rejects: rejects(spec, &options)?, repairs: repairs(&options)? };
    match common.format {
        Format::Json => render::print_json(&answer)?,
        Format::Text => render::print(&text(&answer))?,
    }
    Ok(Outcome::Done)
}

fn text(answer: &Answer) -> String {
    let mut text = format!("{}\n", counted(answer.rejects.len() as u64, "reject"));
    if !answer.rejects.is_empty() {
        let list = |value: &Value| {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        };
        let row = |reject: &Map<String, Value>| {
            vec![
                reject["source"].as_str().unwrap_or_default().to_owned(),
                format!("{}:{}", reject["file"].as_str().unwrap_or_default(), reject["line"]),
                list(&reject["codes"]),
                list(&reject["fields"]),
                short(reject["raw"].as_str().unwrap_or_default()),
            ]
        };
        let header = ["source", "where", "codes", "fields", "row"];
        text += &render::table(&header, answer.rejects.iter().map(row).collect(), &[]);
    }
    text + &repairs_text(&answer.repairs)
}

fn answer(replayed: &Replayed, spec: &TablesSpec, out: &str, common: &Common) -> anyhow::Result<Outcome> {
    let Replayed { accepted, rejected, unknown, record } = replayed;
    match common.format {
        Format::Json => {
            render::print_json(&ReplayAnswer { accepted, rejected, unknown, run: record.as_ref() })?;
        }
        Format::Text if !common.quiet => render::print(&lines(replayed))?,
        Format::Text => {}
    }
    // What has been shown is not shown again; a run that failed is told as always.
    let quiet = Common { quiet: true, format: Format::Text, ..*common };
    if let Some(record) = record
        && !matches!(record.state, RunState::Succeeded | RunState::NotPassed)
    {
        return finished(record, out, &quiet);
    }
    if rejected.is_empty() && unknown.is_empty() {
        return match record {
            Some(record) => finished(record, out, &quiet),
            None => Ok(Outcome::Done),
        };
    }
    Ok(Outcome::NotPassed {
        why: format!(
            "not every correction was accepted: {} of {}",
            rejected.len() + unknown.len(),
            counted((accepted.len() + rejected.len() + unknown.len()) as u64, "correction")
        ),
        hint: format!(
            "see `pipeline rejects {}{}`, and correct them once more",
            spec.name,
            out_option(&spec.name, out)
        ),
    })
}

fn lines(replayed: &Replayed) -> String {
    let mut text = String::new();
    let Replayed { accepted, rejected, unknown, .. } = replayed;
    let mut list = |rows: &[CorrectedRow], what: &str| {
        for row in rows {
            let codes =
                if row.codes.is_empty() { String::new() } else { format!(": {}", row.codes.join(", ")) };
            text.push_str(&format!("{what} {} {}:{}{codes}\n", row.source, row.file, row.line));
        }
    };
    list(accepted, "accepted");
    list(rejected, "still rejected");
    list(unknown, "fits no reject");
    if replayed.record.is_none() {
        text.push_str("nothing was run\n");
    }
    text
}
