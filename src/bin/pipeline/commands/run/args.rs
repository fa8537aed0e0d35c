//! What can be typed behind `pipeline run`.

use std::path::PathBuf;

use pipeline::spec::{LogicalDate, MaxRejects};

use crate::base::settings::Setting;
use crate::base::spec_args::SpecArgs;

/// Run a pipeline: read, clean, and write what it makes
///
/// The drugs pipeline writes its graph to --out, and beside it what was read (run.json), what was not used
/// (rejects.jsonl) and what was mended (repairs.jsonl). A pipeline of tables writes into the folder --out: its tables,
/// run.json, repairs.jsonl, and the table `rejects`. An output appears whole or not at all. Exit code 3 says that the run
/// can never pass as it was called: there is no need to try it again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) spec: SpecArgs,
    /// The folder of the inputs [default: data for drugs, data/NAME for others]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// The file to write, or the folder for tables; also gs://BUCKET/... and s3://BUCKET/... [default:
    /// result/output.json for drugs, result/NAME for others]
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    /// Run only this task of the pipeline file [default: all of them in one process]
    #[arg(long, value_name = "TASK")]
    pub(super) task: Option<String>,
    /// The day that the run is for: {date} in the paths of the pipeline file
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) date: Option<LogicalDate>,
    /// Run for each day from this one, one after another
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to", conflicts_with_all = ["date", "task"])]
    pub(super) from: Option<LogicalDate>,
    /// The last of these days
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    pub(super) to: Option<LogicalDate>,
    /// A parameter of the pipeline; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<Setting>,
    /// Number of threads [default: one a core]
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    pub(super) threads: Option<u16>,
    /// Rejects that each source may have: rows, or a share of its rows [default: the pipeline file's]
    #[arg(long, value_name = "N|N%", allow_negative_numbers = true)]
    pub(super) max_rejects: Option<MaxRejects>,
    /// Read only files whose content changed since the last such run, with the same result (drugs; local outputs). What
    /// is kept of the others is in a hidden folder beside --out
    #[arg(long)]
    pub(super) incremental: bool,
}
