//! What stops a run. Bad data never ends up here: it becomes a reject or a repair (see [`crate::record`]).
//!
//! Variants are named by what the caller can do about them. Each error says what happened and where;
//! [`Error::hint`] says what to do next.

use std::io;
use std::path::{Path, PathBuf};

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A reason why the work cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried: a verb, as in "cannot read".
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// An input exists but cannot be used as it is.
    #[error("{message}")]
    Input {
        /// What is wrong, and in which file.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A pipeline file is wrong.
    #[error("{message}")]
    Spec {
        /// All problems, one `file:line: message` each, joined by newlines.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The output path cannot take an output.
    #[error("{message}")]
    Output {
        /// What is wrong with it.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Another run writes the same output.
    #[error("another run is writing `{}`: it holds the lock `{}`", output.display(), lock.display())]
    Locked {
        /// The contested output.
        output: PathBuf,
        /// The lock file.
        lock: PathBuf,
    },
    /// A service on the network did not do what it was asked for.
    #[error("{message}")]
    Remote {
        /// What was tried, where, and what was answered.
        message: String,
        /// What to do.
        hint: String,
        /// What the client or the network said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Somebody else wrote an object since it was last seen; theirs was left as it is.
    #[error("somebody else wrote `{url}` meanwhile")]
    Conflict {
        /// The contested object, as in `gs://bucket/key`.
        url: String,
    },
    /// The ledger does not balance: a defect of this program, never of the data.
    #[error("the ledger of `{file}` does not balance: {read} read, {accounted} accounted for")]
    Ledger {
        /// The input file.
        file: String,
        /// Rows read.
        read: u64,
        /// Rows accepted, rejected, merged or blank.
        accounted: u64,
    },
}

impl Error {
    /// Wraps an I/O error with what was tried and where.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Io { source, action, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the path".into(),
                io::ErrorKind::NotADirectory => "check the path: a part of it is no folder".into(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    format!("ask for the right to {action} it, or name another path")
                }
                io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded => {
                    "free some space, or write elsewhere with --out; the former output is untouched".into()
                }
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => {
                    "the file is damaged or cut short: fetch it again".into()
                }
                _ => "see the cause above, then run again; the former output is untouched".into(),
            },
            Self::Input { hint, .. }
            | Self::Spec { hint, .. }
            | Self::Output { hint, .. }
            | Self::Remote { hint, .. } => hint.clone(),
            Self::Conflict { .. } => {
                "nothing of theirs was overwritten; see what they wrote, then run again".into()
            }
            Self::Locked { .. } => "wait until it ends, or write elsewhere with --out".into(),
            Self::Ledger { .. } => "this is a bug: please report it with the input's first lines".into(),
        }
    }
}
