//! The options that every command takes.

use clap::{ArgAction, ValueEnum};

/// What every command takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// How to answer
    #[arg(long, value_enum, default_value_t, global = true, help_heading = "Common options")]
    pub(crate) format: Format,
    /// Say less: no progress, no summary, no warnings
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub(crate) quiet: bool,
    /// Say more; twice for everything
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = "Common options")]
    pub(crate) verbose: u8,
    /// How to log on stderr
    #[arg(long, value_enum, default_value_t, global = true, help_heading = "Common options")]
    pub(crate) log_format: LogFormat,
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    #[default]
    Text,
    /// One JSON document
    Json,
}

/// What a log entry looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line, as Google Cloud Logging reads it
    Json,
}
