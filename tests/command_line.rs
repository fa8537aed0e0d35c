//! What can be typed, and what comes back.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Test, pipeline, run};

#[test]
fn every_help_text_is_as_it_was() {
    for (name, args) in [
        ("pipeline", &["--help"][..]),
        ("run", &["run", "--help"]),
        ("analyze", &["analyze", "--help"]),
        ("top-journals", &["analyze", "top-journals", "--help"]),
        ("related", &["analyze", "related", "--help"]),
        ("rejects", &["rejects", "--help"]),
        ("sql", &["sql", "--help"]),
        ("check", &["check", "--help"]),
        ("list", &["list", "--help"]),
        #[cfg(feature = "composer")]
        ("upload", &["upload", "--help"]),
        #[cfg(feature = "composer")]
        ("rollback", &["rollback", "--help"]),
        #[cfg(feature = "composer")]
        ("fetch-result", &["fetch-result", "--help"]),
        #[cfg(feature = "composer")]
        ("trigger", &["trigger", "--help"]),
        #[cfg(feature = "composer")]
        ("status", &["status", "--help"]),
        ("completions", &["completions", "--help"]),
    ] {
        // Without its features, the program has fewer commands to list.
        if name == "pipeline" && !cfg!(feature = "composer") {
            continue;
        }
        let outcome = run(args).expect_code(0);
        insta::assert_snapshot!(format!("help-{name}"), outcome.stdout);
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["completions", shell]).expect_code(0).stdout.contains("pipeline"), "{shell}");
    }
}

#[test]
fn a_wrong_word_is_a_usage_error() {
    for args in [
        &["rum"][..],
        &["run", "--no-such-flag"],
        &["run", "--from", "2026-01-01"],
        &["analyze", "related"],
        &["analyze", "related", "X", "--reading", "nowhere"],
        &["analyze", "top-journals", "--limit", "many"],
        &["sql", "shops", "SELECT 1"],
    ] {
        let outcome = run(args).expect_code(2);
        assert!(outcome.stderr.starts_with("error: "), "{args:?}: {}", outcome.stderr);
    }
}

#[test]
fn a_run_that_can_never_pass_as_it_was_called_has_a_code_of_its_own() {
    for args in [
        &["run", "drug"][..],
        &["run", "--threads", "0"],
        &["run", "--threads", "many"],
        &["run", "--max-rejects", "5%%"],
        &["run", "--max-rejects", "abc"],
        &["run", "--date", "2019-13-01"],
        &["run", "--from", "yesterday", "--to", "2026-01-01"],
        &["run", "--from", "2026-01-01", "--to", "2026-02-30"],
        &["run", "--set", "novalue"],
        &["--format", "yaml", "run"],
        &["-q", "run", "--format", "yaml"],
    ] {
        let outcome = run(args).expect_code(3);
        assert!(outcome.stderr.starts_with("error: "), "{args:?}: {}", outcome.stderr);
    }
}

#[test]
fn quiet_says_nothing_and_json_is_one_document() {
    let quiet = Test::new().args(&["-q"]).success();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let json = Test::new().args(&["--format", "json"]).success();
    let record: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(record, json.record());
    assert_eq!(json.stderr, "");
}

#[test]
fn logs_fit_cloud_logging_on_request() {
    let outcome = Test::new().args(&["--log-format", "json"]).success();
    let lines: Vec<Value> = outcome.stderr.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(!lines.is_empty());
    let severities: Vec<&str> = lines.iter().map(|line| line["severity"].as_str().unwrap()).collect();
    assert!(severities.contains(&"INFO") && severities.contains(&"WARNING"), "{severities:?}");
    for line in &lines {
        assert!(line["message"].is_string() && line["time"].as_str().unwrap().ends_with('Z'));
        let labels = &line["logging.googleapis.com/labels"];
        assert_eq!((labels["pipeline"].as_str(), labels["task"].as_str()), (Some("drugs"), Some("graph")));
        assert_eq!(labels["run"], lines[0]["logging.googleapis.com/labels"]["run"]);
    }
    let failure = Test::new().remove("drugs.csv").args(&["--log-format", "json"]).failure();
    let line: Value = serde_json::from_str(failure.stderr.trim()).unwrap();
    assert_eq!(line["severity"], "ERROR");
    assert_eq!(line["logging.googleapis.com/labels"]["pipeline"], "drugs");
    assert!(line["hint"].is_string());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let test = Test::new();
    assert!(test.command().output().unwrap().status.success());
    let mut command = pipeline();
    command.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_stderr_that_nobody_reads_changes_no_exit_code() {
    let cases: [(&[&str], i32); 4] = [
        (&["--max-rejects", "1", "--log-format", "json"], 0),
        (&["--max-rejects", "1", "-vv"], 0),
        (&["--max-rejects", "0"], 1),
        (&["--dags", "/nowhere"], 2),
    ];
    for (args, code) in cases {
        let test = Test::new().pubmed("1,,2020,Acta\n").args(args);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = test.command().stdout(Stdio::null()).stderr(writer).status().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn it_works_from_any_folder_and_with_pipeline_files_of_ones_own() {
    Test::new().pubmed("1,On ethanol,01/02/2020,Acta\n").success();
    let file = "[sources.drugs]\npath = \"drugs.csv\"\n[sources.pubmed]\npath = \"pubmed.csv\"\n\
                date_order = \"mdy\"\n[sources.clinical_trials]\npath = \"no.csv\"\noptional = true\n\
                [tasks.graph]\nbuiltin = \"mentions\"\n";
    let dags = tempfile::tempdir().unwrap();
    std::fs::write(dags.path().join("drugs.toml"), file).unwrap();
    let folder = dags.path().to_str().unwrap();
    for test in [Test::new().args(&["--dags", folder]), Test::new().env("PIPELINE_DAGS", folder)] {
        let outcome = test.pubmed("1,On ethanol,01/02/2020,Acta\n").success();
        let drugs = outcome.output();
        let ethanol = drugs["drugs"].as_array().unwrap().iter().find(|d| d["drug"] == "ETHANOL").unwrap();
        assert_eq!(ethanol["mentions"]["pubmed"][0]["date"], "2020-01-02");
    }
}

#[test]
fn every_problem_of_a_pipeline_file_is_told_at_once() {
    let file = "descripton = 1\n[sources.drugs]\npath = \"../x\"\n[sources.pubmed]\npath = \"p.csv\"\n\
                date_order = \"dym\"\nmax_reject = 3\nmax_rejects = \"many\"\n[sources.trials]\npath = 1\n\
                [tasks.graph]\nbuiltin = \"mention\"\noverlap = \"longes\"\n";
    let dags = tempfile::tempdir().unwrap();
    std::fs::write(dags.path().join("drugs.toml"), file).unwrap();
    let outcome = Test::new().args(&["--dags", dags.path().to_str().unwrap()]).failure();
    let shown = outcome.stderr.replace(dags.path().to_str().unwrap(), "DAGS");
    insta::assert_snapshot!("spec-problems", shown);
}

#[test]
fn an_unknown_pipeline_is_told_with_the_known_ones() {
    run(&["check", "drug"]).expect_code(2).stderr_has("unknown pipeline `drug`; did you mean `drugs`?");
    run(&["run", "drug"]).expect_code(3).stderr_has("error: unknown pipeline `drug`; did you mean `drugs`?");
}

#[test]
fn rejects_are_shown_as_text_and_as_json() {
    let outcome =
        Test::new().pubmed("1, ,2020,Acta\n2,On ethanol,n/a,\n").args(&["--max-rejects", "1"]).success();
    let out = outcome.folder.join("out/output.json");
    let out = out.to_str().unwrap();
    let text = run(&["rejects", "--out", out]).expect_code(0).stdout;
    insta::assert_snapshot!("rejects-text", text);
    let json: Value =
        serde_json::from_str(&run(&["rejects", "--out", out, "--format", "json"]).stdout).unwrap();
    assert_eq!(json["rejects"][0]["code"], "missing-title");
    assert_eq!(json["repairs"].as_array().unwrap().len(), 2);
    run(&["rejects", "--out", "/nowhere/output.json"])
        .expect_code(2)
        .stderr_has("hint: run `pipeline run` first");
}
