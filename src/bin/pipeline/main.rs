//! `pipeline` on the command line: parse, run one command, print at most one error, return its code.

mod args;
mod commands;
mod exit;
mod logging;
mod progress;
mod render;
mod spec_args;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let common = args.common;
    logging::start(&common);
    let result = match &args.command {
        Command::Run(args) => commands::run::run(args, &common),
        Command::Analyze(args) => commands::analyze::run(args, &common),
        Command::Rejects(args) => commands::rejects::run(args, &common),
        Command::Completions(args) => commands::completions::run(args),
    };
    exit::code(result, &common)
}
