//! `pipeline rejects`

#[cfg(feature = "tables")]
mod tables;

use std::path::PathBuf;

use pipeline::error::Error;
use pipeline::export::{Finding, read_findings};
use pipeline::run::Companions;
use pipeline::spec::{LogicalDate, Pipeline};
use pipeline::store::Site;
use serde::Serialize;

use crate::args::{Common, Format};
use crate::commands::run::{DEFAULT_OUT, Setting};
use crate::exit::Outcome;
use crate::place;
use crate::render::{self, counted};
use crate::spec_args::SpecArgs;

/// Show what the last run rejected and repaired, and why; put corrected rows in again
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The output of the run; also gs://BUCKET/... and s3://BUCKET/... [default: result/output.json for drugs,
    /// result/NAME for others]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Put corrected rows in again: a JSON array, JSON lines or CSV with `source`, `file`, `line` as shown here, and
    /// the corrected columns. The pipeline runs again, for the day and with the parameters of its last run
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// The folder of the inputs, for --replay [default: data/NAME]
    #[arg(long, value_name = "DIR", requires = "replay")]
    data: Option<PathBuf>,
    /// Only this day's rejects, for --replay
    #[arg(long, value_name = "YYYY-MM-DD", requires = "replay")]
    date: Option<LogicalDate>,
    /// A parameter that is secret, for --replay; may be given several times
    #[arg(long, value_name = "KEY=VALUE", requires = "replay")]
    set: Vec<Setting>,
}

#[derive(Serialize)]
struct Answer {
    rejects: Vec<Finding>,
    repairs: Vec<Finding>,
}

/// Longest text shown in a table.
const SHOWN: usize = 48;

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    match args.spec.load()? {
        Pipeline::Drugs(spec) if args.replay.is_some() => Err(Error::Input {
            message: format!(
                "the pipeline `{}` makes a graph: corrected rows cannot be put in again",
                spec.name
            ),
            hint: "correct its files, and run it again".into(),
        }
        .into()),
        Pipeline::Drugs(_) => drugs(args, common),
        #[cfg(feature = "tables")]
        Pipeline::Tables(spec) => tables::run(args, &spec, common),
        #[cfg(not(feature = "tables"))]
        Pipeline::Tables(spec) => Err(crate::commands::run::no_tables(&spec.name)),
    }
}

fn drugs(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUT));
    let companions = Companions::beside(&place::site(&out)?);
    let load = |site: &Site| -> anyhow::Result<Vec<Finding>> {
        let name = site.to_string();
        let Some(text) = site.read_text()? else {
            return Err(Error::Input {
                message: format!("no run has written `{name}`"),
                hint: "run `pipeline run` first, or name its output with --out".into(),
            }
            .into());
        };
        Ok(read_findings(&text, &name)?)
    };
    let answer = Answer { rejects: load(&companions.rejects)?, repairs: load(&companions.repairs)? };
    match common.format {
        Format::Json => render::print_json(&answer)?,
        Format::Text => render::print(&text(&answer))?,
    }
    Ok(Outcome::Done)
}

fn text(answer: &Answer) -> String {
    let mut text = format!("{}\n", counted(answer.rejects.len() as u64, "reject"));
    if !answer.rejects.is_empty() {
        text += &render::table(&["code", "where", "field", "text"], finding_rows(&answer.rejects), &[]);
    }
    text + &repairs_text(&answer.repairs)
}

/// The part on repairs, which pipelines of both kinds have.
fn repairs_text(repairs: &[Finding]) -> String {
    let mut text = format!("\n{}\n", counted(repairs.len() as u64, "repair"));
    if !repairs.is_empty() {
        text += &render::table(&["code", "where", "field", "before", "after"], finding_rows(repairs), &[]);
    }
    text
}

/// Rejects or repairs as rows of a table.
fn finding_rows(findings: &[Finding]) -> Vec<Vec<String>> {
    let row = |finding: &Finding| match finding {
        Finding::Reject(r) => {
            vec![r.code.clone(), format!("{}:{}", r.source, r.line), or_dash(r.field.as_ref()), short(&r.raw)]
        }
        Finding::Repair(r) => vec![
            r.code.clone(),
            format!("{}:{}", r.source, r.line),
            or_dash(r.field.as_ref()),
            short(&r.before),
            r.after.as_deref().map_or_else(|| "null".into(), short),
        ],
    };
    findings.iter().map(row).collect()
}

fn or_dash(field: Option<&String>) -> String {
    field.cloned().unwrap_or_else(|| "-".into())
}

/// A text on one line, in quotes; a long one shows its two ends, where the trouble usually is.
fn short(text: &str) -> String {
    let visible = |c: char| match c {
        '\n' | '\r' | '\t' => c.escape_default().collect(),
        c if c.is_control() => c.escape_unicode().collect(),
        c => vec![c],
    };
    let chars: Vec<char> = text.chars().flat_map(visible).collect();
    if chars.len() <= SHOWN {
        return format!("\"{}\"", chars.into_iter().collect::<String>());
    }
    let half = SHOWN / 2;
    let (head, tail) = (&chars[..half], &chars[chars.len() - half..]);
    format!("\"{}…{}\"", head.iter().collect::<String>(), tail.iter().collect::<String>())
}
