//! What can be typed.

use clap::{Parser, Subcommand};

use crate::base::options::Common;
use crate::commands::{analyze, check, completions, list, rejects, retry, run, sql};
#[cfg(feature = "composer")]
use crate::commands::{fetch_result, rollback, status, trigger, upload};

/// Turns drugs and dirty publication files into a graph that explains itself.
///
/// Data goes to stdout, everything else to stderr. Exit codes: 0 done; 1 it ran, but the data did not pass
/// (too many rejects, an unknown drug, a run that failed); 2 it could not go on (usage, files, network).
#[derive(Debug, Parser)]
#[command(name = "pipeline", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::Args),
    Analyze(analyze::Args),
    Rejects(rejects::Args),
    Retry(retry::Args),
    Check(check::Args),
    List(list::Args),
    Sql(sql::Args),
    #[cfg(feature = "composer")]
    Upload(upload::Args),
    #[cfg(feature = "composer")]
    Rollback(rollback::Args),
    #[cfg(feature = "composer")]
    FetchResult(fetch_result::Args),
    #[cfg(feature = "composer")]
    Trigger(trigger::Args),
    #[cfg(feature = "composer")]
    Status(status::Args),
    Completions(completions::Args),
}
