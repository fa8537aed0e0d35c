//! Airflow's own commands, run inside an environment: the way in where its web server is closed.
//!
//! What they print is JSON between whatever else is said. Versions differ in the names of a few options.

use serde::de::DeserializeOwned;

use crate::airflow::dag::{Dag, ImportError};
use crate::airflow::run::{DagRun, NewRun, Task};
use crate::airflow::trouble::{Outcome, Trouble};
use crate::composer::{CommandOutput, Composer, EnvironmentName};
use crate::error::Error;
use crate::remote::http::Failure;

/// The commands of an environment.
#[derive(Debug, Clone)]
pub(super) struct Commands {
    composer: Composer,
    name: EnvironmentName,
    major: u32,
}

impl Commands {
    pub(super) fn new(composer: Composer, name: EnvironmentName, major: u32) -> Self {
        Self { composer, name, major }
    }

    async fn output(&self, words: &[&str], harmless: bool) -> Outcome<CommandOutput> {
        self.composer.run(&self.name, words, harmless).await.map_err(|error| {
            let failure = match &error {
                Error::Remote { source: Some(source), .. } => source.downcast_ref::<Failure>(),
                _ => None,
            };
            Trouble { passing: failure.is_some_and(Failure::may_pass), error }
        })
    }

    /// The list that a command prints.
    async fn list<T: DeserializeOwned>(&self, words: &[&str]) -> Outcome<Vec<T>> {
        let words = [words, &["-o", "json"]].concat();
        let output = self.output(&words, true).await?;
        json_among(&output.lines).ok_or_else(|| self.failed(&words, &output))
    }

    pub(super) async fn dag(&self, name: &str) -> Outcome<Option<Dag>> {
        let words = ["dags", "details", name, "-o", "json"];
        let output = self.output(&words, true).await?;
        if output.code != 0 && output.lines.iter().any(|line| line.contains("does not exist")) {
            return Ok(None);
        }
        match json_among(&output.lines) {
            Some(dags) => Ok(dags.into_iter().next()),
            None => Err(self.failed(&words, &output)),
        }
    }

    pub(super) async fn dags(&self) -> Outcome<Vec<Dag>> {
        self.list(&["dags", "list"]).await
    }

    pub(super) async fn import_errors(&self) -> Outcome<Vec<ImportError>> {
        self.list(&["dags", "list-import-errors"]).await
    }

    pub(super) async fn unpause(&self, name: &str) -> Outcome<()> {
        let words = ["dags", "unpause", name];
        match self.output(&words, true).await? {
            CommandOutput { code: 0, .. } => Ok(()),
            output => Err(self.failed(&words, &output)),
        }
    }

    pub(super) async fn runs(&self, dag: &str, limit: usize) -> Outcome<Vec<DagRun>> {
        let name: &[&str] = if self.major >= 3 { &[dag] } else { &["-d", dag] };
        // They come with the latest date first.
        let mut runs: Vec<DagRun> = self.list(&[&["dags", "list-runs"], name].concat()).await?;
        runs.truncate(limit);
        Ok(runs)
    }

    pub(super) async fn run(&self, dag: &str, id: &str) -> Outcome<Option<DagRun>> {
        Ok(self.runs(dag, usize::MAX).await?.into_iter().find(|run| run.id == id))
    }

    pub(super) async fn tasks(&self, dag: &str, id: &str) -> Outcome<Vec<Task>> {
        self.list(&["tasks", "states-for-dag-run", dag, id]).await
    }

    pub(super) async fn trigger(&self, new: &NewRun) -> Outcome<()> {
        let date = if self.major >= 3 { "--logical-date" } else { "--exec-date" };
        let (moment, conf) = (new.logical_date.to_string(), new.conf().to_string());
        let words =
            ["dags", "trigger", &new.dag, "--run-id", &new.id, date, &moment, "--conf", &conf, "-o", "json"];
        match self.output(&words, false).await? {
            CommandOutput { code: 0, .. } => Ok(()),
            output => Err(self.failed(&words, &output)),
        }
    }

    fn failed(&self, words: &[&str], output: &CommandOutput) -> Trouble {
        let said: Vec<&str> = output.lines.iter().map(|l| l.trim()).filter(|line| !line.is_empty()).collect();
        let last = said.last().copied().unwrap_or("nothing");
        Trouble {
            passing: false,
            error: Error::Remote {
                message: format!(
                    "`airflow {} {}` in `{}` ended with code {} and said: {last}",
                    words[0], words[1], self.name, output.code
                ),
                hint: "see what Airflow said above, and the environment's logs".into(),
                source: None,
            },
        }
    }
}

/// The JSON list among the lines of a log, which may begin with brackets as well.
fn json_among<T: DeserializeOwned>(lines: &[String]) -> Option<Vec<T>> {
    (0..lines.len()).filter(|at| lines[*at].trim_start().starts_with('[')).find_map(|at| {
        let text = lines[at..].join("\n");
        serde_json::Deserializer::from_str(&text).into_iter::<Vec<T>>().next()?.ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_list_is_found_among_other_lines() {
        let said = "dag_command.py:48 UserWarning: no graphviz\n\
            [2026-11-21T09:29:33.048+0000] {__init__.py:43} INFO - Loaded\n\
            [{\"dag_id\": \"tiny\", \"is_paused\": \"True\", \"is_stale\": \"False\",\n\
            \"last_parsed_time\": \"2026-11-21 09:30:52.282131+00:00\", \"timetable_summary\": \"0 4 * * *\"}]\nbye";
        let dags: Vec<Dag> = json_among(&lines(said)).unwrap();
        assert_eq!((dags[0].id.as_str(), dags[0].paused, dags[0].active), ("tiny", true, true));
        assert_eq!(dags[0].last_parsed.unwrap().to_string(), "2026-11-21T09:30:52.282131Z");
        assert_eq!(json_among::<Dag>(&lines("warning\n[]")).unwrap(), []);
        assert!(json_among::<Dag>(&lines("[2026] INFO\nNo data")).is_none());
    }
}
