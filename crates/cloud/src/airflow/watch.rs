//! A run watched until it ends, or until nobody can tell any more.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::airflow::Airflow;
use crate::airflow::run::{DagRun, Task};
use crate::airflow::trouble::{Outcome, Trouble};
use crate::error::{Action, Error, Result};

/// How to watch.
#[derive(Debug, Clone)]
pub struct Watching {
    /// The pause between two looks.
    pub poll: Duration,
    /// How long to watch at most; none: until the run ends.
    pub timeout: Option<Duration>,
    /// How long Airflow may be out of reach before we give up.
    pub patience: Duration,
}

/// What was seen.
#[derive(Debug)]
#[non_exhaustive]
pub enum Seen<'a> {
    /// The state of the run has changed.
    Run(&'a DagRun),
    /// The state or the try of a task has changed.
    Task(&'a Task),
    /// Airflow does not answer; we go on asking.
    Lost(&'a Error),
    /// Airflow answers again.
    Back,
}

/// Why the watching has ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ending {
    /// The run has ended.
    Ended,
    /// It took longer than we were to watch.
    TimedOut,
    /// Airflow was out of reach for too long.
    Lost(Error),
    /// We were told to stop.
    Stopped,
}

/// What was last known when the watching ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Watched {
    /// The run.
    pub run: DagRun,
    /// Its tasks.
    pub tasks: Vec<Task>,
    /// Why the watching has ended.
    pub ending: Ending,
}

impl Airflow {
    /// Watches a run until it ends, or `stop` does. The run goes on in any case.
    ///
    /// # Errors
    /// Airflow answers, but not what was asked for: the run is gone, or we may no longer see it.
    pub async fn watch(
        &self,
        run: &DagRun,
        how: &Watching,
        seen: &mut (dyn FnMut(Seen<'_>) + Send),
        stop: impl Future<Output = ()>,
    ) -> Result<Watched> {
        let mut watch = Watch { run: run.clone(), tasks: Vec::new(), told: HashMap::new(), lost_since: None };
        let ending = {
            let deadline = how.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
            let timeout = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = stop => Ending::Stopped,
                ending = watch.until_it_ends(self, how, seen) => ending?,
                () = timeout => Ending::TimedOut,
            }
        };
        Ok(Watched { run: watch.run, tasks: watch.tasks, ending })
    }
}

struct Watch {
    run: DagRun,
    tasks: Vec<Task>,
    told: HashMap<String, (Option<String>, Option<u32>)>,
    lost_since: Option<Instant>,
}

impl Watch {
    async fn until_it_ends(
        &mut self,
        airflow: &Airflow,
        how: &Watching,
        seen: &mut (dyn FnMut(Seen<'_>) + Send),
    ) -> Result<Ending> {
        let mut first = true;
        loop {
            match look(airflow, &self.run).await {
                Ok((run, tasks)) => {
                    if self.lost_since.take().is_some() {
                        seen(Seen::Back);
                    }
                    self.tell(&tasks, seen);
                    if first || run.state != self.run.state {
                        seen(Seen::Run(&run));
                    }
                    first = false;
                    (self.run, self.tasks) = (run, tasks);
                    if self.run.state.has_ended() {
                        return Ok(Ending::Ended);
                    }
                }
                Err(trouble) if trouble.passing => {
                    let since = *self.lost_since.get_or_insert_with(|| {
                        seen(Seen::Lost(&trouble.error));
                        Instant::now()
                    });
                    if since.elapsed() >= how.patience {
                        return Ok(Ending::Lost(trouble.error));
                    }
                }
                Err(trouble) => return Err(trouble.into()),
            }
            tokio::time::sleep(how.poll).await;
        }
    }

    /// Tells of the tasks that are no longer as they were told.
    fn tell(&mut self, tasks: &[Task], seen: &mut (dyn FnMut(Seen<'_>) + Send)) {
        for task in tasks {
            let now = (task.state.clone(), task.attempt);
            let before = self.told.insert(task.label(), now.clone());
            if before.as_ref() != Some(&now) && (task.state.is_some() || before.is_some()) {
                seen(Seen::Task(task));
            }
        }
    }
}

/// The run, then its tasks: those of a run that has ended are as they will stay.
async fn look(airflow: &Airflow, run: &DagRun) -> Outcome<(DagRun, Vec<Task>)> {
    let Some(run) = airflow.run_now(run).await? else {
        return Err(Trouble {
            passing: false,
            error: Error::Remote {
                message: format!("the run `{}` of `{}` is gone", run.id, run.dag),
                hint: format!("somebody deleted it; start another with {}", Action::Trigger),
                source: None,
            },
        });
    };
    let tasks = airflow.tasks_now(&run).await?;
    Ok((run, tasks))
}
