//! What may run, what is said about what may not, and that the answer is always the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::*;
use crate::error::Error;
use crate::spec::tables::{ParamType, Resolved, SqlText, TableFormat};

fn sql(text: &str) -> SqlText {
    SqlText { file: "a.sql".into(), line: 1, text: text.into() }
}

fn params() -> Resolved {
    let values = [
        ("rule", ParamType::String, "it's; DROP TABLE trades --"),
        ("least", ParamType::Integer, "-2"),
        ("share", ParamType::Float, "1"),
        ("strict", ParamType::Boolean, "true"),
    ];
    let values = values.into_iter().map(|(name, kind, value)| (name.to_owned(), (kind, value.to_owned())));
    Resolved { values: values.collect(), date: Some("2026-03-01".parse().unwrap()), ..Resolved::default() }
}

fn trades() -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("product", Arc::new(StringArray::from(vec![Some("A"), Some("B"), Some("A"), None]))),
        ("price", Arc::new(Float64Array::from(vec![Some(1.5), Some(-2.0), None, Some(4.0)]))),
        ("volume", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
        ("Area", Arc::new(StringArray::from(vec!["FR", "FR", "DE", "DE"]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn engine() -> Engine {
    let engine = Engine::new(None).unwrap();
    let batch = trades();
    engine.register_batches("trades", batch.schema(), vec![batch]).unwrap();
    engine.register_batches("Empty", trades().schema(), Vec::new()).unwrap();
    engine
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn answer(engine: &Engine, text: &str) -> Result<String, Error> {
    let result = block_on(engine.query(&sql(text), &params()))?;
    let rows = json::rows(&result.batches);
    Ok(rows.iter().map(|row| String::from_utf8(row.clone()).unwrap()).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_query_is_answered() {
    for (text, expect) in [
        (
            "SELECT product, sum(volume) AS v FROM trades GROUP BY product ORDER BY v DESC, product",
            concat!(
                "{\"product\":\"A\",\"v\":4}\n",
                "{\"product\":null,\"v\":4}\n",
                "{\"product\":\"B\",\"v\":2}"
            ),
        ),
        ("WITH t AS (SELECT * FROM trades) SELECT count(*) AS n FROM t, t AS u", "{\"n\":16}"),
        ("SELECT \"Area\" FROM trades LIMIT 1;", "{\"Area\":\"FR\"}"),
        ("SELECT count(*) AS n FROM \"Empty\"", "{\"n\":0}"),
        (
            "SELECT median(volume) AS m, abs(-1.5) AS a, arrow_typeof(date_part('year', $date)) AS y FROM trades",
            "{\"m\":2.5,\"a\":1.5,\"y\":\"Int32\"}",
        ),
        ("SELECT row_number() OVER (ORDER BY volume DESC) AS n FROM trades LIMIT 1", "{\"n\":1}"),
        ("SELECT u AS u FROM (SELECT unnest([1, 2]) AS u)", "{\"u\":1}\n{\"u\":2}"),
    ] {
        assert_eq!(answer(&engine(), text).unwrap(), expect, "{text}");
    }
}

#[test]
fn a_parameter_is_a_value_of_its_type_and_never_text_that_is_parsed() {
    for (text, expect) in [
        ("SELECT $rule AS r", r#"{"r":"it's; DROP TABLE trades --"}"#),
        ("SELECT $least - 1 AS r, arrow_typeof($least) AS t", r#"{"r":-3,"t":"Int64"}"#),
        ("SELECT arrow_typeof($share) AS t, $share / 2 AS r", r#"{"t":"Float64","r":0.5}"#),
        ("SELECT $strict AND true AS r", r#"{"r":true}"#),
        (
            "SELECT arrow_typeof($date) AS t, $date + INTERVAL '1 month' AS r",
            r#"{"t":"Date32","r":"2026-04-01"}"#,
        ),
        ("SELECT count(*) AS n FROM trades WHERE volume > $least LIMIT 1", r#"{"n":4}"#),
    ] {
        assert_eq!(answer(&engine(), text).unwrap(), expect, "{text}");
    }
}

#[test]
fn what_cannot_run_is_told_with_its_place_and_what_may_be_meant() {
    for (text, expect) in [
        ("SELECT prize FROM trades", "a.sql:1:8: unknown column `prize`; did you mean `price`?"),
        (
            "SELECT\n  product,\n  t.prise\nFROM trades AS t",
            "a.sql:3:3: unknown column `prise` of `t`; did you mean `price`?",
        ),
        (
            "SELECT product FROM trades\nWHERE\n  prize > 1",
            "a.sql:3:3: unknown column `prize`; did you mean `price`?",
        ),
        (
            "SELECT area FROM trades",
            "a.sql:1:8: unknown column `area`; the name `Area` needs quotes: \"Area\"",
        ),
        ("SELECT 1 FROM trade", "a.sql:1:15: unknown table `trade`; did you mean `trades`?"),
        (
            "SELECT 1 FROM empty",
            "a.sql:1:15: unknown table `empty`; the name `Empty` needs quotes: \"Empty\"",
        ),
        (
            "SELECT 1\nFROM trades,\n  'x.parquet'",
            "a.sql:3:3: `x.parquet` is no table: files are read by sources, not by SQL",
        ),
        ("SELECT 1 FROM public.trades", "a.sql:1:15: `public.trades` is no table: its name has one part"),
        (
            "SELECT * FROM generate_series(1, 3)",
            "a.sql:1:15: tables are read by their names, not made by functions",
        ),
        ("SELECT FROM trades WHERE", "a.sql:1:25: expected an expression, found the end of the text"),
        ("SELECT 'a", "a.sql:1:8: Unterminated string literal"),
        ("", "a.sql:1:1: there is no query in it"),
        ("SELECT 1; SELECT 2", "a.sql:1:11: a second statement: one query is allowed"),
        ("DROP TABLE trades", "a.sql:1:1: only a query may run, no DROP"),
        ("-- why\nINSERT INTO trades SELECT * FROM trades", "a.sql:1:1: only a query may run, no INSERT"),
        ("COPY trades TO 'x.csv'", "a.sql:1:1: only a query may run, no COPY"),
        (
            "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
            "a.sql:1:1: only a query may run, no CREATE",
        ),
        ("SET datafusion.execution.batch_size = 1", "a.sql:1:1: only a query may run, no SET"),
        ("EXPLAIN SELECT 1", "a.sql:1:1: only a query may run, no EXPLAIN"),
        ("SHOW TABLES", "a.sql:1:1: only a query may run, no SHOW"),
        ("SELECT * INTO x FROM trades", "a.sql:1:15: `INTO` makes a table: the task's `write` does that"),
        (
            "SELECT now() AS n",
            "a.sql:1:8: `now` gives another value in each run, so that a rerun would write other rows; use the logical date, `$date`",
        ),
        (
            "SELECT madian(volume) AS m FROM trades",
            "a.sql:1:8: unknown function `madian`; did you mean `median`?",
        ),
        ("SELECT $rul AS r", "a.sql:1:8: unknown parameter `rul`; did you mean `rule`?"),
        ("SELECT ? AS r", "a.sql:1:8: `?` is no parameter: they are written `$name`"),
        (
            "SELECT volume, volume FROM trades",
            "a.sql:1:1: two columns are named `volume`: name one of them with AS",
        ),
        (
            "SELECT a.volume, b.volume FROM trades a, trades b",
            "a.sql:1:1: two columns are named `volume`: name one of them with AS",
        ),
        (
            "SELECT volume FROM trades a, trades b",
            "a.sql:1:8: the column `volume` is in more than one table: say of which, as in `a.volume`",
        ),
        ("SELECT named_struct('a', 1) AS s", "a.sql:1:1: the column `s` is a Struct"),
    ] {
        let told = answer(&engine(), text).expect_err(text).to_string();
        assert!(told.starts_with(expect), "{text}\n  told: {told}\nexpect: {expect}");
    }
}

#[test]
fn a_place_in_a_pipeline_file_counts_from_its_first_line() {
    let text = |text: &str| SqlText { file: "p.toml".into(), line: 7, text: text.into() };
    for (given, expect) in
        [("SELECT x FROM trades", "p.toml:7: "), ("SELECT\n  x FROM trades", "p.toml:8:3: ")]
    {
        let told = block_on(engine().query(&text(given), &params())).unwrap_err().to_string();
        assert!(told.starts_with(expect), "{told}");
    }
}

#[test]
fn types_that_do_not_fit_are_found_before_anything_runs() {
    for text in [
        "SELECT sum(product) AS s FROM trades",
        "SELECT product - volume AS d FROM trades",
        "SELECT abs(product) AS a FROM trades",
    ] {
        let problems = engine().plan(&sql(text), &params()).expect_err(text);
        assert!(problems[0].to_string().starts_with("a.sql:1:"), "{problems:?}");
    }
    let told = answer(&engine(), "SELECT 1 / (volume - volume) AS x FROM trades").unwrap_err();
    assert!(matches!(&told, Error::Input { .. }), "{told:?}");
    assert!(told.to_string().contains("a.sql:1: the query failed: Divide by zero"), "{told}");
}

#[test]
fn a_question_by_hand_may_ask_for_its_plan_and_for_the_time_but_not_change_anything() {
    let engine = Engine::interactive(None).unwrap();
    for (text, allowed) in [
        ("EXPLAIN SELECT 1", true),
        ("SELECT now() > TIMESTAMP '2020-01-01T00:00:00Z' AS later", true),
        ("EXPLAIN DROP TABLE x", false),
        ("EXPLAIN COPY (SELECT 1) TO 'x.csv'", false),
        ("CREATE TABLE x AS SELECT 1", false),
    ] {
        assert_eq!(block_on(engine.query(&sql(text), &params())).is_ok(), allowed, "{text}");
    }
}

#[test]
fn a_condition_is_true_false_or_wrong() {
    let engine = Engine::new(None).unwrap();
    let schema = trades().schema();
    let holds =
        |text: &str| engine.condition(&sql(text), &schema, &params()).unwrap().holds(&trades()).unwrap();
    assert_eq!(
        holds("price > 1").iter().collect::<Vec<_>>(),
        [Some(true), Some(false), Some(false), Some(true)]
    );
    assert_eq!(holds("volume > $least AND product = 'A'").true_count(), 2);
    assert_eq!(holds("NULL").true_count(), 0);
    for (text, expect) in [
        ("prize > 1", "a.sql:1:1: unknown column `prize`; did you mean `price`?"),
        ("volume + 1", "a.sql:1:1: a condition is true or false, this is a Int64"),
        ("price > 1; DROP TABLE x", "a.sql:1:10: expected end of expression, found ;"),
        ("price IN (SELECT 1 FROM trades)", "a.sql:1:"),
        ("now() > $date", "a.sql:1:1: `now` gives another value"),
        ("sum(price) > 1", "a.sql:1:"),
    ] {
        let problems = engine.condition(&sql(text), &schema, &params()).expect_err(text);
        assert!(problems[0].to_string().starts_with(expect), "{text}: {}", problems[0]);
    }
}

/// Sums of floating point numbers depend on the order in which they are added up.
#[test]
fn the_answer_does_not_depend_on_threads_or_batches() {
    let rows = 60_000_i64;
    let schema = Arc::new(Schema::new(vec![
        Field::new("k", DataType::Int64, true),
        Field::new("x", DataType::Float64, true),
    ]));
    let value = |i: i64| ((i * 7_919) % 10_007) as f64 / 7.0 * 10f64.powi((i % 13) as i32 - 6);
    let batch = |from: i64, to: i64| {
        let k: ArrayRef = Arc::new(Int64Array::from_iter_values((from..to).map(|i| i * 31 % 997)));
        let x: ArrayRef = Arc::new(Float64Array::from_iter_values((from..to).map(value)));
        RecordBatch::try_new(schema.clone(), vec![k, x]).unwrap()
    };
    let joined = sql("WITH g AS (SELECT k, avg(x) AS a, sum(x) AS s, median(x) AS m FROM t GROUP BY k) \
         SELECT t.k, t.x, g.a, g.s, g.m, sum(t.x) OVER (PARTITION BY t.k) AS w \
         FROM t JOIN g ON t.k = g.k WHERE abs(t.x - g.m) > 3.5 * g.a");
    // Many rows are equal by what they are ordered by.
    let spread = sql("SELECT k % 10 AS few, k, x, avg(x) OVER (PARTITION BY k) AS a FROM t ORDER BY few");
    let answer = |text: &SqlText, threads: usize, size: i64| {
        let engine = Engine::new(None).unwrap();
        let batches = (0..rows / size).map(|i| batch(i * size, (i + 1) * size)).collect();
        engine.register_batches("t", schema.clone(), batches).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
        let result = runtime.block_on(engine.query(text, &Resolved::default())).unwrap();
        json::list(&result.batches)
    };
    for text in [&joined, &spread] {
        let first = answer(text, 1, rows);
        assert!(first.len() > 10_000);
        for (threads, size) in [(1, rows), (4, rows), (8, 1_000), (2, 60)] {
            assert!(
                answer(text, threads, size) == first,
                "{}: {threads} threads, batches of {size}",
                text.text
            );
        }
    }
}

#[test]
fn sums_and_means_of_floats_do_not_depend_on_the_order_of_rows() {
    let products = ["A", "B", "C"];
    let row =
        |i: usize| (products[i * i % 3], i as f64 / 10.0 + if i.is_multiple_of(7) { 1e9 } else { 0.01 });
    let mut rows: Vec<(&str, f64)> = (0..3000).map(row).collect();
    let mut answers = Vec::new();
    for turn in 0..3 {
        let engine = Engine::new(None).unwrap();
        let columns: [(&str, ArrayRef); 2] = [
            ("product", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringArray>())),
            ("volume", Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Float64Array>())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let batches = (0..30).map(|i| batch.slice(i * 100, 100)).collect();
        engine.register_batches("t", batch.schema(), batches).unwrap();
        let ask = |text: &str| answer(&engine, text).unwrap();
        answers.push([
            ask("SELECT product, sum(volume), avg(volume), mean(volume) FROM t GROUP BY product ORDER BY product"),
            ask("SELECT sum(volume) AS s, avg(volume) FILTER (WHERE product = 'A') AS a FROM t"),
            ask("SELECT DISTINCT avg(volume) OVER (PARTITION BY product) AS a FROM t ORDER BY a"),
            ask("SELECT product, sum(volume) AS s, count(DISTINCT volume) AS n FROM t GROUP BY product ORDER BY s"),
        ]);
        rows.sort_by(|a, b| if turn == 0 { a.1.total_cmp(&b.1) } else { b.1.total_cmp(&a.1) });
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let engine = engine();
    for (text, expect) in [
        ("SELECT sum(price) AS s, avg(price) AS a FROM trades WHERE price IS NULL", r#"{"s":null,"a":null}"#),
        ("SELECT sum(price + 1.0) AS s, sum(volume) AS v FROM trades", r#"{"s":6.5,"v":10}"#),
        ("SELECT sum(DISTINCT price) AS s, avg(volume) AS a FROM trades", r#"{"s":3.5,"a":2.5}"#),
        (
            "SELECT volume, sum(price) OVER (ORDER BY volume ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s \
             FROM trades ORDER BY volume LIMIT 2",
            "{\"volume\":1,\"s\":1.5}\n{\"volume\":2,\"s\":-0.5}",
        ),
    ] {
        assert_eq!(answer(&engine, text).unwrap(), expect, "{text}");
    }
}

#[test]
fn plans_are_spread_where_nobody_can_tell() {
    let engine = engine();
    // Few rows are not worth it.
    let many =
        datafusion::arrow::compute::concat_batches(&trades().schema(), &vec![trades(); 5_000]).unwrap();
    engine.register_batches("trades", many.schema(), vec![many]).unwrap();
    for (text, spreads) in [
        ("SELECT product, avg(price) AS p FROM trades GROUP BY product ORDER BY product", true),
        ("SELECT *, median(price) OVER (PARTITION BY product) AS m FROM trades ORDER BY m", true),
        // The partitions would meet as they finish.
        ("SELECT product, avg(price) AS p FROM trades GROUP BY product", false),
        ("SELECT sum(p) AS s FROM (SELECT avg(price) AS p FROM trades GROUP BY product)", false),
        ("SELECT a.price FROM trades a JOIN trades b ON a.product = b.product ORDER BY a.price", false),
        // Which rows a partition looks at would depend on the others.
        ("SELECT product, avg(price) AS p FROM trades GROUP BY product ORDER BY p LIMIT 1", false),
        ("SELECT price FROM trades ORDER BY price", false),
    ] {
        let (plan, _) = engine.plan(&sql(text), &params()).unwrap();
        let plan = block_on(spread::physical(&engine.context.state(), &plan)).unwrap();
        let shown = datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string();
        assert_eq!(shown.contains("RepartitionExec"), spreads, "{text}\n{shown}");
    }
}

#[test]
fn files_are_a_table_with_their_partitions() {
    let dir = tempfile::tempdir().unwrap();
    let texts = [("a=1", "x,t\n1,2023-01-01T10:00:00Z\n2,\n"), ("a=2", "x,t\n3,2023-01-02T00:00:00.5Z\n")];
    let files = texts.map(|(folder, text)| {
        let path = dir.path().join(folder).join("part-0.csv");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        TableFile { path, partition: vec![Some(folder[2..].to_owned())] }
    });
    let fields =
        [("x", crate::spec::tables::ColumnType::Integer), ("t", crate::spec::tables::ColumnType::Timestamp)];
    let fields = fields.map(|(name, kind)| Field::new(name, arrow_type(kind), true));
    let schema = Schema::new([fields.to_vec(), vec![Field::new("a", DataType::Int64, true)]].concat());
    for schema in [Some(Arc::new(schema)), None] {
        let engine = Engine::new(None).unwrap();
        let typed = schema.is_some();
        let files = TableFiles {
            files: files.to_vec(),
            format: TableFormat::Csv,
            partition_by: vec!["a".into()],
            schema,
        };
        block_on(engine.register_files("t", files)).unwrap();
        let rows = answer(&engine, "SELECT x, a, t FROM t WHERE x > 1").unwrap();
        let a = if typed { ["1", "2"] } else { ["\"1\"", "\"2\""] };
        let expect = format!(
            "{{\"x\":2,\"a\":{},\"t\":null}}\n{{\"x\":3,\"a\":{},\"t\":\"2023-01-02T00:00:00.5Z\"}}",
            a[0], a[1]
        );
        assert_eq!(rows, expect);
    }
    let engine = Engine::new(None).unwrap();
    let missing = TableFile { path: dir.path().join("none.parquet"), partition: Vec::new() };
    let files =
        TableFiles { files: vec![missing], format: TableFormat::Parquet, partition_by: vec![], schema: None };
    let told = block_on(engine.register_files("t", files)).unwrap_err().to_string();
    assert!(told.contains("none.parquet"), "{told}");
}

#[test]
fn tables_are_listed_by_name() {
    let engine = engine();
    let tables: BTreeMap<_, _> = engine.tables().into_iter().collect();
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["Empty", "trades"]);
    assert_eq!(tables["trades"].fields().len(), 4);
}
