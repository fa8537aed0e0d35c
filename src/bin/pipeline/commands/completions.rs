//! `pipeline completions`

use clap::Command;
use clap_complete::Shell;
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::render;

/// Print the completions of a shell
///
/// For bash: `pipeline completions bash > ~/.local/share/bash-completion/completions/pipeline`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

#[derive(Serialize)]
struct Answer<'a> {
    shell: String,
    script: &'a str,
}

/// Prints the script for the commands and options of `program`.
pub(crate) fn run(args: &Args, mut program: Command, common: &Common) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "pipeline", &mut script);
    let script = String::from_utf8_lossy(&script);
    match common.format {
        Format::Json => render::print_json(&Answer { shell: args.shell.to_string(), script: &script })?,
        Format::Text => render::print(&script)?,
    }
    Ok(Outcome::Done)
}
