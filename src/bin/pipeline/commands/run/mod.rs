//! `pipeline run`

mod args;
mod drugs;
#[cfg(feature = "tables")]
mod tables;

use pipeline::spec::Pipeline;

use crate::base::exit::Outcome;
use crate::base::options::Common;
#[cfg(not(feature = "tables"))]
use crate::base::spec_args::no_tables;

pub(crate) use args::Args;

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
