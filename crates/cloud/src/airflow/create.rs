//! A run made, once: the request cannot be repeated blindly, but the run's id is our own.
//!
//! So a lost answer is settled by asking for the id. Only if there is no such run is the request sent again; should the
//! first one arrive late after all, the second is refused for its id, and the run is found.

use crate::airflow::commands::Commands;
use crate::airflow::run::{DagRun, NewRun};
use crate::airflow::trouble::Trouble;
use crate::airflow::{Airflow, Door};
use crate::error::{Action, Error, Result, Setting};

const TRIES: u32 = 3;

impl Airflow {
    /// Makes a run.
    ///
    /// # Errors
    /// There is a run for that date already, Airflow refuses, or does not answer.
    pub async fn create(&self, new: &NewRun) -> Result<DagRun> {
        let rest = match &self.door {
            Door::Rest(rest) => rest,
            Door::Commands(commands) => return self.create_by_command(commands, new).await,
        };
        let mut lost = None;
        for _ in 0..TRIES {
            let failure = match rest.post_run(new).await {
                Ok(Some(run)) => return Ok(run),
                Ok(None) => None,
                Err(failure) if failure.status == Some(409) => {
                    if lost.is_some()
                        && let Some(run) = self.settled(new).await?
                    {
                        return Ok(run);
                    }
                    return Err(self.taken(new).await);
                }
                Err(failure) if failure.may_pass() => Some(failure),
                Err(failure) => return Err(rest.failed("start a run of", &new.dag, failure).into()),
            };
            tracing::debug!("no answer to the request for the run `{}`: asking whether it is there", new.id);
            lost = Some(failure);
            tokio::time::sleep(rest.pause()).await;
            if let Some(run) = self.settled(new).await? {
                return Ok(run);
            }
        }
        Err(match lost.flatten() {
            Some(failure) => rest.failed("start a run of", &new.dag, failure).into(),
            None => Error::Remote {
                message: format!(
                    "cannot start a run of `{}`: the answers of `{}` are empty",
                    new.dag, self.url
                ),
                hint: "no run was made; see whether Airflow has trouble, then run again".into(),
                source: None,
            },
        })
    }

    /// Whether the run is there although its creation was not answered.
    async fn settled(&self, new: &NewRun) -> Result<Option<DagRun>> {
        self.run(&new.dag, &new.id).await.map_err(|error| Error::Remote {
            message: format!("cannot tell whether the run `{}` of `{}` was started", new.id, new.dag),
            hint: format!("look for it with {} before you start another", Action::Status(&new.dag)),
            source: Some(Box::new(error)),
        })
    }

    async fn create_by_command(&self, commands: &Commands, new: &NewRun) -> Result<DagRun> {
        let Trouble { error, .. } = match commands.trigger(new).await {
            Ok(()) => {
                return self.run(&new.dag, &new.id).await?.ok_or_else(|| Error::Remote {
                    message: format!("Airflow took the run `{}` but does not know it", new.id),
                    hint: "see in Airflow whether it is there, then run again".into(),
                    source: None,
                });
            }
            Err(trouble) => trouble,
        };
        // The command may have done its work although we did not hear of it.
        if let Ok(Some(run)) = self.run(&new.dag, &new.id).await {
            return Ok(run);
        }
        match error {
            Error::Remote { message, .. } if message.contains("AlreadyExists") => Err(self.taken(new).await),
            error => Err(error),
        }
    }

    /// Says that the date has its run, and which.
    async fn taken(&self, new: &NewRun) -> Error {
        let there = match &self.door {
            Door::Rest(rest) => rest.runs_for(new).await.unwrap_or_default(),
            Door::Commands(_) => self.runs(&new.dag, 100).await.unwrap_or_default(),
        };
        let there = there.iter().find(|run| run.logical_date == Some(new.logical_date));
        let which = there.map_or_else(String::new, |run| format!(": `{}`, {}", run.id, run.state));
        Error::Remote {
            message: format!("`{}` has a run for {} already{which}", new.dag, new.logical_date),
            hint: format!(
                "a date has one run: clear that run in Airflow to do the day again, or name another {}",
                Setting::Date
            ),
            source: None,
        }
    }
}
