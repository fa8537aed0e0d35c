//! `pipeline retry`

use std::path::PathBuf;

use pipeline::error::Error;
use pipeline::spec::{LogicalDate, MaxRejects, Pipeline};

use crate::base::exit::Outcome;
use crate::base::options::Common;
use crate::base::settings::Setting;
use crate::base::spec_args::SpecArgs;

/// Run the last failed run again, without what succeeded
///
/// Takes the day and the parameters from the run record in --out; of a backfill, every day that did not succeed. What
/// is secret in a parameter is not on record: give it again with --set, if it does not come from the environment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The folder of the inputs [default: data/NAME]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The folder of the outputs, where the run record is; also gs://BUCKET/... and s3://BUCKET/... [default:
    /// result/NAME]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Only this day's run
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<LogicalDate>,
    /// A parameter, in place of the one on record; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Setting>,
    /// Number of threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Rejects that each source may have: rows, or a share of its rows [default: the pipeline file's]
    #[arg(long, value_name = "N|N%")]
    max_rejects: Option<MaxRejects>,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    match args.spec.load()? {
        Pipeline::Drugs(spec) => Err(Error::Input {
            message: format!(
                "the pipeline `{}` makes one graph: nothing of a failed run can be kept",
                spec.name
            ),
            hint: "run it again: `pipeline run`".into(),
        }
        .into()),
        #[cfg(feature = "tables")]
        Pipeline::Tables(spec) => tables(args, &spec, common),
        #[cfg(not(feature = "tables"))]
        Pipeline::Tables(spec) => {
            let _ = common; // there is nothing to answer
            Err(crate::base::spec_args::no_tables(&spec.name))
        }
    }
}

#[cfg(feature = "tables")]
fn tables(
    args: &Args,
    spec: &pipeline::spec::tables::TablesSpec,
    common: &Common,
) -> anyhow::Result<Outcome> {
    use pipeline::run::tables::{Retried, TableRunOptions, retry};

    use crate::base::logging::say;
    use crate::base::settings::settings;
    use crate::base::tables::{backfilled, finished, options, progress};

    crate::base::logging::label(&spec.name, "");
    let options = TableRunOptions {
        date: args.date,
        threads: args.threads.map_or(0, usize::from),
        max_rejects: args.max_rejects,
        ..options(&spec.name, args.data.as_deref(), args.out.as_deref(), settings(&args.set))
    };
    match retry(spec, &options, &progress(common))? {
        Retried::Nothing(record) => {
            say(common, &format!("nothing of the last run of `{}` has failed: nothing was run", spec.name));
            finished(&record, &options.out, common)
        }
        Retried::Rejects(record) => {
            say(common, "every task of the last run has succeeded: nothing was run");
            finished(&record, &options.out, common)
        }
        Retried::Run(record, tasks) => {
            say(
                common,
                &format!("ran again: {}", if tasks.is_empty() { "audits".into() } else { tasks.join(", ") }),
            );
            finished(&record, &options.out, common)
        }
        Retried::Days(days) => backfilled(&days, &options.out, common),
    }
}
