//! What is looked at before anything is planned: files that are uploaded broken are told by Airflow, hours later.
//!
//! Pipeline files by `pipeline check`; the binary by asking it; Python files by the Python of this machine
//! (`gate.py`), and by Airflow if it is installed there. What cannot be looked at here is told, not passed over.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pipeline::composer::{BINARY, Environment, Source, Sources};
use pipeline::error::{Error, Result};
use pipeline::spec::{Found, LogicalDate, Pipeline, Schedule};
use serde::Deserialize;

use crate::base::checked::{Checked, check};

/// Settings of environments, which are no pipeline.
const ENVIRONMENTS: &str = "dags/environments.toml";
/// So many days may a DAG catch up on without a word.
const CATCHUP_DAYS: i32 = 31;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// Why nothing may be uploaded; each begins with `file:line:`.
    pub(crate) problems: Vec<String>,
    /// What was not looked at, and why.
    pub(crate) notes: Vec<String>,
}

impl Gate {
    /// Looks at all that is to be uploaded.
    pub(crate) fn look(
        sources: &Sources,
        dags: &Path,
        environment: Option<&Environment>,
    ) -> anyhow::Result<Self> {
        let mut gate = Self::default();
        let mut tables = Vec::new();
        for source in sources.files.iter().filter(|source| source.name.starts_with("dags/")) {
            if !source.name.ends_with(".toml") || source.name == ENVIRONMENTS {
                continue;
            }
            if source.name.matches('/').count() > 1 {
                gate.toml(source)?; // no pipeline, but TOML
                continue;
            }
            let Checked { name, problems, sql_checked, .. } = check(&Found::at(&source.path)?, false)?;
            gate.problems.extend(problems.iter().map(ToString::to_string));
            if let Some(looked) = sql_checked {
                tables.push((name, looked, source));
            }
        }
        gate.binary(sources, dags, &tables);
        gate.python(sources, dags, environment)?;
        Ok(gate)
    }

    /// Refuses what was found, all of it at once.
    pub(crate) fn refuse(&self) -> Result<()> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Error::Spec {
            message: format!("refused to upload what would not run:\n{}", self.problems.join("\n")),
            hint: "repair the files, then upload again; --no-check uploads them as they are. Nothing was changed"
                .into(),
        })
    }

    fn toml(&mut self, source: &Source) -> Result<()> {
        let text = pipeline::store::read_text(&source.path)?;
        if let Err(error) = toml::from_str::<toml::Table>(&text) {
            let line = 1 + error.span().map_or(0, |span| text[..span.start].matches('\n').count());
            self.problems.push(format!("{}:{line}: {}", source.path.display(), error.message()));
        }
        Ok(())
    }

    /// Whether the binary can run pipelines of tables, if there are any.
    fn binary(&mut self, sources: &Sources, dags: &Path, tables: &[(String, bool, &Source)]) {
        let Some(binary) = sources.files.iter().find(|source| source.name == BINARY) else { return };
        if tables.is_empty() {
            return;
        }
        let ourselves = std::env::current_exe().is_ok_and(|path| path == binary.path);
        let lacking: Vec<&str> = if ourselves {
            tables.iter().filter(|(_, looked, _)| !looked).map(|(name, ..)| name.as_str()).collect()
        } else {
            match ask(&binary.path, dags) {
                Ok(answer) => {
                    let lacks = |name: &String| {
                        answer.pipelines.iter().any(|one| one.name == *name && one.sql_checked == Some(false))
                    };
                    tables
                        .iter()
                        .map(|(name, ..)| name)
                        .filter(|name| lacks(name))
                        .map(String::as_str)
                        .collect()
                }
                Err(why) => {
                    let path = binary.path.display();
                    self.notes.push(format!("`{path}` was not asked whether it has tables: {why}"));
                    return;
                }
            }
        };
        for (name, _, source) in tables.iter().filter(|(name, ..)| lacking.contains(&name.as_str())) {
            self.problems.push(format!(
                "{}:1: `{name}` has tables, but `{}` was built without: `just dist` builds one with them",
                source.path.display(),
                binary.path.display()
            ));
        }
    }

    fn python(
        &mut self,
        sources: &Sources,
        dags: &Path,
        environment: Option<&Environment>,
    ) -> anyhow::Result<()> {
        let files: Vec<&str> =
            sources.files.iter().filter_map(|source| source.name.strip_prefix("dags/")).collect();
        if !files.iter().any(|name| name.ends_with(".py")) {
            return Ok(());
        }
        let left_out: BTreeMap<&str, &str> = sources
            .left_out
            .iter()
            .filter_map(|left| Some((left.name.strip_prefix("dags/")?, left.reason.as_str())))
            .collect();
        let question = serde_json::json!({
            "root": dags,
            "files": files,
            "left_out": left_out,
            "declared": declared(sources)?,
            "airflow": environment.and_then(Environment::airflow_version),
        });
        match run_python(&question.to_string()) {
            Ok(Answer { problems, notes }) => {
                self.problems.extend(
                    problems.into_iter().map(|one| format!("{}:{}: {}", one.file, one.line, one.message)),
                );
                self.notes.extend(notes);
            }
            Err(why) => {
                self.notes.push(format!("Python files and their imports were not checked: {why}"));
                self.notes.extend(sources.missed.iter().cloned());
            }
        }
        Ok(())
    }
}

/// The schedules that would start many runs at once, in words.
pub(crate) fn floods(sources: &Sources, today: LogicalDate) -> Vec<String> {
    let files = sources.files.iter().filter(|source| {
        source.name.starts_with("dags/") && source.name.ends_with(".toml") && source.name != ENVIRONMENTS
    });
    let flood = |source: &Source| {
        let found = Found::at(&source.path).ok()?;
        let pipeline = found.inspect().ok()?;
        let schedule: &Schedule = match &pipeline {
            Pipeline::Drugs(spec) => &spec.schedule,
            Pipeline::Tables(spec) => &spec.schedule,
        };
        let (since, true, Some(_)) = (schedule.start_date?, schedule.catchup, &schedule.cron) else {
            return None;
        };
        let days = today.days_since(since);
        (days > CATCHUP_DAYS).then(|| {
            format!(
                "`{}` runs for each of the {days} days since {since} as soon as Airflow has read it: it has `catchup = true`; \
                 without it, `pipeline run {} --from {since} --to D` or a backfill of Airflow makes up for former days",
                source.path.display(),
                found.name
            )
        })
    };
    files.filter_map(flood).collect()
}

/// The packages that are declared beside the DAGs.
fn declared(sources: &Sources) -> Result<Vec<String>> {
    let mut packages = Vec::new();
    for source in &sources.files {
        match source.name.as_str() {
            "dags/requirements.txt" => {
                let text = pipeline::store::read_text(&source.path)?;
                packages.extend(text.lines().filter_map(package));
            }
            ENVIRONMENTS => {
                let text = pipeline::store::read_text(&source.path)?;
                if let Ok(table) = toml::from_str::<toml::Table>(&text) {
                    in_environments(&table, &mut packages);
                }
            }
            _ => {}
        }
    }
    Ok(packages)
}

/// The package that a line of requirements names.
fn package(line: &str) -> Option<String> {
    let name = line.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).next()?;
    (!name.is_empty() && !line.starts_with('-')).then(|| name.to_owned())
}

fn in_environments(table: &toml::Table, packages: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) if key == "pypi_packages" => packages.extend(inner.keys().cloned()),
            toml::Value::Table(inner) => in_environments(inner, packages),
            _ => {}
        }
    }
}

/// What `pipeline check --format json` says, as far as it matters here.
#[derive(Deserialize)]
struct CheckAnswer {
    pipelines: Vec<CheckedThere>,
}

#[derive(Deserialize)]
struct CheckedThere {
    name: String,
    sql_checked: Option<bool>,
}

/// Lets the binary check the pipeline files; the error says why it cannot.
fn ask(binary: &Path, dags: &Path) -> Result<CheckAnswer, String> {
    let mut command = Command::new(std::path::absolute(binary).map_err(|error| error.to_string())?);
    command.args(["check", "--format", "json", "--dags"]).arg(dags).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("it cannot be run here ({error})"))?;
    serde_json::from_slice(&output.stdout).map_err(|_| "its answer is none that is known here".to_owned())
}

#[derive(Deserialize)]
struct Answer {
    problems: Vec<PythonProblem>,
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct PythonProblem {
    file: String,
    line: usize,
    message: String,
}

/// Hands the question to `gate.py`; the error says why nobody answers.
fn run_python(question: &str) -> Result<Answer, String> {
    for program in ["python3", "python"] {
        let mut command = Command::new(program);
        // Not from the folder that we are in: a file there may have the name of a module of Python.
        command.args(["-I", "-c", include_str!("gate.py")]);
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let Ok(mut child) = command.spawn() else { continue };
        if let Some(mut input) = child.stdin.take() {
            // Whoever does not read it has something else to say.
            let _ = input.write_all(question.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        return serde_json::from_slice(&output.stdout).map_err(|_| {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.trim().lines().last().unwrap_or("it said nothing");
            format!("`{program}` gave no answer: {last}")
        });
    }
    Err("there is no Python on this machine".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_requirements_names_a_package() {
        for (line, name) in [
            ("pandas==2.2", Some("pandas")),
            ("google-cloud-storage[x]>=2 ; python_version > '3'", Some("google-cloud-storage")),
            ("  # a comment", None),
            ("-r other.txt", None),
            ("", None),
            ("PyYAML", Some("PyYAML")),
        ] {
            assert_eq!(package(line).as_deref(), name, "{line}");
        }
    }

    #[test]
    fn packages_of_every_environment_count() {
        let text =
            "[dev.pypi_packages]\npandas = '>=2'\n[environments.prod.pypi_packages]\n'scikit-learn' = ''\n";
        let mut packages = Vec::new();
        in_environments(&toml::from_str(text).unwrap(), &mut packages);
        assert_eq!(packages, ["pandas", "scikit-learn"]);
    }
}
