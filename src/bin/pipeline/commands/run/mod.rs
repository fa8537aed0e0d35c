//! `pipeline run`

mod drugs;
#[cfg(feature = "tables")]
mod tables;

#[cfg(feature = "tables")]
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

#[cfg(not(feature = "tables"))]
use pipeline::error::Error;
use pipeline::spec::{LogicalDate, MaxRejects, Pipeline};

use crate::args::Common;
use crate::exit::Outcome;
use crate::spec_args::SpecArgs;

pub(crate) use drugs::DEFAULT_OUT;

/// Run a pipeline: read, clean, and write what it makes
///
/// The drugs pipeline writes its graph to --out, and beside it what was read (run.json), what was not used
/// (rejects.jsonl) and what was mended (repairs.jsonl). A pipeline of tables writes into the folder --out: its tables,
/// run.json, repairs.jsonl, and the table `rejects`. An output appears whole or not at all. Exit code 3 says that the run
/// can never pass as it was called: there is no need to try it again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The folder of the inputs [default: data for drugs, data/NAME for others]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The file to write, or the folder for tables; also gs://BUCKET/... and s3://BUCKET/... [default:
    /// result/output.json for drugs, result/NAME for others]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Run only this task of the pipeline file [default: all of them in one process]
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// The day that the run is for: {date} in the paths of the pipeline file
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<LogicalDate>,
    /// Run for each day from this one, one after another
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to", conflicts_with_all = ["date", "task"])]
    from: Option<LogicalDate>,
    /// The last of these days
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    to: Option<LogicalDate>,
    /// A parameter of the pipeline; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Setting>,
    /// Number of threads [default: one a core]
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    threads: Option<u16>,
    /// Rejects that each source may have: rows, or a share of its rows [default: the pipeline file's]
    #[arg(long, value_name = "N|N%", allow_negative_numbers = true)]
    max_rejects: Option<MaxRejects>,
    /// Read only files whose content changed since the last such run, with the same result (drugs; local outputs). What
    /// is kept of the others is in a hidden folder beside --out
    #[arg(long)]
    incremental: bool,
}

/// `KEY=VALUE`
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    key: String,
    #[cfg_attr(
        not(feature = "tables"),
        expect(dead_code, reason = "only pipelines of tables have parameters")
    )]
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Self { key: key.trim().to_owned(), value: value.to_owned() })
            }
            _ => Err("it must be KEY=VALUE".into()),
        }
    }
}

/// The parameters that were set; the last word on each counts.
#[cfg(feature = "tables")]
pub(crate) fn settings(set: &[Setting]) -> BTreeMap<String, String> {
    set.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect()
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let found = args.spec.locate()?;
    match found.parse()? {
        Pipeline::Drugs(spec) => drugs::run(args, &spec, common),
        #[cfg(feature = "tables")]
        Pipeline::Tables(spec) => tables::run(args, &spec, &found.text, common),
        #[cfg(not(feature = "tables"))]
        Pipeline::Tables(spec) => Err(no_tables(&spec.name)),
    }
}

/// Says how to get what this build lacks.
#[cfg(not(feature = "tables"))]
pub(crate) fn no_tables(name: &str) -> anyhow::Error {
    let message = format!("the pipeline `{name}` makes tables: it needs a build with tables");
    Error::Input { message, hint: "cargo build --release --features tables".into() }.into()
}
