//! The way in: which version, who we are, and what if the door is shut.

use pipeline::airflow::Airflow;
use pipeline::remote::Credentials;
use serde_json::json;

use super::composer::{client, name};
use super::fake::{Fake, Fault, PASSWORD, TOKEN, USER, task};
use super::fake_composer::FakeComposer;
use super::server::nobody;
use super::{block_on, new_run, open, options, readiness, started, watching};
use crate::support::told;

#[test]
fn both_versions_are_found_and_let_us_in_with_a_token() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        block_on(async {
            let airflow = open(&format!("{}/", fake.url)).await;
            assert_eq!((airflow.major(), airflow.url(), airflow.detour()), (major, fake.url.as_str(), None));
            let dag = airflow.dag("drugs").await.unwrap().unwrap();
            assert_eq!((dag.id.as_str(), dag.paused, dag.active), ("drugs", false, true));
            assert_eq!(dag.schedule.as_deref(), Some("0 4 * * *"));
            assert_eq!(dag.last_parsed.unwrap().to_string(), "2026-11-21T09:17:50.138535Z");
            assert_eq!(dag.next_run.unwrap().to_string(), "2026-11-22T04:00:00Z");
            assert_eq!(airflow.dag("nope").await.unwrap(), None);
        });
    }
}

#[test]
fn a_password_is_sent_to_airflow_2_and_exchanged_by_airflow_3() {
    for (major, exchanges) in [(2, 0), (3, 1)] {
        let fake = Fake::new(major);
        block_on(async {
            let airflow = Airflow::at(&fake.url, &options(Credentials::basic(USER, PASSWORD))).await.unwrap();
            assert!(airflow.dag("drugs").await.unwrap().is_some());
        });
        assert_eq!(fake.count("POST", "/auth/token"), exchanges);
    }
}

#[test]
fn a_token_that_has_run_out_is_renewed() {
    let fake = Fake::new(3);
    block_on(async {
        let airflow = Airflow::at(&fake.url, &options(Credentials::basic(USER, PASSWORD))).await.unwrap();
        fake.fault("GET", "/dags/drugs", Fault::Status(401, json!({"detail": "Signature has expired"})));
        assert!(airflow.dag("drugs").await.unwrap().is_some());
    });
    assert_eq!(fake.count("POST", "/auth/token"), 2);
}

#[test]
fn who_is_not_let_in_is_told_what_to_do_and_no_secret() {
    let fake = Fake::new(3);
    let wrong = "canary-wrong";
    let error = block_on(Airflow::at(&fake.url, &options(Credentials::basic(USER, wrong)))).unwrap_err();
    assert!(told(&error).contains("the name or the password is wrong\nhint: check AIRFLOW_USERNAME"));
    // FastAPI quotes the request where it does not understand it.
    let quoted = json!({"detail": [{"input": {"username": USER, "password": wrong}}]});
    fake.fault("POST", "/auth/token", Fault::Status(422, quoted.clone()));
    let quoting = block_on(Airflow::at(&fake.url, &options(Credentials::basic(USER, wrong)))).unwrap_err();
    fake.fault("POST", "/auth/token", Fault::Status(200, json!("canary-token")));
    let strange = block_on(Airflow::at(&fake.url, &options(Credentials::basic(USER, wrong)))).unwrap_err();
    for error in [&error, &quoting, &strange] {
        assert!(!format!("{error:?}{}", told(error)).contains("canary"), "{error:?}");
    }
    let airflow = block_on(Airflow::at(&fake.url, &options(Credentials::bearer(wrong)))).unwrap();
    let text = told(&block_on(airflow.dag("drugs")).unwrap_err());
    assert!(text.contains("HTTP 401: Not authenticated\nhint: set AIRFLOW_USERNAME"), "{text}");
    fake.fault("GET", "/dags/drugs", Fault::Status(403, json!({"detail": "Invalid JWT token"})));
    let text = told(&block_on(async { open(&fake.url).await.dag("drugs").await }).unwrap_err());
    assert!(text.contains("hint: AIRFLOW_TOKEN is none of its tokens"), "{text}");
    fake.fault("GET", "/dags/drugs", Fault::Status(403, json!({"detail": "Forbidden"})));
    let text = told(&block_on(async { open(&fake.url).await.dag("drugs").await }).unwrap_err());
    assert!(text.contains("HTTP 403: Forbidden\nhint: ask for a role"), "{text}");
}

#[test]
fn an_address_without_an_airflow_is_told() {
    let fake = Fake::new(3);
    let text = told(&block_on(Airflow::at(&nobody(), &options(Credentials::anonymous()))).unwrap_err());
    assert!(text.contains("cannot reach Airflow at") && text.contains("check the address"), "{text}");
    let text = told(
        &block_on(Airflow::at(&format!("{}/home", fake.url), &options(Credentials::anonymous())))
            .unwrap_err(),
    );
    assert!(text.contains("does not answer as Airflow 2 or 3 does"), "{text}");
}

#[test]
fn an_empty_answer_is_asked_for_again() {
    let fake = Fake::new(3);
    fake.fault("GET", "/version", Fault::Empty);
    fake.fault("GET", "/dags/drugs", Fault::Empty);
    fake.fault("GET", "/importErrors", Fault::Empty);
    block_on(async {
        let airflow = open(&fake.url).await;
        assert!(airflow.dag("drugs").await.unwrap().is_some());
        assert!(airflow.import_errors().await.unwrap().is_empty());
    });
    assert_eq!(fake.count("GET", "/dags/drugs"), 2);
}

#[test]
fn a_long_list_is_read_page_by_page() {
    let fake = Fake::new(2);
    fake.state().tasks = (0..250).map(|n| task(&format!("t{n}"), Some("success"), 1)).collect();
    block_on(async {
        let airflow = open(&fake.url).await;
        let run = started(&airflow).await;
        assert_eq!(airflow.tasks(&run).await.unwrap().len(), 250);
    });
    assert_eq!(fake.count("GET", "/taskInstances"), 3);
}

#[test]
fn a_runs_id_is_one_segment_whatever_it_holds() {
    let id = "manual__2026-11-21T09:18:01.373683+00:00";
    for major in [2, 3] {
        let fake = Fake::new(major);
        fake.state().runs = vec![json!({"dag_run_id": id, "dag_id": "drugs", "state": "success"})];
        fake.state().log = "[x] {a.py:1} ERROR - broken".into();
        block_on(async {
            let airflow = open(&fake.url).await;
            let run = airflow.run("drugs", id).await.unwrap().unwrap();
            assert_eq!(run.id, id);
            assert!(airflow.run_url(&run).contains("manual__2026-11-21T09%3A18%3A01%2E373683%2B00%3A00"));
            fake.state().tasks = vec![task("graph", Some("failed"), 2)];
            let tasks = airflow.tasks(&run).await.unwrap();
            assert_eq!(airflow.error_lines(&run, &tasks[0], 5).await.unwrap(), ["broken"]);
        });
        assert_eq!(fake.count("GET", "/taskInstances/graph/logs/2"), 1);
    }
}

#[test]
fn a_closed_web_server_is_passed_by_through_commands() {
    for major in [2, 3] {
        let fake = Fake::new(major);
        fake.state().script = [
            ("running", vec![task("graph", Some("running"), 1)]),
            ("success", vec![task("graph", Some("success"), 1)]),
        ]
        .into();
        let composer = FakeComposer::new(&nobody(), &fake);
        fake.state().dags[0]["is_paused"] = true.into();
        block_on(async {
            let client = client(&composer.url);
            let environment = client.get(&name()).await.unwrap();
            let airflow =
                Airflow::of(&client, &environment, &options(Credentials::anonymous())).await.unwrap();
            assert!(airflow.detour().unwrap().contains("cannot reach Airflow"), "{:?}", airflow.detour());
            assert_eq!(airflow.major(), major);
            let how = pipeline::airflow::Readiness { unpause: true, ..readiness() };
            airflow.ready("drugs", &how, &mut |_| {}).await.unwrap();
            let run = started(&airflow).await;
            assert_eq!(run.id, new_run().id);
            let mut states = Vec::new();
            let mut seen = |seen: pipeline::airflow::Seen<'_>| {
                if let pipeline::airflow::Seen::Task(task) = seen {
                    states.push(task.state().to_owned());
                }
            };
            let watched = airflow.watch(&run, &watching(), &mut seen, std::future::pending()).await.unwrap();
            assert_eq!(watched.run.state.name(), "success");
            assert_eq!(states, ["success"]);
            let mut again = new_run();
            again.id += "x";
            let text = told(&airflow.create(&again).await.unwrap_err());
            assert!(text.contains("has a run for 2026-01-02T00:00:00Z already"), "{text}");
        });
        assert_eq!(fake.state().runs[0]["conf"], json!({"set": {"max_rejects": "5%"}}));
        assert_eq!(fake.state().dags[0]["is_paused"], false);
        assert!(fake.state().seen.is_empty());
    }
}

#[test]
fn access_control_by_address_is_passed_by_too_but_only_at_the_door() {
    let fake = Fake::new(3);
    let composer = FakeComposer::new(&fake.url, &fake);
    block_on(async {
        let client = client(&composer.url);
        let environment = client.get(&name()).await.unwrap();
        let google = || options(Credentials::bearer(TOKEN));
        let open = Airflow::of(&client, &environment, &google()).await.unwrap();
        assert_eq!(open.detour(), None);
        fake.fault("GET", "/version", Fault::Status(403, json!("Forbidden")));
        let closed = Airflow::of(&client, &environment, &google()).await.unwrap();
        assert!(closed.detour().unwrap().contains("403"));
        assert!(closed.dag("nope").await.unwrap().is_none());
        assert_eq!(closed.dags().await.unwrap().len(), 1);
        fake.fault("GET", "/version", Fault::Status(401, json!("who?")));
        assert!(Airflow::of(&client, &environment, &google()).await.is_err());
    });
}
