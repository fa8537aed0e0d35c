//! `pipeline check` and `pipeline list`, from outside.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::schemas;
use crate::spec_problems::{ORDERS, TOTALS};
use crate::support::{Outcome, pipeline, repository};

/// A folder of pipeline files with `orders.toml` in it.
fn dags(orders: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("dags/orders")).unwrap();
    std::fs::write(dir.path().join("dags/orders.toml"), orders).unwrap();
    std::fs::write(dir.path().join("dags/orders/totals.sql"), TOTALS).unwrap();
    dir
}

fn run(folder: &Path, args: &[&str]) -> Outcome {
    let mut command: Command = pipeline();
    command.current_dir(folder).args(args);
    Outcome::new(&command.output().unwrap(), None, folder.to_owned())
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn every_pipeline_that_ships_has_no_problem() {
    let dir = tempfile::tempdir().unwrap();
    for folder in [dir.path(), repository()] {
        let outcome = run(folder, &["check"]).expect_code(0);
        for shipped in pipeline::spec::SHIPPED {
            assert!(outcome.stdout.contains(&format!("{}: no problem", shipped.name)), "{}", outcome.stdout);
        }
        assert_eq!(outcome.stdout.contains("its SQL was not looked at"), !cfg!(feature = "tables"));
        let answer = json(&run(folder, &["check", "--format", "json"]).expect_code(0));
        schemas::check("check", &answer);
        assert_eq!(answer["pipelines"].as_array().unwrap().len(), pipeline::spec::SHIPPED.len());
    }
}

#[test]
fn problems_are_told_by_line_and_end_with_1() {
    let broken = ORDERS
        .replace("format = \"csv\"\nrequired", "format = \"cvs\"\nrequired")
        .replace("retries", "retrys");
    let dir = dags(&broken);
    let file = Path::new("dags/orders.toml");
    for target in ["orders", "dags/orders.toml"] {
        let outcome = run(dir.path(), &["check", target]).expect_code(1);
        assert_eq!(
            outcome.stdout,
            format!(
                "{0}:4: unknown key `retrys`; did you mean `retries`?\n\
                 {0}:15: unknown value `cvs` of `format`; did you mean `csv`?\norders: 2 problems\n",
                file.display()
            )
        );
        outcome.stderr_has("error: 2 problems in `orders`\nhint: mend the files");
    }
    let quiet = run(dir.path(), &["check", "orders", "-q"]).expect_code(1);
    assert_eq!(quiet.stdout.lines().count(), 2);
    let answer = json(&run(dir.path(), &["check", "--format", "json"]).expect_code(1));
    schemas::check("check", &answer);
    let orders = answer["pipelines"].as_array().unwrap().iter().find(|p| p["name"] == "orders").unwrap();
    assert_eq!(orders["problems"][1]["line"], 15);
    assert_eq!(orders["sql_checked"], Value::Null);
    let problem = "/pipelines/0/problems/0";
    let one = json(&run(dir.path(), &["check", "orders", "--format", "json"]).expect_code(1));
    schemas::refuses(
        "check",
        &one,
        &[
            (&format!("{problem}/line"), json!(0)),
            (&format!("{problem}/column"), json!("1")),
            (&format!("{problem}/lines"), json!(1)),
            ("/pipelines/0/tests", json!([{ "name": "a" }])),
        ],
    );
    // What is wrong there keeps it from running, too.
    run(dir.path(), &["run", "orders"]).expect_code(2).stderr_has("dags/orders.toml:4: unknown key `retrys`");
}

#[test]
fn a_file_that_cannot_be_read_ends_with_2() {
    let dir = dags(ORDERS);
    run(dir.path(), &["check", "dags/order.toml"]).expect_code(2).stderr_has("cannot read `dags/order.toml`");
    run(dir.path(), &["check", "order"])
        .expect_code(2)
        .stderr_has("unknown pipeline `order`; did you mean `orders`?");
    run(dir.path(), &["check", "../orders"]).expect_code(2);
    std::fs::write(dir.path().join("dags/orders.toml"), b"description = \"\xff\"").unwrap();
    run(dir.path(), &["check", "orders"]).expect_code(2).stderr_has("cannot read");
}

#[cfg(not(feature = "tables"))]
#[test]
fn tests_need_a_build_with_sql() {
    let dir = dags(ORDERS);
    run(dir.path(), &["check", "orders", "--run-tests"])
        .expect_code(2)
        .stderr_has("hint: build with `cargo build --release --features tables`");
    run(dir.path(), &["check", "drugs", "--run-tests"]).expect_code(0);
}

#[cfg(feature = "tables")]
#[test]
fn the_tests_in_the_files_are_run() {
    let dir = dags(ORDERS);
    let outcome = run(dir.path(), &["check", "orders", "--run-tests"]).expect_code(0);
    assert_eq!(outcome.stdout, "orders: no problem; 1 of 1 test passed\n");
    std::fs::write(dir.path().join("dags/orders.toml"), ORDERS.replace("total = 1000.5 }", "total = 1.0 }"))
        .unwrap();
    let outcome = run(dir.path(), &["check", "orders", "--run-tests", "--format", "json"]).expect_code(1);
    let answer = json(&outcome);
    schemas::check("check", &answer);
    let orders = &answer["pipelines"][0];
    assert_eq!((&orders["sql_checked"], &orders["tests"][0]["passed"]), (&json!(true), &json!(false)));
    let line = ORDERS.lines().position(|line| line == "[[tests]]").unwrap() + 1;
    assert_eq!(orders["problems"][0]["line"], line);
}

#[test]
fn pipelines_are_listed_with_sources_tasks_and_schedules() {
    let dir = dags(ORDERS);
    let outcome = run(dir.path(), &["list"]).expect_code(0);
    insta::assert_snapshot!("list-text", outcome.stdout);
    let answer = json(&run(dir.path(), &["list", "--format", "json"]).expect_code(0));
    schemas::check("list", &answer);
    let orders = answer["pipelines"].as_array().unwrap().iter().find(|p| p["name"] == "orders").unwrap();
    assert_eq!(orders["tasks"][2]["upstream"], json!(["totals", "bronze"]));
    assert_eq!((&orders["schedule"], &orders["retry_delay_s"]), (&json!("0 3 * * *"), &json!(30)));
    schemas::refuses(
        "list",
        &answer,
        &[
            ("/pipelines/0/retries", json!(-1)),
            ("/pipelines/0/tasks/0/work", json!("shell")),
            ("/pipelines/0/start_date", json!("tomorrow")),
            ("/broken", json!([1])),
        ],
    );
}

#[test]
fn a_broken_pipeline_is_named_and_the_others_are_listed() {
    let dir = dags(&ORDERS.replace("retries", "retrys"));
    let outcome = run(dir.path(), &["list"]).expect_code(1);
    assert!(outcome.stdout.contains("drugs: ") && !outcome.stdout.contains("orders: "));
    outcome.stderr_has(
        "error: not listed, for their files have problems: `orders`\nhint: see them with `pipeline check`",
    );
}
