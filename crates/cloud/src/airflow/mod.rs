//! Airflow 2 or 3, on Composer or anywhere else: what it knows, a run started, a run watched.
//!
//! There are two doors. The REST API of its web server: `/api/v2` in Airflow 3, `/api/v1` in Airflow 2. And, for an
//! environment of Composer whose web server lets in chosen addresses only, Airflow's own commands, which the Composer
//! API runs inside; they tell less (no tries, no logs) and take seconds each.

mod commands;
mod create;
mod dag;
mod log;
mod login;
mod options;
mod ready;
mod rest;
mod run;
mod trouble;
mod watch;

pub use dag::{Dag, ImportError};
pub use options::AirflowOptions;
pub use ready::{Readiness, check_name};
pub use run::{DagRun, NewRun, RunState, Task, seconds};
pub use watch::{Ending, Seen, Watched, Watching};

use crate::airflow::commands::Commands;
use crate::airflow::rest::Rest;
use crate::airflow::trouble::Outcome;
use crate::composer::{Composer, Environment};
use crate::error::Result;
use crate::remote::http::segment;

/// An Airflow that answers.
#[derive(Debug, Clone)]
pub struct Airflow {
    door: Door,
    url: String,
    major: u32,
    detour: Option<String>,
}

#[derive(Debug, Clone)]
enum Door {
    Rest(Rest),
    Commands(Commands),
}

/// Asks whichever door there is.
macro_rules! ask {
    ($airflow:expr, $method:ident($($argument:expr),*)) => {
        match &$airflow.door {
            Door::Rest(rest) => rest.$method($($argument),*).await,
            Door::Commands(commands) => commands.$method($($argument),*).await,
        }
    };
}

impl Airflow {
    /// The Airflow at an address; asks for its version.
    ///
    /// # Errors
    /// The address is refused, nobody answers there, or it is no Airflow that lets us in.
    pub async fn at(url: &str, options: &AirflowOptions) -> Result<Self> {
        let rest = Rest::open(url, options).await?;
        Ok(Self { url: rest.url().to_owned(), major: rest.major(), door: Door::Rest(rest), detour: None })
    }

    /// The Airflow of an environment; through its commands where its web server does not let us in.
    ///
    /// # Errors
    /// The environment has no Airflow yet, or neither way leads to it.
    pub async fn of(
        composer: &Composer,
        environment: &Environment,
        options: &AirflowOptions,
    ) -> Result<Self> {
        let url = environment.airflow()?;
        let why = match Rest::open(url, options).await {
            Ok(rest) => {
                return Ok(Self {
                    url: rest.url().to_owned(),
                    major: rest.major(),
                    door: Door::Rest(rest),
                    detour: None,
                });
            }
            Err(trouble) if trouble.passing || rest::is_closed(&trouble.error) => trouble.error,
            Err(trouble) => return Err(trouble.into()),
        };
        let major = environment.airflow_major().unwrap_or(3);
        let commands = Commands::new(composer.clone(), environment.name.clone(), major);
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            major,
            door: Door::Commands(commands),
            detour: Some(crate::remote::http::chain(&why)),
        })
    }

    /// Why Airflow's commands are used in place of its API, if they are.
    #[must_use]
    pub fn detour(&self) -> Option<&str> {
        self.detour.as_deref()
    }

    /// The address of its web pages.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// 2 or 3.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The web page of a run.
    #[must_use]
    pub fn run_url(&self, run: &DagRun) -> String {
        let (url, dag, id) = (&self.url, segment(&run.dag), segment(&run.id));
        match self.major {
            2 => format!("{url}/dags/{dag}/grid?dag_run_id={id}"),
            _ => format!("{url}/dags/{dag}/runs/{id}"),
        }
    }

    /// A DAG; none if Airflow knows no such name.
    ///
    /// # Errors
    /// Airflow did not answer.
    pub async fn dag(&self, name: &str) -> Result<Option<Dag>> {
        Ok(ask!(self, dag(name))?)
    }

    /// All the DAGs whose files are there, by name.
    ///
    /// # Errors
    /// Airflow did not answer.
    pub async fn dags(&self) -> Result<Vec<Dag>> {
        let mut dags = ask!(self, dags())?;
        dags.retain(|dag| dag.active);
        dags.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(dags)
    }

    /// The files that Airflow could not import, by name.
    ///
    /// # Errors
    /// Airflow did not answer.
    pub async fn import_errors(&self) -> Result<Vec<ImportError>> {
        let mut errors = ask!(self, import_errors())?;
        errors.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(errors)
    }

    /// Lets the runs of a DAG go.
    ///
    /// # Errors
    /// Airflow did not do it.
    pub async fn unpause(&self, name: &str) -> Result<()> {
        Ok(ask!(self, unpause(name))?)
    }

    /// The last runs of a DAG that were made, the latest first.
    ///
    /// # Errors
    /// Airflow did not answer.
    pub async fn runs(&self, dag: &str, limit: usize) -> Result<Vec<DagRun>> {
        Ok(ask!(self, runs(dag, limit))?)
    }

    /// A run; none if there is no such id.
    ///
    /// # Errors
    /// Airflow did not answer.
    pub async fn run(&self, dag: &str, id: &str) -> Result<Option<DagRun>> {
        Ok(ask!(self, run(dag, id))?)
    }

    /// The tasks of a run, in the order in which they began; those that have not, last.
    ///
    /// # Errors
    /// Airflow did not answer.
    pub async fn tasks(&self, run: &DagRun) -> Result<Vec<Task>> {
        Ok(self.tasks_now(run).await?)
    }

    async fn run_now(&self, run: &DagRun) -> Outcome<Option<DagRun>> {
        ask!(self, run(&run.dag, &run.id))
    }

    async fn tasks_now(&self, run: &DagRun) -> Outcome<Vec<Task>> {
        let mut tasks = ask!(self, tasks(&run.dag, &run.id))?;
        tasks.sort_by_key(|task| (task.start.is_none(), task.start, task.id.clone(), task.map_index));
        Ok(tasks)
    }

    /// The last lines of a task's log that are errors, the oldest first; empty where there is no log to be had.
    ///
    /// # Errors
    /// Airflow did not answer.
    pub async fn error_lines(&self, run: &DagRun, task: &Task, most: usize) -> Result<Vec<String>> {
        match &self.door {
            Door::Rest(rest) => Ok(rest.error_lines(run, task, most).await?),
            Door::Commands(_) => Ok(Vec::new()),
        }
    }
}
