//! What is done with a run afterwards: by its record, whatever the parameters would say today.

use serde_json::json;

use crate::table_runs::{SHOPS, Tables};

/// Shops whose tables go to `lake`, with an address that opens a door.
fn lake() -> String {
    let spec = SHOPS.replace("'{out}/", "'{lake}/").replace("\"{out}/", "\"{lake}/");
    let spec = spec.replace("[params]", "[params]\nlake = '{out}'\nalert = ''\n");
    format!("{spec}[on_failure]\nwebhook = '{{alert}}'\n")
}

#[test]
fn tables_are_asked_where_the_run_has_written_them() {
    let test = Tables::shops();
    test.spec(&lake());
    let lake = test.path().join("lake");
    test.run(&["--set", &format!("lake={}", lake.display())]).expect_code(0);
    assert!(lake.join("report.json").exists());
    let ask = |args: &[&str]| {
        let sql = ["SELECT shop, total FROM report", "--format", "json"];
        test.does("sql", &[&sql[..], args].concat())
    };
    let rows = ask(&[]).expect_code(0).stdout;
    assert!(rows.contains("12.5"), "{rows}");
    // What is given stands above the record.
    ask(&["--set", "lake=/nowhere"]).expect_code(2).stderr_has("/nowhere/report.json");
}

#[test]
fn what_a_webhook_is_made_of_is_not_on_record_and_only_asked_for_where_it_is_needed() {
    let test = Tables::shops();
    test.spec(
        &lake().replace(
            "FROM kept GROUP BY shop\"",
            "FROM kept WHERE CAST(id AS INTEGER) / 0 > 1 GROUP BY shop\"",
        ),
    );
    let nobody = crate::airflow::server::nobody();
    let alert = format!("alert={nobody}/canary");
    let failed = test.run(&["--set", &alert]).expect_code(2);
    assert!(!format!("{}{}{}", failed.stdout, failed.stderr, test.record()).contains("canary"));
    test.does("sql", &["SELECT * FROM kept"]).expect_code(0);
    test.does("retry", &[])
        .expect_code(2)
        .stderr_has("`alert` of the last run is secret, and not on record")
        .stderr_has("--set alert=");
    test.spec(&lake());
    test.does("retry", &["--set", &alert]).expect_code(0);
}

#[test]
fn an_empty_parameter_puts_nothing_at_the_root() {
    let test = Tables::shops();
    // Not the root itself, should it go wrong: a folder of the test that the place begins with.
    let root = test.path().display().to_string();
    test.spec(
        &lake()
            .replace("'{lake}/", &format!("'{{lake}}{root}/"))
            .replace("\"{lake}/", &format!("\"{{lake}}{root}/")),
    );
    test.run(&["--set", "lake="])
        .expect_code(2)
        .stderr_has("the parameter `lake` is empty")
        .stderr_has("at the root of the file system");
    assert!(!test.path().join("kept").exists());
}

#[test]
fn a_replay_and_a_retry_read_the_folder_of_the_run() {
    let test = Tables::shops();
    test.run(&[]).expect_code(0);
    let fix = test.path().join("fix.csv");
    std::fs::write(&fix, "file,line,amount\na.csv,4,7\n").unwrap();
    let file = std::fs::read(test.data().join("a.csv")).unwrap();
    std::fs::remove_file(test.data().join("a.csv")).unwrap();
    // Nothing was read: nothing is said of the row, but that its correction waits.
    let outcome = test.does("rejects", &["--replay", fix.to_str().unwrap()]).expect_code(2);
    assert!(!outcome.stdout.contains("still rejected"), "{}", outcome.stdout);
    let test = test.write("a.csv", file);
    test.does("retry", &[]).expect_code(0);
    assert_eq!(test.json("report.json")[1], json!({ "shop": "south", "total": 7.0, "sales": 1 }));
    std::fs::write(&fix, "file,line,amount\na.csv,4,8\n").unwrap();
    test.does("rejects", &["--replay", fix.to_str().unwrap()]).expect_code(0);
    assert_eq!(test.json("report.json")[1]["total"], 8.0);
}
