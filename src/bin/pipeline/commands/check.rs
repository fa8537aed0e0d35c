//! `pipeline check`

use std::path::Path;

use pipeline::spec::{self, Found};
use serde::Serialize;

use crate::base::checked::{Checked, check};
use crate::base::exit::Outcome;
use crate::base::options::{Common, Format};
use crate::base::render::{self, counted};
use crate::base::spec_args::DagsArgs;

/// Check pipeline files: every problem at once, each with its line
///
/// Problems go to stdout as `file:line: message`; in SQL as `file:line:column: message`. Exit code 1 if there are any,
/// or if a test does not pass; 2 if a file cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A pipeline, or the path of a pipeline file [default: every pipeline that is found]
    #[arg(value_name = "NAME|FILE")]
    target: Option<String>,
    #[command(flatten)]
    dags: DagsArgs,
    /// Run the tests that stand in the files, too
    #[arg(long)]
    run_tests: bool,
}

#[derive(Serialize)]
struct Answer {
    pipelines: Vec<Checked>,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let mut answer = Answer { pipelines: Vec::new() };
    for found in found(args)? {
        answer.pipelines.push(check(&found, args.run_tests)?);
    }
    match common.format {
        Format::Json => render::print_json(&answer)?,
        Format::Text => render::print(&text(&answer, common.quiet))?,
    }
    Ok(outcome(&answer))
}

/// The files that are meant.
fn found(args: &Args) -> pipeline::error::Result<Vec<Found>> {
    let folder = args.dags.folder()?;
    match &args.target {
        Some(target) if target.ends_with(".toml") || target.contains(['/', '\\']) => {
            Ok(vec![Found::at(Path::new(target))?])
        }
        Some(name) => Ok(vec![spec::locate(name, folder.as_deref())?]),
        None => {
            let names = spec::names(folder.as_deref())?;
            names.iter().map(|name| spec::locate(name, folder.as_deref())).collect()
        }
    }
}

fn text(answer: &Answer, quiet: bool) -> String {
    let mut text = String::new();
    for checked in &answer.pipelines {
        for problem in &checked.problems {
            text += &format!("{problem}\n");
        }
        if quiet {
            continue;
        }
        let mut said = vec![match checked.problems.len() as u64 {
            0 => "no problem".to_owned(),
            number => counted(number, "problem"),
        }];
        if checked.sql_checked == Some(false) {
            said.push("its SQL was not looked at: this build has none (feature `tables`)".to_owned());
        }
        if let Some(tests) = checked.tests.as_ref().filter(|tests| !tests.is_empty()) {
            let passed = tests.iter().filter(|test| test.passed).count() as u64;
            said.push(format!("{} of {} passed", passed, counted(tests.len() as u64, "test")));
        }
        text += &format!("{}: {}\n", checked.name, said.join("; "));
    }
    text
}

fn outcome(answer: &Answer) -> Outcome {
    let wrong: Vec<&Checked> =
        answer.pipelines.iter().filter(|checked| !checked.problems.is_empty()).collect();
    if wrong.is_empty() {
        return Outcome::Done;
    }
    let problems = wrong.iter().map(|checked| checked.problems.len() as u64).sum();
    let names: Vec<String> = wrong.iter().map(|checked| format!("`{}`", checked.name)).collect();
    Outcome::NotPassed {
        why: format!("{} in {}", counted(problems, "problem"), names.join(", ")),
        hint: "mend the files, then check them again".into(),
    }
}
