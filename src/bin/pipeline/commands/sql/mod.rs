//! `pipeline sql`

#[cfg(feature = "tables")]
mod answer;
mod args;

use pipeline::spec;

use crate::base::exit::Outcome;
use crate::base::options::Common;
#[cfg(not(feature = "tables"))]
use crate::base::spec_args::no_tables;

pub(crate) use args::Args;

#[cfg(feature = "tables")]
pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    answer::run(args, &spec::find(&args.name, args.dags.folder()?.as_deref())?, common)
}

#[cfg(not(feature = "tables"))]
pub(crate) fn run(args: &Args, _: &Common) -> anyhow::Result<Outcome> {
    let spec = spec::find(&args.name, args.dags.folder()?.as_deref())?;
    Err(no_tables(spec.name()))
}
