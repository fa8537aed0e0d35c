//! Runs that write to a bucket: all or nothing of theirs, and nothing of anybody else's.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pipeline::error::{Error, Result};
use pipeline::export::{RunRecord, State, read_graph, read_record};
use pipeline::run::{self, Companions, Published, RunOptions};
use pipeline::spec::{self, DrugsSpec, Pipeline};
use pipeline::store::{Fault, MemoryPlace, ObjectPlace, RemoteSite, Site};

use crate::support::Test;

const KEYS: [&str; 4] = ["data/output.json", "data/rejects.jsonl", "data/repairs.jsonl", "data/run.json"];
const STAGED: [&str; 4] = [
    "data/.staged/output.json",
    "data/.staged/rejects.jsonl",
    "data/.staged/repairs.jsonl",
    "data/.staged/run.json",
];

struct Bucket {
    place: Arc<MemoryPlace>,
    test: Test,
    scratch: tempfile::TempDir,
    spec: DrugsSpec,
}

/// The pipeline that is built in.
fn drugs() -> DrugsSpec {
    match spec::find("drugs", None).unwrap() {
        Pipeline::Drugs(spec) => spec,
        Pipeline::Tables(spec) => panic!("{spec:?}"),
    }
}

impl Bucket {
    fn new() -> Self {
        Self {
            place: Arc::default(),
            test: Test::new().pubmed("1,On ethanol,2020,Acta\n"),
            scratch: tempfile::tempdir().unwrap(),
            spec: drugs(),
        }
    }

    fn pubmed(self, rows: &str) -> Self {
        Self { test: self.test.pubmed(rows), ..self }
    }

    fn out(&self) -> Site {
        let scratch = self.scratch.path().to_owned();
        Site::Remote(RemoteSite { place: self.place.clone(), key: "data/output.json".into(), scratch })
    }

    fn options(&self) -> RunOptions {
        RunOptions { threads: 1, ..RunOptions::new(self.test.data(), self.out()) }
    }

    fn run(&self) -> Result<RunRecord> {
        self.clean(run::run(&self.spec, &self.options(), &()))
    }

    fn stage(&self) -> Result<RunRecord> {
        self.clean(run::stage(&self.spec, &self.options(), &()))
    }

    fn publish(&self) -> Result<Published> {
        run::publish(&self.spec, &self.options())
    }

    /// Whatever came of it, nothing is left on this machine.
    fn clean<T>(&self, result: Result<T>) -> Result<T> {
        let left: Vec<_> = fs::read_dir(self.scratch.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        result
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        self.place.read(key).unwrap().expect(key).bytes
    }

    /// All objects: name, version and bytes.
    fn objects(&self) -> Vec<(String, pipeline::store::Object)> {
        let read = |key: String| (key.clone(), self.place.read(&key).unwrap().unwrap());
        self.place.keys().into_iter().map(read).collect()
    }
}

fn conflict<T: std::fmt::Debug>(result: Result<T>, key: &str) {
    match result {
        Err(error @ Error::Conflict { .. }) => {
            assert_eq!(error.to_string(), format!("somebody else wrote `memory://bucket/{key}` meanwhile"));
            assert!(error.hint().contains("run again"));
        }
        other => panic!("no conflict: {other:?}"),
    }
}

#[test]
fn a_run_writes_the_bytes_of_a_local_run_and_names_the_url() {
    let bucket = Bucket::new();
    let record = bucket.run().unwrap();
    assert_eq!(bucket.place.keys(), KEYS);
    let local = tempfile::tempdir().unwrap();
    let options = RunOptions::new(bucket.test.data(), local.path().join("output.json"));
    run::run(&bucket.spec, &options, &()).unwrap();
    for key in &KEYS[..3] {
        let file = local.path().join(Path::new(key).file_name().unwrap());
        assert_eq!(bucket.bytes(key), fs::read(file).unwrap(), "{key}");
    }
    assert_eq!(record.output.as_ref().unwrap().file, "memory://bucket/data/output.json");
    let written = String::from_utf8(bucket.bytes("data/run.json")).unwrap();
    assert_eq!(read_record(&written, "run.json").unwrap(), record);
    // The second run writes over the first.
    let bucket = bucket.pubmed("1,On aspirin,2020,Acta\n");
    bucket.run().unwrap();
    let graph = read_graph(&bucket.bytes("data/output.json"), "output.json").unwrap();
    assert_eq!(graph.mention_count(), 1);
    assert!(String::from_utf8(bucket.bytes("data/output.json")).unwrap().contains("On aspirin"));
}

#[test]
fn what_somebody_else_wrote_meanwhile_stays() {
    // The order in which objects are written: record, rejects, repairs, graph.
    for (nth, key) in [(1, KEYS[3]), (2, KEYS[1]), (3, KEYS[2]), (4, KEYS[0])] {
        for former in [false, true] {
            let bucket = Bucket::new();
            if former {
                bucket.run().unwrap();
            }
            bucket.place.fail_at(nth, Fault::Overtaken);
            conflict(bucket.run(), key);
            assert_eq!(bucket.bytes(key), b"theirs");
            bucket.run().unwrap();
            assert_ne!(bucket.bytes(key), b"theirs");
        }
    }
}

#[test]
fn a_run_that_finds_a_newer_result_at_its_end_changes_nothing() {
    /// Somebody else finishes while the inputs are read.
    struct Other<'a>(&'a Bucket);
    impl run::Progress for Other<'_> {
        fn start(&self, _: u64) {}
        fn read(&self, _: u64) {}
        fn finish(&self) {
            self.0.run().unwrap();
        }
    }
    let bucket = Bucket::new();
    bucket.run().unwrap();
    let options = RunOptions { threads: 2, ..bucket.options() };
    let before = bucket.objects();
    // Ours has another content, and must not be seen.
    let data = tempfile::tempdir().unwrap();
    for name in ["drugs.csv", "clinical_trials.csv"] {
        fs::copy(bucket.test.data().join(name), data.path().join(name)).unwrap();
    }
    fs::write(data.path().join("pubmed.csv"), format!("{}9,On aspirin,2020,Acta\n", crate::support::HEADER))
        .unwrap();
    let options = RunOptions { data: data.path().to_owned(), ..options };
    let scratch = bucket.scratch.path().join("ours");
    fs::create_dir(&scratch).unwrap();
    let Site::Remote(site) = bucket.out() else { unreachable!() };
    let options =
        RunOptions { out: Site::Remote(RemoteSite { scratch: scratch.clone(), ..site }), ..options };
    let other =
        Bucket { scratch: tempfile::tempdir().unwrap(), place: bucket.place.clone(), ..Bucket::new() };
    conflict(run::run(&bucket.spec, &options, &Other(&other)), "data/run.json");
    let after = bucket.objects();
    assert!(
        before.iter().zip(&after).all(|(old, new)| old.1.version != new.1.version),
        "the other wrote all"
    );
    assert!(!String::from_utf8(bucket.bytes("data/output.json")).unwrap().contains("On aspirin"));
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
}

#[test]
fn a_graph_that_somebody_put_there_meanwhile_is_seen_before_anything_is_written() {
    struct Other<'a>(&'a MemoryPlace);
    impl run::Progress for Other<'_> {
        fn start(&self, _: u64) {}
        fn read(&self, _: u64) {}
        fn finish(&self) {
            self.0.put(KEYS[0], b"theirs");
        }
    }
    let bucket = Bucket::new();
    bucket.run().unwrap();
    let before = KEYS[1..].iter().map(|key| bucket.place.stat(key).unwrap()).collect::<Vec<_>>();
    conflict(bucket.clean(run::run(&bucket.spec, &bucket.options(), &Other(&bucket.place))), KEYS[0]);
    let after = KEYS[1..].iter().map(|key| bucket.place.stat(key).unwrap()).collect::<Vec<_>>();
    assert_eq!(before, after);
    assert_eq!(bucket.bytes(KEYS[0]), b"theirs");
}

#[test]
fn a_service_that_cannot_be_reached_leaves_the_former_graph_and_the_next_run_mends_it() {
    for nth in 1..=4 {
        let bucket = Bucket::new();
        bucket.run().unwrap();
        let former = bucket.bytes("data/output.json");
        let bucket = bucket.pubmed("1,On aspirin,2020,Acta\n");
        bucket.place.fail_at(nth, Fault::Unreachable);
        let error = bucket.run().unwrap_err();
        assert!(matches!(error, Error::Remote { .. }), "{nth}: {error:?}");
        assert_eq!(bucket.bytes("data/output.json"), former, "{nth}");
        bucket.run().unwrap();
        assert_ne!(bucket.bytes("data/output.json"), former);
        assert_eq!(bucket.place.keys(), KEYS);
    }
}

#[test]
fn a_result_waits_in_the_bucket_and_is_published_there() {
    let bucket = Bucket::new();
    assert!(
        matches!(bucket.publish(), Err(Error::Input { message, .. }) if message.contains("nothing waits"))
    );
    let record = bucket.stage().unwrap();
    assert_eq!(bucket.place.keys(), STAGED);
    let waits = STAGED.map(|key| bucket.bytes(key));
    assert_eq!(bucket.publish().unwrap(), Published::Now(record.clone()));
    assert_eq!(bucket.place.keys(), KEYS);
    assert_eq!(KEYS.map(|key| bucket.bytes(key)), waits);
    assert_eq!(record.output.as_ref().unwrap().file, "memory://bucket/data/output.json");
    let before = bucket.objects();
    assert_eq!(bucket.publish().unwrap(), Published::Before(record));
    assert_eq!(bucket.objects(), before);
}

#[test]
fn what_did_not_pass_or_is_not_whole_is_not_published_in_the_bucket() {
    let bucket = Bucket::new();
    bucket.run().unwrap();
    let bucket = bucket.pubmed("1,,2020,Acta\n");
    assert_eq!(bucket.stage().unwrap().state, State::NotPassed);
    let before = bucket.objects();
    assert!(matches!(bucket.publish().unwrap(), Published::NotPassed(_)));
    assert_eq!(bucket.objects(), before);
    let bucket = bucket.pubmed("1,On aspirin,2020,Acta\n");
    bucket.stage().unwrap();
    bucket.place.put("data/.staged/output.json", b"{}");
    let before = bucket.objects();
    assert!(matches!(bucket.publish(), Err(Error::Input { message, .. }) if message.contains("is not what")));
    assert_eq!(bucket.objects(), before);
}

#[test]
fn a_publication_that_breaks_off_anywhere_is_finished_by_the_next() {
    // Four copies, then four removals.
    for nth in 1..=8 {
        let bucket = Bucket::new();
        bucket.run().unwrap();
        let former = bucket.bytes("data/output.json");
        let bucket = bucket.pubmed("1,On aspirin,2020,Acta\n");
        bucket.stage().unwrap();
        let new = bucket.bytes("data/.staged/output.json");
        bucket.place.fail_at(nth, Fault::Unreachable);
        assert!(matches!(bucket.publish(), Err(Error::Remote { .. })), "{nth}");
        assert_eq!(bucket.bytes("data/output.json"), if nth <= 4 { former } else { new.clone() }, "{nth}");
        let again = bucket.publish().unwrap();
        assert!(matches!((again, nth), (Published::Now(_), ..=5) | (Published::Before(_), 6..)), "{nth}");
        assert_eq!(bucket.bytes("data/output.json"), new);
        assert_eq!(bucket.place.keys(), KEYS, "{nth}");
    }
}

#[test]
fn a_publication_overwrites_nobody() {
    for (nth, key) in [(1, KEYS[3]), (2, KEYS[1]), (3, KEYS[2]), (4, KEYS[0])] {
        let bucket = Bucket::new();
        bucket.stage().unwrap();
        bucket.place.fail_at(nth, Fault::Overtaken);
        conflict(bucket.publish(), key);
        assert_eq!(bucket.bytes(key), b"theirs");
    }
    // A result that was staged anew while the last one was being removed waits for the next publication.
    let bucket = Bucket::new();
    bucket.stage().unwrap();
    bucket.place.fail_at(5, Fault::Overtaken);
    assert!(matches!(bucket.publish().unwrap(), Published::Now(_)));
    assert_eq!(bucket.bytes("data/.staged/run.json"), b"theirs");
}

#[test]
fn what_is_in_a_bucket_can_be_read() {
    let bucket = Bucket::new().pubmed("1,On ethanol,n/a,\n");
    bucket.run().unwrap();
    let repairs = Companions::beside(&bucket.out()).repairs;
    assert_eq!(repairs.to_string(), "memory://bucket/data/repairs.jsonl");
    assert!(repairs.read_text().unwrap().unwrap().contains("missing-journal"));
    assert!(bucket.out().beside("other").read_text().unwrap().is_none());
    bucket.place.put("data/other", b"\xff");
    assert!(matches!(bucket.out().beside("other").read_text(), Err(Error::Input { .. })));
}

#[test]
fn a_check_asks_the_bucket_nothing() {
    let bucket = Bucket::new();
    bucket.place.fail_at(1, Fault::Unreachable);
    run::check(&bucket.spec, &bucket.options(), &()).unwrap();
    assert!(bucket.place.keys().is_empty());
}

#[test]
fn an_incremental_run_to_a_bucket_is_refused_before_any_work() {
    let bucket = Bucket::new();
    let options = RunOptions { incremental: true, ..bucket.options() };
    let refused = bucket.clean(run::run(&bucket.spec, &options, &()));
    assert!(matches!(refused, Err(Error::Output { .. })), "{refused:?}");
    assert!(bucket.place.keys().is_empty());
}
