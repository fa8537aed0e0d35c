//! Every type, there and back.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, Int64Builder,
    ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::util::display::array_value_to_string;
use pipeline::error::Error;
use pipeline::sink::postgres::LoadMode;

use crate::postgres::{Server, table};
use crate::support::told;

/// All types; the last row holds nothing.
fn everything() -> (SchemaRef, Vec<RecordBatch>) {
    let mut numbers = ListBuilder::new(Int64Builder::new());
    numbers.append_value([Some(1), None, Some(i64::MIN)]);
    numbers.append_value(Vec::<Option<i64>>::new());
    numbers.append_null();
    let mut texts = ListBuilder::new(StringBuilder::new());
    texts.append_value([Some("a,\"b\""), Some(""), None]);
    texts.append_value([Some("NULL")]);
    texts.append_null();
    let moments = [Some(0), Some(1_764_072_000_123_456), None];
    let decimals = Decimal128Array::from(vec![Some(-31_270), Some(10_i128.pow(18)), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(StringArray::from(vec![Some("-312.7 \t\né😀"), Some(""), None]))),
        ("whole", Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None]))),
        ("number", Arc::new(Float64Array::from(vec![Some(-0.1), Some(f64::INFINITY), None]))),
        ("truth", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(-719_162), Some(20_454), None]))),
        ("moment", Arc::new(TimestampMicrosecondArray::from(moments.to_vec()).with_timezone("UTC"))),
        ("decimal", Arc::new(decimals.with_precision_and_scale(20, 2).unwrap())),
        ("numbers", Arc::new(numbers.finish())),
        ("texts", Arc::new(texts.finish())),
    ];
    table(columns)
}

#[test]
fn every_type_comes_back_as_it_went() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let (schema, batches) = everything();
    assert_eq!(postgres.load("t", &schema, &batches, &LoadMode::Replace).unwrap(), 3);
    let types = server.sql(
        &name,
        "SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute \
         WHERE attrelid = 't'::regclass AND attnum > 0",
    );
    let expected = "text, bigint, double precision, boolean, date, timestamp with time zone, numeric(20,2), bigint[], text[]";
    assert_eq!(types, [[expected]]);
    let shown = server.sql(&name, "SET timezone = 'UTC'; SELECT * FROM t");
    let first = [
        "-312.7 \t\né😀",
        "-9223372036854775808",
        "-0.1",
        "t",
        "0001-01-01",
        "1970-01-01 00:00:00+00",
        "-312.70",
        "{1,NULL,-9223372036854775808}",
        "{\"a,\\\"b\\\"\",\"\",NULL}",
    ];
    assert_eq!(shown[0], first);
    assert_eq!(shown[1][5], "2025-11-25 12:00:00.123456+00");
    assert_eq!(shown[1][6..8], ["10000000000000000.00", "{}"]);
    assert!(shown[2].iter().all(|value| value == "NULL"), "{shown:?}");
    for read in [postgres.read("t", Some(&schema)), postgres.read("t", None)] {
        let (read_schema, read) = read.unwrap().unwrap();
        assert_eq!(read_schema, schema);
        assert_eq!(read, batches);
    }
    let (asked_schema, asked) = postgres.query("SELECT * FROM t").unwrap();
    assert_eq!((asked_schema, asked), (schema.clone(), batches.clone()));
    // NaN is a number like any other.
    let (schema, batches) = table(vec![("x", Arc::new(Float64Array::from(vec![f64::NAN])))]);
    postgres.load("nan", &schema, &batches, &LoadMode::Replace).unwrap();
    assert_eq!(server.sql(&name, "SELECT x FROM nan"), [["NaN"]]);
}

#[test]
fn more_than_one_batch_is_loaded_and_read() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    let batches: Vec<RecordBatch> = (0..7)
        .map(|batch| {
            let ids: Vec<i64> = (0..3000).map(|i| batch * 3000 + i).collect();
            table(vec![("id", Arc::new(Int64Array::from(ids)))]).1.remove(0)
        })
        .collect();
    let schema = batches[0].schema();
    assert_eq!(postgres.load("t", &schema, &batches, &LoadMode::Replace).unwrap(), 21_000);
    assert_eq!(server.sql(&name, "SELECT count(DISTINCT id), max(id) FROM t"), [["21000", "20999"]]);
    let (_, read) = postgres.read("t", None).unwrap().unwrap();
    assert_eq!(read.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [8192, 8192, 4616]);
}

/// `name=value` of each row.
fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let line = |batch: &RecordBatch, row: usize| {
        let cell = |(i, column): (usize, &ArrayRef)| {
            let value = array_value_to_string(column, row).unwrap();
            format!("{}={value}", batch.schema().field(i).name())
        };
        batch.columns().iter().enumerate().map(cell).collect::<Vec<_>>().join(" ")
    };
    batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(|row| line(batch, row)).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_question_may_give_any_type() {
    let Some(server) = Server::shared() else { return };
    let (_, postgres) = server.database();
    let ask = |sql: &str| lines(&postgres.query(sql).unwrap().1);
    assert_eq!(
        ask(
            "SELECT 1::smallint AS a, 2 AS b, 1.5::real AS c, 2.25::numeric AS d, sum(x) AS e FROM generate_series(1, 3) x;"
        ),
        [r#"a=1 b=2 c=1.5 d=2.25 e=6"#]
    );
    assert_eq!(
        ask(
            "SELECT '{\"k\": [1]}'::jsonb AS a, '12:30'::time AS b, ARRAY[1, NULL] AS c, 'x'::\"char\" AS d -- the end"
        ),
        [r#"a={"k": [1]} b=12:30:00 c=[1, ] d=x"#]
    );
    assert_eq!(
        ask("VALUES (NULL, true), ('b', false)"),
        ["column1= column2=true", "column1=b column2=false"]
    );
    assert_eq!(ask("SHOW transaction_read_only"), ["transaction_read_only=on"]);
    assert_eq!(ask("SELECT 1 AS x WHERE false"), Vec::<String>::new());
}

#[test]
fn a_question_changes_nothing() {
    let Some(server) = Server::shared() else { return };
    let (name, postgres) = server.database();
    server.sql(&name, "CREATE TABLE t AS SELECT 1 AS x");
    for sql in [
        "DELETE FROM t",
        "DROP TABLE t",
        "SELECT 1; DROP TABLE t",
        "SELECT 1) AS q (c0)) TO PROGRAM 'true' --",
        "WITH gone AS (DELETE FROM t RETURNING x) SELECT * FROM gone",
        "SELECT $1",
        "COMMIT",
        "",
        "SELECT nothing FROM t",
        "SELECT 'infinity'::date",
    ] {
        let error = postgres.query(sql).unwrap_err();
        assert!(matches!(error, Error::Input { .. }), "{sql}: {}", told(&error));
        assert!(!told(&error).contains("canary"), "{}", told(&error));
    }
    assert_eq!(server.sql(&name, "SELECT x FROM t"), [["1"]]);
    let error = told(&postgres.query("SELECT nothing\nFROM t").unwrap_err());
    assert!(error.contains("column \"nothing\" does not exist, at character 8 of the SQL"), "{error}");
    assert!(postgres.read("nobody", None).unwrap().is_none());
    let (schema, _) = table(vec![("x", Arc::new(Int64Array::from(vec![1])))]);
    assert!(matches!(postgres.read("t", Some(&schema)), Err(Error::Output { .. })));
}
