//! How runs of tables, their tasks and their audits end.

use serde::{Deserialize, Serialize};

/// How a run of a pipeline of tables ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// All is well.
    Succeeded,
    /// What could be written is written, but a source has too many rejects or a blocking audit found rows.
    NotPassed,
    /// A task could not go on.
    Failed,
    /// A source has no file for the day: nothing was read, no table was written.
    Skipped,
    /// It was stopped from outside.
    Interrupted,
}

impl RunState {
    /// The name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::NotPassed => "not-passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    /// Its table is written.
    Succeeded,
    /// It could not go on.
    Failed,
    /// Something that it waits for has failed, or a blocking audit stopped it.
    UpstreamFailed,
    /// The run was stopped before it was done.
    Interrupted,
}

impl TaskState {
    /// The name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::UpstreamFailed => "upstream-failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How an audit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditState {
    /// No bad row.
    Passed,
    /// There are bad rows, and the audit is no blocking one.
    Warned,
    /// There are bad rows, and the audit is a blocking one.
    NotPassed,
    /// The query could not be run.
    Failed,
    /// A table that it reads is not there.
    NotRun,
}

impl AuditState {
    /// The name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::NotPassed => "not-passed",
            Self::Failed => "failed",
            Self::NotRun => "not-run",
        }
    }
}
