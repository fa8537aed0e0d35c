//! Days: one at a time, a range of them, the same one again.

use serde_json::{Value, json};

use crate::schemas::check;
use crate::table_runs::{DAILY, SHOPS, Tables};

fn day(day: u32, rows: u32) -> String {
    let row = |i| format!("{day}-{i},2026-01-{day:02},{i}\n");
    format!("id,day,pages\n{}", (1..=rows).map(row).collect::<String>())
}

fn daily() -> Tables {
    Tables::new("daily", DAILY).write("2026-01-01.csv", day(1, 2)).write("2026-01-03.csv", day(3, 3))
}

#[test]
fn each_day_is_run_and_a_day_without_a_file_is_skipped() {
    let test = daily();
    let args = ["--from", "2026-01-01", "--to", "2026-01-03", "--format", "json"];
    let outcome = test.run(&args).expect_code(0);
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    check("backfill", &answer);
    let states: Vec<&str> =
        answer["days"].as_array().unwrap().iter().map(|d| d["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["succeeded", "skipped", "succeeded"]);
    let pages = json!([{ "day": "2026-01-01", "pages": 3 }, { "day": "2026-01-03", "pages": 6 }]);
    assert_eq!(test.json("pages.json"), pages);
    for name in ["2026-01-01", "2026-01-02", "2026-01-03"] {
        check("table-run", &test.json(&format!("runs/{name}.json")));
        assert!(test.files().contains(&format!("runs/{name}.json")));
    }
    // Once more: not a row more.
    let before = test.files();
    test.run(&args).expect_code(0);
    assert_eq!((test.json("pages.json"), test.files()), (pages, before));
}

#[test]
fn a_bad_day_does_not_keep_the_next_from_running() {
    let test =
        daily().write("2026-01-02.csv", "id,day,pages\na,2026-01-02,x\nb,2026-01-02,y\nc,2026-01-02,3\n");
    let outcome = test.run(&["--from", "2026-01-01", "--to", "2026-01-03"]).expect_code(1);
    let outcome = outcome.stderr_has("error: 2026-01-02: the data did not pass");
    assert!(outcome.stdout.contains("2026-01-02  not-passed"), "{}", outcome.stdout);
    assert_eq!(test.json("pages.json").as_array().unwrap().len(), 3);
    assert!(test.files().contains(&"rejects/visits-2026-01-02.parquet".to_owned()));
    // Corrected at its source, the day's rejects are gone with the next run of the day.
    let test = test.write("2026-01-02.csv", day(2, 1));
    test.run(&["--date", "2026-01-02"]).expect_code(0);
    let rejects = test.does("rejects", &["--format", "json"]).expect_code(0);
    let answer: Value = serde_json::from_str(&rejects.stdout).unwrap();
    check("table-rejects", &answer);
    assert_eq!(answer["rejects"], json!([]));
}

#[test]
fn a_day_whose_rows_are_all_gone_has_no_partition() {
    let test = daily();
    test.run(&["--date", "2026-01-01"]).expect_code(0);
    let test = test.write("2026-01-01.csv", day(1, 0));
    test.run(&["--date", "2026-01-01"]).expect_code(0);
    assert!(!test.files().iter().any(|name| name.starts_with("visits/")), "{:?}", test.files());
    assert_eq!(test.json("pages.json"), json!([]));
}

#[test]
fn a_range_of_days_needs_days() {
    let test = Tables::shops();
    test.spec(SHOPS);
    let args = ["--from", "2026-01-01", "--to", "2026-01-03"];
    test.run(&args).expect_code(2).stderr_has("has no file a day");
    let test = daily();
    test.run(&["--from", "2026-01-03", "--to", "2026-01-01"]).expect_code(3).stderr_has("no day from");
    test.run(&[]).expect_code(2).stderr_has("--date YYYY-MM-DD");
    assert!(test.files().is_empty());
}
