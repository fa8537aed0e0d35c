//! `pipeline status`

use pipeline::airflow::{Airflow, Dag, DagRun, ImportError, Task, check_name, seconds};
use pipeline::error::Error;
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::remote_args::{AirflowArgs, tell_detour};
use crate::base::told::{self, TaskAnswer};
use crate::base::{google, render};

/// Show how the pipelines in Airflow are
///
/// Without a name: all of them with their last runs, and the files that Airflow could not import. With a name: its
/// last runs with their tasks.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pipeline
    name: Option<String>,
    #[command(flatten)]
    airflow: AirflowArgs,
}

/// Runs shown of one pipeline.
const RUNS: usize = 5;

/// A DAG, its runs, and the tasks of each if they were asked for.
struct Known {
    dag: Dag,
    runs: Vec<(DagRun, Option<Vec<Task>>)>,
}

#[derive(Serialize)]
struct Answer<'a> {
    airflow: &'a str,
    version: u32,
    dags: Vec<DagAnswer>,
    import_errors: Vec<ImportAnswer>,
}

#[derive(Serialize)]
struct DagAnswer {
    dag: String,
    paused: bool,
    schedule: Option<String>,
    next_run: Option<String>,
    runs: Vec<RunAnswer>,
}

#[derive(Serialize)]
struct RunAnswer {
    run: String,
    url: String,
    state: &'static str,
    logical_date: Option<String>,
    start: Option<String>,
    end: Option<String>,
    seconds: Option<f64>,
    tasks: Option<Vec<TaskAnswer>>,
}

#[derive(Serialize)]
struct ImportAnswer {
    file: String,
    time: Option<String>,
    message: String,
    trace: String,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    if let Some(name) = &args.name {
        check_name(name)?;
    }
    google::block_on(async {
        let (airflow, _) = args.airflow.open().await?;
        tell_detour(&airflow);
        let (known, broken) = ask(&airflow, args.name.as_deref()).await?;
        match common.format {
            Format::Json => render::print_json(&answer(&airflow, known, broken))?,
            Format::Text => render::print(&text(&known, &broken, args.name.is_some()))?,
        }
        Ok(Outcome::Done)
    })
}

async fn ask(airflow: &Airflow, name: Option<&str>) -> anyhow::Result<(Vec<Known>, Vec<ImportError>)> {
    let mut broken = airflow.import_errors().await?;
    let dags = match name {
        None => airflow.dags().await?,
        Some(name) => {
            let dag = airflow.dag(name).await?.filter(|dag| dag.active);
            broken.retain(|error| error.is_about(name, dag.as_ref()));
            if dag.is_none() && broken.is_empty() {
                return Err(Error::Remote {
                    message: format!("Airflow at `{}` does not know the DAG `{name}`", airflow.url()),
                    hint: "`pipeline status` lists what it knows; `pipeline upload` brings more".into(),
                    source: None,
                }
                .into());
            }
            dag.into_iter().collect()
        }
    };
    let mut known = Vec::new();
    for dag in dags {
        let mut runs = Vec::new();
        for run in airflow.runs(&dag.id, if name.is_some() { RUNS } else { 1 }).await? {
            let tasks = match name {
                Some(_) => Some(airflow.tasks(&run).await?),
                None => None,
            };
            runs.push((run, tasks));
        }
        known.push(Known { dag, runs });
    }
    Ok((known, broken))
}

fn answer<'a>(airflow: &'a Airflow, known: Vec<Known>, broken: Vec<ImportError>) -> Answer<'a> {
    let run = |(run, tasks): (DagRun, Option<Vec<Task>>)| RunAnswer {
        url: airflow.run_url(&run),
        state: run.state.name(),
        logical_date: told::text(run.logical_date),
        start: told::text(run.start),
        end: told::text(run.end),
        seconds: seconds(run.start, run.end),
        run: run.id,
        tasks: tasks.map(|tasks| tasks.iter().map(TaskAnswer::from).collect()),
    };
    let dag = |Known { dag, runs }| DagAnswer {
        dag: dag.id,
        paused: dag.paused,
        schedule: dag.schedule,
        next_run: told::text(dag.next_run),
        runs: runs.into_iter().map(run).collect(),
    };
    let error = |error: ImportError| ImportAnswer {
        time: told::text(error.time),
        message: error.message().to_owned(),
        file: error.file,
        trace: error.trace,
    };
    Answer {
        airflow: airflow.url(),
        version: airflow.major(),
        dags: known.into_iter().map(dag).collect(),
        import_errors: broken.into_iter().map(error).collect(),
    }
}

fn text(known: &[Known], broken: &[ImportError], one: bool) -> String {
    let mut parts = Vec::new();
    let row = |known: &Known| {
        let last = known.runs.first().map(|(run, _)| run);
        vec![
            known.dag.id.clone(),
            if known.dag.paused { "paused" } else { "-" }.to_owned(),
            known.dag.schedule.clone().unwrap_or_else(|| "-".into()),
            last.map_or_else(|| "-".into(), |run| run.id.clone()),
            last.map_or_else(|| "-".into(), |run| run.state.to_string()),
            last.map_or_else(|| "-".into(), |run| told::short(run.start)),
            told::short(known.dag.next_run),
        ]
    };
    if known.is_empty() && !one {
        parts.push("Airflow knows no DAG\n".to_owned());
    } else if !known.is_empty() {
        let header = ["dag", "paused", "schedule", "last run", "state", "began", "next run"];
        parts.push(render::table(&header, known.iter().map(row).collect(), &[]));
    }
    for (run, tasks) in known.iter().flat_map(|known| &known.runs) {
        if let Some(tasks) = tasks {
            let date = told::short(run.logical_date);
            let took = told::duration(run.start, run.end);
            let head = format!("{}: {}, for {date}, took {took}\n", run.id, run.state);
            parts.push(head + &told::tasks(tasks));
        }
    }
    for error in broken {
        let what = if one { &error.trace } else { error.message() };
        parts.push(format!("cannot import {}: {}\n", error.file, visible(what)));
    }
    parts.join("\n")
}

/// Nothing that a terminal would act on.
fn visible(text: &str) -> String {
    text.trim_end().chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
