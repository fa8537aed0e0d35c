//! Waits until a DAG can be started: known, read since it was uploaded, and not paused.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::airflow::Airflow;
use crate::airflow::dag::{Dag, ImportError};
use crate::error::{Action, Error, Result, Setting};

/// What to wait for, and how long.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// When the DAG's file was uploaded: Airflow must have read it since. None: any reading will do.
    pub uploaded: Option<Timestamp>,
    /// Lets the runs of a paused DAG go, in place of giving up.
    pub unpause: bool,
    /// How long to wait at most.
    pub wait: Duration,
    /// The pause between two questions.
    pub poll: Duration,
}

/// Refuses what no pipeline and no DAG can be called.
///
/// # Errors
/// The name has a character that Airflow does not allow.
pub fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.chars().all(plain) && name.chars().any(|c| c != '.') {
        return Ok(());
    }
    Err(Error::Input {
        message: format!("`{name}` is no name of a pipeline"),
        hint: "a name has letters, digits, `-`, `_` and `.`".into(),
    })
}

impl Airflow {
    /// Waits until a run of a DAG could begin. `waiting` is told what for, whenever that changes.
    ///
    /// # Errors
    /// Airflow does not know the DAG in time, cannot import its file, or holds it paused.
    pub async fn ready(
        &self,
        name: &str,
        how: &Readiness,
        waiting: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Dag> {
        check_name(name)?;
        let started = Instant::now();
        let mut told = None;
        loop {
            let dag = self.dag(name).await?;
            let missing = missing(dag.as_ref(), how.uploaded);
            if (missing.is_some() || dag.as_ref().is_some_and(|dag| dag.has_import_errors))
                && let Some(error) = self.import_error(name, dag.as_ref(), how.uploaded).await
            {
                return Err(cannot_import(name, &error));
            }
            let what = match (dag, missing) {
                (Some(dag), None) => return self.let_go(dag, how.unpause).await,
                (_, missing) => missing.unwrap_or(Missing::Unknown),
            };
            if started.elapsed() >= how.wait {
                return Err(self.in_vain(name, what, how.wait).await);
            }
            if told != Some(what) {
                waiting(&what.of(name));
                told = Some(what);
            }
            tokio::time::sleep(how.poll).await;
        }
    }

    async fn let_go(&self, dag: Dag, unpause: bool) -> Result<Dag> {
        if !dag.paused {
            return Ok(dag);
        }
        if !unpause {
            return Err(Error::Remote {
                message: format!("the DAG `{}` is paused: its runs would stay queued", dag.id),
                hint: format!("let them go with {}", Setting::Unpause),
                source: None,
            });
        }
        self.unpause(&dag.id).await?;
        Ok(Dag { paused: false, ..dag })
    }

    /// What Airflow could not import of the DAG's file, since it was uploaded.
    async fn import_error(
        &self,
        name: &str,
        dag: Option<&Dag>,
        uploaded: Option<Timestamp>,
    ) -> Option<ImportError> {
        let errors = match self.import_errors().await {
            Ok(errors) => errors,
            // They need a right of their own, without which one can do.
            Err(error) => {
                tracing::debug!(%error, "the import errors are not told");
                return None;
            }
        };
        let recent = |error: &ImportError| match (error.time, uploaded) {
            (Some(time), Some(uploaded)) => time > uploaded,
            _ => true,
        };
        errors.into_iter().find(|error| error.is_about(name, dag) && recent(error))
    }

    async fn in_vain(&self, name: &str, what: Missing, wait: Duration) -> Error {
        let mut hint = format!("a long {} helps where Airflow reads its files seldom", Setting::Wait);
        if what == Missing::Unknown {
            let known = self.dags().await.unwrap_or_default();
            let near = known
                .iter()
                .map(|dag| (strsim::jaro_winkler(name, &dag.id), &dag.id))
                .filter(|(likeness, _)| *likeness > 0.75)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            hint = match near {
                Some((_, near)) => format!("did you mean `{near}`?"),
                None => {
                    let (upload, status) = (Action::Upload, Action::Status(""));
                    format!("{upload} brings it there; {status} lists what Airflow knows")
                }
            };
        }
        Error::Remote { message: format!("gave up after {wait:?} of {}", what.of(name)), hint, source: None }
    }
}

/// What is still missing before a run could begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Unknown,
    Stale,
}

impl Missing {
    fn of(self, name: &str) -> String {
        match self {
            Self::Unknown => format!("waiting for Airflow to know the DAG `{name}`"),
            Self::Stale => format!("waiting for Airflow to read the DAG `{name}` that was uploaded"),
        }
    }
}

fn missing(dag: Option<&Dag>, uploaded: Option<Timestamp>) -> Option<Missing> {
    match dag {
        Some(dag) if dag.active => {
            (uploaded.is_some() && dag.last_parsed <= uploaded).then_some(Missing::Stale)
        }
        _ => Some(Missing::Unknown),
    }
}

fn cannot_import(name: &str, error: &ImportError) -> Error {
    Error::Remote {
        message: format!("Airflow cannot import `{}` of the DAG `{name}`: {}", error.file, error.message()),
        hint: format!(
            "mend the file and {} it; {} shows the whole trace",
            Action::Upload,
            Action::Status(name)
        ),
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for name in ["drugs", "a.b-c_d", "été"] {
            check_name(name).unwrap();
        }
        for name in ["", ".", "..", "a/b", "a b", "a?b", "a\nb"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
