//! A whole run: tables, record, rejects, exit code.

use serde_json::json;

use crate::schemas::check;
use crate::table_runs::{Tables, states};

#[test]
fn a_run_writes_its_tables_and_says_what_became_of_each_row() {
    let test = Tables::shops();
    let outcome = test.run(&[]).expect_code(0);
    assert_eq!(test.json("report.json"), json!([{ "shop": "north", "total": 12.5, "sales": 2 }]));
    assert_eq!(
        test.files(),
        [
            "counts.json",
            "kept/part-0.parquet",
            "rejects/sales.parquet",
            "repairs.jsonl",
            "report.json",
            "run.json",
            "sums.json"
        ]
    );
    let record = test.record();
    check("table-run", &record);
    assert_eq!((&record["state"], &record["pipeline"]), (&json!("succeeded"), &json!("shops")));
    assert_eq!(
        states(&record, "tasks"),
        "kept succeeded; sums succeeded; counts succeeded; report succeeded"
    );
    let source = &record["sources"][0];
    assert_eq!(
        [&source["read"], &source["accepted"], &source["rejected"], &source["merged"], &source["blank"]],
        [3, 2, 1, 0, 0]
    );
    let report = &record["tasks"][3];
    assert_eq!((&report["rows_in"], &report["rows_out"]), (&json!(2), &json!(1)));
    for text in ["a.csv", "kept", "every row is accounted for", "pipeline rejects shops --out"] {
        assert!(outcome.stdout.contains(text), "{text}:\n{}", outcome.stdout);
    }
    assert_eq!(outcome.stderr, "");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let test = Tables::shops();
    let tables = ["kept/part-0.parquet", "rejects/sales.parquet", "report.json", "repairs.jsonl"];
    let bytes = || tables.map(|name| std::fs::read(test.out().join(name)).unwrap());
    test.run(&["--threads", "1"]).expect_code(0);
    let first = bytes();
    test.run(&["--threads", "4"]).expect_code(0);
    assert!(first == bytes());
}

#[test]
fn the_json_answer_is_the_record() {
    let test = Tables::shops();
    let outcome = test.run(&["--format", "json", "--set", "least=3"]).expect_code(0);
    let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(answer, test.record());
    assert_eq!(answer["params"]["least"], "3");
    assert_eq!(test.json("sums.json"), json!([{ "shop": "north", "total": 10.0 }]));
}

#[test]
fn too_many_rejects_are_written_all_the_same_and_told() {
    let test = Tables::shops();
    let outcome = test.run(&["--max-rejects", "0"]).expect_code(1);
    let outcome = outcome.stderr_has("the data did not pass: `sales` has 1 reject of 3 rows, more than 0");
    assert!(outcome.stderr.contains("hint: the outputs are written"), "{}", outcome.stderr);
    assert_eq!(test.record()["state"], "not-passed");
    assert_eq!(test.record()["exceeded"][0]["max_rejects"], "0");
    assert_eq!(test.json("report.json")[0]["sales"], 2);
}

#[test]
fn a_source_without_a_file_and_an_unknown_parameter_are_told() {
    let test = Tables::shops();
    test.run(&["--set", "leest=3"]).expect_code(3).stderr_has("did you mean `least`?");
    assert!(test.files().is_empty(), "nothing was written");
    std::fs::remove_file(test.data().join("a.csv")).unwrap();
    test.run(&[]).expect_code(2).stderr_has("the source `sales` has no file");
    assert_eq!(test.record()["state"], "failed");
}

#[test]
fn an_output_that_is_a_file_is_refused() {
    let test = Tables::shops();
    std::fs::write(test.out(), "mine").unwrap();
    test.run(&[]).expect_code(2).stderr_has("it is no folder");
    assert_eq!(std::fs::read_to_string(test.out()).unwrap(), "mine");
}

#[test]
fn sql_that_is_wrong_is_told_before_anything_is_read() {
    let test = Tables::shops();
    test.spec(&crate::table_runs::SHOPS.replace("sum(amount)", "sum(amuont)"));
    test.run(&[]).expect_code(2).stderr_has("did you mean `amount`?");
    assert!(test.files().is_empty());
}

#[test]
fn nothing_secret_is_on_record() {
    let test = Tables::shops();
    let spec = crate::table_runs::SHOPS.replace("least = 0.0", "least = 0.0\napi_token = 'none'");
    test.spec(&spec);
    let outcome = test.run(&["--set", "api_token=canary", "--format", "json", "-vv"]).expect_code(0);
    let told = format!("{}{}{}", outcome.stdout, outcome.stderr, test.record());
    assert!(!told.contains("canary"));
    assert_eq!(test.record()["params"]["api_token"], "***");
}
