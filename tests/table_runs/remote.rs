//! Outputs in a bucket: no locks, no renames, but versions.

use std::sync::Arc;

use pipeline::error::Error;
use pipeline::export::{RunState, TableRunRecord, read_table_record};
use pipeline::run::tables::{TableRunOptions, run};
use pipeline::spec::tables::TablesSpec;
use pipeline::spec::{Pipeline, SqlFiles, parse};
use pipeline::store::{Fault, InMemory, MemoryPlace, ObjectPlace};

use crate::table_runs::SHOPS;

fn spec() -> TablesSpec {
    match parse(SHOPS, "shops.toml", "shops", &SqlFiles::None) {
        Ok(Pipeline::Tables(spec)) => *spec,
        _ => panic!("the file is read"),
    }
}

/// A bucket that has the input, too.
fn bucket() -> Arc<MemoryPlace> {
    let bucket = MemoryPlace::default();
    bucket.put("in/a.csv", b"id,shop,amount\n1,north,10\n2,north,2.5\n3,south,many\n");
    Arc::new(bucket)
}

fn options(bucket: &Arc<MemoryPlace>, scratch: &tempfile::TempDir) -> TableRunOptions {
    let connect = InMemory { place: Arc::clone(bucket), scratch: scratch.path().to_owned() };
    TableRunOptions {
        scratch: scratch.path().to_owned(),
        threads: 2,
        ..TableRunOptions::new("memory://bucket/in", "memory://bucket/out", Arc::new(connect))
    }
}

fn record(bucket: &MemoryPlace) -> TableRunRecord {
    let object = bucket.read("out/run.json").unwrap().unwrap();
    read_table_record(&String::from_utf8(object.bytes).unwrap(), "run.json").unwrap()
}

/// All objects but the records, which hold times.
fn contents(bucket: &MemoryPlace) -> Vec<(String, Vec<u8>)> {
    let keys = bucket.keys().into_iter().filter(|key| key != "out/run.json");
    keys.map(|key| (key.clone(), bucket.read(&key).unwrap().unwrap().bytes)).collect()
}

#[test]
fn a_run_in_a_bucket_leaves_what_a_run_on_disk_leaves_and_tasks_one_by_one_the_same() {
    let (whole, parts, scratch) = (bucket(), bucket(), tempfile::tempdir().unwrap());
    let done = run(&spec(), &options(&whole, &scratch), Arc::new(())).unwrap();
    assert_eq!(done.state, RunState::Succeeded);
    assert_eq!(
        whole.keys(),
        [
            "in/a.csv",
            "out/counts.json",
            "out/kept/part-0.parquet",
            "out/rejects/sales.parquet",
            "out/repairs.jsonl",
            "out/report.json",
            "out/run.json",
            "out/sums.json"
        ]
    );
    let before = contents(&whole);
    run(&spec(), &options(&whole, &scratch), Arc::new(())).unwrap();
    assert!(before == contents(&whole), "once more, the same");
    for task in ["kept", "counts", "sums", "report"] {
        let options = TableRunOptions { task: Some(task.into()), ..options(&parts, &scratch) };
        assert_eq!(run(&spec(), &options, Arc::new(())).unwrap().state, RunState::Succeeded, "{task}");
    }
    assert!(before == contents(&parts));
    assert_eq!(record(&parts).tasks.len(), 4);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn whoever_wrote_meanwhile_is_not_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let writes = {
        let mut count = 0;
        // As many changes as a run makes: the first fault that it does not meet.
        loop {
            count += 1;
            let bucket = bucket();
            bucket.fail_at(count, Fault::Overtaken);
            let done = run(&spec(), &options(&bucket, &scratch), Arc::new(()));
            let theirs =
                bucket.keys().into_iter().filter(|key| bucket.read(key).unwrap().unwrap().bytes == b"theirs");
            let theirs: Vec<String> = theirs.collect();
            match done {
                Ok(record) if record.state == RunState::Succeeded => {
                    assert!(theirs.is_empty());
                    break count - 1;
                }
                Ok(record) => {
                    assert_eq!(record.state, RunState::Failed);
                    assert_eq!(theirs.len(), 1, "{theirs:?} is left as it is");
                    let told = serde_json::to_string(&record).unwrap();
                    assert!(told.contains("somebody else wrote `memory://bucket/"), "{told}");
                }
                Err(Error::Conflict { url }) => {
                    assert!(url.ends_with("/run.json") || url.ends_with("/repairs.jsonl"), "{url}");
                    assert_eq!(theirs.len(), 1);
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    assert_eq!(writes, 7, "the rejects, the repairs, four tables, the record");
}

#[test]
fn a_run_stops_once_another_one_has_its_record_there() {
    let (bucket, scratch) = (bucket(), tempfile::tempdir().unwrap());
    let done = run(&spec(), &options(&bucket, &scratch), Arc::new(())).unwrap();
    assert_eq!(done.state, RunState::Succeeded);
    let before = contents(&bucket);
    /// Writes a record of somebody else as soon as the source is read.
    struct Meddler(Arc<MemoryPlace>);
    impl pipeline::run::tables::TableProgress for Meddler {
        fn read(&self, _: &pipeline::export::TableSourceRecord) {
            self.0.put("out/run.json", b"{}");
        }
    }
    bucket.put("in/a.csv", b"id,shop,amount\n9,west,1\n");
    let meddler = Arc::new(Meddler(Arc::clone(&bucket)));
    let error = run(&spec(), &options(&bucket, &scratch), meddler).unwrap_err();
    assert!(matches!(&error, Error::Conflict { url } if url.ends_with("/out/run.json")), "{error}");
    let now: Vec<_> = contents(&bucket).into_iter().filter(|(key, _)| key != "in/a.csv").collect();
    let before: Vec<_> = before.into_iter().filter(|(key, _)| key != "in/a.csv").collect();
    assert!(now == before, "nothing else was changed");
    assert_eq!(bucket.read("out/run.json").unwrap().unwrap().bytes, b"{}");
}
