//! Files that have types of their own.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch};
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
