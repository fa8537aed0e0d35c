//! What stands in the files, in every mode, and what stands there when something fails on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;

use super::*;
use crate::error::{Error, Result};
use crate::spec::tables::{TableFormat, WriteMode};
use crate::store::{Fault, Folder, MemoryPlace};

const DAY: i32 = 18_322; // 2020-03-01

/// Rows of an id, a day after [`DAY`], a text and a number.
fn rows(rows: &[(i64, i32, Option<&str>, f64)]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)))),
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| DAY + row.1)))),
        ("text", Arc::new(StringArray::from_iter(rows.iter().map(|row| row.2)))),
        ("x", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.3)))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn plan(format: TableFormat, mode: WriteMode, partition_by: &[&str]) -> TableWrite {
    TableWrite {
        format,
        mode,
        key: vec!["id".into()],
        partition_by: partition_by.iter().map(ToString::to_string).collect(),
        file: None,
        date: None,
    }
}

fn write(plan: &TableWrite, batch: &RecordBatch, folder: &Folder) -> Result<Written> {
    write_table(plan, &batch.schema(), [Ok(batch.clone())], folder)
}

/// Every file of a folder, Parquet as NDJSON.
fn files(folder: &Folder) -> BTreeMap<String, String> {
    let entries = folder.list("").unwrap().into_iter().map(|entry| {
        let bytes = folder.read(&entry.name).unwrap().unwrap();
        let text = if entry.name.ends_with(".parquet") {
            let (_, batches) = parquet::decode(bytes).unwrap();
            crate::table::json::rows(&batches)
                .into_iter()
                .map(|row| String::from_utf8(row).unwrap() + "\n")
                .collect()
        } else {
            String::from_utf8(bytes).unwrap()
        };
        (entry.name, text)
    });
    entries.collect()
}

fn local() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::local(dir.path().join("t"));
    (dir, folder)
}

#[test]
fn each_format_says_the_same() {
    let batch = rows(&[(1, 0, Some("a,\"b\"\nc"), -0.5), (2, 1, None, 1e300), (3, 0, Some(" é "), 2.0)]);
    for (format, expect) in [
        (
            TableFormat::Csv,
            "id,day,text,x\n1,2020-03-01,\"a,\"\"b\"\"\nc\",-0.5\n2,2020-03-02,,1e+300\n3,2020-03-01, é ,2.0\n",
        ),
        (
            TableFormat::Json,
            "[\n  {\"id\":1,\"day\":\"2020-03-01\",\"text\":\"a,\\\"b\\\"\\nc\",\"x\":-0.5},\n  \
             {\"id\":2,\"day\":\"2020-03-02\",\"text\":null,\"x\":1e+300},\n  \
             {\"id\":3,\"day\":\"2020-03-01\",\"text\":\" é \",\"x\":2.0}\n]\n",
        ),
        (
            TableFormat::Ndjson,
            "{\"id\":1,\"day\":\"2020-03-01\",\"text\":\"a,\\\"b\\\"\\nc\",\"x\":-0.5}\n\
             {\"id\":2,\"day\":\"2020-03-02\",\"text\":null,\"x\":1e+300}\n\
             {\"id\":3,\"day\":\"2020-03-01\",\"text\":\" é \",\"x\":2.0}\n",
        ),
    ] {
        let (_dir, folder) = local();
        let written = write(&plan(format, WriteMode::Replace, &[]), &batch, &folder).unwrap();
        let name = format!("part-0.{}", format.name());
        let text = expect.replace("1e+300", &serde_json::to_string(&1e300).unwrap());
        assert_eq!(files(&folder)[&name], text);
        assert_eq!((written.rows, written.files, written.bytes), (3, 1, text.len() as u64));
        // Parquet, read back, is what NDJSON says.
        if format == TableFormat::Ndjson {
            write(&plan(TableFormat::Parquet, WriteMode::Replace, &[]), &batch, &folder).unwrap();
            assert_eq!(files(&folder)["part-0.parquet"], text);
        }
    }
}

#[test]
fn a_line_of_csv_is_never_empty() {
    let column: ArrayRef = Arc::new(StringArray::from(vec![None, Some("x")]));
    let batch = RecordBatch::try_from_iter_with_nullable([("only", column, true)]).unwrap();
    let (_dir, folder) = local();
    write(&TableWrite { key: vec![], ..plan(TableFormat::Csv, WriteMode::Replace, &[]) }, &batch, &folder)
        .unwrap();
    assert_eq!(files(&folder)["part-0.csv"], "only\n\"\"\nx\n");
}

#[test]
fn a_table_without_rows_is_a_file_with_its_columns() {
    for (format, expect) in [
        (TableFormat::Csv, "id,day,text,x\n"),
        (TableFormat::Json, "[]\n"),
        (TableFormat::Ndjson, ""),
        (TableFormat::Parquet, ""),
    ] {
        for mode in WriteMode::ALL {
            let (_dir, folder) = local();
            let written = write(&plan(format, mode, &[]), &rows(&[]), &folder).unwrap();
            assert_eq!((written.rows, written.files), (0, 1), "{mode:?}");
            assert_eq!(files(&folder)[&format!("part-0.{}", format.name())], expect, "{mode:?}");
        }
    }
    let (_dir, folder) = local();
    write(&plan(TableFormat::Parquet, WriteMode::Replace, &[]), &rows(&[]), &folder).unwrap();
    let bytes = folder.read("part-0.parquet").unwrap().unwrap();
    let (schema, batches) = parquet::decode(bytes).unwrap();
    assert_eq!((schema.fields(), batches.len()), (rows(&[]).schema().fields(), 0));
}

#[test]
fn a_partition_is_a_folder_and_stale_ones_go() {
    let (_dir, folder) = local();
    let by_text = plan(TableFormat::Csv, WriteMode::Replace, &["text"]);
    write(&by_text, &rows(&[(1, 0, Some("a/b"), 1.0), (2, 0, None, 2.0), (3, 0, Some("a/b"), 3.0)]), &folder)
        .unwrap();
    folder.write("text=a%2Fb/notes.txt", b"somebody's").unwrap();
    let found = files(&folder);
    assert_eq!(found["text=a%2Fb/part-0.csv"], "id,day,x\n1,2020-03-01,1.0\n3,2020-03-01,3.0\n");
    assert_eq!(found["text=__HIVE_DEFAULT_PARTITION__/part-0.csv"], "id,day,x\n2,2020-03-01,2.0\n");
    let written = write(&by_text, &rows(&[(1, 0, Some("c"), 1.0)]), &folder).unwrap();
    assert_eq!((written.files, written.removed), (1, 2));
    assert_eq!(files(&folder).into_keys().collect::<Vec<_>>(), ["text=a%2Fb/notes.txt", "text=c/part-0.csv"]);
}

#[test]
fn the_partition_of_the_day_is_replaced_and_the_others_stay() {
    let (_dir, folder) = local();
    let mut by_day = plan(TableFormat::Csv, WriteMode::ReplacePartitions, &["day"]);
    let on = |day: &str| Some(day.parse().unwrap());
    for (day, batch) in
        [("2020-03-01", rows(&[(1, 0, None, 1.0)])), ("2020-03-02", rows(&[(2, 1, None, 2.0)]))]
    {
        for _ in 0..2 {
            by_day.date = on(day);
            write(&by_day, &batch, &folder).unwrap();
        }
    }
    assert_eq!(files(&folder).len(), 2);
    // A day that has no rows any more.
    by_day.date = on("2020-03-01");
    let written = write(&by_day, &rows(&[]), &folder).unwrap();
    assert_eq!((written.files, written.removed), (0, 1));
    assert_eq!(files(&folder).into_keys().collect::<Vec<_>>(), ["day=2020-03-02/part-0.csv"]);
}

#[test]
fn rows_of_a_key_that_is_there_are_replaced_or_left() {
    let old = [(1, 0, Some("one"), 1.0), (2, 0, Some("two"), 2.0), (3, 1, Some("three"), 3.0)];
    let new = [(4, 0, Some("four"), 4.0), (2, 0, Some("TWO"), 2.5)];
    for format in TableFormat::ALL {
        for (mode, ids, taken) in
            [(WriteMode::Upsert, "1 TWO three four", 2), (WriteMode::Insert, "1 two three four", 1)]
        {
            let (_dir, folder) = local();
            write(&plan(format, mode, &[]), &rows(&old), &folder).unwrap();
            for expect in [taken, if mode == WriteMode::Insert { 0 } else { 2 }] {
                let written = write(&plan(format, mode, &[]), &rows(&new), &folder).unwrap();
                assert_eq!(written.rows, expect, "{format:?} {mode:?}");
                let all = files(&folder)[&format!("part-0.{}", format.name())].clone();
                let words = ["one", "1", "two", "TWO", "three", "four"].iter().filter(|word| match **word {
                    "1" => all.contains("one"),
                    "one" => false,
                    word => all.contains(word),
                });
                assert_eq!(words.copied().collect::<Vec<_>>().join(" "), ids, "{format:?} {mode:?}: {all}");
                let place = |word: &str| all.find(word).unwrap();
                assert!(place("three") < place("four") && place("one") < place("three"), "{all}");
            }
        }
    }
}

#[test]
fn lines_that_are_there_keep_every_byte() {
    let (_dir, folder) = local();
    let plan = plan(TableFormat::Csv, WriteMode::Insert, &[]);
    // Typed by hand: quotes that are not needed, CR LF, a number in another form, no end of line.
    let old = "id,day,text,x\n\"1\",2020-03-01,\"plain\",-312.70\r\n2,2020-03-01,\"a\nb\",1";
    folder.write("part-0.csv", old.as_bytes()).unwrap();
    let written = write(&plan, &rows(&[(2, 0, None, 0.0), (3, 0, Some("new"), 0.5)]), &folder).unwrap();
    assert_eq!(written.rows, 1);
    let expect = "id,day,text,x\n\"1\",2020-03-01,\"plain\",-312.70\r\n2,2020-03-01,\"a\nb\",1\n3,2020-03-01,new,0.5\n";
    assert_eq!(files(&folder)["part-0.csv"], expect);
    // Nothing new: not even written.
    assert_eq!(write(&plan, &rows(&[(3, 0, None, 9.0)]), &folder).unwrap(), Written::default());
    // Other columns are not mixed with ours.
    folder.write("part-0.csv", b"id,text\n1,a\n").unwrap();
    let told = write(&plan, &rows(&[(9, 0, None, 9.0)]), &folder).unwrap_err().to_string();
    assert!(told.contains("`part-0.csv`: its columns are id,text, the new ones id,day,text,x"), "{told}");
}

#[test]
fn a_row_that_moves_leaves_its_former_partition() {
    for format in TableFormat::ALL {
        let (_dir, folder) = local();
        let plan = plan(format, WriteMode::Upsert, &["day"]);
        write(
            &plan,
            &rows(&[(1, 0, Some("a"), 1.0), (2, 0, Some("b"), 2.0), (3, 1, Some("c"), 3.0)]),
            &folder,
        )
        .unwrap();
        let written =
            write(&plan, &rows(&[(1, 1, Some("A"), 1.5), (3, 2, Some("C"), 3.5)]), &folder).unwrap();
        assert_eq!(written.rows, 2);
        let found = files(&folder);
        let holds = |day: &str| {
            let text = &found[&format!("day=2020-03-{day}/part-0.{}", format.name())];
            "aAbBcC"
                .chars()
                .filter(|letter| {
                    text.contains(&format!("\"{letter}\"")) || text.contains(&format!(",{letter},"))
                })
                .collect::<String>()
        };
        assert_eq!([holds("01"), holds("02"), holds("03")], ["b", "A", "C"], "{format:?}");
        // Its last row: the partition goes.
        let written = write(&plan, &rows(&[(2, 1, Some("b"), 2.0)]), &folder).unwrap();
        assert_eq!((written.removed, files(&folder).len()), (1, 2));
    }
}

#[test]
fn a_key_tells_one_row() {
    let (_dir, folder) = local();
    for mode in [WriteMode::Upsert, WriteMode::Insert] {
        let told = write(
            &plan(TableFormat::Csv, mode, &[]),
            &rows(&[(7, 0, None, 1.0), (7, 1, None, 2.0)]),
            &folder,
        );
        assert_eq!(told.unwrap_err().to_string(), "two new rows have one key: id = 7");
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn what_cannot_be_written_is_told() {
    let (_dir, folder) = local();
    let parquet = |change: fn(&mut TableWrite)| {
        let mut plan = plan(TableFormat::Parquet, WriteMode::Replace, &[]);
        change(&mut plan);
        write(&plan, &rows(&[(1, 0, None, 1.0)]), &folder).unwrap_err().to_string()
    };
    assert_eq!(
        parquet(|p| p.partition_by = vec!["dya".into()]),
        "there is no column `dya`, which `partition_by` names"
    );
    assert_eq!(parquet(|p| p.key = vec!["di".into()]), "there is no column `di`, which `key` names");
    let one = parquet(|p| (p.file, p.partition_by) = (Some("a.parquet".into()), vec!["day".into()]));
    assert_eq!(one, "one file cannot have partitions");
    let batch = rows(&[]);
    for format in TableFormat::ALL {
        let failed = Error::Input { message: "the query failed".into(), hint: String::new() };
        let failing = [Ok(batch.clone()), Err(failed)];
        let told = write_table(&plan(format, WriteMode::Replace, &[]), &batch.schema(), failing, &folder)
            .unwrap_err();
        assert_eq!(told.to_string(), "the query failed");
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn the_bytes_do_not_depend_on_batches_or_threads() {
    let all: Vec<_> = (0..700_000).map(|i| (i, (i % 3) as i32, Some("text"), i as f64 / 7.0)).collect();
    let whole = rows(&all);
    let bytes = |format: TableFormat, by: &[&str], threads: usize, size: usize| {
        let bucket = Arc::new(MemoryPlace::default());
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::remote(bucket, "t", dir.path());
        let batches = (0..all.len()).step_by(size).map(|at| Ok(whole.slice(at, size.min(all.len() - at))));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let plan = plan(format, WriteMode::Replace, by);
        let batches: Vec<Result<RecordBatch>> = batches.collect();
        let schema: SchemaRef = whole.schema();
        pool.install(|| write_table(&plan, &schema, batches, &folder)).unwrap();
        let names = folder.list("").unwrap();
        names.iter().map(|entry| folder.read(&entry.name).unwrap().unwrap()).collect::<Vec<_>>()
    };
    for (format, by) in
        [(TableFormat::Parquet, &["day"][..]), (TableFormat::Parquet, &[]), (TableFormat::Csv, &[])]
    {
        let first = bytes(format, by, 1, all.len());
        assert!(bytes(format, by, 4, 9_999) == first, "{format:?} {by:?}");
    }
}

#[test]
fn each_partition_is_old_or_new_wherever_it_fails() {
    let by_day = plan(TableFormat::Csv, WriteMode::Replace, &["day"]);
    let old = rows(&[(1, 0, None, 1.0), (2, 1, None, 1.0), (3, 3, None, 1.0)]);
    let new = rows(&[(1, 0, None, 2.0), (2, 1, None, 2.0), (4, 2, None, 2.0)]);
    let stored = |batch: &RecordBatch| {
        let (_dir, folder) = local();
        write(&by_day, batch, &folder).unwrap();
        files(&folder)
    };
    let (before, after) = (stored(&old), stored(&new));
    let mut failures = 0;
    for nth in 1..=4 {
        let bucket = Arc::new(MemoryPlace::default());
        let dir = tempfile::tempdir().unwrap();
        write(&by_day, &old, &Folder::remote(bucket.clone(), "t", dir.path())).unwrap();
        bucket.fail_at(nth, Fault::Unreachable);
        let folder = Folder::remote(bucket.clone(), "t", dir.path());
        failures += usize::from(write(&by_day, &new, &folder).is_err());
        for (name, text) in files(&folder) {
            assert!(
                before.get(&name) == Some(&text) || after.get(&name) == Some(&text),
                "{nth}: {name}: {text}"
            );
        }
        for name in before.keys().filter(|name| after.contains_key(*name)) {
            assert!(files(&folder).contains_key(name), "{nth}: {name} is lost");
        }
        // The same again finishes it.
        write(&by_day, &new, &Folder::remote(bucket, "t", dir.path())).unwrap();
        assert_eq!(files(&folder), after, "{nth}");
    }
    assert_eq!(failures, 4, "three files are written, one is removed");
}

#[test]
fn somebody_elses_write_is_not_overwritten() {
    let bucket = Arc::new(MemoryPlace::default());
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(TableFormat::Csv, WriteMode::Upsert, &[]);
    write(&plan, &rows(&[(1, 0, None, 1.0)]), &Folder::remote(bucket.clone(), "t", dir.path())).unwrap();
    bucket.fail_at(1, Fault::Overtaken);
    let told = write(&plan, &rows(&[(2, 0, None, 1.0)]), &Folder::remote(bucket, "t", dir.path()));
    assert!(matches!(told, Err(Error::Conflict { .. })), "{told:?}");
}

#[test]
fn names_of_folders_read_back_as_their_values() {
    for value in ["a", "a b", "a/b", "..", "100%", "x=y", "é", "a\tb", "C:\\x", "*?", "%2F"] {
        let name = format!("{}/part-0.csv", folder_name("the column", Some(value)));
        assert_eq!(parse_folders(&name), [("the column".to_owned(), Some(value.to_owned()))], "{name}");
        assert_eq!(name.matches('/').count(), 1, "{name}");
    }
    assert_eq!(
        parse_folders("a=__HIVE_DEFAULT_PARTITION__/b=1/part-0.csv"),
        [("a".into(), None), ("b".into(), Some("1".into()))]
    );
}
