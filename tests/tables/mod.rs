//! The pipelines of tables that ship: on their samples, and on real files where they are.

mod configuration;
mod listings;
mod trades;
mod transactions;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Outcome, pipeline, repository};

/// One of the pipelines, and a folder for what it writes.
struct Shipped {
    name: &'static str,
    dir: TempDir,
    /// Where its tables go if not into that folder.
    database: Option<String>,
}

impl Shipped {
    fn new(name: &'static str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        Self { name, dir, database: None }
    }

    /// The samples of the repository.
    fn sample(&self) -> PathBuf {
        repository().join("data").join(self.name)
    }

    /// A data folder of the test's own.
    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// Puts a file into the data folder.
    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.data().join(name), text).unwrap();
    }

    /// A command on this pipeline and its outputs.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = pipeline();
        command.args(args).arg("--out").arg(self.out()).arg("--dags").arg(repository().join("dags"));
        command.args(self.database.iter().map(|url| format!("--set=database={url}")));
        command.env_remove("LAKE_URL").env_remove("DATABASE_URL");
        command
    }

    fn run(&self, data: &Path, args: &[&str]) -> Outcome {
        let mut command = self.command(&["run", self.name]);
        command.arg("--data").arg(data).args(args);
        Outcome::new(&command.output().unwrap(), None, self.dir.path().to_owned())
    }

    /// The rows of a query.
    fn rows(&self, sql: &str) -> Value {
        let output = self.command(&["sql", self.name, sql, "--format", "json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The one number that a query answers with.
    fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql);
        rows[0]
            .as_object()
            .and_then(|row| row.values().next()?.as_i64())
            .unwrap_or_else(|| panic!("{sql}: {rows}"))
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.out().join(name)).expect(name)
    }
}

/// A folder of real files, if it is there: within the one that PIPELINE_REAL names, or that lies beside the repository.
fn real(name: &str) -> Option<PathBuf> {
    let beside = || repository().join("../shared/real");
    let folder = std::env::var_os("PIPELINE_REAL").map_or_else(beside, PathBuf::from).join(name);
    if !folder.is_dir() {
        println!("NOT TESTED: {name} on real files: PIPELINE_REAL names no folder of them");
        return None;
    }
    Some(folder)
}

#[test]
fn the_tests_in_the_files_pass() {
    for name in ["trades", "configuration", "transactions", "listings"] {
        let mut command = pipeline();
        command.args(["check", name, "--run-tests", "--dags"]).arg(repository().join("dags"));
        let outcome = Outcome::new(&command.output().unwrap(), None, repository().to_owned()).expect_code(0);
        assert!(
            outcome.stdout.contains("no problem") && outcome.stdout.contains("tests passed"),
            "{}",
            outcome.stdout
        );
    }
}
