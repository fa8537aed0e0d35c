//! Pipelines of tables from outside: runs, retries, backfills, corrections, kills.

mod backfill;
mod failures;
mod kills;
mod locks;
mod one_task;
mod recorded;
mod remote;
mod replays;
mod retries;
mod runs;
mod spec_tests;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Outcome, pipeline};

/// Shops and their sales: two tables that do not wait for each other, and one that waits for both.
pub(crate) const SHOPS: &str = r#"
description = "Sales of shops"
[params]
least = 0.0
[sources.sales]
path = "*.csv"
columns = { id = "string", shop = "string", amount = "float" }
required = ["id", "shop", "amount"]
key = ["id"]
max_rejects = "50%"
[tasks.kept]
sql = "SELECT id, shop, amount FROM sales WHERE amount >= $least"
from = ["sales"]
write = { to = "{out}/kept" }
[tasks.sums]
sql = "SELECT shop, sum(amount) AS total FROM kept GROUP BY shop"
from = ["kept"]
write = { to = "{out}/sums.json", format = "json" }
[tasks.counts]
sql = "SELECT shop, count(*) AS sales FROM kept GROUP BY shop"
from = ["kept"]
write = { to = "{out}/counts.json", format = "json" }
[tasks.report]
sql = "SELECT s.shop, s.total, c.sales FROM sums s JOIN counts c ON s.shop = c.shop ORDER BY s.shop"
from = ["sums", "counts"]
write = { to = "{out}/report.json", format = "json" }
"#;

/// A file a day, a partition a day.
pub(crate) const DAILY: &str = r#"
description = "Visits by day"
[sources.visits]
path = "{date}.csv"
columns = { id = "string", day = "date", pages = "integer" }
required = ["id", "day", "pages"]
key = ["id"]
max_rejects = 1
[tasks.visits_by_day]
sql = "SELECT id, day, pages FROM visits"
from = ["visits"]
write = { to = "{out}/visits", mode = "replace-partitions", partition_by = ["day"] }
[tasks.pages]
sql = "SELECT day, sum(pages) AS pages FROM visits_by_day GROUP BY day ORDER BY day"
from = ["visits_by_day"]
write = { to = "{out}/pages.json", format = "json" }
"#;

/// A folder with a pipeline file and its data.
pub(crate) struct Tables {
    dir: TempDir,
    name: &'static str,
}

impl Tables {
    pub(crate) fn new(name: &'static str, spec: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["dags", "data"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let tables = Self { dir, name };
        tables.spec(spec);
        tables
    }

    /// Shops with three sales, one of them no number.
    pub(crate) fn shops() -> Self {
        Self::new("shops", SHOPS).write("a.csv", "id,shop,amount\n1,north,10\n2,north,2.5\n3,south,many\n")
    }

    /// Writes the pipeline file anew.
    pub(crate) fn spec(&self, text: &str) {
        std::fs::write(self.dir.path().join(format!("dags/{}.toml", self.name)), text).unwrap();
    }

    /// Puts a file into the data folder.
    pub(crate) fn write(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.data().join(name), text).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// A command on the pipeline; `args` stand behind its name.
    pub(crate) fn command(&self, command: &str, args: &[&str]) -> Command {
        let mut process = pipeline();
        process.args([command, self.name]).arg("--dags").arg(self.dir.path().join("dags"));
        process.arg("--out").arg(self.out());
        // What comes after a run finds it on record.
        if command == "run" {
            process.arg("--data").arg(self.data());
        }
        process.args(args);
        process
    }

    pub(crate) fn does(&self, command: &str, args: &[&str]) -> Outcome {
        let output = self.command(command, args).output().unwrap();
        Outcome::new(&output, None, self.dir.path().to_owned())
    }

    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.does("run", args)
    }

    /// A JSON file of the output folder.
    pub(crate) fn json(&self, name: &str) -> Value {
        let path = self.out().join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_json::from_str(&text).expect(name)
    }

    pub(crate) fn record(&self) -> Value {
        self.json("run.json")
    }

    /// The names of all files of the output folder, hidden ones too.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.out()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(self.out()).unwrap().display().to_string());
                }
            }
        }
        files.sort();
        files
    }
}

/// `name state; ...` of tasks or audits of a record.
pub(crate) fn states(record: &Value, section: &str) -> String {
    let mut text = String::new();
    for entry in record[section].as_array().unwrap() {
        let space = if text.is_empty() { "" } else { "; " };
        write!(text, "{space}{} {}", entry["name"].as_str().unwrap(), entry["state"].as_str().unwrap())
            .unwrap();
    }
    text
}
