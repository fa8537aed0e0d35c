//! A folder with inputs, a command, and what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A vocabulary that the tests share.
pub(crate) const DRUGS: &str = "atccode,drug\nV03AB,ETHANOL\nA03BA,ATROPINE\nB01AC,ASPIRIN\n";
/// The header of a PubMed CSV file.
pub(crate) const HEADER: &str = "id,title,date,journal\n";

/// A folder of inputs that is filled, then run.
pub(crate) struct Test {
    dir: TempDir,
    args: Vec<String>,
    envs: Vec<(String, String)>,
}

/// What a run left behind.
pub(crate) struct Outcome {
    _dir: Option<TempDir>,
    pub(crate) folder: PathBuf,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Test {
    /// A folder with a short list of drugs, and empty PubMed and trial files.
    pub(crate) fn new() -> Self {
        Self::bare()
            .write("drugs.csv", DRUGS)
            .write("pubmed.csv", HEADER)
            .write("clinical_trials.csv", "id,scientific_title,date,journal\n")
    }

    /// An empty folder.
    pub(crate) fn bare() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("data")).expect("a data folder");
        Self { dir, args: Vec::new(), envs: Vec::new() }
    }

    /// Puts a file into the data folder.
    pub(crate) fn write(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.data().join(name), content).expect("a data file");
        self
    }

    /// Takes a file away from the data folder.
    pub(crate) fn remove(self, name: &str) -> Self {
        std::fs::remove_file(self.data().join(name)).expect("a data file");
        self
    }

    /// Fills pubmed.csv with rows behind the header.
    pub(crate) fn pubmed(self, rows: &str) -> Self {
        self.write("pubmed.csv", format!("{HEADER}{rows}"))
    }

    /// Adds arguments behind `run --data .. --out ..`.
    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(ToString::to_string));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.envs.push((key.into(), value.into()));
        self
    }

    /// The folder that holds `data` and `out`.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.dir.path().join("out/output.json")
    }

    /// The command that runs the pipeline on the folder.
    pub(crate) fn command(&self) -> Command {
        let mut command = pipeline();
        command.arg("run").arg("--data").arg(self.data()).arg("--out").arg(self.out()).args(&self.args);
        command.envs(self.envs.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs, whatever comes of it.
    pub(crate) fn run(self) -> Outcome {
        let output = self.command().output().expect("the program starts");
        let folder = self.dir.path().to_owned();
        Outcome::new(&output, Some(self.dir), folder)
    }

    /// Runs and expects success.
    pub(crate) fn success(self) -> Outcome {
        self.run().expect_code(0)
    }

    /// Runs and expects that data did not pass.
    pub(crate) fn not_passed(self) -> Outcome {
        self.run().expect_code(1)
    }

    /// Runs and expects that it could not go on.
    pub(crate) fn failure(self) -> Outcome {
        self.run().expect_code(2)
    }
}

impl Outcome {
    pub(crate) fn new(output: &Output, dir: Option<TempDir>, folder: PathBuf) -> Self {
        Self {
            _dir: dir,
            folder,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join("out").join(name)).expect(name)
    }

    /// output.json
    pub(crate) fn output(&self) -> Value {
        serde_json::from_str(&self.read("output.json")).expect("output.json is JSON")
    }

    /// run.json
    pub(crate) fn record(&self) -> Value {
        serde_json::from_str(&self.read("run.json")).expect("run.json is JSON")
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        self.read(name).lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    pub(crate) fn rejects(&self) -> Vec<Value> {
        self.lines("rejects.jsonl")
    }

    pub(crate) fn repairs(&self) -> Vec<Value> {
        self.lines("repairs.jsonl")
    }

    /// `code source:line` of each reject.
    pub(crate) fn reject_places(&self) -> Vec<String> {
        self.rejects().iter().map(place).collect()
    }

    /// `code source:line` of each repair.
    pub(crate) fn repair_places(&self) -> Vec<String> {
        self.repairs().iter().map(place).collect()
    }

    /// read, accepted, rejected, merged, blank of a file.
    pub(crate) fn ledger(&self, file: &str) -> [u64; 5] {
        let record = self.record();
        let sources = record["sources"].as_array().expect("sources");
        let source = sources.iter().find(|s| s["file"] == file).unwrap_or_else(|| panic!("no {file}"));
        ["read", "accepted", "rejected", "merged", "blank"].map(|key| source[key].as_u64().expect(key))
    }

    /// `drug id` of each mention, in the order of the output; `-` for no id.
    pub(crate) fn mentions(&self) -> Vec<String> {
        mentions(&self.output())
    }

    /// Number of mentions of each drug that has any.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for mention in self.mentions() {
            let drug = mention.rsplit_once(' ').expect("a drug and an id").0.to_owned();
            *counts.entry(drug).or_default() += 1;
        }
        counts
    }

    pub(crate) fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not in:\n{}", self.stderr);
        self
    }
}

fn place(finding: &Value) -> String {
    let text = |key: &str| finding[key].as_str().expect(key).to_owned();
    format!("{} {}:{}", text("code"), text("source"), finding["line"])
}

/// `drug id` of each mention of an output.
pub(crate) fn mentions(output: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for drug in output["drugs"].as_array().expect("drugs") {
        for kind in ["pubmed", "clinical_trials"] {
            for mention in drug["mentions"][kind].as_array().expect(kind) {
                let id = mention["id"].as_str().unwrap_or("-");
                all.push(format!("{} {id}", drug["drug"].as_str().expect("a name")));
            }
        }
    }
    all
}

/// The program under test, with nothing of this machine's environment that could change it.
pub(crate) fn pipeline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
    command.env_remove("PIPELINE_DAGS").env_remove("NO_COLOR").env("RUST_BACKTRACE", "0");
    for variable in
        ["COMPOSER_ENVIRONMENT", "COMPOSER_BUCKET", "COMPOSER_API_ENDPOINT", "STORAGE_EMULATOR_HOST"]
    {
        command.env_remove(variable);
    }
    for variable in
        ["AIRFLOW_TOKEN", "AIRFLOW_USERNAME", "AIRFLOW_PASSWORD", "GOOGLE_APPLICATION_CREDENTIALS"]
    {
        command.env_remove(variable);
    }
    for variable in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ] {
        command.env_remove(variable);
    }
    // Loopback is not behind a proxy.
    command.env("NO_PROXY", "127.0.0.1");
    // Not the repository: its `dags` folder would be used.
    command.current_dir(std::env::temp_dir());
    command
}

/// Runs the program with arguments.
pub(crate) fn run(args: &[&str]) -> Outcome {
    let output = pipeline().args(args).output().expect("the program starts");
    Outcome::new(&output, None, PathBuf::new())
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An error, its causes, and its hint.
#[cfg(feature = "composer")]
pub(crate) fn told(error: &pipeline::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    format!("{text}\nhint: {}", error.hint())
}
