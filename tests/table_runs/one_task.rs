//! Tasks one by one, as Airflow runs them.

use serde_json::json;

use crate::table_runs::{DAILY, SHOPS, Tables, states};

#[test]
fn tasks_one_by_one_leave_what_one_run_leaves() {
    let (whole, parts) = (Tables::shops(), Tables::shops());
    whole.run(&[]).expect_code(0);
    for task in ["kept", "sums", "counts", "report"] {
        parts.run(&["--task", task]).expect_code(0);
    }
    assert_eq!(whole.files(), parts.files());
    for name in ["kept/part-0.parquet", "rejects/sales.parquet", "report.json", "repairs.jsonl"] {
        let [one, other] = [&whole, &parts].map(|test| std::fs::read(test.out().join(name)).unwrap());
        assert!(one == other, "{name}");
    }
    let record = parts.record();
    assert_eq!(states(&record, "tasks"), states(&whole.record(), "tasks"));
    assert_eq!((&record["state"], &record["rejects"]), (&json!("succeeded"), &whole.record()["rejects"]));
}

#[test]
fn a_task_alone_is_told_what_is_missing() {
    let test = Tables::shops();
    test.run(&["--task", "sums"])
        .expect_code(2)
        .stderr_has("the table `kept` is not there")
        .stderr_has("--task kept");
    test.run(&["--task", "sum"]).expect_code(3).stderr_has("did you mean `sums`?");
}

#[test]
fn a_table_can_be_read_from_elsewhere() {
    let test = Tables::shops();
    test.spec(&SHOPS.replace("[params]", "[params]\nkept = '{out}/kept'").replace(
        "from = [\"kept\"]\nwrite = { to = \"{out}/sums.json\"",
        "from = [\"kept\"]\ninputs = { kept = \"{kept}\" }\nwrite = { to = \"{out}/sums.json\"",
    ));
    test.run(&[]).expect_code(0);
    let elsewhere = test.path().join("elsewhere");
    std::fs::rename(test.out().join("kept"), &elsewhere).unwrap();
    // Neither the source's files nor the table's own place are there.
    std::fs::remove_file(test.data().join("a.csv")).unwrap();
    std::fs::remove_file(test.out().join("sums.json")).unwrap();
    test.run(&["--task", "sums"]).expect_code(2);
    test.run(&["--task", "sums", "--set", &format!("kept={}", elsewhere.display())]).expect_code(0);
    assert_eq!(test.json("sums.json"), json!([{ "shop": "north", "total": 12.5 }]));
}

#[test]
fn a_task_behind_a_day_without_a_file_is_skipped() {
    let test = Tables::new("daily", DAILY);
    for task in ["visits_by_day", "pages"] {
        let outcome = test.run(&["--task", task, "--date", "2026-01-02"]).expect_code(0);
        assert!(
            outcome.stdout.starts_with("skipped: no file for 2026-01-02 of `visits`"),
            "{}",
            outcome.stdout
        );
    }
}

#[test]
fn the_audit_of_a_task_runs_with_it() {
    let test = Tables::shops();
    test.spec(&format!(
        "{SHOPS}[audits.any]\nsql = 'SELECT shop FROM kept'\nfrom = ['kept']\nblocking = true\n"
    ));
    test.run(&["--task", "kept"]).expect_code(1).stderr_has("the audit `any` found 2 rows");
    test.run(&["--task", "sums"]).expect_code(0);
    assert_eq!(states(&test.record(), "audits"), "any not-passed");
    assert_eq!(test.record()["state"], "not-passed");
}

#[test]
fn the_fallback_runs_by_itself_by_what_is_on_record() {
    let test = Tables::shops();
    let spec = SHOPS.replace("sum(amount)", "sum(CAST(id || 'x' AS BIGINT))");
    test.spec(&format!(
        "{spec}[on_failure]\nsql = \"SELECT task, state FROM run_tasks WHERE state = 'failed'\"\nfrom = ['run_tasks']\n\
         write = {{ to = '{{out}}/failed.json', format = 'json' }}\n"
    ));
    test.run(&["--task", "kept"]).expect_code(0);
    test.run(&["--task", "sums"]).expect_code(2);
    test.run(&["--task", "on_failure"]).expect_code(0);
    assert_eq!(test.json("failed.json"), json!([{ "task": "sums", "state": "failed" }]));
    assert_eq!(states(&test.record(), "tasks"), "kept succeeded; sums failed; on_failure succeeded");
}
