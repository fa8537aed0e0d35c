//! Two runs at once.

use std::process::Stdio;

use pipeline::store::{FolderLock, Hold};

use crate::table_runs::{DAILY, Tables};

#[test]
fn the_second_run_is_told_who_is_in_the_way() {
    let test = Tables::shops();
    let held = FolderLock::take(&test.out(), ".run.lock", Hold::Alone).unwrap();
    for args in [&[] as &[&str], &["--task", "kept"]] {
        test.run(args).expect_code(2).stderr_has(".run.lock");
    }
    drop(held);
    test.run(&[]).expect_code(0);
}

#[test]
fn tasks_run_beside_each_other_but_not_beside_themselves() {
    let test = Tables::shops();
    test.run(&[]).expect_code(0);
    let folder = FolderLock::take(&test.out(), ".run.lock", Hold::Shared).unwrap();
    let task = FolderLock::take(&test.out(), ".sums.lock", Hold::Alone).unwrap();
    test.run(&["--task", "counts"]).expect_code(0);
    test.run(&["--task", "sums"]).expect_code(2).stderr_has(".sums.lock");
    test.run(&[]).expect_code(2).stderr_has(".run.lock");
    drop(task);
    drop(folder);
    assert!(test.files().iter().all(|name| !name.starts_with('.')), "{:?}", test.files());
}

#[test]
fn of_two_runs_of_one_day_at_once_none_doubles_a_row() {
    let rows: String = (0..20_000).map(|i| format!("{i},2026-01-01,1\n")).collect();
    let test = Tables::new("daily", DAILY).write("2026-01-01.csv", format!("id,day,pages\n{rows}"));
    let start = || {
        let mut command = test.command("run", &["--date", "2026-01-01"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut codes = Vec::new();
    for child in [start(), start()] {
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || told.contains(".run.lock"), "{told}");
        codes.push(output.status.code());
    }
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert_eq!(test.json("pages.json")[0]["pages"], 20_000);
}
