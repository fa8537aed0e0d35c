//! `trigger` and `status`, against an Airflow and a Composer API of our own on loopback.
//!
//! The fakes are strict where the real ones are: an unknown key in a body, a missing date, a second run for a date, a
//! page that is too long and a path that is not encoded are refused.

mod commands;
mod composer;
mod doors;
mod fake;
mod fake_composer;
pub(crate) mod server;
mod start;
mod watch;

use std::future::Future;
use std::time::Duration;

use pipeline::airflow::{Airflow, AirflowOptions, DagRun, NewRun, Readiness, Watching};
use pipeline::remote::{Credentials, Retry};

/// Runs to the end.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// No test waits longer than it has to.
pub(crate) fn retry() -> Retry {
    let millisecond = Duration::from_millis(1);
    Retry { attempts: 2, initial: millisecond, maximum: millisecond, total: Duration::from_secs(60) }
}

pub(crate) fn options(credentials: Credentials) -> AirflowOptions {
    AirflowOptions { retry: retry(), ..AirflowOptions::new(credentials) }
}

pub(crate) async fn open(url: &str) -> Airflow {
    Airflow::at(url, &options(Credentials::bearer(fake::TOKEN))).await.unwrap()
}

/// Waits long enough for anything to happen that can.
pub(crate) fn readiness() -> Readiness {
    Readiness {
        uploaded: None,
        unpause: false,
        wait: Duration::from_secs(60),
        poll: Duration::from_millis(1),
    }
}

pub(crate) fn watching() -> Watching {
    Watching { poll: Duration::from_millis(1), timeout: None, patience: Duration::from_secs(60) }
}

/// A run of `drugs` for 2026-01-02.
pub(crate) fn new_run() -> NewRun {
    let moment = |text: &str| text.parse().unwrap();
    let set = [("max_rejects".to_owned(), "5%".to_owned())].into();
    NewRun::new("drugs", moment("2026-01-02T00:00:00Z"), moment("2026-11-21T09:18:01.5Z"), set)
}

pub(crate) async fn started(airflow: &Airflow) -> DagRun {
    airflow.create(&new_run()).await.unwrap()
}
