//! `pipeline run` of the drugs pipeline.

use std::path::PathBuf;

use pipeline::error::Error;
use pipeline::export::{RunRecord, State};
use pipeline::run::{self, Companions, Published, RunOptions};
use pipeline::spec::{Builtin, DrugsSpec, TaskSpec};
use pipeline::store::{Location, Site};

use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::place::DEFAULT_OUT;
use crate::base::progress::Bar;
use crate::base::settings::Setting;
use crate::base::summary::{exceeded, log, quoted, summary};
use crate::base::{logging, place, render};
use crate::commands::run::args::Args;

pub(super) fn run(args: &Args, spec: &DrugsSpec, common: &Common) -> anyhow::Result<Outcome> {
    let task = args.task.as_deref().map(|name| spec.task(name)).transpose()?;
    let named = task.or_else(|| spec.task_that(Builtin::Mentions));
    logging::label(&spec.name, named.map_or("", |task| &task.name));
    refuse_settings(spec, &args.set)?;
    refuse_days(spec, args)?;
    let data = args.data.clone().unwrap_or_else(|| PathBuf::from("data"));
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUT));
    if !matches!(Location::parse(&data)?, Location::Local(_)) {
        return Err(Error::Call {
            message: format!("`{}` is a URL: inputs are read from local folders only", data.display()),
            hint: "name a local folder with --data".into(),
        }
        .into());
    }
    let options = RunOptions {
        threads: args.threads.map_or(0, usize::from),
        max_rejects: args.max_rejects,
        date: args.date,
        incremental: args.incremental,
        ..RunOptions::new(&data, place::site(&out)?)
    };
    let bar = Bar::new(common.quiet, "reading");
    let done = match task.map(|task| task.builtin) {
        Some(Builtin::Check) => Done::checked(run::check(spec, &options, &bar)?, &options, spec),
        Some(Builtin::Mentions) if let Some(publish) = spec.task_that(Builtin::Publish) => {
            Done::staged(run::stage(spec, &options, &bar)?, &options, spec, publish)
        }
        Some(Builtin::Publish) => Done::published(run::publish(spec, &options)?, &options),
        _ => Done::written(run::run(spec, &options, &bar)?, &options),
    };
    done.tell(common)
}

fn refuse_days(spec: &DrugsSpec, args: &Args) -> Result<(), Error> {
    if args.from.is_none() {
        return Ok(());
    }
    Err(Error::Input {
        message: format!("the pipeline `{}` makes one graph, not a table that days are added to", spec.name),
        hint: "run it for one day, with --date".into(),
    })
}

fn refuse_settings(spec: &DrugsSpec, settings: &[Setting]) -> Result<(), Error> {
    let Some(Setting { key, .. }) = settings.first() else { return Ok(()) };
    Err(Error::Call {
        message: format!("the pipeline `{}` has no parameter `{key}`", spec.name),
        hint: "it has no parameters at all: leave out --set".into(),
    })
}

/// What was done, and what to say of it.
struct Done {
    record: RunRecord,
    /// For a person, on stdout.
    text: String,
    /// For the log.
    what: String,
    /// Whether rows were read, which the log tells file by file.
    read: bool,
    /// What to say if the data did not pass, before the sources are listed.
    why: &'static str,
    hint: String,
}

impl Done {
    fn written(record: RunRecord, options: &RunOptions) -> Self {
        let last = format!("wrote {}\n{}", options.out, rejects(&record, &options.out));
        let hint = format!("the outputs are written; {}", see(&options.out));
        Self::of_rows(record, &last, format!("wrote `{}`", options.out), hint)
    }

    fn checked(record: RunRecord, options: &RunOptions, spec: &DrugsSpec) -> Self {
        let what = format!("checked `{}`", options.data.display());
        // Not `pipeline run`: that would put the bad result in the place of the published one.
        let hint = match (spec.task_that(Builtin::Mentions), spec.task_that(Builtin::Publish)) {
            (Some(task), Some(_)) => {
                let staged = quoted(&options.out.staged().to_string());
                format!("run --task {}, and see them with `pipeline rejects --out {staged}`", task.name)
            }
            _ => "see them with `pipeline run` and `pipeline rejects`".into(),
        };
        let hint = format!("nothing was written; {hint}, or allow more with --max-rejects");
        Self::of_rows(record, &format!("{what}; nothing was written\n"), what, hint)
    }

    fn staged(record: RunRecord, options: &RunOptions, spec: &DrugsSpec, publish: &TaskSpec) -> Self {
        let staged = options.out.staged();
        let next = match (&*spec.name, options.out.to_string()) {
            ("drugs", out) if out == DEFAULT_OUT => format!("--task {}", publish.name),
            (name, out) => format!("{name} --task {} --out {}", publish.name, quoted(&out)),
        };
        let next = format!("put it in its place with `pipeline run {next}`\n");
        let last = format!("wrote {staged}\n{}{next}", rejects(&record, &staged));
        let hint = format!("nothing is published; {}", see(&staged));
        Self::of_rows(record, &last, format!("wrote `{staged}`"), hint)
    }

    fn published(published: Published, options: &RunOptions) -> Self {
        let out = &options.out;
        let (record, what) = match published {
            Published::Now(record) => (record, format!("published {out}")),
            Published::Before(record) => (record, format!("{out} is published already: nothing to do")),
            Published::NotPassed(record) => (record, format!("{out} stays as it was")),
            Published::Skipped(record) => return Self::skipped(record),
        };
        let hint =
            format!("what was published before stays; see `{}`", Companions::beside(&out.staged()).rejects);
        let why = "the result that waits did not pass";
        Self { text: format!("{what}\n"), record, what, read: false, why, hint }
    }

    fn skipped(record: RunRecord) -> Self {
        let missing: Vec<String> =
            record.warnings.iter().flat_map(|w| &w.examples).map(|name| format!("`{name}`")).collect();
        let date = record.date.clone().unwrap_or_default();
        let what = format!("skipped: no file for {date} of {}; nothing was written", missing.join(", "));
        Self { text: format!("{what}\n"), record, what, read: true, why: "", hint: String::new() }
    }

    fn of_rows(record: RunRecord, last: &str, what: String, hint: String) -> Self {
        if record.state == State::Skipped {
            return Self::skipped(record);
        }
        Self { text: summary(&record, last), record, what, read: true, why: "the data did not pass", hint }
    }

    fn tell(self, common: &Common) -> anyhow::Result<Outcome> {
        if self.read {
            log(&self.record, &self.what, common);
        } else {
            tracing::info!("{}", self.what);
        }
        match common.format {
            Format::Json => render::print_json(&self.record)?,
            Format::Text if !common.quiet => render::print(&self.text)?,
            Format::Text => {}
        }
        Ok(match self.record.state {
            State::NotPassed => Outcome::NotPassed {
                why: format!("{}: {}", self.why, exceeded(&self.record)),
                hint: self.hint,
            },
            State::Succeeded | State::Skipped => Outcome::Done,
        })
    }
}

/// Where the rejects are, and what else can be done about them.
fn see(out: &Site) -> String {
    format!("see `{}`, or allow more with --max-rejects", Companions::beside(out).rejects)
}

/// How to look at what was found, if anything was.
fn rejects(record: &RunRecord, out: &Site) -> String {
    if record.counts.rejects + record.counts.repairs == 0 {
        return String::new();
    }
    let out = out.to_string();
    let option = if out == DEFAULT_OUT { String::new() } else { format!(" --out {}", quoted(&out)) };
    format!("see them one by one with `pipeline rejects{option}`\n")
}
