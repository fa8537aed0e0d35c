//! Everything that is wrong with real files, seen from outside: each fault has its treatment, and no row is lost.

#![allow(clippy::unwrap_used, reason = "helpers of tests: the line says enough")]

mod csv;
mod dates_and_drugs;
mod duplicates;
mod encodings;
mod files;
mod json;
mod output;
mod random;

use std::process::Command;

use crate::support::{Outcome, Test};

/// Rows that mention a drug each, numbered from `from`: the filling of larger files.
fn rows(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("{n},On ETHANOL number {n},2020-01-01,Acta\n")).collect()
}

impl Test {
    /// Lets any number of rows be rejects, so that what is tested is the rows.
    fn lenient(self) -> Self {
        self.args(&["--max-rejects", "100%"])
    }

    /// Runs behind another command, and never longer than a minute: what hangs ends with 124.
    fn run_behind(&self, before: &[&str]) -> Outcome {
        let inner = self.command();
        let mut command = Command::new("timeout");
        command.arg("60").args(before).arg(inner.get_program()).args(inner.get_args());
        command.current_dir(std::env::temp_dir()).env_remove("PIPELINE_DAGS");
        Outcome::new(&command.output().expect("timeout starts"), None, self.folder().to_owned())
    }
}

impl Outcome {
    /// One `error: ` line that says `what`, and one `hint: ` line that says `todo`; both fit on a screen.
    fn told(self, what: &str, todo: &str) -> Self {
        let of =
            |start: &str| -> Vec<&str> { self.stderr.lines().filter(|l| l.starts_with(start)).collect() };
        let (errors, hints) = (of("error: "), of("hint: "));
        assert_eq!((errors.len(), hints.len()), (1, 1), "{}", self.stderr);
        assert!(errors[0].contains(what), "`{what}` is not in:\n{}", self.stderr);
        assert!(hints[0].contains(todo), "`{todo}` is not in:\n{}", self.stderr);
        assert!(self.stderr.len() < 1500, "{} bytes:\n{:.3000}", self.stderr.len(), self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// Every row of every file is accounted for, and every reject stands in rejects.jsonl.
    fn balanced(self) -> Self {
        let (record, rejects) = (self.record(), self.rejects());
        for source in record["sources"].as_array().expect("sources") {
            let file = source["file"].as_str().expect("a name");
            let [read, accepted, rejected, merged, blank] = self.ledger(file);
            assert_eq!(read, accepted + rejected + merged + blank, "{source}");
            let listed = rejects.iter().filter(|reject| reject["source"] == file).count();
            assert_eq!(listed as u64, rejected, "{source}");
        }
        self
    }

    /// Asserts what became of pubmed.csv, or of another file: rejects, then mentions.
    fn gave(self, rejects: &[&str], mentions: &[&str]) -> Self {
        assert_eq!((self.reject_places(), self.mentions()), (owned(rejects), owned(mentions)));
        self.balanced()
    }

    /// The codes of the run's warnings.
    fn warnings(&self) -> Vec<String> {
        let record = self.record();
        let list = record["warnings"].as_array().expect("warnings").clone();
        list.iter().map(|warning| warning["code"].as_str().expect("a code").to_owned()).collect()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}
