//! What can be typed behind `pipeline rejects`.

use std::path::PathBuf;

use pipeline::spec::LogicalDate;

use crate::base::settings::Setting;
use crate::base::spec_args::SpecArgs;

/// Show what the last run rejected and repaired, and why; put corrected rows in again
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) spec: SpecArgs,
    /// The output of the run; also gs://BUCKET/... and s3://BUCKET/... [default: result/output.json for drugs,
    /// result/NAME for others]
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    /// Put corrected rows in again: a JSON array, JSON lines or CSV with `source`, `file`, `line` as shown here, and
    /// the corrected columns. The pipeline runs again, for the day and with the parameters of its last run
    #[arg(long, value_name = "FILE")]
    pub(super) replay: Option<PathBuf>,
    /// The folder of the inputs, for --replay [default: data/NAME]
    #[arg(long, value_name = "DIR", requires = "replay")]
    pub(super) data: Option<PathBuf>,
    /// Only this day's rejects, for --replay
    #[arg(long, value_name = "YYYY-MM-DD", requires = "replay")]
    pub(super) date: Option<LogicalDate>,
    /// A parameter that is secret, for --replay; may be given several times
    #[arg(long, value_name = "KEY=VALUE", requires = "replay")]
    pub(super) set: Vec<Setting>,
}
