//! A run started: when the DAG is ready, once, and for a date that has none.

use std::time::Duration;

use pipeline::airflow::{Airflow, Readiness};
use serde_json::{Value, json};

use super::fake::{Fake, Fault, dag};
use super::{block_on, new_run, open, readiness, started};
use crate::support::told;

/// The answer, or what is told; and what was waited for.
fn ready(fake: &Fake, how: &Readiness) -> (Result<(), String>, Vec<String>) {
    let mut waited = Vec::new();
    let result = block_on(async {
        let airflow = open(&fake.url).await;
        airflow.ready("drugs", how, &mut |what| waited.push(what.to_owned())).await
    });
    (result.map(|dag| assert!(!dag.paused)).map_err(|error| told(&error)), waited)
}

fn changed(major: u32, changes: Value) -> Value {
    let mut dag = dag(major, "drugs");
    let Value::Object(changes) = changes else { panic!("no changes") };
    dag.as_object_mut().unwrap().extend(changes);
    dag
}

fn import_error(file: &str, time: &str) -> Value {
    json!({"import_error_id": 1, "filename": file, "timestamp": time,
           "stack_trace": "Traceback (most recent call last):\n  File \"x\"\nNameError: name 'x' is not defined\n"})
}

#[test]
fn a_dag_that_is_not_there_yet_is_waited_for() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        fake.state().dags.clear();
        let gone = if major == 2 { json!({"is_active": false}) } else { json!({"is_stale": true}) };
        fake.state().upcoming = [json!({}), json!({}), changed(major, gone), dag(major, "drugs")].into();
        let (result, waited) = ready(&fake, &readiness());
        assert_eq!(result, Ok(()));
        assert_eq!(waited, ["waiting for Airflow to know the DAG `drugs`"]);
        assert_eq!(fake.count("GET", "/dags/drugs"), 4);
    }
}

#[test]
fn a_dag_that_was_uploaded_is_waited_for_until_it_is_read() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        let uploaded = Some("2026-11-21T10:00:00Z".parse().unwrap());
        // The same moment in another zone, and one later.
        let at = |time: &str| changed(major, json!({"last_parsed_time": time}));
        fake.state().upcoming =
            [at("2026-11-21T11:00:00+01:00"), at("2026-11-21T11:00:00.000001+01:00")].into();
        let (result, waited) = ready(&fake, &Readiness { uploaded, ..readiness() });
        assert_eq!(result, Ok(()));
        assert_eq!(waited, ["waiting for Airflow to read the DAG `drugs` that was uploaded"]);
        assert_eq!(fake.count("GET", "/dags/drugs"), 2);
    }
}

#[test]
fn waiting_in_vain_ends_with_a_guess() {
    let fake = Fake::new(3);
    fake.state().dags = vec![dag(3, "drugz"), dag(3, "trades")];
    let (result, _) = ready(&fake, &Readiness { wait: Duration::ZERO, ..readiness() });
    let text = result.unwrap_err();
    assert!(
        text.contains("gave up after 0ns of waiting") && text.contains("did you mean `drugz`?"),
        "{text}"
    );
    fake.state().dags = vec![dag(3, "trades")];
    let (result, _) = ready(&fake, &Readiness { wait: Duration::ZERO, ..readiness() });
    assert!(result.unwrap_err().contains("`pipeline upload` brings it there"));
}

#[test]
fn a_file_that_cannot_be_imported_is_told_and_not_waited_for() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        fake.state().dags.clear();
        fake.state().import_errors = vec![
            import_error("/dags/other.py", "2026-11-21T10:00:00Z"),
            import_error("drugs.py", "2026-11-21T10:00:00Z"),
        ];
        let (result, waited) = ready(&fake, &readiness());
        let text = result.unwrap_err();
        assert!(text.contains("cannot import `drugs.py` of the DAG `drugs`: NameError: name 'x'"), "{text}");
        assert!(waited.is_empty());
        // The former version is still known, and would be run in place of the broken one.
        fake.state().dags = vec![changed(major, json!({"has_import_errors": true}))];
        assert!(ready(&fake, &readiness()).0.is_err());
    }
}

#[test]
fn an_import_error_from_before_the_upload_is_no_news() {
    let fake = Fake::new(3);
    fake.state().import_errors = vec![import_error("/dags/drugs.py", "2026-11-21T09:59:59Z")];
    let at = |time: &str| changed(3, json!({"last_parsed_time": time, "has_import_errors": true}));
    fake.state().upcoming = [at("2026-11-21T09:59:59Z"), at("2026-11-21T10:00:01Z")].into();
    let uploaded = Some("2026-11-21T10:00:00Z".parse().unwrap());
    let (result, waited) = ready(&fake, &Readiness { uploaded, ..readiness() });
    assert_eq!((result, waited.len()), (Ok(()), 1));
}

#[test]
fn import_errors_that_we_may_not_see_are_done_without() {
    let fake = Fake::new(3);
    fake.fault("GET", "/importErrors", Fault::Status(403, json!({"detail": "Forbidden"})));
    fake.state().upcoming = [json!({}), dag(3, "drugs")].into();
    assert_eq!(ready(&fake, &readiness()).0, Ok(()));
}

#[test]
fn a_paused_dag_is_let_go_only_if_asked() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        fake.state().dags = vec![changed(major, json!({"is_paused": true}))];
        let text = ready(&fake, &readiness()).0.unwrap_err();
        assert!(text.contains("is paused") && text.contains("hint: let them go with --unpause"), "{text}");
        assert_eq!(ready(&fake, &Readiness { unpause: true, ..readiness() }).0, Ok(()));
        assert_eq!(fake.state().dags[0]["is_paused"], false);
    }
}

#[test]
fn a_run_is_started_with_its_date_and_its_parameters() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        let run = block_on(async { started(&open(&fake.url).await).await });
        assert_eq!((run.id, run.state.name()), (new_run().id, "queued"));
        assert_eq!(run.logical_date.unwrap().to_string(), "2026-01-02T00:00:00Z");
        assert_eq!(fake.state().runs[0]["conf"], json!({"set": {"max_rejects": "5%"}}));
        assert_eq!(fake.count("POST", "/dagRuns"), 1);
    }
}

#[test]
fn a_date_has_one_run() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        let text = block_on(async {
            let airflow = open(&fake.url).await;
            started(&airflow).await;
            let mut again = new_run();
            again.id += "x";
            told(&airflow.create(&again).await.unwrap_err())
        });
        let known = new_run().id;
        assert!(
            text.contains(&format!(
                "has a run for 2026-01-02T00:00:00Z already: `{known}`, queued\nhint: a date"
            )),
            "{text}"
        );
        assert_eq!(fake.state().runs.len(), 1);
    }
}

#[test]
fn a_lost_answer_makes_no_second_run() {
    // What goes wrong, and how often the run is asked for.
    for (fault, posts) in [
        (Fault::Unheard, 1),
        (Fault::Lost, 2),
        (Fault::Empty, 2),
        (Fault::Status(503, json!({"detail": "busy"})), 2),
    ] {
        for major in [2, 3] {
            let fake = Fake::new(major);
            fake.fault("POST", "/dagRuns", fault.clone());
            let run = block_on(async { started(&open(&fake.url).await).await });
            assert_eq!(run.id, new_run().id);
            assert_eq!((fake.made(), fake.count("POST", "/dagRuns")), (1, posts), "{fault:?}");
        }
    }
}

#[test]
fn a_run_that_nobody_can_tell_of_is_named() {
    let fake = Fake::new(3);
    let id: &'static str = Box::leak(format!("/dagRuns/{}", new_run().id).into_boxed_str());
    fake.fault("POST", "/dagRuns", Fault::Unheard);
    for _ in 0..9 {
        fake.fault("GET", id, Fault::Lost);
    }
    let text = told(&block_on(async { open(&fake.url).await.create(&new_run()).await }).unwrap_err());
    assert!(text.contains(&format!("cannot tell whether the run `{}`", new_run().id)), "{text}");
    assert!(text.contains("hint: look for it with `pipeline status drugs`"), "{text}");
    assert_eq!((fake.made(), fake.count("POST", "/dagRuns")), (1, 1));
}

#[test]
fn a_request_that_arrives_late_is_found_by_its_id() {
    let fake = Fake::new(3);
    let id: &'static str = Box::leak(format!("/dagRuns/{}", new_run().id).into_boxed_str());
    // The first request does its work, unheard and unseen; the second is refused.
    fake.fault("POST", "/dagRuns", Fault::Unheard);
    fake.fault("GET", id, Fault::Status(404, json!({"detail": "not yet"})));
    let run = block_on(async { started(&open(&fake.url).await).await });
    assert_eq!((run.id, fake.made(), fake.count("POST", "/dagRuns")), (new_run().id, 1, 2));
}

#[test]
fn a_server_that_never_answers_gets_so_many_requests_and_no_more() {
    let fake = Fake::new(3);
    for _ in 0..9 {
        fake.fault("POST", "/dagRuns", Fault::Status(502, json!({"detail": "gateway"})));
    }
    let error = block_on(async { open(&fake.url).await.create(&new_run()).await }).unwrap_err();
    assert!(told(&error).contains("HTTP 502: gateway"), "{error:?}");
    assert_eq!(fake.count("POST", "/dagRuns"), 3);
}

#[test]
fn what_airflow_says_against_a_run_is_told() {
    let fake = Fake::new(2);
    fake.fault(
        "POST",
        "/dagRuns",
        Fault::Status(400, json!({"detail": "DAG with dag_id: 'drugs' has import errors"})),
    );
    let error = block_on(async { open(&fake.url).await.create(&new_run()).await }).unwrap_err();
    assert!(told(&error).contains("has import errors"), "{error:?}");
    assert_eq!(fake.count("POST", "/dagRuns"), 1);
    let name: Result<_, _> = block_on(async {
        let airflow: Airflow = open(&fake.url).await;
        airflow.ready("../importErrors", &readiness(), &mut |_| {}).await
    });
    assert!(name.unwrap_err().to_string().contains("is no name of a pipeline"));
}
