//! `pipeline trigger`

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{Timestamp, civil};
use pipeline::airflow::{
    Airflow, DagRun, Ending, NewRun, Readiness, RunState, Seen, Task, Watched, Watching, check_name,
};
use pipeline::error::Error;
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::logging::say;
use crate::base::options::{Common, Format};
use crate::base::remote_args::{AirflowArgs, duration, tell_detour, uploaded};
use crate::base::told::{self, TaskAnswer};
use crate::base::{google, interrupt, render};

/// Start a pipeline in Airflow, and watch it
///
/// Waits until Airflow knows the pipeline's DAG, starts a run, and prints its id and its page. With --watch it stays
/// until the run has ended: exit code 0 if all is well, 1 if the run failed, 2 if nobody can tell. Ctrl-C ends the
/// watching only.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pipeline
    name: String,
    #[command(flatten)]
    airflow: AirflowArgs,
    /// The day that the run is for [default: this moment]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    date: Option<civil::Date>,
    /// A parameter of the pipeline; can be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Stay until the run has ended, and show how its tasks go
    #[arg(long)]
    watch: bool,
    /// Let the runs of a paused DAG go
    #[arg(long)]
    unpause: bool,
    /// How long to wait until Airflow knows the DAG
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    wait: Duration,
    /// How long to watch at most, as in 90s or 2h [default: until the run ends]
    #[arg(long, value_name = "DURATION", requires = "watch", value_parser = duration)]
    timeout: Option<Duration>,
    #[arg(long, hide = true, default_value = "5m", value_parser = duration)]
    patience: Duration,
}

fn day(text: &str) -> Result<civil::Date, String> {
    let date: Option<civil::Date> = text.parse().ok();
    date.filter(|date| date.to_string() == text).ok_or_else(|| "a day is written as in 2026-01-31".into())
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("a parameter is written as in key=value".into()),
    }
}

#[derive(Serialize)]
struct Answer {
    pipeline: String,
    run: String,
    logical_date: Option<String>,
    url: String,
    state: &'static str,
    watch: Option<&'static str>,
    tasks: Vec<TaskAnswer>,
    failures: Vec<Failure>,
}

#[derive(Serialize)]
struct Failure {
    task: String,
    map_index: Option<u32>,
    #[serde(rename = "try")]
    attempt: Option<u32>,
    lines: Vec<String>,
}

/// Lines of a failed task's log that are shown.
const LINES: usize = 5;

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    check_name(&args.name)?;
    let mut set = BTreeMap::new();
    for (key, value) in &args.set {
        if set.insert(key.clone(), value.clone()).is_some() {
            return Err(Error::Input {
                message: format!("--set gives `{key}` twice"),
                hint: "a parameter has one value".into(),
            }
            .into());
        }
    }
    google::block_on(async { start(args, set, common).await })
}

async fn start(args: &Args, set: BTreeMap<String, String>, common: &Common) -> anyhow::Result<Outcome> {
    let (airflow, bucket) = args.airflow.open().await?;
    tell_detour(&airflow);
    let uploaded = uploaded(bucket.as_deref(), &args.name).await;
    let how = Readiness { uploaded, unpause: args.unpause, wait: args.wait, poll: args.airflow.poll };
    airflow.ready(&args.name, &how, &mut |what| say(common, what)).await?;
    let now = Timestamp::now();
    let date = match args.date {
        Some(date) => format!("{date}T00:00:00Z").parse()?,
        None => now,
    };
    let run = airflow.create(&NewRun::new(&args.name, date, now, set)).await?;
    let url = airflow.run_url(&run);
    match common.format {
        Format::Text => render::print(&format!("run {}\n{url}\n", run.id))?,
        Format::Json if args.watch => say(common, &format!("run {} {url}", run.id)),
        Format::Json => {}
    }
    if !args.watch {
        if common.format == Format::Json {
            render::print_json(&answer(&run, url, &[], None, Vec::new()))?;
        }
        return Ok(Outcome::Done);
    }
    let how = Watching { poll: args.airflow.poll, timeout: args.timeout, patience: args.patience };
    let watched = airflow.watch(&run, &how, &mut |seen| tell(common, &seen), interrupt::pressed()).await?;
    let failures = failures(&airflow, &watched).await;
    match common.format {
        Format::Json => {
            let ending = Some(ending(&watched.ending));
            render::print_json(&answer(&watched.run, url.clone(), &watched.tasks, ending, failures))?;
        }
        Format::Text => render::print(&text(&watched, &failures))?,
    }
    outcome(&watched, &url)
}

fn tell(common: &Common, seen: &Seen<'_>) {
    let now = Timestamp::now().strftime("%H:%M:%SZ");
    match seen {
        Seen::Run(run) => say(common, &format!("{now}  run {}", run.state)),
        Seen::Task(task) => {
            let attempt = match task.attempt {
                Some(attempt) if attempt > 0 => format!("  try {attempt}"),
                _ => String::new(),
            };
            let took = match told::duration(task.start, task.end) {
                took if took == "-" => String::new(),
                took => format!("  {took}"),
            };
            say(common, &format!("{now}  task {} {}{attempt}{took}", task.label(), task.state()));
        }
        Seen::Lost(error) => say(common, &format!("{now}  no answer, asking again: {error}")),
        Seen::Back => say(common, &format!("{now}  Airflow answers again")),
        _ => {}
    }
}

/// What the logs of the failed tasks say, where they are to be had.
async fn failures(airflow: &Airflow, watched: &Watched) -> Vec<Failure> {
    let mut failures = Vec::new();
    if watched.run.state != RunState::Failed {
        return failures;
    }
    for task in watched.tasks.iter().filter(|task| task.state() == "failed") {
        let lines = airflow.error_lines(&watched.run, task, LINES).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "no log of `{}`", task.label());
            Vec::new()
        });
        failures.push(Failure {
            task: task.id.clone(),
            map_index: task.map_index,
            attempt: task.attempt,
            lines,
        });
    }
    failures
}

fn ending(ending: &Ending) -> &'static str {
    match ending {
        Ending::Ended => "ended",
        Ending::TimedOut => "timed-out",
        Ending::Stopped => "stopped",
        _ => "lost",
    }
}

fn answer(
    run: &DagRun,
    url: String,
    tasks: &[Task],
    watch: Option<&'static str>,
    failures: Vec<Failure>,
) -> Answer {
    Answer {
        pipeline: run.dag.clone(),
        run: run.id.clone(),
        logical_date: told::text(run.logical_date),
        url,
        state: run.state.name(),
        watch,
        tasks: tasks.iter().map(TaskAnswer::from).collect(),
        failures,
    }
}

fn text(watched: &Watched, failures: &[Failure]) -> String {
    let mut text = String::from("\n");
    if !watched.tasks.is_empty() {
        text += &told::tasks(&watched.tasks);
    }
    for failure in failures.iter().filter(|failure| !failure.lines.is_empty()) {
        text += &format!("\n{} says:\n", failure.task);
        failure.lines.iter().for_each(|line| text += &format!("  {line}\n"));
    }
    let run = &watched.run;
    let took = match told::duration(run.start, run.end) {
        took if took == "-" => String::new(),
        took => format!(" after {took}"),
    };
    text + &format!("\nrun {}{took}\n", run.state)
}

/// The exit code says how the run ended, or that nobody can tell.
fn outcome(watched: &Watched, url: &str) -> anyhow::Result<Outcome> {
    let run = &watched.run;
    let failed: Vec<String> = watched
        .tasks
        .iter()
        .filter(|task| task.state() == "failed")
        .map(|task| format!("`{}`", task.label()))
        .collect();
    let (why, source) = match &watched.ending {
        Ending::Ended if run.state == RunState::Success => return Ok(Outcome::Done),
        Ending::Ended => {
            let which = match failed.len() {
                0 => String::new(),
                1 => format!(": task {}", failed[0]),
                _ => format!(": tasks {}", failed.join(", ")),
            };
            let why = format!("the run of `{}` failed{which}", run.dag);
            return Ok(Outcome::NotPassed { why, hint: format!("see {url}") });
        }
        Ending::Stopped => ("stopped watching".to_owned(), None),
        Ending::TimedOut => ("the run takes longer than --timeout".to_owned(), None),
        Ending::Lost(error) => ("lost the connection to Airflow".to_owned(), Some(error.to_string())),
        _ => ("cannot tell how the run ended".to_owned(), None),
    };
    Err(Error::Remote {
        message: format!("{why}; the run goes on, it was {} when last seen", run.state),
        hint: format!("`pipeline status {}` tells how it is, or see {url}", run.dag),
        source: source.map(Into::into),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_taken_as_it_is_meant_or_refused() {
        assert_eq!(day("2026-01-31").unwrap().to_string(), "2026-01-31");
        for wrong in ["2026-02-30", "31/01/2026", "2026-01-31T00:00", "2026-1-31", ""] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
        assert_eq!(pair("a=b=c").unwrap(), ("a".into(), "b=c".into()));
        assert_eq!(pair("a=").unwrap(), ("a".into(), String::new()));
        assert!(pair("a").is_err() && pair("=a").is_err());
        for (typed, meant) in [("90s", 90), ("5m", 300), ("2h", 7200), ("0s", 0), ("1h 30m", 5400)] {
            assert_eq!(duration(typed).unwrap(), Duration::from_secs(meant), "{typed}");
        }
        for wrong in ["", "5", "-5m", "soon", "999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
