//! An Airflow command that runs inside an environment, for those whom its web server does not let in.
//!
//! `executeAirflowCommand` starts it, `pollAirflowCommand` gives its output piece by piece and says how it ended.

use serde::Deserialize;
use serde_json::json;

use crate::composer::environment::{Composer, EnvironmentName};
use crate::error::{Error, Result};
use crate::remote::http::Request;

/// What an Airflow command said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// Its exit code.
    pub code: i32,
    /// What it printed, line by line; stdout and stderr are one.
    pub lines: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Started {
    execution_id: String,
    pod: String,
    pod_namespace: String,
    error: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Poll {
    output: Vec<Line>,
    output_end: bool,
    exit_info: ExitInfo,
}

// The API leaves out what is zero or empty.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    line_number: u64,
    content: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ExitInfo {
    exit_code: i32,
    error: String,
}

/// The longest that a command may go on: it asks for a list or starts a run, which is a matter of seconds.
const MOST_POLLS: u32 = 300;

impl Composer {
    /// Runs `airflow WORDS[0] WORDS[1] WORDS[2]...` and waits until it has ended.
    ///
    /// `harmless`: the command changes nothing, so that it may be sent again when its answer got lost.
    ///
    /// # Errors
    /// The command could not be started or followed. That it failed is no error: see [`CommandOutput::code`].
    pub async fn run(&self, name: &EnvironmentName, words: &[&str], harmless: bool) -> Result<CommandOutput> {
        let [command, subcommand, parameters @ ..] = words else {
            return Err(Error::Input {
                message: "an Airflow command has at least two words".into(),
                hint: "as in `dags list`".into(),
            });
        };
        tracing::debug!(command, subcommand, "running an Airflow command in `{name}`");
        let url = self.url(name);
        let body = json!({ "command": command, "subcommand": subcommand, "parameters": parameters });
        let mut request = Request::post(format!("{url}:executeAirflowCommand"), body);
        if harmless {
            request = request.repeatable();
        }
        let started: Started =
            self.http.json(&request).await.map_err(|f| self.failed("run a command in", name, f))?;
        if !started.error.is_empty() {
            return Err(refused(name, &started.error));
        }
        let mut lines: Vec<Line> = Vec::new();
        for _ in 0..MOST_POLLS {
            let next = lines.last().map_or(1, |line| line.line_number + 1);
            let body = json!({
                "executionId": started.execution_id,
                "pod": started.pod,
                "podNamespace": started.pod_namespace,
                "nextLineNumber": next,
            });
            let request = Request::post(format!("{url}:pollAirflowCommand"), body).repeatable();
            let mut poll: Poll =
                self.http.json(&request).await.map_err(|f| self.failed("follow a command in", name, f))?;
            poll.output.sort_by_key(|line| line.line_number);
            lines.extend(poll.output);
            if poll.output_end {
                let code = poll.exit_info.exit_code;
                if code == 0 && !poll.exit_info.error.is_empty() {
                    return Err(refused(name, &poll.exit_info.error));
                }
                return Ok(CommandOutput {
                    code,
                    lines: lines.into_iter().map(|line| line.content).collect(),
                });
            }
            tokio::time::sleep(self.poll).await;
        }
        Err(Error::Remote {
            message: format!("the command `airflow {command} {subcommand}` in `{name}` does not end"),
            hint: "see whether the environment has trouble, in its page of monitoring".into(),
            source: None,
        })
    }
}

fn refused(name: &EnvironmentName, why: &str) -> Error {
    Error::Remote {
        message: format!("the environment `{name}` did not run the command: {why}"),
        hint: "see whether the environment is RUNNING and its Airflow healthy; then run again".into(),
        source: None,
    }
}
