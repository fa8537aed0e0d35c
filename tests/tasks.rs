//! A pipeline run task by task: check, write aside, publish what passed.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{HEADER, Outcome, Test, pipeline, repository};

const GOOD: &str = "1,On ethanol,2020,Acta\n";
const BAD: &str = "1,On ethanol,2020,Acta\n2,,2020,Acta\n";
const FILES: [&str; 4] = ["output.json", "rejects.jsonl", "repairs.jsonl", "run.json"];

fn good() -> Test {
    Test::new().pubmed(GOOD)
}

/// Runs with more arguments; the folder stays.
fn run(test: &Test, args: &[&str]) -> Outcome {
    let mut command = test.command();
    if args.iter().any(|arg| ["--out", "--data"].contains(arg)) {
        // In place of those of the folder.
        command = pipeline();
        command.arg("run");
        let rest: Vec<_> = test.command().get_args().skip(1).map(ToOwned::to_owned).collect();
        command.args(rest.chunks(2).filter(|pair| !args.contains(&pair[0].to_str().unwrap())).flatten());
    }
    let output = command.args(args).output().expect("the program starts");
    Outcome::new(&output, None, test.folder().to_owned())
}

fn task(test: &Test, task: &str) -> Outcome {
    run(test, &["--task", task])
}

/// The names in a folder; none if there is none.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn out(test: &Test) -> std::path::PathBuf {
    test.folder().join("out")
}

fn staged(test: &Test) -> std::path::PathBuf {
    test.folder().join("out/.staged")
}

fn contents(folder: &Path) -> Vec<Vec<u8>> {
    FILES.iter().map(|name| fs::read(folder.join(name)).unwrap()).collect()
}

/// The pipeline file with something else in it, in a folder of its own.
fn with_spec(test: Test, from: &str, to: &str) -> Test {
    let spec = fs::read_to_string(repository().join("dags/drugs.toml")).unwrap();
    assert!(spec.contains(from), "{from}");
    let dags = test.folder().join("dags");
    fs::create_dir_all(&dags).unwrap();
    fs::write(dags.join("drugs.toml"), spec.replace(from, to)).unwrap();
    let dags = dags.display().to_string();
    test.args(&["--dags", &dags])
}

#[test]
fn a_check_tells_whether_the_data_passes_and_writes_nothing() {
    let test = good();
    let outcome = task(&test, "check").expect_code(0);
    assert!(outcome.stdout.contains("pubmed.csv") && outcome.stdout.contains("nothing was written"));
    let test = test.pubmed(BAD);
    let outcome = task(&test, "check").expect_code(1);
    assert!(outcome.stderr.contains("`pubmed` has 1 reject of 2 rows"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("hint: nothing was written; run --task graph"), "{}", outcome.stderr);
    run(&test, &["--task", "check", "--max-rejects", "1"]).expect_code(0);
    assert_eq!(names(test.folder()), ["data"]);
}

#[test]
fn a_result_waits_until_it_is_published_and_is_the_one_of_a_whole_run() {
    let test = good();
    task(&test, "graph").expect_code(0);
    assert_eq!(
        (names(&out(&test)), names(&staged(&test))),
        (vec![".staged".into()], FILES.map(String::from).into())
    );
    let before = contents(&staged(&test));
    let outcome = task(&test, "publish").expect_code(0);
    assert_eq!(names(&out(&test)), FILES);
    assert_eq!(contents(&out(&test)), before);
    assert_eq!(outcome.record()["output"]["file"], test.out().display().to_string());
    let published = fs::read(test.out()).unwrap();
    run(&test, &[]).expect_code(0);
    assert_eq!(fs::read(test.out()).unwrap(), published);
}

#[test]
fn a_second_publication_changes_nothing_and_the_first_needs_a_result() {
    let test = good();
    let outcome = task(&test, "publish").expect_code(2);
    assert!(outcome.stderr.contains("nothing waits") && outcome.stderr.contains("--task graph"));
    assert_eq!(names(test.folder()), ["data"]);
    task(&test, "graph").expect_code(0);
    task(&test, "publish").expect_code(0);
    let time = |name: &str| fs::metadata(out(&test).join(name)).unwrap().modified().unwrap();
    let before = FILES.map(time);
    let outcome = task(&test, "publish").expect_code(0);
    assert!(outcome.stdout.contains("published already"), "{}", outcome.stdout);
    assert_eq!((FILES.map(time), names(&out(&test))), (before, FILES.map(String::from).into()));
    // A published graph that was changed by hand is none that was published.
    fs::write(test.out(), "{}").unwrap();
    task(&test, "publish").expect_code(2);
}

#[test]
fn a_bad_day_leaves_the_published_result() {
    let test = good();
    task(&test, "graph").expect_code(0);
    task(&test, "publish").expect_code(0);
    let former = contents(&out(&test));
    let test = test.pubmed(BAD);
    let outcome = task(&test, "graph").expect_code(1);
    assert!(outcome.stderr.contains(".staged/rejects.jsonl"), "{}", outcome.stderr);
    let outcome = task(&test, "publish").expect_code(1);
    assert!(outcome.stderr.contains("the result that waits did not pass: `pubmed`"), "{}", outcome.stderr);
    assert_eq!(contents(&out(&test)), former);
    let rejects = fs::read_to_string(staged(&test).join("rejects.jsonl")).unwrap();
    assert!(rejects.contains("missing-title"));
}

#[test]
fn what_waits_is_published_only_if_it_is_what_its_record_says() {
    let changes: [fn(&Path); 4] = [
        |folder| fs::write(folder.join("output.json"), "{\"drugs\": []}").unwrap(),
        |folder| fs::remove_file(folder.join("output.json")).unwrap(),
        |folder| fs::remove_file(folder.join("repairs.jsonl")).unwrap(),
        |folder| {
            let record = fs::read_to_string(folder.join("run.json")).unwrap();
            fs::write(folder.join("run.json"), record.replace("\"bytes\": ", "\"bytes\": 1")).unwrap();
        },
    ];
    for change in changes {
        let test = good();
        task(&test, "graph").expect_code(0);
        change(&staged(&test));
        let outcome = task(&test, "publish").expect_code(2);
        assert!(outcome.stderr.contains("is not what the run record beside it says"), "{}", outcome.stderr);
        assert_eq!(names(&out(&test)), [".staged"]);
        // The task that makes it mends it.
        task(&test, "graph").expect_code(0);
        task(&test, "publish").expect_code(0);
        assert_eq!(names(&out(&test)), FILES);
    }
}

#[test]
fn a_publication_that_was_killed_is_finished_by_the_next() {
    let rows: String = (0..20_000).map(|i| format!("{i},On ethanol and aspirin {i},2020,Acta\n")).collect();
    let test = good();
    run(&test, &[]).expect_code(0);
    let old = fs::read(test.out()).unwrap();
    let test = test.pubmed(&rows);
    task(&test, "graph").expect_code(0);
    let new = fs::read(staged(&test).join("output.json")).unwrap();
    assert!(old != new);
    // Between the companions and the graph.
    for name in &FILES[1..] {
        fs::copy(staged(&test).join(name), out(&test).join(name)).unwrap();
    }
    let clock = Instant::now();
    task(&test, "publish").expect_code(0);
    let whole = clock.elapsed();
    assert!(fs::read(test.out()).unwrap() == new);
    assert_eq!(names(&out(&test)), FILES);

    let mut killed = 0;
    for step in 0..30 {
        fs::write(test.out(), &old).unwrap();
        task(&test, "graph").expect_code(0);
        let mut command = test.command();
        command.args(["--task", "publish"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        // Moments spread over a publication: when it dies is the point.
        let deadline = Instant::now() + whole.mul_f64(f64::from(step) / 26.0);
        while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(100));
        }
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        let now = fs::read(test.out()).unwrap();
        assert!(now == old || now == new, "step {step}: half an output");
        task(&test, "publish").expect_code(0);
        assert!(fs::read(test.out()).unwrap() == new, "step {step}");
        assert_eq!(names(&out(&test)), FILES, "step {step}");
    }
    assert!(killed > 5, "hardly any publication was killed: {killed}");
}

#[test]
fn a_publication_and_a_run_keep_out_of_each_others_way() {
    let test = good();
    task(&test, "graph").expect_code(0);
    let lock = fs::File::create(out(&test).join(".output.json.lock")).unwrap();
    lock.lock().unwrap();
    for name in ["publish", "graph"] {
        let outcome = task(&test, name).expect_code(2);
        assert!(outcome.stderr.contains("holds the lock"), "{name}: {}", outcome.stderr);
    }
    task(&test, "check").expect_code(0);
    drop(lock);
    task(&test, "publish").expect_code(0);
}

#[test]
fn without_a_task_that_publishes_the_graph_goes_to_its_place() {
    let test =
        with_spec(good(), "[tasks.publish]\nbuiltin = \"publish\"", "[tasks.other]\nbuiltin = \"check\"");
    // `from` and a second check are told; a file without the task altogether is fine.
    let outcome = task(&test, "graph").expect_code(2);
    assert!(outcome.stderr.contains("a second task with the builtin `check`"), "{}", outcome.stderr);
    let spec = fs::read_to_string(repository().join("dags/drugs.toml")).unwrap();
    let start = spec.split("[tasks.publish]").next().unwrap();
    fs::write(test.folder().join("dags/drugs.toml"), start).unwrap();
    task(&test, "graph").expect_code(0);
    assert_eq!(names(&out(&test)), FILES);
    let outcome = task(&test, "publish").expect_code(3);
    assert!(outcome.stderr.contains("unknown task `publish` of the pipeline `drugs`"), "{}", outcome.stderr);
}

#[test]
fn an_unknown_task_date_or_parameter_is_told() {
    let test = good();
    for (args, what) in [
        (&["--task", "grph"][..], "unknown task `grph` of the pipeline `drugs`; did you mean `graph`?"),
        (&["--date", "2026-02-30"], "there is no day `2026-02-30`"),
        (&["--date", "21/11/2026"], "is no date as in 2026-11-21"),
        (&["--set", "novalue"], "it must be KEY=VALUE"),
        (&["--set", "=x"], "it must be KEY=VALUE"),
        (&["--set", "lake=x", "--set", "a=b"], "the pipeline `drugs` has no parameter `lake`"),
        (&["--out", "gs://bucket"], "names a bucket but no object in it"),
        (&["--out", "s3://bucket"], "names a bucket but no object in it"),
        (&["--data", "gs://bucket/data"], "inputs are read from local folders only"),
    ] {
        let outcome = run(&test, args).expect_code(3);
        assert!(outcome.stderr.contains(what), "{args:?}: {}", outcome.stderr);
    }
    assert_eq!(names(test.folder()), ["data"]);
}

#[test]
fn the_log_is_labelled_with_the_task() {
    let test = good();
    for (name, args) in [("check", &["--task", "check"][..]), ("graph", &["--task", "graph"]), ("graph", &[])]
    {
        let outcome = run(&test, &[args, &["--log-format", "json"]].concat()).expect_code(0);
        let line: serde_json::Value = serde_json::from_str(outcome.stderr.lines().next().unwrap()).unwrap();
        assert_eq!(line["logging.googleapis.com/labels"]["task"], name);
    }
}

#[test]
fn a_file_a_day_is_read_by_its_day_and_a_missing_day_is_skipped() {
    let day =
        |day: &str, id: &str| (format!("pubmed_{day}.csv"), format!("{HEADER}{id},On ethanol,2020,Acta\n"));
    let (first, second) = (day("2026-11-20", "1"), day("2026-11-21", "2"));
    let test = with_spec(
        Test::new(),
        "[\"pubmed*.csv\", \"pubmed*.json\", \"pubmed*.ndjson\", \"pubmed*.xml\"]",
        "\"pubmed_{date}.csv\"",
    );
    let test = test.write(&first.0, &first.1).write(&second.0, &second.1);
    let outcome = run(&test, &[]).expect_code(2);
    assert!(outcome.stderr.contains("`pubmed_{date}.csv`") && outcome.stderr.contains("--date"));
    let outcome = run(&test, &["--date", "2026-11-21"]).expect_code(0);
    assert_eq!(outcome.mentions(), ["ETHANOL 2"]);
    assert_eq!(outcome.record()["date"], "2026-11-21");
    let former = contents(&out(&test));
    for task in [&[][..], &["--task", "check"], &["--task", "graph"], &["--task", "publish"]] {
        let outcome = run(&test, &[task, &["--date", "2026-11-22"]].concat()).expect_code(0);
        assert!(outcome.stdout.contains("skipped: no file for 2026-11-22 of `pubmed`"), "{}", outcome.stdout);
    }
    assert_eq!(contents(&out(&test)), former);
    assert_eq!(names(&out(&test)), FILES);

    // What waits is of one day.
    run(&test, &["--task", "graph", "--date", "2026-11-20"]).expect_code(0);
    let outcome = run(&test, &["--task", "publish", "--date", "2026-11-21"]).expect_code(0);
    assert!(outcome.stdout.contains("published already"), "{}", outcome.stdout);
    fs::remove_file(out(&test).join("run.json")).unwrap();
    let outcome = run(&test, &["--task", "publish", "--date", "2026-11-21"]).expect_code(2);
    assert!(
        outcome.stderr.contains("is of `drugs` for 2026-11-20, not of `drugs` for 2026-11-21"),
        "{}",
        outcome.stderr
    );
    let outcome = run(&test, &["--task", "publish", "--date", "2026-11-20"]).expect_code(0);
    assert_eq!(outcome.mentions(), ["ETHANOL 1"]);
}

#[test]
fn an_output_that_another_day_would_read_is_refused() {
    let test = with_spec(
        Test::new(),
        "[\"pubmed*.csv\", \"pubmed*.json\", \"pubmed*.ndjson\", \"pubmed*.xml\"]",
        "\"pubmed_{date}.csv\"",
    );
    let test = test.write("pubmed_2026-11-21.csv", HEADER);
    let other = test.data().join("pubmed_2026-11-22.csv").display().to_string();
    let outcome = run(&test, &["--date", "2026-11-21", "--out", &other]).expect_code(2);
    assert!(outcome.stderr.contains("would be an input of the next run"), "{}", outcome.stderr);
}

#[test]
#[cfg(not(feature = "composer"))]
fn a_build_without_google_cloud_says_so() {
    let (test, url) = (good(), "gs://bucket/data/output.json");
    let analyze = ["analyze", "--graph", url];
    let rejects = ["rejects", "--out", url];
    let of = |args: &[&str]| crate::support::run(args).expect_code(2);
    for outcome in [run(&test, &["--out", url]).expect_code(2), of(&analyze), of(&rejects)] {
        assert!(outcome.stderr.contains("cannot reach `gs://bucket`: this build has no Google Cloud"));
        assert!(outcome.stderr.contains("the feature `composer`"), "{}", outcome.stderr);
    }
    assert_eq!(names(test.folder()), ["data"]);
}
