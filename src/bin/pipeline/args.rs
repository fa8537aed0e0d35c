//! What can be typed.

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use crate::base::options::Common;
use crate::commands::{analyze, check, completions, list, rejects, retry, run, sql};
#[cfg(feature = "composer")]
use crate::commands::{fetch_result, rollback, status, trigger, upload};

/// Turns drugs and dirty publication files into a graph that explains itself.
///
/// Data goes to stdout, everything else to stderr. Exit codes: 0 done; 1 it ran, but the data did not pass
/// (too many rejects, an unknown drug, a run that failed); 2 it could not go on (usage, files, network); 3, of `run`
/// only: it can never pass as it was called (an unknown pipeline, task or parameter, a value that cannot be).
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

/// The command that is meant by arguments which cannot be parsed: the first word that is neither an option of all
/// commands nor the value of one.
pub(crate) fn command_of(words: impl IntoIterator<Item = OsString>) -> Option<String> {
    let program = Args::command();
    let mut words = words.into_iter().skip(1);
    loop {
        let word = words.next()?.into_string().ok()?;
        let Some(option) = word.strip_prefix('-') else { return Some(word) };
        let mut options =
            program.get_arguments().filter(|known| known.get_long() == option.strip_prefix('-'));
        if options.any(|known| known.get_action().takes_values()) {
            words.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_found_among_words_that_cannot_be_parsed() {
        for (words, command) in [
            ("run --threads x", Some("run")),
            ("-q -vv run", Some("run")),
            ("--format json run --date x", Some("run")),
            ("--format run analyze", Some("analyze")),
            ("--log-format=json run", Some("run")),
            ("analyze run", Some("analyze")),
            ("--no-such-flag", None),
            ("", None),
        ] {
            let words = std::iter::once("pipeline").chain(words.split_whitespace()).map(OsString::from);
            assert_eq!(command_of(words).as_deref(), command);
        }
    }
}
