//! `pipeline rejects`

mod args;
mod findings;
#[cfg(feature = "tables")]
mod tables;

use std::path::PathBuf;

use pipeline::error::Error;
use pipeline::export::{Finding, read_findings};
use pipeline::run::Companions;
use pipeline::spec::Pipeline;
use pipeline::store::Site;
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::place::{self, DEFAULT_OUT};
use crate::base::render::{self, counted};
#[cfg(not(feature = "tables"))]
use crate::base::spec_args::no_tables;
use crate::commands::rejects::findings::{finding_rows, repairs_text};

pub(crate) use args::Args;

#[derive(Serialize)]
struct Answer {
    rejects: Vec<Finding>,
    repairs: Vec<Finding>,
}

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
        Pipeline::Tables(spec) => Err(no_tables(&spec.name)),
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
