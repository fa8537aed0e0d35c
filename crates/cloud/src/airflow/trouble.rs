//! Why a question to Airflow was not answered.

use crate::error::Error;

/// Why something did not work, and whether it may by itself.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) error: Error,
    pub(super) passing: bool,
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        trouble.error
    }
}

pub(super) type Outcome<T> = Result<T, Trouble>;
