//! `pipeline sql`

use std::path::PathBuf;

use pipeline::spec::{self, LogicalDate, Pipeline};

use crate::args::Common;
use crate::exit::Outcome;
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
    let pipeline = spec::find(&args.name, args.dags.folder()?.as_deref())?;
    #[cfg(feature = "tables")]
    return answer::run(args, &pipeline, common);
    #[cfg(not(feature = "tables"))]
    {
        let _ = (common, &args.query, &args.out, args.date, &args.set, matches!(pipeline, Pipeline::Drugs(_)));
        Err(pipeline::error::Error::Input {
            message: "this build has no SQL".into(),
            hint: "build with `cargo build --release --features tables`".into(),
        }
        .into())
    }
}

