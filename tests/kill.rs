//! A run that is killed leaves the former output whole, and the next run mends everything.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::Test;

#[test]
fn a_kill_at_any_moment_leaves_the_old_output_or_the_new_one() {
    let rows: String = (0..60_000).map(|i| format!("{i},On ethanol and aspirin {i},2020,Acta\n")).collect();
    let test = Test::new().pubmed("1,On ethanol,2020,Acta\n");
    assert!(test.command().output().unwrap().status.success());
    let old = std::fs::read(test.out()).unwrap();
    let test = test.pubmed(&rows);
    let clock = Instant::now();
    Test::new().pubmed(&rows).success();
    let whole_run = clock.elapsed();

    let mut killed = 0;
    for step in 0..40 {
        let mut child =
            test.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        // Moments spread over a run: when it dies is the point, so waiting is no shortcut here.
        let deadline = Instant::now() + whole_run.mul_f64(f64::from(step) / 36.0);
        while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        let now = std::fs::read(test.out()).unwrap();
        assert!(
            now == old || (now.len() > 1_000_000 && now.ends_with(b"]}\n")),
            "step {step}: half an output"
        );
        serde_json::from_slice::<serde_json::Value>(&now).expect("whole JSON");
    }
    assert!(killed > 10, "hardly any run was killed: {killed}");
    assert!(test.command().output().unwrap().status.success());
    let mut left: Vec<_> = std::fs::read_dir(test.out().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["output.json", "rejects.jsonl", "repairs.jsonl", "run.json"]);
}
