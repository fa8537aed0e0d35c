//! Upload, rollback and fetch, through the program, against a strict server that runs in the test.

mod fetch;
mod files;
mod gate;
mod lease;
mod place;
mod plan_file;
mod rollback;
mod upload;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::gcs::fake::{BUCKET, Fake};
use crate::schemas;
use crate::support::{Outcome, pipeline};

/// A project with data, DAGs and a binary, and a bucket for it.
pub(crate) struct Project {
    dir: TempDir,
    /// Whether uploads look at the files before.
    pub(crate) checks: bool,
    pub(crate) fake: Fake,
}

/// The least that passes for a Linux executable.
pub(crate) fn elf() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01".to_vec();
    bytes.resize(18, 0);
    bytes.extend([62, 0, b'x']);
    bytes
}

impl Project {
    /// Two files of data, one DAG with its pipeline file, and a module that DAGs need.
    pub(crate) fn new() -> Self {
        let project = Self { dir: tempfile::tempdir().unwrap(), checks: false, fake: Fake::start() };
        project.write("binary", elf());
        for (name, text) in [
            ("data/drugs.csv", "atccode,drug\n"),
            ("data/pubmed.csv", "id,title,date,journal\n"),
            ("dags/drugs.py", "import module\n"),
            ("dags/drugs.toml", "x = 1\n"),
            ("dags/module/__init__.py", ""),
        ] {
            project.write(name, text);
        }
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// A command in the project's folder that knows the bucket.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = pipeline();
        command.current_dir(self.dir.path()).args(args);
        if args.first() == Some(&"upload") && !self.checks {
            command.arg("--no-check"); // what is in the files does not matter to most tests
        }
        command.env("STORAGE_EMULATOR_HOST", self.fake.url()).env("COMPOSER_BUCKET", BUCKET);
        command.env_remove("GOOGLE_APPLICATION_CREDENTIALS");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        let output = self.command(args).output().expect("the program starts");
        Outcome::new(&output, None, self.dir.path().to_owned())
    }

    /// `upload --binary binary`, and then some.
    pub(crate) fn upload(&self, args: &[&str]) -> Outcome {
        self.run(&[&["upload", "--binary", "binary"], args].concat())
    }

    /// The answer of a command with `--format json`, which is as its schema says.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let outcome = self.run(&[args, &["--format", "json"]].concat()).expect_code(0);
        let answer = serde_json::from_str(&outcome.stdout).expect("one JSON document");
        schemas::check(args[0], &answer);
        answer
    }

    /// The plan of an upload.
    pub(crate) fn plan(&self) -> Value {
        self.json(&["upload", "--binary", "binary", "--dry-run"])
    }

    /// What the manifest in the bucket says.
    pub(crate) fn manifest(&self) -> Value {
        let text = self.fake.get("data/.pipeline/manifest.json").expect("a manifest");
        serde_json::from_slice(&text).expect("a manifest is JSON")
    }
}

/// The names in a part of a plan.
pub(crate) fn names(plan: &Value, part: &str) -> Vec<String> {
    let list = plan[part].as_array().unwrap_or_else(|| panic!("{part} in {plan}"));
    let name = |entry: &Value| entry["name"].as_str().or(entry.as_str()).expect("a name").to_owned();
    list.iter().map(name).collect()
}

/// All files below a folder, by their path from there.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
