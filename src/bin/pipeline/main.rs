//! `pipeline` on the command line: parse, run one command, print at most one error, return its code.

mod args;
mod base;
mod commands;
mod naming;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Args, Command};
use crate::base::{exit, logging};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            return exit::refused(&error, args::command_of(std::env::args_os()).as_deref() == Some("run"));
        }
    };
    let common = args.common;
    logging::start(&common);
    pipeline::error::spell_with(naming::SPELLING);
    survive_size_limits();
    let result = match &args.command {
        Command::Run(args) => commands::run::run(args, &common),
        Command::Analyze(args) => commands::analyze::run(args, &common),
        Command::Rejects(args) => commands::rejects::run(args, &common),
        Command::Retry(args) => commands::retry::run(args, &common),
        Command::Check(args) => commands::check::run(args, &common),
        Command::List(args) => commands::list::run(args, &common),
        Command::Sql(args) => commands::sql::run(args, &common),
        #[cfg(feature = "composer")]
        Command::Upload(args) => commands::upload::run(args, &common),
        #[cfg(feature = "composer")]
        Command::Rollback(args) => commands::rollback::run(args, &common),
        #[cfg(feature = "composer")]
        Command::FetchResult(args) => commands::fetch_result::run(args, &common),
        #[cfg(feature = "composer")]
        Command::Trigger(args) => commands::trigger::run(args, &common),
        #[cfg(feature = "composer")]
        Command::Status(args) => commands::status::run(args, &common),
        Command::Completions(args) => commands::completions::run(args, Args::command(), &common),
    };
    exit::code(result, matches!(args.command, Command::Run(_)), &common)
}

/// A file-size limit (`ulimit -f`) kills a process in silence unless the signal is taken: then the write fails, and
/// is told as a full disk is.
fn survive_size_limits() {
    #[cfg(unix)]
    {
        let seen = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, seen) {
            tracing::debug!(%error, "SIGXFSZ is not taken");
        }
    }
}
