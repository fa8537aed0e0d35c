//! A run that is killed at any moment: each partition is the old one or the new one, and the next run mends all.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::table_runs::Tables;

/// Rows in parts, counted by what was written.
const PARTS: &str = r#"
description = "Rows in parts"
[sources.rows]
path = "*.csv"
columns = { id = "integer", part = "string", version = "integer" }
required = ["id", "part", "version"]
key = ["id"]
[tasks.rows_by_part]
from = "rows"
write = { to = "{out}/parts", partition_by = ["part"] }
[tasks.counts]
sql = "SELECT part, count(*) AS rows, min(version) AS low, max(version) AS high FROM rows_by_part GROUP BY part ORDER BY part"
from = ["rows_by_part"]
write = { to = "{out}/counts.json", format = "json" }
"#;

const ROWS: usize = 30_000;

fn rows(version: u32, parts: std::ops::Range<usize>) -> String {
    let count = parts.len();
    let row = |i: usize| format!("{i},p{:02},{version}\n", parts.start + i % count);
    format!("id,part,version\n{}", (0..ROWS).map(row).collect::<String>())
}

/// What the parts hold now, as the task that counts them finds it.
fn counted(test: &Tables) -> Vec<(String, u64, u64, u64)> {
    test.run(&["--task", "counts"]).expect_code(0);
    let counts = test.json("counts.json");
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let of = |row: &serde_json::Value| {
        let part = row["part"].as_str().unwrap().to_owned();
        (part, number(&row["rows"]), number(&row["low"]), number(&row["high"]))
    };
    counts.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_kill_at_any_moment_doubles_and_loses_no_partition() {
    let kills: u32 = std::env::var("PIPELINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let test = Tables::new("parts", PARTS).write("a.csv", rows(0, 0..8));
    let clock = Instant::now();
    test.run(&[]).expect_code(0);
    let whole = clock.elapsed();
    let each = (ROWS / 8) as u64;
    let mut killed = 0;
    let mut test = test;
    for step in 0..kills {
        let version = step + 1;
        // Two parts go and two come, from one version to the next.
        let (before, after) = if step % 2 == 0 { (0..8, 2..10) } else { (2..10, 0..8) };
        test = test.write("a.csv", rows(version, after.clone()));
        let mut child = test
            .command("run", &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Moments spread over a run: when it dies is the point, so waiting is no shortcut here.
        let share = f64::from(step * 37 % 100) / 90.0;
        let deadline = Instant::now() + whole.mul_f64(share);
        while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        for (part, count, low, high) in counted(&test) {
            let number: usize = part[1..].parse().unwrap();
            assert!(before.contains(&number) || after.contains(&number), "step {step}: {part}");
            assert_eq!((count, low), (each, high), "step {step}: {part} is old or new, and whole");
            let old = u64::from(version) - 1;
            assert!(low == old || low == u64::from(version), "step {step}: {part} has version {low}");
        }
        // No part that both versions have is gone.
        let there: Vec<String> = counted(&test).into_iter().map(|(part, ..)| part).collect();
        for number in 2..8 {
            assert!(there.contains(&format!("p{number:02}")), "step {step}: {there:?}");
        }
        let outcome = test.does("retry", &[]);
        assert!([Some(0), Some(2)].contains(&outcome.code), "step {step}: {}", outcome.stderr);
        test.run(&[]).expect_code(0);
        let expected: Vec<_> =
            after.map(|n| (format!("p{n:02}"), each, u64::from(version), u64::from(version))).collect();
        assert_eq!(counted(&test), expected, "step {step}");
    }
    assert!(killed > kills / 3, "hardly any run was killed: {killed} of {kills}");
    assert!(
        test.files().iter().all(|name| !name.rsplit('/').next().unwrap().starts_with('.')),
        "{:?}",
        test.files()
    );
    assert_eq!(test.record()["state"], json!("succeeded"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_on_record_and_the_run_can_be_taken_up() {
    let many: String = (0..3000).map(|i| format!("{i},north,{i}\n")).collect();
    let slow = crate::table_runs::SHOPS.replace(
        "SELECT shop, sum(amount) AS total FROM kept GROUP BY shop",
        "SELECT a.shop, sum(a.amount * b.amount * c.amount) AS total FROM kept a CROSS JOIN kept b CROSS JOIN kept c GROUP BY a.shop",
    );
    let test = Tables::new("shops", &slow).write("a.csv", format!("id,shop,amount\n{many}"));
    let child = test.command("run", &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !test.out().join("counts.json").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("error: the run of `shops` was interrupted"), "{told}");
    let record = test.record();
    assert_eq!(record["state"], "interrupted");
    assert_eq!(
        crate::table_runs::states(&record, "tasks"),
        "kept succeeded; sums interrupted; counts succeeded; report interrupted"
    );
    test.spec(crate::table_runs::SHOPS);
    test.does("retry", &[]).expect_code(0).stderr_has("ran again: sums, report");
    assert_eq!(test.record()["state"], "succeeded");
}
