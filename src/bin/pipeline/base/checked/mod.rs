//! A pipeline file held against its rules: what `check` shows, and `upload` asks for before it plans.

mod sql;

use std::fmt;

use pipeline::spec::{Found, Pipeline, Problem};
use serde::Serialize;

/// What is said of one file.
#[derive(Serialize)]
pub(crate) struct Checked {
    pub(crate) name: String,
    file: String,
    pub(crate) problems: Vec<Told>,
    /// Whether its SQL was planned; nothing where there is none.
    pub(crate) sql_checked: Option<bool>,
    /// What became of its tests, if they were run.
    pub(crate) tests: Option<Vec<Tested>>,
}

#[derive(Serialize)]
pub(crate) struct Told {
    file: String,
    line: usize,
    column: Option<usize>,
    message: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message } = self;
        let column = column.map(|column| format!("{column}:")).unwrap_or_default();
        write!(f, "{file}:{line}:{column} {message}")
    }
}

/// What became of a test.
#[derive(Serialize)]
pub(crate) struct Tested {
    name: String,
    pub(crate) passed: bool,
    /// What is not as expected.
    problems: Vec<String>,
}

/// Checks a pipeline file, and runs its tests if asked to.
pub(crate) fn check(found: &Found, run_tests: bool) -> anyhow::Result<Checked> {
    let mut checked = Checked {
        name: found.name.clone(),
        file: found.file.clone(),
        problems: Vec::new(),
        sql_checked: None,
        tests: None,
    };
    match found.inspect() {
        Err(problems) => checked.problems = problems.into_iter().map(Told::from).collect(),
        Ok(Pipeline::Drugs(_)) => checked.tests = run_tests.then(Vec::new),
        Ok(Pipeline::Tables(spec)) => {
            let problems = sql::problems(&spec, &found.text);
            checked.sql_checked = Some(problems.is_some());
            checked.problems = problems.unwrap_or_default().into_iter().map(Told::from).collect();
            if run_tests && checked.problems.is_empty() {
                let tests = sql::run_tests(&spec)?.into_iter();
                let tested = |(name, problems): (String, Vec<String>)| Tested {
                    name,
                    passed: problems.is_empty(),
                    problems,
                };
                let tests: Vec<Tested> = tests.map(tested).collect();
                for test in tests.iter().filter(|test| !test.passed) {
                    let at =
                        spec.tests.iter().find(|declared| declared.name == test.name).map_or(0, |t| t.at);
                    let why = format!("the test `{}` does not pass: {}", test.name, test.problems.join("; "));
                    checked.problems.push(found.problem(at, why).into());
                }
                checked.tests = Some(tests);
            }
        }
    }
    Ok(checked)
}

impl From<Problem> for Told {
    fn from(problem: Problem) -> Self {
        let Problem { file, line, column, message } = problem;
        Self { file, line, column, message }
    }
}
