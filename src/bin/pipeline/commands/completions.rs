//! `pipeline completions`

use clap::CommandFactory;
use clap_complete::Shell;

use crate::exit::Outcome;
use crate::render;

/// Print the completions of a shell
///
/// For bash: `pipeline completions bash > ~/.local/share/bash-completion/completions/pipeline`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::args::Args::command(), "pipeline", &mut script);
    render::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
