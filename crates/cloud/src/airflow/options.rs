//! Who we are to Airflow, and how patient we are with it.

use std::time::Duration;

use crate::remote::{Credentials, Retry};

/// Who we are to Airflow, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct AirflowOptions {
    /// Who we are. A name and a password go to Airflow 2 as they are, Airflow 3 gives a token for them.
    pub credentials: Credentials,
    /// When to try again.
    pub retry: Retry,
    /// How long one request may take.
    pub timeout: Duration,
}

impl AirflowOptions {
    /// Three tries within a few seconds, half a minute each: who watches a run has patience of their own.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        let retry = Retry { attempts: 3, ..Retry::default() };
        Self { credentials, retry, timeout: Duration::from_secs(30) }
    }
}
