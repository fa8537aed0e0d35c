//! Files that have types of their own.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::parquet::arrow::ArrowWriter;

use super::*;

fn parquet(dir: &Path, columns: Vec<(&str, ArrayRef)>) -> Vec<InputFile> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let path = dir.join("f.parquet");
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    vec![InputFile { size: std::fs::metadata(&path).unwrap().len(), path, name: "f.parquet".into() }]
}

#[test]
fn parquet_is_held_to_the_same_contract() {
    let dir = tempfile::tempdir().unwrap();
    let ids: ArrayRef =
        Arc::new(Int32Array::from(vec![Some(1), Some(2), None, Some(4), Some(2), Some(1), Some(7)]));
    let values = [Some(1.0), Some(2.0), Some(3.0), Some(f64::NAN), Some(2.0), Some(0.5), Some(-1.0)];
    let values: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
    let files = parquet(dir.path(), vec![("other", values.clone()), ("V", values.clone()), ("id", ids)]);
    let mut source = source("id:integer! v:float");
    source.key = vec!["id".into()];
    rule(&mut source, "negative", "v < 0");
    let read = |source: &TableSource| read_source(source, &files, &Resolved::default(), 2, &[]);
    let table = read(&source).unwrap();
    assert_eq!(ledger(&table), [7, 2, 4, 1, 0]);
    let mut codes: Vec<String> =
        shown(&table).iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    codes.sort();
    assert_eq!(codes, ["conflicting-duplicate", "invalid-number", "merged:", "missing-value", "negative"]);
    let missing = table.files[0].rejects.iter().find(|reject| reject.codes == ["missing-value"]).unwrap();
    assert_eq!((missing.line, missing.record.as_str()), (3, r#"{"id":null,"v":"3.0"}"#));
    assert_eq!(table.files[0].encoding, None);
    source.columns[0].kind = ColumnType::String;
    let error = read(&source).unwrap_err();
    assert_eq!(error.to_string(), "`f.parquet`: the column `id` is Int32");
    source.columns[0].from = "ident".into();
    assert!(read(&source).unwrap_err().to_string().contains("no column `ident`"));
    std::fs::write(&files[0].path, "no parquet").unwrap();
    assert!(read(&source).unwrap_err().to_string().starts_with("cannot read `f.parquet` as Parquet"));
}

#[test]
fn a_row_is_the_same_in_parquet_and_in_text() {
    let dir = tempfile::tempdir().unwrap();
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), Some(-0.0), None, Some(8.0)]));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("café"), Some("N/A"), Some("b"), Some("c")]));
    let mut files = parquet(dir.path(), vec![("id", ids), ("v", values), ("n", names)]);
    files.extend(write(dir.path(), &[("g.csv", "id,v,n\n1,1.50,café\n2,-0,\n3.0,N/A,b\n4,9,c\n")]));
    let mut source = source("id:integer v:float n:string");
    source.columns[2].nulls.push(String::new());
    source.key = vec!["id".into()];
    let table = read_source(&source, &files, &Resolved::default(), 2, &[]).unwrap();
    assert_eq!(ledger(&table), [8, 4, 1, 3, 0], "{:?}", shown(&table));
    let of: Vec<&RowReject> = table.files.iter().flat_map(|file| &file.rejects).collect();
    assert_eq!((&*of[0].codes, &*of[0].fields), (&["conflicting-duplicate".into()][..], &["v".into()][..]));
}

#[test]
fn texts_in_parquet_are_mended_and_missed_as_those_in_text() {
    let dir = tempfile::tempdir().unwrap();
    let ids: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("N/A"), Some(" "), Some("cafÃ©")]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(-1), Some(2), Some(3), None]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![-0.0, 1.0, 1.0, 1.0]));
    let files = parquet(dir.path(), vec![("id", ids), ("n", numbers), ("v", values)]);
    let mut source = source("id:string! n:integer v:price");
    source.columns[1].nulls.push("-1".into());
    rule(&mut source, "sign", "CAST(v AS VARCHAR) LIKE '-%'");
    let table = read_source(&source, &files, &Resolved::default(), 1, &[]).unwrap();
    assert_eq!(rows(&table), [r#"{"id":"a","n":null,"v":0.0}"#, r#"{"id":"café","n":null,"v":1.0}"#]);
    assert_eq!(
        shown(&table),
        [
            "f.parquet:2 missing-value (id)",
            "f.parquet:3 missing-value (id)",
            "f.parquet:1 null-text: -1 -> null",
            "f.parquet:4 mojibake: cafÃ© -> café",
        ]
    );
}

#[test]
fn what_is_no_value_may_stand_for_none_and_is_else_a_reject_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 3]));
    let values: ArrayRef =
        Arc::new(Float64Array::from(vec![f64::NAN, 1.0, f64::INFINITY, f64::NEG_INFINITY]));
    let prices: ArrayRef = Arc::new(Float64Array::from(vec![-1.0, -2.0, 1.0, 1.0]));
    let days: ArrayRef = Arc::new(Date32Array::from(vec![0, -719_162, 0, 0]));
    let files = parquet(dir.path(), vec![("id", ids), ("v", values), ("p", prices), ("d", days)]);
    let mut source = source("id:integer v:float p:price d:date");
    source.key = vec!["id".into()];
    for column in &mut source.columns {
        column.nulls.extend(["NaN".into(), "-1".into()]);
    }
    let table = read_source(&source, &files, &Resolved::default(), 1, &[]).unwrap();
    assert_eq!(rows(&table), [r#"{"id":1,"v":null,"p":null,"d":"1970-01-01"}"#]);
    let rejects = shown(&table).into_iter().take(3).collect::<Vec<_>>();
    assert_eq!(
        rejects,
        [
            "f.parquet:2 invalid-price invalid-date (p d)",
            "f.parquet:3 invalid-number (v)",
            "f.parquet:4 invalid-number (v)",
        ]
    );
}

#[test]
fn a_reject_in_parquet_can_be_corrected() {
    let dir = tempfile::tempdir().unwrap();
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![f64::INFINITY, -5.0, 2.0]));
    let files = parquet(dir.path(), vec![("id", ids), ("v", values)]);
    let mut source = source("id:integer v:float");
    source.key = vec!["id".into()];
    rule(&mut source, "negative", "v < 0");
    let read = |corrections: &[Correction]| {
        read_source(&source, &files, &Resolved::default(), 1, corrections).unwrap()
    };
    let before = read(&[]);
    let corrected = |reject: &RowReject, text: &str| Correction {
        source: "s".into(),
        file: "f.parquet".into(),
        line: reject.line,
        raw: reject.raw.clone(),
        record: [("v".to_owned(), text.to_owned())].into(),
    };
    let rejects = &before.files[0].rejects;
    assert_eq!(rejects.len(), 2, "{:?}", shown(&before));
    let corrections = [corrected(&rejects[0], "7"), corrected(&rejects[1], "-6")];
    let after = read(&corrections);
    assert_eq!(rows(&after), [r#"{"id":1,"v":7.0}"#, r#"{"id":3,"v":2.0}"#]);
    let [still] = &*after.files[0].rejects else { panic!("{:?}", shown(&after)) };
    assert_eq!(
        (still.raw.as_str(), still.record.as_str()),
        (rejects[1].raw.as_str(), r#"{"id":"2","v":"-6"}"#)
    );
    // Of a row corrected and told twice, what is shown is what it is now.
    let twice = [files[0].clone(), InputFile { name: "g.parquet".into(), ..files[0].clone() }];
    let table =
        read_source(&source, &twice, &Resolved::default(), 1, &[corrected(&rejects[0], "7")]).unwrap();
    assert_eq!(rows(&table), [r#"{"id":1,"v":7.0}"#, r#"{"id":3,"v":2.0}"#]);
}
