//! What fails, what stops behind it, and who is told.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::airflow::server::{Reply, Server};
use crate::table_runs::{SHOPS, Tables, states};

/// `sums` fails on data, at run time.
fn broken() -> String {
    SHOPS.replace("SELECT shop, sum(amount) AS total", "SELECT shop, sum(CAST(id || 'x' AS BIGINT)) AS total")
}

#[test]
fn a_failed_task_stops_only_what_depends_on_it() {
    let test = Tables::shops();
    test.spec(&broken());
    let outcome = test.run(&[]).expect_code(2).stderr_has("error: the task `sums` failed: ");
    assert!(outcome.stderr.contains("pipeline retry shops"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1);
    assert_eq!(
        states(&test.record(), "tasks"),
        "kept succeeded; sums failed; counts succeeded; report upstream-failed"
    );
    assert_eq!(test.record()["state"], "failed");
    assert_eq!(test.json("counts.json"), json!([{ "shop": "north", "sales": 2 }]));
    assert!(!test.files().contains(&"report.json".to_owned()));
}

#[test]
fn a_blocking_audit_stops_what_reads_its_table_and_another_one_warns() {
    let audits = "[audits.cheap]\nsql = 'SELECT id, amount FROM kept WHERE amount < 5'\nfrom = ['kept']\nblocking = true\n\
                  [audits.any]\nsql = 'SELECT shop FROM kept'\nfrom = ['kept']\n";
    let test = Tables::shops();
    test.spec(&format!("{SHOPS}{audits}"));
    let outcome = test.run(&[]).expect_code(1).stderr_has("the audit `cheap` found 1 row");
    assert_eq!(states(&test.record(), "audits"), "cheap not-passed; any warned");
    assert_eq!(
        states(&test.record(), "tasks"),
        "kept succeeded; sums upstream-failed; counts upstream-failed; report upstream-failed"
    );
    assert_eq!(test.record()["state"], "not-passed");
    // Warnings are the last that is said, with bad rows.
    let last: Vec<&str> = outcome.stdout.lines().rev().take(2).collect();
    assert!(last.iter().all(|line| line.starts_with("warning: audit ")), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(r#"{"id":"2","amount":2.5}"#), "{}", outcome.stdout);
}

#[test]
fn the_fallback_reads_what_became_of_the_tasks_and_the_webhook_is_told() {
    let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
    let ears = Arc::clone(&heard);
    let server = Server::start(move |request| {
        ears.lock().unwrap().push(request.body);
        Reply::json(200, &json!({}))
    });
    let fallback = "[on_failure]\nwebhook = '{hook_webhook}'\n\
        sql = \"SELECT task, state, attempts FROM run_tasks WHERE state <> 'succeeded' ORDER BY task\"\n\
        from = ['run_tasks']\nwrite = { to = '{out}/failed.json', format = 'json' }\n";
    let test = Tables::shops();
    test.spec(&format!("{}{fallback}", broken().replace("[params]", "[params]\nhook_webhook = ''")));
    let url = format!("{}/canary", server.url);
    test.run(&["--set", &format!("hook_webhook={url}")]).expect_code(2);
    assert_eq!(
        test.json("failed.json"),
        json!([
            { "task": "report", "state": "upstream-failed", "attempts": 0 },
            { "task": "sums", "state": "failed", "attempts": 1 }
        ])
    );
    let messages = heard.lock().unwrap().clone();
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0]["pipeline"], &messages[0]["state"]), (&json!("shops"), &json!("failed")));
    assert_eq!(messages[0]["tasks"][1]["task"], "sums");
    assert!(messages[0]["tasks"][1]["error"].is_string());
    assert!(!test.record().to_string().contains("canary"));
    // A run that succeeds tells nobody.
    test.spec(&format!("{}{fallback}", SHOPS.replace("[params]", "[params]\nhook_webhook = ''")));
    test.run(&["--set", &format!("hook_webhook={url}")]).expect_code(0);
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[test]
fn a_webhook_that_does_not_answer_is_a_warning_without_its_address() {
    let test = Tables::shops();
    let nobody = crate::airflow::server::nobody();
    test.spec(&format!(
        "{}[on_failure]\nwebhook = '{{hook_webhook}}'\n",
        broken().replace("[params]", "[params]\nhook_webhook = ''")
    ));
    let outcome = test.run(&["--set", &format!("hook_webhook={nobody}/canary")]).expect_code(2);
    assert!(outcome.stdout.contains("warning: webhook 1: "), "{}", outcome.stdout);
    assert!(!format!("{}{}{}", outcome.stdout, outcome.stderr, test.record()).contains("canary"));
}

#[test]
fn a_task_that_takes_too_long_ends() {
    let many: String = (0..3000).map(|i| format!("{i},north,{i}\n")).collect();
    let test = Tables::new("shops", &SHOPS.replace("description", "timeout = '1s'\ndescription").replace(
        "SELECT shop, sum(amount) AS total FROM kept GROUP BY shop",
        "SELECT a.shop, sum(a.amount * b.amount * c.amount) AS total FROM kept a CROSS JOIN kept b CROSS JOIN kept c GROUP BY a.shop",
    ))
    .write("a.csv", format!("id,shop,amount\n{many}"));
    test.run(&[]).expect_code(2).stderr_has("the task `sums` failed: it took longer than 1s");
    assert_eq!(
        states(&test.record(), "tasks"),
        "kept succeeded; sums failed; counts succeeded; report upstream-failed"
    );
}
