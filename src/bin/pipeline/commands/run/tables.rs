//! `pipeline run` of a pipeline of tables.

use pipeline::error::Error;
use pipeline::run::tables::{TableRunOptions, backfill, days_between, run as run_tables};
use pipeline::spec::Problem;
use pipeline::spec::tables::TablesSpec;
use pipeline::table;

use crate::base::exit::Outcome;
use crate::base::logging;
use crate::base::options::{Common, Format};
use crate::base::settings::settings;
use crate::base::tables::{backfilled, finished, options, progress};
use crate::commands::run::args::Args;

pub(super) fn run(args: &Args, spec: &TablesSpec, text: &str, common: &Common) -> anyhow::Result<Outcome> {
    logging::label(&spec.name, args.task.as_deref().unwrap_or_default());
    if args.incremental {
        return Err(Error::Input {
            message: format!("the pipeline `{}` makes tables, which have no incremental run", spec.name),
            hint: "leave out --incremental".into(),
        }
        .into());
    }
    let problems = table::check(spec, text);
    if !problems.is_empty() {
        return Err(Problem::into_error(&problems).into());
    }
    let options = TableRunOptions {
        date: args.date,
        task: args.task.clone(),
        threads: args.threads.map_or(0, usize::from),
        max_rejects: args.max_rejects,
        ..options(&spec.name, args.data.as_deref(), args.out.as_deref(), settings(&args.set))
    };
    let Some((from, to)) = args.from.zip(args.to) else {
        let record = run_tables(spec, &options, progress(common))?;
        return finished(&record, &options.out, common);
    };
    let days = backfill(spec, &options, &days_between(from, to)?, &progress(common), &mut |day| {
        let state = match &day.run {
            Ok(record) => record.state.name().to_owned(),
            Err(failure) => format!("failed: {}", failure.message),
        };
        if common.format == Format::Text {
            logging::say(common, &format!("{}: {state}", day.date));
        }
    })?;
    backfilled(&days, &options.out, common)
}
