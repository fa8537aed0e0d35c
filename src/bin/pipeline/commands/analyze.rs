//! `pipeline analyze`

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use pipeline::error::Error;
use pipeline::export::read_graph;
use pipeline::graph::MentionGraph;
use pipeline::graph::question::{self, Limit, RelatedAnswer, TopJournals, TopJournalsAnswer};
use pipeline::store::Site;

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::place;
use crate::base::place::DEFAULT_OUT;
use crate::base::render::{self, counted};

/// Answer a question on a graph that `run` wrote
///
/// Without a question: top-journals.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    question: Option<Question>,
    /// The graph; also an object, as in gs://BUCKET/data/output.json
    #[arg(long, value_name = "PATH", default_value = DEFAULT_OUT, global = true)]
    graph: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Which journals mention the most different drugs?
    ///
    /// Without --limit: all the journals tied at the top.
    TopJournals {
        /// List so many journals, ties or not
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: Option<u32>,
    },
    /// Which drugs do the same journals mention in PubMed, but not in clinical trials?
    Related {
        /// A drug's name, in any case, or its code
        drug: String,
        /// What "not in clinical trials" means
        #[arg(long, value_enum, default_value_t)]
        reading: Reading,
    },
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Reading {
    /// Not in a trial of that journal
    #[default]
    Journal,
    /// Not in any trial
    Anywhere,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let graph = load(&args.graph)?;
    match args.question.as_ref().unwrap_or(&Question::TopJournals { limit: None }) {
        Question::TopJournals { limit } => {
            let answer =
                graph.ask(&TopJournals { limit: limit.map_or(Limit::Tied, |n| Limit::First(n as usize)) });
            match common.format {
                Format::Json => render::print_json(&answer)?,
                Format::Text => render::print(&top_journals(&answer, limit.is_none()))?,
            }
        }
        Question::Related { drug, reading } => {
            let reading = match reading {
                Reading::Journal => question::Reading::Journal,
                Reading::Anywhere => question::Reading::Anywhere,
            };
            let answer = graph.ask(&question::Related { drug, reading })?;
            match common.format {
                Format::Json => render::print_json(&answer)?,
                Format::Text => render::print(&related(&answer))?,
            }
        }
    }
    Ok(Outcome::Done)
}

fn load(path: &Path) -> anyhow::Result<MentionGraph> {
    let site = place::site(path)?;
    let refuse = |what: &str| Error::Input {
        message: format!("the graph `{site}` {what}"),
        hint: "make one with `pipeline run`, or name one with --graph".into(),
    };
    if matches!(&site, Site::Local(path) if path.is_dir()) {
        return Err(refuse("is a folder").into());
    }
    let text = site.read_text()?.ok_or_else(|| refuse("does not exist"))?;
    Ok(read_graph(text.as_bytes(), &site.to_string())?)
}

fn top_journals(answer: &TopJournalsAnswer, tied: bool) -> String {
    let Some(top) = answer.journals.first() else { return "no journal mentions a drug\n".into() };
    let mut text = String::new();
    if tied {
        let drugs = counted(top.count as u64, "drug");
        text = match answer.journals.len() {
            1 => format!("one journal mentions the most different drugs, {drugs}\n\n"),
            n => format!("{n} journals tie at {drugs} each\n\n"),
        };
    }
    let rows = answer.journals.iter().map(|journal| {
        vec![journal.count.to_string(), journal.title.clone(), render::some(&journal.drugs, ", ")]
    });
    text + &render::table(&["drugs", "journal", "which"], rows.collect(), &[0])
}

fn related(answer: &RelatedAnswer) -> String {
    let scope = match answer.reading {
        question::Reading::Anywhere => "and that no trial mentions",
        _ => "and not in trials",
    };
    let which = format!("that the journals of {} mention in PubMed {scope}", answer.drug);
    if answer.drugs.is_empty() {
        return format!("there is no other drug {which}\n");
    }
    let rows = answer.drugs.iter().map(|drug| {
        vec![drug.drug.clone(), drug.atccode.clone().unwrap_or_default(), render::some(&drug.journals, "; ")]
    });
    let head = format!("other drugs {which}\n\n");
    head + &render::table(&["drug", "code", "journals"], rows.collect(), &[])
}
