//! What can be typed behind `pipeline sql`.

use std::path::PathBuf;

use pipeline::spec::LogicalDate;

use crate::base::settings::Setting;
use crate::base::spec_args::DagsArgs;

/// Query the tables that a pipeline wrote
///
/// Every task's table goes by the name of the task, the rejects by `rejects`; `pipeline sql drugs` has the tables
/// drugs, publications, journals, mentions and rejects. The query can change nothing. With the parameter `database`
/// set, the tables are in Postgres, and Postgres answers.
#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "tables"), allow(dead_code, reason = "this build has no SQL"))]
pub(crate) struct Args {
    /// The pipeline
    pub(super) name: String,
    /// The query, as in "SELECT * FROM rejects"
    pub(super) query: String,
    #[command(flatten)]
    pub(super) dags: DagsArgs,
    /// The output of the run [default: result/NAME/, for drugs result/output.json]; also s3:// and gs://
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    /// The day of the run that is asked about [default: the last one]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) date: Option<LogicalDate>,
    /// A parameter of the pipeline, as it was in the run
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<Setting>,
}
