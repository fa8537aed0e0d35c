//! The last failed run again, without what succeeded.

use serde_json::json;

use crate::table_runs::{SHOPS, Tables, states};

fn broken() -> String {
    SHOPS.replace("SELECT shop, sum(amount) AS total", "SELECT shop, sum(CAST(id || 'x' AS BIGINT)) AS total")
}

#[test]
fn only_what_did_not_succeed_is_run_again() {
    let test = Tables::shops();
    test.spec(&broken());
    test.run(&["--set", "least=3"]).expect_code(2);
    let kept = std::fs::metadata(test.out().join("kept/part-0.parquet")).unwrap().modified().unwrap();
    test.spec(SHOPS);
    // Neither the source nor the parameters are needed again.
    std::fs::remove_file(test.data().join("a.csv")).unwrap();
    test.does("retry", &[]).expect_code(0).stderr_has("ran again: sums, report");
    assert_eq!(std::fs::metadata(test.out().join("kept/part-0.parquet")).unwrap().modified().unwrap(), kept);
    assert_eq!(test.json("report.json"), json!([{ "shop": "north", "total": 10.0, "sales": 1 }]));
    let record = test.record();
    assert_eq!(record["state"], "succeeded");
    assert_eq!(record["params"]["least"], "3");
    assert_eq!(
        states(&record, "tasks"),
        "kept succeeded; sums succeeded; counts succeeded; report succeeded"
    );
    test.does("retry", &[]).expect_code(0).stderr_has("nothing of the last run of `shops` has failed");
}

#[test]
fn without_a_record_there_is_nothing_to_retry() {
    let test = Tables::shops();
    test.does("retry", &[]).expect_code(2).stderr_has("no run of `shops` is on record");
}

#[test]
fn a_secret_has_to_be_given_again() {
    let test = Tables::shops();
    test.spec(&broken().replace("[params]", "[params]\napi_token = 'none'"));
    test.run(&["--set", "api_token=canary"]).expect_code(2);
    test.spec(&SHOPS.replace("[params]", "[params]\napi_token = ''"));
    let outcome =
        test.does("retry", &[]).expect_code(2).stderr_has("hint: give it again: --set api_token=...");
    assert!(!outcome.stderr.contains("canary"));
    test.does("retry", &["--set", "api_token=canary"]).expect_code(0);
}

#[test]
fn every_day_of_a_backfill_that_failed_is_run_again() {
    let spec = crate::table_runs::DAILY.replace("sum(pages)", "sum(CAST(pages || 'x' AS BIGINT))");
    let rows = |day: u32| format!("id,day,pages\n{day},2026-01-{day:02},{day}\n");
    let test = Tables::new("daily", &spec).write("2026-01-01.csv", rows(1)).write("2026-01-02.csv", rows(2));
    test.run(&["--from", "2026-01-01", "--to", "2026-01-02"]).expect_code(2);
    test.spec(crate::table_runs::DAILY);
    test.does("retry", &[]).expect_code(0);
    for day in ["2026-01-01", "2026-01-02"] {
        assert_eq!(test.json(&format!("runs/{day}.json"))["state"], "succeeded");
    }
    assert_eq!(test.json("pages.json").as_array().unwrap().len(), 2);
}
