//! A server that is down, refuses, or dies in the middle.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;
use pipeline::error::Error;
use pipeline::sink::postgres::{LoadMode, Postgres};

use crate::postgres::server::PASSWORD;
use crate::postgres::{Server, table};
use crate::support::told;

fn rows(count: i64, word: &str) -> (SchemaRef, Vec<RecordBatch>) {
    let words: StringArray = (0..count).map(|i| Some(format!("{word} number {i}"))).collect();
    table(vec![("id", Arc::new((0..count).collect::<Int64Array>())), ("word", Arc::new(words))])
}

fn refused(url: &str) -> String {
    match Postgres::connect(url) {
        Ok(_) => panic!("connected"),
        Err(error) => {
            let text = told(&error);
            assert!(matches!(error, Error::Remote { .. }), "{text}");
            assert!(!format!("{text} {error:?}").contains("canary"), "{text}");
            text
        }
    }
}

#[test]
fn who_is_down_or_refuses_is_named_and_no_password_is_shown() {
    let any = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = any.local_addr().unwrap().port();
    // Takes the connection, and says nothing.
    let silent = refused(&format!("postgres://me:canary@127.0.0.1:{port}/x?connect_timeout=1"));
    assert!(silent.contains(&format!("postgres://me@127.0.0.1:{port}/x")), "{silent}");
    drop(any);
    let down = refused(&format!("postgres://me:canary@127.0.0.1:{port}/x"));
    assert!(down.contains("refused") && down.contains("whether the server is up"), "{down}");
    let Some(server) = Server::shared() else { return };
    let wrong = refused(&server.url("postgres").replace("canary", "canary2"));
    assert!(wrong.contains("password authentication failed") && wrong.contains("check the user"), "{wrong}");
    let nobody = refused(&server.url("nobody"));
    assert!(nobody.contains("\"nobody\" does not exist") && nobody.contains("CREATE DATABASE"), "{nobody}");
    let plain = refused(&format!("{}?sslmode=require", server.url("postgres")));
    assert!(plain.contains("TLS") && plain.contains("sslmode=disable"), "{plain}");
}

#[test]
fn whoever_lacks_rights_is_told_which() {
    let Some(server) = Server::shared() else { return };
    let (name, _) = server.database();
    let user = format!("weak_{name}");
    server.sql(
        &name,
        &format!("CREATE USER {user} PASSWORD '{PASSWORD}'; REVOKE ALL ON SCHEMA public FROM PUBLIC"),
    );
    let weak = Postgres::connect(&server.url_of(&user, &name)).unwrap();
    let (schema, batches) = rows(3, "a");
    let may_not = |what: &str| {
        let error = weak.load("t", &schema, &batches, &LoadMode::Replace).unwrap_err();
        let text = told(&error);
        assert!(matches!(error, Error::Remote { .. }), "{text}");
        assert!(text.contains(what) && text.contains("give the user the rights"), "{text}");
    };
    may_not("permission denied for schema public");
    server.sql(
        &name,
        &format!("GRANT USAGE ON SCHEMA public TO {user}; CREATE TABLE t (id bigint, word text)"),
    );
    may_not("permission denied for table t");
    server.sql(&name, &format!("GRANT ALL ON t TO {user}; REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO {user}"));
    may_not("permission denied to create temporary tables");
    server.sql(&name, &format!("GRANT TEMPORARY ON DATABASE {name} TO {user}"));
    assert_eq!(weak.load("t", &schema, &batches, &LoadMode::Replace).unwrap(), 3);
}

#[test]
fn what_postgres_cannot_hold_is_told_and_nothing_is_loaded() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let (schema, batches) = rows(3, "a");
    postgres.load("t", &schema, &batches, &LoadMode::Replace).unwrap();
    let (_, bad) = table(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        ("word", Arc::new(StringArray::from(vec!["fine", "a\0b"]))),
    ]);
    let error =
        postgres.load("t", &schema, &[batches[0].clone(), bad[0].clone()], &LoadMode::Replace).unwrap_err();
    let text = told(&error);
    assert!(matches!(error, Error::Input { .. }), "{text}");
    assert!(text.contains("column `word` of row 5") && text.contains("nul-in-text"), "{text}");
    server.sql(&name, "ALTER TABLE t ADD CHECK (id < 3)");
    let (_, many) = rows(4, "b");
    let error = postgres.load("t", &schema, &many, &LoadMode::Replace).unwrap_err();
    assert!(matches!(error, Error::Input { .. }) && told(&error).contains("t_id_check"), "{}", told(&error));
    assert_eq!(server.sql(&name, "SELECT count(*), max(word) FROM t"), [["3", "a number 2"]]);
}

/// Kills the server as soon as a load is at a statement that begins so; gives what became of the load.
fn killed_at(
    server: &mut Server,
    database: &str,
    statement: &str,
    load: impl FnOnce() -> Result<u64, Error> + Send,
) -> Result<u64, Error> {
    let question = format!(
        "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'pipeline/%' AND state = 'active' AND query LIKE '{statement}%'"
    );
    thread::scope(|scope| {
        let loading = scope.spawn(load);
        if server.sees(database, &question, || loading.is_finished()) {
            server.kill();
        }
        loading.join().unwrap()
    })
}

#[test]
fn a_server_that_dies_in_the_middle_has_the_former_rows_and_the_next_load_is_exact() {
    let Some(mut server) = Server::start() else { return };
    let (name, postgres) = server.database();
    let ((schema, old), (_, new)) = (rows(1000, "old"), rows(300_000, "new"));
    postgres.load("t", &schema, &old, &LoadMode::Replace).unwrap();
    let days = LoadMode::ReplacePartitions { columns: vec!["word".into()], day: None };
    let mut broken = 0;
    for (mode, statement) in [(&LoadMode::Replace, "COPY"), (&LoadMode::Replace, "INSERT"), (&days, "DELETE")]
    {
        let result = killed_at(&mut server, &name, statement, || postgres.load("t", &schema, &new, mode));
        if let Err(error) = &result {
            broken += 1;
            let text = told(error);
            assert!(matches!(error, Error::Remote { .. }), "{text}");
            assert!(text.contains("load the table `t` into") && !text.contains("canary"), "{text}");
            server.up();
            // No statement of these is the last request: nothing of the new rows is there.
            assert_eq!(server.sql(&name, "SELECT count(*), max(left(word, 3)) FROM t"), [["1000", "old"]]);
        }
        assert_eq!(postgres.load("t", &schema, &new, &LoadMode::Replace).unwrap(), 300_000);
        let exact = server.sql(&name, "SELECT count(*), count(DISTINCT id), min(left(word, 3)) FROM t");
        assert_eq!(exact, [["300000", "300000", "new"]], "{statement}");
        postgres.load("t", &schema, &old, &LoadMode::Replace).unwrap();
    }
    assert!(broken >= 2, "only {broken} loads were still at work when the server was killed");
}
