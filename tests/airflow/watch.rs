//! A run watched: to its end, through a lost connection, or given up.

use std::time::Duration;

use pipeline::airflow::{Ending, Seen, Watched, Watching};
use pipeline::error::Error;
use serde_json::json;

use super::fake::{Fake, Fault, task};
use super::{block_on, open, started, watching};
use crate::support::told;

/// How it ended, and what was seen, one line each.
fn watch(fake: &Fake, how: &Watching) -> (Result<Watched, Error>, Vec<String>) {
    watch_until(fake, how, std::future::pending())
}

fn watch_until(
    fake: &Fake,
    how: &Watching,
    stop: impl Future<Output = ()>,
) -> (Result<Watched, Error>, Vec<String>) {
    let mut lines = Vec::new();
    let watched = block_on(async {
        let airflow = open(&fake.url).await;
        let run = started(&airflow).await;
        let mut seen = |seen: Seen<'_>| {
            lines.push(match seen {
                Seen::Run(run) => format!("run {}", run.state),
                Seen::Task(task) => format!("{} {} {}", task.label(), task.state(), task.attempt.unwrap()),
                Seen::Lost(_) => "lost".into(),
                Seen::Back => "back".into(),
                _ => "?".into(),
            });
        };
        airflow.watch(&run, how, &mut seen, stop).await
    });
    (watched, lines)
}

#[test]
fn each_change_is_seen_once_and_in_order() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        let (read, graph) = (|state, n| task("read", state, n), |state, n| task("graph", state, n));
        fake.state().script = [
            ("queued", vec![]),
            ("queued", vec![]),
            ("running", vec![read(Some("running"), 1), graph(None, 0)]),
            ("running", vec![read(Some("running"), 1), graph(None, 0)]),
            ("running", vec![read(Some("up_for_retry"), 1), graph(None, 0)]),
            ("running", vec![read(Some("success"), 2), graph(Some("running"), 1)]),
            ("success", vec![read(Some("success"), 2), graph(Some("success"), 1)]),
        ]
        .into();
        let (watched, lines) = watch(&fake, &watching());
        let watched = watched.unwrap();
        assert_eq!(
            lines,
            [
                "run queued",
                "read running 1",
                "run running",
                "read up_for_retry 1",
                "graph running 1",
                "read success 2",
                "graph success 1",
                "run success"
            ]
        );
        assert!(matches!(watched.ending, Ending::Ended));
        assert_eq!(watched.tasks.len(), 2);
    }
}

#[test]
fn a_failed_run_has_the_words_of_its_task() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        fake.state().script =
            [("failed", vec![task("read", Some("failed"), 3), task("graph", Some("upstream_failed"), 0)])]
                .into();
        fake.state().log = if major == 3 {
            json!({"content": [{"event": "too many; hint: look", "level": "error"}]}).to_string()
        } else {
            "[2026-11-21T09:23:01.153+0000] {process.py:98} ERROR - too many; hint: look\n".into()
        };
        let (watched, _) = watch(&fake, &watching());
        let watched = watched.unwrap();
        assert_eq!(watched.run.state.name(), "failed");
        let failed = watched.tasks.iter().find(|task| task.state() == "failed").unwrap();
        let lines =
            block_on(async { open(&fake.url).await.error_lines(&watched.run, failed, 5).await }).unwrap();
        assert_eq!(lines, ["too many; hint: look"]);
        assert_eq!(fake.count("GET", "/read/logs/3"), 1);
    }
}

#[test]
fn a_connection_that_comes_back_is_forgiven() {
    let fake = Fake::new(3);
    fake.state().script = [("success", vec![task("read", Some("success"), 1)])].into();
    // More often than one request is tried.
    for _ in 0..5 {
        fake.fault("GET", "/taskInstances", Fault::Lost);
    }
    fake.fault("GET", "/taskInstances", Fault::Status(503, json!({})));
    let (watched, lines) = watch(&fake, &watching());
    assert!(matches!(watched.unwrap().ending, Ending::Ended));
    assert_eq!(lines, ["lost", "back", "read success 1", "run success"]);
}

#[test]
fn a_connection_that_stays_away_is_given_up() {
    let fake = Fake::new(3);
    for _ in 0..20 {
        fake.fault("GET", "/taskInstances", Fault::Lost);
    }
    let (watched, lines) = watch(&fake, &Watching { patience: Duration::ZERO, ..watching() });
    let watched = watched.unwrap();
    assert_eq!((lines, watched.run.state.name()), (vec!["lost".to_owned()], "queued"));
    assert!(matches!(watched.ending, Ending::Lost(_)));
}

#[test]
fn a_run_that_does_not_end_is_left_when_the_time_is_up_or_when_told() {
    let fake = Fake::new(2);
    fake.state().script = [("running", vec![task("read", Some("running"), 1)])].into();
    let timeout = Some(Duration::from_millis(50));
    let (watched, _) = watch(&fake, &Watching { timeout, ..watching() });
    assert!(matches!(watched.unwrap().ending, Ending::TimedOut));
    let fake = Fake::new(2);
    let (watched, _) = watch_until(&fake, &watching(), std::future::ready(()));
    assert!(matches!(watched.unwrap().ending, Ending::Stopped));
}

#[test]
fn a_run_that_is_gone_or_hidden_is_no_end() {
    let fake = Fake::new(3);
    let gone: &'static str = Box::leak(format!("/dagRuns/{}", super::new_run().id).into_boxed_str());
    fake.fault("GET", gone, Fault::Status(404, json!({"detail": "DagRun not found"})));
    let (watched, _) = watch(&fake, &watching());
    assert!(told(&watched.unwrap_err()).contains("is gone"));
    let fake = Fake::new(3);
    fake.fault("GET", "/taskInstances", Fault::Status(403, json!({"detail": "Forbidden"})));
    let (watched, _) = watch(&fake, &watching());
    assert!(told(&watched.unwrap_err()).contains("HTTP 403: Forbidden"));
}
