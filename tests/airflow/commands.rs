//! The commands as they are typed: wiring, exit codes, what is shown, and that no secret is.

use std::process::Command;

use serde_json::{Value, json};

use super::fake::{Fake, Fault, PASSWORD, TOKEN, USER, task};
use super::fake_composer::{FakeComposer, NAME};
use super::server::nobody;
use crate::schemas::{check, refuses};
use crate::support::{Outcome, pipeline, run};

/// A command that finds the fake, with a token, and does not dawdle.
fn command(fake: &Fake, args: &[&str]) -> Command {
    let mut command = pipeline();
    command.args(args).args(["--airflow", &fake.url]).env("AIRFLOW_TOKEN", TOKEN);
    command
}

fn outcome(mut command: Command) -> Outcome {
    Outcome::new(&command.output().unwrap(), None, Default::default())
}

fn trigger(fake: &Fake, more: &[&str]) -> Outcome {
    outcome(command(fake, &[&["trigger", "drugs", "--date", "2026-01-02", "--poll", "1ms"], more].concat()))
}

fn json_of(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).expect("one JSON document")
}

/// A run that goes well.
fn well(fake: &Fake) {
    fake.state().script = [
        ("running", vec![task("read", Some("running"), 1), task("graph", None, 0)]),
        ("success", vec![task("read", Some("success"), 1), task("graph", Some("success"), 1)]),
    ]
    .into();
}

/// A run that fails.
fn badly(fake: &Fake) {
    fake.state().script =
        [("failed", vec![task("read", Some("failed"), 3), task("graph", Some("upstream_failed"), 0)])].into();
    fake.state().log = json!({"content": [{"event": "too many; hint: look", "level": "error"}]}).to_string();
}

#[test]
fn a_run_is_started_and_named() {
    let fake = Fake::new(3);
    let outcome = trigger(&fake, &["--set", "max_rejects=5%", "--set", "rule=a=b"]).expect_code(0);
    let id = fake.state().runs[0]["dag_run_id"].as_str().unwrap().to_owned();
    assert_eq!(outcome.stdout, format!("run {id}\n{}/dags/drugs/runs/{id}\n", fake.url));
    assert_eq!(outcome.stderr, "");
    assert_eq!(fake.state().runs[0]["conf"], json!({"set": {"max_rejects": "5%", "rule": "a=b"}}));
    trigger(&fake, &[]).expect_code(2).stderr_has(&format!(
        "error: `drugs` has a run for 2026-01-02T00:00:00Z already: `{id}`, queued\nhint: "
    ));
}

#[test]
fn without_a_date_a_run_is_for_this_moment() {
    let fake = Fake::new(2);
    let before = jiff::Timestamp::now();
    let json = outcome(command(&fake, &["trigger", "drugs", "--format", "json"])).expect_code(0);
    let answer = json_of(&json);
    check("trigger", &answer);
    let date: jiff::Timestamp = answer["logical_date"].as_str().unwrap().parse().unwrap();
    assert!(before <= date && date <= jiff::Timestamp::now());
    assert_eq!((&answer["watch"], &answer["tasks"]), (&Value::Null, &json!([])));
}

#[test]
fn a_run_that_goes_well_is_shown_as_it_goes() {
    let fake = Fake::new(3);
    well(&fake);
    let outcome = trigger(&fake, &["--watch"]).expect_code(0);
    let told: Vec<&str> = outcome.stderr.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(
        told,
        [
            "task read running  try 1",
            "run running",
            "task graph success  try 1  0.2 s",
            "task read success  try 1  0.2 s",
            "run success"
        ]
    );
    let shown = outcome.stdout.split_once("\n\n").unwrap().1;
    insta::assert_snapshot!(shown, @r"
    task   state    try   took
    graph  success    1  0.2 s
    read   success    1  0.2 s

    run success
    ");
}

#[test]
fn a_run_that_fails_is_told_with_its_task_and_its_words() {
    let fake = Fake::new(3);
    badly(&fake);
    let outcome = trigger(&fake, &["--watch"]).expect_code(1);
    assert!(
        outcome.stdout.contains("\nread says:\n  too many; hint: look\n\nrun failed\n"),
        "{}",
        outcome.stdout
    );
    let outcome =
        outcome.stderr_has("error: the run of `drugs` failed: task `read`\nhint: see http://127.0.0.1");
    let fake = Fake::new(3);
    badly(&fake);
    let json = trigger(&fake, &["--watch", "--format", "json", "-q"]).expect_code(1);
    let answer = json_of(&json);
    assert_eq!((&answer["state"], &answer["watch"]), (&json!("failed"), &json!("ended")));
    assert_eq!(
        answer["failures"],
        json!([{"task": "read", "map_index": null, "try": 3, "lines": ["too many; hint: look"]}])
    );
    let changes = [
        ("/state", json!("fine")),
        ("/watch", json!("off")),
        ("/tasks/0/try", json!("1")),
        ("/failures/0/lines", json!("")),
    ];
    refuses("trigger", &answer, &changes);
    assert!(outcome.stderr.lines().count() > json.stderr.lines().count());
}

#[test]
fn nobody_can_tell_is_2_and_says_what_is_known() {
    let fake = Fake::new(3);
    for _ in 0..20 {
        fake.fault("GET", "/taskInstances", Fault::Lost);
    }
    let lost = trigger(&fake, &["--watch", "--format", "json", "--patience", "0s"]).expect_code(2);
    check("trigger", &json_of(&lost));
    assert_eq!(json_of(&lost)["watch"], "lost");
    lost.stderr_has("error: lost the connection to Airflow; the run goes on, it was queued when last seen");
    let fake = Fake::new(3);
    fake.state().script = [("running", vec![])].into();
    trigger(&fake, &["--watch", "--timeout", "20ms"])
        .expect_code(2)
        .stderr_has("the run takes longer than --timeout; the run goes on")
        .stderr_has("hint: `pipeline status drugs`");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_watching_only() {
    use std::io::{BufRead, BufReader, Read};
    let fake = Fake::new(3);
    fake.state().script = [("running", vec![task("read", Some("running"), 1)])].into();
    let mut command = command(&fake, &["trigger", "drugs", "--watch", "--poll", "1ms"]);
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    stderr.read_line(&mut first).unwrap();
    assert!(first.contains("task read running"), "{first}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("error: stopped watching; the run goes on, it was running when last seen"),
        "{rest}"
    );
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_sent() {
    run(&["trigger", "drugs"])
        .expect_code(2)
        .stderr_has("error: neither an environment of Composer nor an Airflow is named\nhint: name one with --environment");
    run(&["trigger", "drugs", "--environment", "e-1"])
        .expect_code(2)
        .stderr_has("error: `e-1` is no name of a Composer environment\nhint: the full name is meant");
    let fake = Fake::new(3);
    let refused =
        |args: &[&str], text: &str| drop(outcome(command(&fake, args)).expect_code(2).stderr_has(text));
    refused(&["trigger", "drugs", "--set", "a=1", "--set", "a=2"], "--set gives `a` twice");
    refused(&["trigger", "drugs", "--date", "02/01/2026"], "a day is written as in 2026-01-31");
    refused(&["trigger", "../drugs"], "is no name of a pipeline");
    refused(&["trigger", "drugs", "--environment", NAME], "cannot be used with");
    refused(&["trigger", "drugs", "--timeout", "5m"], "--watch");
    assert_eq!(fake.state().seen.len(), 0);
    let mut half = pipeline();
    half.args(["status", "--airflow", &fake.url]).env("AIRFLOW_USERNAME", USER);
    outcome(half).expect_code(2).stderr_has("AIRFLOW_USERNAME is set, but AIRFLOW_PASSWORD is not");
}

#[test]
fn an_environment_is_found_through_the_composer_api_and_its_commands() {
    let fake = Fake::new(3);
    well(&fake);
    let composer = FakeComposer::new(&nobody(), &fake);
    let through = |args: &[&str]| {
        let mut command = pipeline();
        command.args(args).env("COMPOSER_ENVIRONMENT", NAME).env("COMPOSER_API_ENDPOINT", &composer.url);
        outcome(command)
    };
    let outcome = through(&["trigger", "drugs", "--watch", "--poll", "1ms", "--format", "json"])
        .expect_code(0)
        .stderr_has("using Airflow's commands through the Composer API");
    check("trigger", &json_of(&outcome));
    assert_eq!(json_of(&outcome)["tasks"][0]["try"], Value::Null);
    let status = through(&["status", "drugs", "--poll", "1ms", "--format", "json"]).expect_code(0);
    check("status", &json_of(&status));
}

#[test]
fn the_status_of_all_and_of_one_is_shown() {
    let fake = Fake::new(3);
    fake.state().runs = vec![json!({"dag_run_id": "scheduled__1+2", "dag_id": "drugs", "state": "failed",
        "logical_date": "2026-01-02T00:00:00Z", "start_date": "2026-01-02T00:00:01Z", "end_date": "2026-01-02T00:01:01Z"})];
    fake.state().tasks = vec![task("read", Some("failed"), 3)];
    fake.state().import_errors = vec![json!({"filename": "trades.py", "timestamp": "2026-01-02T00:00:00Z",
        "stack_trace": "Traceback\nNameError: \u{1b}[31mx\n"})];
    insta::assert_snapshot!(outcome(command(&fake, &["status"])).expect_code(0).stdout, @r"
    dag    paused  schedule   last run        state   began                 next run
    drugs  -       0 4 * * *  scheduled__1+2  failed  2026-01-02 00:00:01Z  2026-11-22 04:00:00Z

    cannot import trades.py: NameError: [31mx
    ");
    insta::assert_snapshot!(outcome(command(&fake, &["status", "drugs"])).expect_code(0).stdout, @r"
    dag    paused  schedule   last run        state   began                 next run
    drugs  -       0 4 * * *  scheduled__1+2  failed  2026-01-02 00:00:01Z  2026-11-22 04:00:00Z

    scheduled__1+2: failed, for 2026-01-02 00:00:00Z, took 60.0 s
    task  state   try   took
    read  failed    3  0.2 s
    ");
    let of_broken = outcome(command(&fake, &["status", "trades"])).expect_code(0).stdout;
    assert_eq!(of_broken, "cannot import trades.py: Traceback\nNameError: [31mx\n");
    outcome(command(&fake, &["status", "nope"]))
        .expect_code(2)
        .stderr_has("does not know the DAG `nope`\nhint: ");
    let all = json_of(&outcome(command(&fake, &["status", "--format", "json"])).expect_code(0));
    assert_eq!(all["dags"][0]["runs"][0]["tasks"], Value::Null);
    let changes =
        [("/version", json!("3")), ("/dags/0/paused", json!("no")), ("/import_errors/0/file", json!(""))];
    refuses("status", &all, &changes);
    let one = json_of(&outcome(command(&fake, &["status", "drugs", "--format", "json"])).expect_code(0));
    check("status", &one);
    assert_eq!((&one["dags"][0]["runs"][0]["seconds"], &one["import_errors"]), (&json!(60.0), &json!([])));
}

#[test]
fn no_secret_is_ever_shown() {
    let quoting = json!({"detail": [{"input": {"username": USER, "password": PASSWORD}}]});
    for (major, log_format) in [(2, "text"), (2, "json"), (3, "text"), (3, "json")] {
        for who in
            [&[("AIRFLOW_TOKEN", TOKEN)][..], &[("AIRFLOW_USERNAME", USER), ("AIRFLOW_PASSWORD", PASSWORD)]]
        {
            for faulty in [false, true] {
                let fake = Fake::new(major);
                badly(&fake);
                if faulty {
                    fake.fault("POST", "/auth/token", Fault::Status(422, quoting.clone()));
                    fake.fault("POST", "/dagRuns", Fault::Unheard);
                }
                let mut command = pipeline();
                let args =
                    ["trigger", "drugs", "--watch", "-vvv", "--poll", "1ms", "--log-format", log_format];
                command.args(args).args(["--airflow", &fake.url]).envs(who.iter().copied());
                let outcome = outcome(command);
                let exchanged = major == 3 && who.len() == 2;
                let outcome = outcome.expect_code(if faulty && exchanged { 2 } else { 1 });
                let shown = format!("{}{}", outcome.stdout, outcome.stderr);
                assert!(shown.contains("request"), "the test sees the finest log: {shown}");
                assert!(!shown.contains("canary") && !shown.contains("bWU6"), "{shown}");
            }
        }
    }
    for url in ["http://me:canary@127.0.0.1:1", "http://canary@127.0.0.1:1/x", "htp://me:canary@h"] {
        for log_format in ["text", "json"] {
            let outcome =
                run(&["status", "--airflow", url, "-vvv", "--log-format", log_format]).expect_code(2);
            assert!(!outcome.stderr.contains("canary"), "{}", outcome.stderr);
        }
    }
}
