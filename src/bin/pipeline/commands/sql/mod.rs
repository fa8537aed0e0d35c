//! `pipeline sql`

#[cfg(feature = "tables")]
mod answer;

use std::path::PathBuf;

use pipeline::spec::{self, LogicalDate};

use crate::args::Common;
use crate::commands::run::Setting;
use crate::exit::Outcome;
use crate::spec_args::DagsArgs;

/// Query the tables that a pipeline wrote
///
/// Every task's table goes by the name of the task, the rejects by `rejects`; `pipeline sql drugs` has the tables
/// drugs, publications, journals, mentions and rejects. The query can change nothing. With the parameter `database`
/// set, the tables are in Postgres, and Postgres answers.
#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "tables"), allow(dead_code, reason = "this build has no SQL"))]
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
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Setting>,
}

#[cfg(feature = "tables")]
pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    answer::run(args, &spec::find(&args.name, args.dags.folder()?.as_deref())?, common)
}

#[cfg(not(feature = "tables"))]
pub(crate) fn run(args: &Args, _: &Common) -> anyhow::Result<Outcome> {
    let spec = spec::find(&args.name, args.dags.folder()?.as_deref())?;
    Err(crate::commands::run::no_tables(spec.name()))
}
