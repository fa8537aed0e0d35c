//! One result -> one exit code, and at most one error on stderr.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Error;
use clap::error::ErrorKind;
use pipeline::graph::question::UnknownDrug;

use crate::base::options::{Common, LogFormat};

/// The code of a run that can never pass as it was called: whoever schedules it need not try again.
const NEVER_PASSES: u8 = 3;

/// How a command that ran has ended.
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// It ran, but the data did not pass; this is why, and what to do.
    NotPassed { why: String, hint: String },
}

/// Prints what is wrong with the arguments, or the help that was asked for, and gives the code of it.
///
/// Of `run`, a value that cannot be is told apart from the rest, which may be a mistake of whoever made the command line:
/// an unknown flag can be known to another version.
pub(crate) fn refused(error: &clap::Error, is_run: bool) -> ExitCode {
    // Nobody may be left to read it: the code tells all the same.
    let _ = error.print();
    let value =
        matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::InvalidUtf8);
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if value && is_run => ExitCode::from(NEVER_PASSES),
        _ => ExitCode::from(2),
    }
}

/// Prints what went wrong, if anything did, and gives the code of it.
pub(crate) fn code(result: Result<Outcome, Error>, is_run: bool, common: &Common) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NotPassed { why, hint }) => {
            print(&why, &hint, common);
            ExitCode::from(1)
        }
        Err(error) => {
            if is_broken_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            let mut message = String::new();
            for cause in error.chain().map(ToString::to_string) {
                // Some errors have said already what their cause will say.
                if !message.contains(&cause) {
                    message.push_str(if message.is_empty() { "" } else { ": " });
                    message.push_str(&cause);
                }
            }
            let (code, hint) = match error.downcast_ref::<UnknownDrug>() {
                Some(unknown) => (1, hint_for(unknown)),
                None => match error.downcast_ref::<pipeline::error::Error>() {
                    Some(error @ pipeline::error::Error::Call { .. }) if is_run => {
                        (NEVER_PASSES, error.hint())
                    }
                    Some(error) => (2, error.hint()),
                    None => (2, "see the cause above, then run again".into()),
                },
            };
            print(&message, &hint, common);
            ExitCode::from(code)
        }
    }
}

fn hint_for(unknown: &UnknownDrug) -> String {
    match unknown {
        UnknownDrug::Unknown { close, .. } if !close.is_empty() => {
            format!("did you mean {}?", close.join(", "))
        }
        UnknownDrug::Unknown { .. } => {
            "the drugs of a graph are those of the drugs.csv it was made from".into()
        }
        UnknownDrug::Ambiguous { .. } => "name one of them".into(),
    }
}

fn print(message: &str, hint: &str, common: &Common) {
    if common.log_format == LogFormat::Json {
        tracing::error!(hint, "{message}");
        return;
    }
    // Nobody may be left to hear it: the code tells all the same.
    let mut text = format!("error: {message}\n");
    if !hint.is_empty() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whoever read our output has heard enough: that is no failure.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}
