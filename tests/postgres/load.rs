//! The modes of a load.

use std::sync::Arc;
use std::thread;

use datafusion::arrow::array::{Array, Date32Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;
use pipeline::error::Error;
use pipeline::sink::postgres::LoadMode;

use crate::postgres::{Server, table};
use crate::support::told;

/// Days since 1970 of the first days of 2026.
const DAY: i32 = 20_454;

fn rows(day: Option<i32>, ids: &[i64], word: &str) -> (SchemaRef, Vec<RecordBatch>) {
    let days: Date32Array = ids.iter().map(|_| day.map(|day| DAY + day)).collect();
    let words: StringArray = ids.iter().map(|id| Some(format!("{word}{id}"))).collect();
    table(vec![
        ("day", Arc::new(days)),
        ("id", Arc::new(Int64Array::from(ids.to_vec()))),
        ("word", Arc::new(words)),
    ])
}

fn words(server: &Server, database: &str) -> Vec<String> {
    let rows = server.sql(database, "SELECT word FROM t ORDER BY id, day, word");
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}

#[test]
fn all_rows_are_replaced() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    for (ids, word) in [(&[1, 2, 3][..], "a"), (&[2, 3], "b"), (&[], "c")] {
        let (schema, batches) = rows(Some(0), ids, word);
        assert_eq!(postgres.load("t", &schema, &batches, &LoadMode::Replace).unwrap(), ids.len() as u64);
        let expected: Vec<String> = ids.iter().map(|id| format!("{word}{id}")).collect();
        assert_eq!(words(&server, &name), expected);
    }
    // The temporary table is gone, and none of its columns is anybody's.
    let tables = server.sql(&name, "SELECT relname FROM pg_class WHERE relname LIKE 'pipeline%'");
    assert!(tables.is_empty(), "{tables:?}");
}

#[test]
fn a_day_is_replaced_however_often_it_is_loaded() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let load = |day: Option<i32>, ids: &[i64], word: &str, of: Option<&str>| {
        let (schema, batches) = rows(day, ids, word);
        let day = of.map(|of| ("day".to_owned(), of.to_owned()));
        let mode = LoadMode::ReplacePartitions { columns: vec!["day".into()], day };
        postgres.load("t", &schema, &batches, &mode).unwrap()
    };
    load(Some(0), &[1, 2], "a", Some("2026-01-01"));
    load(Some(1), &[3, 4], "a", Some("2026-01-02"));
    load(None, &[9], "a", None);
    assert_eq!(words(&server, &name), ["a1", "a2", "a3", "a4", "a9"]);
    load(Some(0), &[2], "b", Some("2026-01-01"));
    load(Some(0), &[2], "b", Some("2026-01-01"));
    assert_eq!(words(&server, &name), ["b2", "a3", "a4", "a9"]);
    // A day that has no rows any more; then one without a day.
    load(Some(1), &[], "c", Some("2026-01-02"));
    assert_eq!(words(&server, &name), ["b2", "a9"]);
    load(None, &[8], "d", None);
    assert_eq!(words(&server, &name), ["b2", "d8"]);
}

#[test]
fn a_key_is_there_once() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let key = || vec!["id".to_owned()];
    let load = |ids: &[i64], word: &str, mode: LoadMode| {
        let (schema, batches) = rows(Some(0), ids, word);
        postgres.load("t", &schema, &batches, &mode)
    };
    assert_eq!(load(&[1, 2], "a", LoadMode::Upsert { key: key() }).unwrap(), 2);
    assert_eq!(load(&[2, 3], "b", LoadMode::Upsert { key: key() }).unwrap(), 2);
    assert_eq!(words(&server, &name), ["a1", "b2", "b3"]);
    assert_eq!(load(&[3, 4], "c", LoadMode::Insert { key: key() }).unwrap(), 1);
    assert_eq!(words(&server, &name), ["a1", "b2", "b3", "c4"]);
    // Two new rows of one key: which of them?
    for mode in [LoadMode::Upsert { key: key() }, LoadMode::Insert { key: key() }] {
        let error = load(&[5, 5], "d", mode).unwrap_err();
        assert_eq!(error.to_string(), "two new rows have one key: id = 5");
    }
    let schema = rows(Some(0), &[], "").0;
    let (_, batches) = table(vec![
        ("day", Arc::new(Date32Array::from(vec![DAY, DAY]))),
        ("id", Arc::new(Int64Array::from(vec![Some(7), None]))),
        ("word", Arc::new(StringArray::from(vec!["x", "y"]))),
    ]);
    let error = postgres.load("t", &schema, &batches, &LoadMode::Upsert { key: key() }).unwrap_err();
    assert!(error.to_string().starts_with("row 2 of the table `t` has no `id`"), "{error}");
    let error = load(&[1], "e", LoadMode::Upsert { key: vec!["nobody".into()] }).unwrap_err();
    assert!(error.to_string().contains("no column `nobody`, which `key` names"), "{error}");
    assert_eq!(words(&server, &name), ["a1", "b2", "b3", "c4"]);
}

#[test]
fn a_table_that_does_not_fit_is_left_as_it_is() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let (schema, batches) = rows(Some(0), &[1], "a");
    let upsert = LoadMode::Upsert { key: vec!["id".into()] };
    for (made, mode, problem, remedy) in [
        (
            "TABLE t (day date, id integer, word text)",
            &LoadMode::Replace,
            "its column `id` is integer, not bigint",
            "ALTER TABLE public.\"t\" ALTER COLUMN \"id\" TYPE bigint USING \"id\"::bigint",
        ),
        (
            "TABLE t (day date, id bigint)",
            &LoadMode::Replace,
            "it has no column `word`",
            "ALTER TABLE public.\"t\" ADD COLUMN \"word\" text",
        ),
        (
            "TABLE t (day date, id bigint, word text, more int NOT NULL)",
            &LoadMode::Replace,
            "its column `more` must have a value",
            "ALTER COLUMN \"more\" DROP NOT NULL",
        ),
        (
            "TABLE t (day date, id bigint, word text)",
            &upsert,
            "no unique index on \"id\"",
            "ALTER TABLE public.\"t\" ADD PRIMARY KEY (\"id\")",
        ),
        ("VIEW t AS SELECT now()", &LoadMode::Replace, "is no table", "drop it"),
    ] {
        server.sql(&name, &format!("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE {made}"));
        let error = postgres.load("t", &schema, &batches, mode).unwrap_err();
        assert!(matches!(error, Error::Output { .. }), "{error:?}");
        let text = told(&error);
        assert!(text.contains(problem) && text.contains(remedy), "{made}: {text}");
        if made.starts_with("TABLE") {
            assert_eq!(server.sql(&name, "SELECT count(*) FROM t"), [["0"]]);
            // What the hint says is enough.
            let remedy = error.hint().split_once(": ").unwrap().1.to_owned();
            server.sql(&name, &remedy);
            postgres.load("t", &schema, &batches, mode).unwrap();
            assert_eq!(words(&server, &name), ["a1"]);
        }
    }
    // One that fits has more than is written, and other names for the same.
    server.sql(
        &name,
        "DROP VIEW t; CREATE TABLE t (id bigint, more int, word varchar, day date, UNIQUE (id), made timestamptz DEFAULT now())",
    );
    postgres.load("t", &schema, &batches, &upsert).unwrap();
    assert_eq!(words(&server, &name), ["a1"]);
}

#[test]
fn two_loads_of_one_day_at_once_leave_it_once() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let ids: Vec<i64> = (0..2000).collect();
    let modes = [
        LoadMode::ReplacePartitions {
            columns: vec!["day".into()],
            day: Some(("day".into(), "2026-01-01".into())),
        },
        LoadMode::Replace,
        LoadMode::Upsert { key: vec!["id".into()] },
        LoadMode::Insert { key: vec!["id".into()] },
    ];
    for mode in &modes {
        // Not even the table is there when they begin.
        server.sql(&name, "DROP TABLE IF EXISTS t");
        thread::scope(|scope| {
            for word in ["a", "b", "c", "d"] {
                let (ids, postgres) = (&ids, &postgres);
                scope.spawn(move || {
                    let (schema, batches) = rows(Some(0), ids, word);
                    postgres.load("t", &schema, &batches, mode).unwrap();
                });
            }
        });
        let found =
            server.sql(&name, "SELECT count(*), count(DISTINCT id), count(DISTINCT left(word, 1)) FROM t");
        assert_eq!(found, [["2000", "2000", "1"]], "{mode:?}");
    }
}

#[test]
fn names_are_names_whatever_they_hold() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let column = "select\"; DROP TABLE x; --";
    let odd = "Order by'; \"";
    let (schema, batches) = table(vec![(column, Arc::new(Int64Array::from(vec![1])))]);
    for mode in [
        LoadMode::Upsert { key: vec![column.into()] },
        LoadMode::Insert { key: vec![column.into()] },
        LoadMode::ReplacePartitions { columns: vec![column.into()], day: None },
        LoadMode::Replace,
    ] {
        postgres.load(odd, &schema, &batches, &mode).unwrap();
    }
    let tables =
        server.sql(&name, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200");
    assert_eq!(tables, [[odd]]);
    let (_, read) = postgres.read(odd, Some(&schema)).unwrap().unwrap();
    assert_eq!(read[0].column(0).len(), 1);
    for bad in ["", "a\0b", &"x".repeat(64)] {
        let error = postgres.load(bad, &rows(None, &[], "").0, &[], &LoadMode::Replace).unwrap_err();
        assert!(matches!(error, Error::Input { .. }), "{error:?}");
    }
}
