//! `pipeline list`

use std::time::Duration;

use pipeline::spec::tables::{Param, ParamType, TablesSpec, Work};
use pipeline::spec::{self, DrugsSpec, Found, Pipeline};
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::render;
use crate::base::spec_args::DagsArgs;

/// List the pipelines: their sources, tasks and schedules
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    dags: DagsArgs,
}

#[derive(Serialize)]
struct Answer {
    pipelines: Vec<Listed>,
    /// Pipelines whose files have problems.
    broken: Vec<String>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    description: String,
    file: String,
    schedule: Option<String>,
    start_date: Option<String>,
    catchup: bool,
    retries: u32,
    retry_delay_s: Option<u64>,
    timeout_s: Option<u64>,
    max_active_runs: u32,
    tags: Vec<String>,
    params: Vec<ListedParam>,
    sources: Vec<ListedSource>,
    tasks: Vec<ListedTask>,
    audits: Vec<String>,
    on_failure: bool,
    tests: usize,
}

#[derive(Serialize)]
struct ListedParam {
    name: String,
    r#type: &'static str,
    default: String,
}

#[derive(Serialize)]
struct ListedSource {
    name: String,
    path: Vec<String>,
    dated: bool,
}

#[derive(Serialize)]
struct ListedTask {
    name: String,
    description: String,
    work: &'static str,
    from: Vec<String>,
    upstream: Vec<String>,
    to: Option<String>,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let folder = args.dags.folder()?;
    let mut answer = Answer { pipelines: Vec::new(), broken: Vec::new() };
    for name in spec::names(folder.as_deref())? {
        let found = spec::locate(&name, folder.as_deref())?;
        match found.inspect() {
            Ok(pipeline) => answer.pipelines.push(Listed::new(&found, &pipeline)),
            Err(_) => answer.broken.push(name),
        }
    }
    match common.format {
        Format::Json => render::print_json(&answer)?,
        Format::Text => render::print(&text(&answer))?,
    }
    if answer.broken.is_empty() {
        return Ok(Outcome::Done);
    }
    let names: Vec<String> = answer.broken.iter().map(|name| format!("`{name}`")).collect();
    Ok(Outcome::NotPassed {
        why: format!("not listed, for their files have problems: {}", names.join(", ")),
        hint: "see them with `pipeline check`".into(),
    })
}

impl Listed {
    fn new(found: &Found, pipeline: &Pipeline) -> Self {
        let schedule = pipeline.schedule();
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
        let listed = Self {
            name: pipeline.name().to_owned(),
            description: pipeline.description().to_owned(),
            file: found.file.clone(),
            schedule: schedule.cron.as_ref().map(ToString::to_string),
            start_date: schedule.start_date.map(|date| date.to_string()),
            catchup: schedule.catchup,
            retries: schedule.retries,
            retry_delay_s: seconds(schedule.retry_delay),
            timeout_s: seconds(schedule.timeout),
            max_active_runs: schedule.max_active_runs,
            tags: schedule.tags.clone(),
            params: Vec::new(),
            sources: Vec::new(),
            tasks: Vec::new(),
            audits: Vec::new(),
            on_failure: false,
            tests: 0,
        };
        match pipeline {
            Pipeline::Drugs(spec) => listed.drugs(spec),
            Pipeline::Tables(spec) => listed.tables(spec),
        }
    }

    fn drugs(self, spec: &DrugsSpec) -> Self {
        let sources = spec.sources().map(|(name, source)| ListedSource {
            name: name.to_owned(),
            path: source.path.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
            dated: source.is_dated(),
        });
        let tasks = spec.tasks.iter().map(|task| ListedTask {
            name: task.name.clone(),
            description: task.description.clone(),
            work: task.builtin.name(),
            from: task.from.iter().cloned().collect(),
            upstream: owned(&task.upstream()),
            to: None,
        });
        Self { sources: sources.collect(), tasks: tasks.collect(), ..self }
    }

    fn tables(self, spec: &TablesSpec) -> Self {
        let param = |param: &Param| ListedParam {
            name: param.name.clone(),
            r#type: match param.kind {
                ParamType::String => "string",
                ParamType::Integer => "integer",
                ParamType::Float => "float",
                ParamType::Boolean => "boolean",
            },
            default: param.value.text.clone(),
        };
        let sources = spec.sources.iter().map(|source| ListedSource {
            name: source.name.clone(),
            path: source.path.iter().map(|path| path.text.clone()).collect(),
            dated: source.is_dated(),
        });
        let tasks = spec.tasks.iter().map(|task| ListedTask {
            name: task.name.clone(),
            description: task.description.clone(),
            work: match task.work {
                Work::Copy => "copy",
                Work::Sql(_) => "sql",
            },
            from: task.from.clone(),
            upstream: owned(&spec.upstream(task)),
            to: Some(task.write.to.text.clone()),
        });
        Self {
            params: spec.params.iter().map(param).collect(),
            sources: sources.collect(),
            tasks: tasks.collect(),
            audits: spec.audits.iter().map(|audit| audit.name.clone()).collect(),
            on_failure: spec.on_failure.is_some(),
            tests: spec.tests.len(),
            ..self
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn text(answer: &Answer) -> String {
    let blocks: Vec<String> = answer.pipelines.iter().map(block).collect();
    blocks.join("\n")
}

/// A pipeline for people.
fn block(listed: &Listed) -> String {
    let description =
        if listed.description.is_empty() { String::new() } else { format!(": {}", listed.description) };
    let mut text = format!("{}{description}\n", listed.name);
    let mut line = |key: &str, value: String| {
        if !value.is_empty() {
            text += &format!("  {key:<9}  {value}\n");
        }
    };
    line(
        "schedule",
        match &listed.schedule {
            None => "by hand".to_owned(),
            Some(cron) => {
                let since =
                    listed.start_date.as_ref().map(|day| format!(", since {day}")).unwrap_or_default();
                let catchup = if listed.catchup { ", missed days are run later" } else { "" };
                format!("{cron} (UTC{since}{catchup})")
            }
        },
    );
    let sources = listed.sources.iter().map(|source| format!("{} ({})", source.name, source.path.join(", ")));
    line("sources", sources.collect::<Vec<_>>().join("; "));
    let tasks = listed.tasks.iter().map(|task| match task.upstream.is_empty() {
        true => task.name.clone(),
        false => format!("{} after {}", task.name, task.upstream.join(", ")),
    });
    line("tasks", tasks.collect::<Vec<_>>().join("; "));
    line("audits", listed.audits.join(", "));
    let params = listed.params.iter().map(|param| param.name.clone());
    line("params", params.collect::<Vec<_>>().join(", "));
    line("file", listed.file.clone());
    text
}
