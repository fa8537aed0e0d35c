//! What stops a run. Bad data never ends up here: it becomes a reject or a repair (see [`crate::record`]).
//!
//! Variants are named by what the caller can do about them. Each error says what happened and where;
//! [`Error::hint`] says what to do next, [`Error::is_transient`] whether to try the same once more.

mod naming;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use naming::{Action, Setting, Spelling, spell_with};

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
    /// Nothing that is there can make it pass: an unknown name was asked for, or a value that can be none. Ask otherwise.
    #[error("{message}")]
    Call {
        /// What was asked for, and why it cannot be.
        message: String,
        /// What to ask for.
        hint: String,
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
    /// The machine has less than the work asks for: threads, memory. Ask for less.
    #[error("{message}")]
    Resources {
        /// What was asked for, and what for.
        message: String,
        /// What to ask for in its place.
        hint: String,
    },
    /// It took longer than it may. Give it more time.
    #[error("it took longer than {limit:?}")]
    TimedOut {
        /// How long it may take.
        limit: Duration,
    },
    /// Somebody asked for its end. Run it again, if it is still wanted.
    #[error("it was interrupted")]
    Interrupted,
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

    /// Tells whether the same may pass the next time, though nobody changes anything.
    ///
    /// Files and networks recover, and so does whoever meets a conflict: it looks again at what is there. A call, a
    /// file's content, a specification stay what they are; what took too long may still be at work.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Io { .. } | Self::Remote { .. } | Self::Conflict { .. } => true,
            Self::Call { .. }
            | Self::Input { .. }
            | Self::Spec { .. }
            | Self::Output { .. }
            | Self::Resources { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted
            | Self::Locked { .. }
            | Self::Ledger { .. } => false,
        }
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
                    format!(
                        "free some space, or write elsewhere with {}; the former output is untouched",
                        Setting::Out
                    )
                }
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => {
                    "the file is damaged or cut short: fetch it again".into()
                }
                _ => "see the cause above, then run again; the former output is untouched".into(),
            },
            Self::Call { hint, .. }
            | Self::Input { hint, .. }
            | Self::Spec { hint, .. }
            | Self::Output { hint, .. }
            | Self::Resources { hint, .. }
            | Self::Remote { hint, .. } => hint.clone(),
            Self::TimedOut { .. } => {
                "give it more time (`timeout` in the pipeline file), or more threads".into()
            }
            Self::Interrupted => "run it again".into(),
            Self::Conflict { .. } => {
                "nothing of theirs was overwritten; see what they wrote, then run again".into()
            }
            Self::Locked { .. } => format!("wait until it ends, or write elsewhere with {}", Setting::Out),
            Self::Ledger { .. } => "this is a bug: please report it with the input's first lines".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_recovers_by_itself_is_transient_and_nothing_else() {
        let (message, hint) = (String::new, String::new);
        let lost = Error::Remote { message: message(), hint: hint(), source: None };
        let transient = [
            Error::io("read", "a")(io::Error::from(io::ErrorKind::Interrupted)),
            lost,
            Error::Conflict { url: "gs://bucket/key".into() },
        ];
        assert!(transient.iter().all(Error::is_transient), "{transient:?}");
        let lasting = [
            Error::Call { message: message(), hint: hint() },
            Error::Input { message: message(), hint: hint() },
            Error::Spec { message: message(), hint: hint() },
            Error::Output { message: message(), hint: hint() },
            Error::Resources { message: message(), hint: hint() },
            Error::TimedOut { limit: Duration::from_secs(1) },
            Error::Interrupted,
            Error::Locked { output: "a".into(), lock: "b".into() },
            Error::Ledger { file: "a".into(), read: 1, accounted: 0 },
        ];
        assert!(!lasting.iter().any(Error::is_transient), "{lasting:?}");
    }

    #[test]
    fn without_a_spelling_hints_have_plain_names() {
        let locked = Error::Locked { output: "a".into(), lock: "b".into() };
        assert_eq!(locked.hint(), "wait until it ends, or write elsewhere with `out`");
        assert_eq!(Setting::Param("lake", "VALUE").to_string(), "`lake` = VALUE");
        assert_eq!(Setting::Task("sums").to_string(), "`task` = sums");
        assert_eq!(
            (Action::Run("shops").to_string(), Action::Sql.to_string()),
            ("`run shops`".into(), "`sql`".into())
        );
    }
}
