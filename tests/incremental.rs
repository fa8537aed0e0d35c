//! An incremental run gives what a full one gives, whatever happened to the files since the last one.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::formats::gzip;
use crate::same_bytes::rows;
use crate::schemas::check;
use crate::support::{HEADER, Outcome, Test, pipeline};

const OUTPUTS: [&str; 3] = ["output.json", "rejects.jsonl", "repairs.jsonl"];

/// A folder of inputs, and beside it the outputs of full and of incremental runs.
struct Folder(Test);

impl Folder {
    /// Rows of several blocks that are told twice, contradict each other, or lack something, in files of all kinds.
    fn new() -> Self {
        let rows = rows(20_000);
        let (first, second) = rows.split_at(16_000);
        let csv = |rows: &[String]| format!("{HEADER}{}", rows.concat());
        let test = Test::new()
            .write(
                "drugs.csv",
                "atccode,drug,synonyms\nV03AB,ETHANOL,alcohol\nA03BA,ATROPINE,\nB01AC,ASPIRIN,ASA|alcohol\n",
            )
            .write("pubmed.csv", csv(first))
            .write("pubmed_more.csv.gz", gzip(csv(second).as_bytes()))
            .write(
                "pubmed.json",
                "[{\"id\":1,\"title\":\"On ASA\",\"date\":\"2020\",\"journal\":\"acta a & b.\"},]",
            )
            .write("pubmed_1.xml", xml(&[("x1", "Ethanol"), ("x2", "Aspirin"), ("x3", "Alcohol")], ""))
            .write("clinical_trials.csv", "NCT Number,Study Title,Start Date\nNCT00000001,Atropine,2020-03\n")
            .write("clinical_trials_page.csv", "NCT00000002,Aspirin,2020-04\n");
        Self(test)
    }

    fn out(&self, name: &str) -> PathBuf {
        self.0.folder().join(name)
    }

    fn cache(&self) -> PathBuf {
        self.out("incremental/.output.json.cache")
    }

    fn run(&self, name: &str, threads: &str, more: &[&str]) -> Value {
        let mut command = pipeline();
        command
            .arg("run")
            .arg("--data")
            .arg(self.0.data())
            .arg("--out")
            .arg(self.out(name).join("output.json"));
        command.args(["--max-rejects", "100%", "--threads", threads]).args(more);
        Outcome::new(&command.output().unwrap(), None, PathBuf::new()).expect_code(0);
        let record = serde_json::from_slice(&fs::read(self.out(name).join("run.json")).unwrap()).unwrap();
        check("run", &record);
        record
    }

    /// Runs both ways: the outputs are the same, and so many files were not read.
    fn check(&self, unchanged: u64) -> Value {
        let full = self.run("full", "2", &[]);
        for threads in ["2", "1"] {
            let _ = fs::remove_dir_all(self.out("before"));
            copy(&self.cache(), &self.out("before"));
            let record = self.run("incremental", threads, &["--incremental"]);
            for name in OUTPUTS {
                let bytes = |run| fs::read(self.out(run).join(name)).unwrap();
                assert!(bytes("full") == bytes("incremental"), "{name} differs with {threads} threads");
            }
            assert_eq!(full["sources"], record["sources"]);
            assert_eq!(record["unchanged"], unchanged, "{:#}", record["warnings"]);
            if threads == "1" {
                return record;
            }
            // Once more, from the same cache.
            let _ = fs::remove_dir_all(self.cache());
            copy(&self.out("before"), &self.cache());
        }
        unreachable!("the last round returns");
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.data().join(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.data().join(name)).unwrap()
    }

    /// The files of the cache that end so.
    fn entries(&self, ending: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
        files.sort();
        files
    }
}

/// Copies the files of a folder, if it is there.
fn copy(from: &PathBuf, to: &PathBuf) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir_all(to).unwrap();
    for entry in entries {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Records of PubMed, and ids that are taken back.
fn xml(records: &[(&str, &str)], gone: &str) -> String {
    let record = |(id, title): &(&str, &str)| {
        format!(
            "<PubmedArticle><MedlineCitation><PMID Version=\"1\">{id}</PMID><Article><Journal><JournalIssue><PubDate>\
             <Year>2019</Year></PubDate></JournalIssue><Title>Acta A and B</Title></Journal><ArticleTitle>{title}\
             </ArticleTitle></Article></MedlineCitation></PubmedArticle>\n"
        )
    };
    let gone = if gone.is_empty() {
        String::new()
    } else {
        format!("<DeleteCitation><PMID>{gone}</PMID></DeleteCitation>")
    };
    format!(
        "<PubmedArticleSet>\n{}{gone}</PubmedArticleSet>\n",
        records.iter().map(record).collect::<String>()
    )
}

/// The codes of the warnings of a run.
fn warnings(record: &Value) -> Vec<&str> {
    record["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[test]
fn whatever_changes_the_result_is_that_of_a_full_run() {
    let folder = Folder::new();
    // Of seven files one is a page without a header of its own, which is never kept.
    folder.check(0);
    folder.check(5);
    assert_eq!(folder.entries(".kept").len(), 5);
    assert!(!folder.entries(".rows").is_empty());

    folder.write(
        "pubmed.json",
        "[{\"id\":2,\"title\":\"On alcohol\",\"date\":\"2021\",\"journal\":\"ACTA A & B\"}]",
    );
    folder.check(4);
    folder.check(5);

    let update = xml(&[("x1", "Atropine, corrected")], "x3");
    folder.write("pubmed_2.xml", update);
    let record = folder.check(5);
    assert!(record["repairs"]["superseded"] == 1 && record["repairs"]["deleted"] == 1, "{record:#}");
    folder.check(6);

    fs::remove_file(folder.0.data().join("pubmed.csv")).unwrap();
    folder.check(5);
    assert_eq!(folder.entries(".kept").len(), 5);

    fs::rename(folder.0.data().join("pubmed_2.xml"), folder.0.data().join("pubmed_0.xml")).unwrap();
    folder.check(5);

    // The same rows in two files.
    folder.write("pubmed_twin.json", folder.read("pubmed.json"));
    folder.check(6);
    folder.check(6);

    folder.write("drugs.csv", folder.read("drugs.csv").replace("ATROPINE", "SODIUM"));
    folder.check(0);
    folder.check(6);
}

#[test]
fn a_file_that_is_read_otherwise_is_read_again() {
    let folder = Folder::new();
    folder.check(0);
    let dags = folder.0.folder().join("dags");
    fs::create_dir(&dags).unwrap();
    let spec = fs::read_to_string(crate::support::repository().join("dags/drugs.toml")).unwrap();
    let run = |spec: String, unchanged: u64| {
        fs::write(dags.join("drugs.toml"), spec).unwrap();
        let arguments = ["--dags", dags.to_str().unwrap()];
        folder.run("full", "2", &arguments);
        let record = folder.run("incremental", "2", &[&arguments[..], &["--incremental"]].concat());
        assert_eq!(record["unchanged"], unchanged);
        for name in OUTPUTS {
            let bytes = |run| fs::read(folder.out(run).join(name)).unwrap();
            assert!(bytes("full") == bytes("incremental"), "{name}");
        }
    };
    run(spec.clone(), 5);
    // One source reads dates otherwise: its four files are read again, and the trials are not.
    run(spec.replacen("date_order = \"dmy\" ", "date_order = \"mdy\" ", 1), 1);
    run(spec.replacen("\"all\" ", "\"longest\" ", 1), 0);
}

#[test]
fn a_damaged_cache_costs_time_and_a_warning() {
    let folder = Folder::new();
    folder.check(0);
    let damaged = |folder: &Folder, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folder.entries(".kept").remove(1);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let record = folder.check(4);
        assert!(warnings(&record).contains(&"damaged-cache"), "{record:#}");
        let record = folder.check(5);
        assert!(!warnings(&record).contains(&"damaged-cache"), "{record:#}");
    };
    damaged(&folder, &|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    damaged(&folder, &|bytes| bytes.truncate(10));
    damaged(&folder, &Vec::clear);
    for path in folder.entries(".rows") {
        fs::write(path, "x").unwrap();
    }
    let record = folder.check(5);
    assert!(warnings(&record).contains(&"damaged-cache"), "{record:#}");
    // What a killed run left, and a file that nobody knows.
    fs::write(folder.cache().join(".x.kept.part"), "x").unwrap();
    folder.check(5);
    assert!(!folder.cache().join(".x.kept.part").exists());
    fs::remove_dir_all(folder.cache()).unwrap();
    folder.check(0);
    // A file where the folder should be.
    fs::remove_dir_all(folder.cache()).unwrap();
    fs::write(folder.cache(), "x").unwrap();
    let record = folder.run("incremental", "2", &["--incremental"]);
    assert!(warnings(&record).contains(&"cache-not-written"), "{record:#}");
    assert_eq!(record["unchanged"], 0);
}

#[test]
fn a_run_that_is_not_told_to_keeps_nothing() {
    let folder = Folder::new();
    folder.run("incremental", "2", &[]);
    assert!(!folder.cache().exists());
}
