//! Reads: broken, cut, corrupted, stalled, and taken up again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pipeline::remote::gcs::{Bucket, Object};

use crate::gcs::fake::{Fake, Fault, Method};
use crate::gcs::{content, open, unseen};
use crate::support::told;

const SIZE: usize = (1 << 20) + 333;
const SOME: u64 = 256 << 10;

/// A server with an object, and what is known of it.
async fn one(bytes: &[u8]) -> (Fake, Bucket, Object) {
    let fake = Fake::start();
    fake.put("a", bytes);
    let mut options = fake.options();
    options.stall = Duration::from_millis(400);
    let bucket = open(&options).await;
    let object = bucket.stat("a").await.unwrap().unwrap();
    (fake, bucket, object)
}

/// Where the parts of the requests begin.
fn starts(fake: &Fake) -> Vec<String> {
    let reads = fake.requests().into_iter().filter(|seen| seen.method == Method::Read);
    reads.map(|seen| seen.headers.get("range").cloned().unwrap_or_default()).collect()
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Faults of one download, and the ranges that are asked for one after the other.
fn table() -> Vec<(Vec<Fault>, Vec<&'static str>)> {
    vec![
        (vec![], vec![""]),
        (vec![Fault::Status(503), Fault::Reset], vec!["", "", ""]),
        (vec![Fault::BrokenAfter(SOME)], vec!["", "bytes=262144-"]),
        (
            vec![Fault::BrokenAfter(SOME), Fault::BrokenAfter(SOME)],
            vec!["", "bytes=262144-", "bytes=524288-"],
        ),
        (vec![Fault::StallAfter(SOME)], vec!["", "bytes=262144-"]),
        (vec![Fault::BrokenAfter(0)], vec!["", ""]),
        (vec![Fault::Stall], vec!["", ""]),
        // What is there cannot be told from what is wrong with it.
        (vec![Fault::CorruptDownload], vec!["", ""]),
        (vec![Fault::BrokenAfter(SOME), Fault::CorruptDownload], vec!["", "bytes=262144-", ""]),
    ]
}

#[tokio::test]
async fn a_file_arrives_whole_whatever_happens_on_the_way() {
    let bytes = content(SIZE);
    for (faults, ranges) in table() {
        let (fake, bucket, object) = one(&bytes).await;
        for fault in &faults {
            fake.fail(Method::Read, fault.clone());
        }
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("out");
        let moved = Arc::new(AtomicU64::new(0));
        let count = moved.clone();
        let on_bytes: pipeline::remote::gcs::OnBytes = Arc::new(move |n| {
            count.fetch_add(n, Ordering::Relaxed);
        });
        bucket.fetch(&object, &to, &on_bytes).await.unwrap();
        assert!(std::fs::read(&to).unwrap() == bytes, "{faults:?}");
        assert_eq!(starts(&fake), ranges, "{faults:?}");
        assert_eq!(listing(folder.path()), ["out"]);
        assert_eq!(moved.load(Ordering::Relaxed), SIZE as u64, "{faults:?}");
    }
}

#[tokio::test]
async fn bytes_arrive_whole_whatever_happens_on_the_way() {
    let bytes = content(SIZE);
    for (faults, ranges) in table() {
        let (fake, bucket, object) = one(&bytes).await;
        for fault in &faults {
            fake.fail(Method::Read, fault.clone());
        }
        assert!(bucket.get(&object).await.unwrap() == bytes, "{faults:?}");
        assert_eq!(starts(&fake).len(), ranges.len(), "{faults:?}");
    }
}

#[tokio::test]
async fn an_answer_that_ends_too_early_is_noticed() {
    let bytes = content(SIZE);
    let (fake, bucket, object) = one(&bytes).await;
    fake.fail(Method::Read, Fault::CutAfter(SOME));
    assert!(bucket.get(&object).await.unwrap() == bytes);
    fake.forget();
    fake.fail_times(Method::Read, 3, &Fault::CutAfter(SOME));
    let folder = tempfile::tempdir().unwrap();
    bucket.fetch(&object, &folder.path().join("out"), &unseen()).await.unwrap();
    assert!(std::fs::read(folder.path().join("out")).unwrap() == bytes);
    assert_eq!(starts(&fake), ["", "bytes=262144-", "bytes=524288-", "bytes=786432-"]);
}

#[tokio::test]
async fn what_stays_wrong_replaces_nothing() {
    let bytes = content(SIZE);
    for fault in [Fault::CorruptDownload, Fault::CutAfter(0), Fault::BrokenAfter(0), Fault::Status(503)] {
        let (fake, bucket, object) = one(&bytes).await;
        fake.fail_times(Method::Read, 20, &fault);
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("out");
        std::fs::write(&to, "old").unwrap();
        let error = bucket.fetch(&object, &to, &unseen()).await.unwrap_err();
        assert!(told(&error).contains("cannot read `gs://bucket/a`"), "{}", told(&error));
        assert_eq!(std::fs::read(&to).unwrap(), b"old");
        assert_eq!(starts(&fake).len(), 7, "{fault:?}");
        fake.forget();
        bucket.get(&object).await.unwrap_err();
        assert_eq!(starts(&fake).len(), 7, "{fault:?}");
    }
}

#[tokio::test]
async fn a_download_that_moves_on_may_break_more_often_than_tries_are_allowed() {
    let bytes = content(SIZE);
    let (fake, bucket, object) = one(&bytes).await;
    fake.fail_times(Method::Read, 12, &Fault::BrokenAfter(64 << 10));
    let folder = tempfile::tempdir().unwrap();
    bucket.fetch(&object, &folder.path().join("out"), &unseen()).await.unwrap();
    assert!(std::fs::read(folder.path().join("out")).unwrap() == bytes);
    assert_eq!(starts(&fake).len(), 13);
}

#[tokio::test]
async fn a_killed_download_is_taken_up_again() {
    let bytes = content(SIZE);
    let (fake, bucket, object) = one(&bytes).await;
    let folder = tempfile::tempdir().unwrap();
    let part = |generation: i64| folder.path().join(format!(".out.{generation}.part"));
    std::fs::write(part(object.generation), &bytes[..1000]).unwrap();
    // Of another version, and of a file whose name begins alike.
    std::fs::write(part(object.generation - 1), "older").unwrap();
    std::fs::write(folder.path().join(".out.txt.5.part"), "other").unwrap();
    bucket.fetch(&object, &folder.path().join("out"), &unseen()).await.unwrap();
    assert!(std::fs::read(folder.path().join("out")).unwrap() == bytes);
    assert_eq!(starts(&fake), ["bytes=1000-"]);
    assert_eq!(listing(folder.path()), [".out.txt.5.part", "out"]);
}

#[tokio::test]
async fn a_part_that_cannot_be_is_fetched_anew() {
    let bytes = content(SIZE);
    let mut wrong = bytes.clone();
    wrong[5] ^= 1;
    let mut longer = bytes.clone();
    longer.push(0);
    for (part, ranges) in [
        (longer, vec![""]),
        (wrong[..1000].to_vec(), vec!["bytes=1000-", ""]),
        (wrong, vec![""]),
        (bytes.clone(), vec![]),
    ] {
        let (fake, bucket, object) = one(&bytes).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(format!(".out.{}.part", object.generation)), part).unwrap();
        bucket.fetch(&object, &folder.path().join("out"), &unseen()).await.unwrap();
        assert!(std::fs::read(folder.path().join("out")).unwrap() == bytes);
        assert_eq!(starts(&fake), ranges);
    }
}

#[tokio::test]
async fn an_empty_object_is_a_file() {
    let (_fake, bucket, object) = one(b"").await;
    assert_eq!(bucket.get(&object).await.unwrap(), "");
    let folder = tempfile::tempdir().unwrap();
    bucket.fetch(&object, &folder.path().join("out"), &unseen()).await.unwrap();
    assert_eq!(std::fs::read(folder.path().join("out")).unwrap(), b"");
    assert_eq!(listing(folder.path()), ["out"]);
}

#[tokio::test]
async fn a_version_that_was_overwritten_is_not_mixed_with_the_new_one() {
    let bytes = content(SIZE);
    let (fake, bucket, object) = one(&bytes).await;
    fake.fail(Method::Read, Fault::BrokenAfter(SOME));
    fake.before(Method::Read, |_| ());
    fake.before(Method::Read, |fake| {
        fake.put("a", content(SIZE + 1));
    });
    let folder = tempfile::tempdir().unwrap();
    let error = bucket.fetch(&object, &folder.path().join("out"), &unseen()).await.unwrap_err();
    assert!(told(&error).contains("No such object"), "{}", told(&error));
    assert!(!folder.path().join("out").exists());
}

#[tokio::test]
async fn a_version_that_is_kept_can_still_be_read() {
    let (fake, bucket, object) = one(b"old").await;
    fake.versioning();
    fake.put("a", "new");
    fake.put("ab", "other");
    fake.remove("a");
    assert_eq!(bucket.get(&object).await.unwrap(), "old");
    let versions = bucket.versions("a").await.unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0], object);
    assert_eq!(bucket.stat("a").await.unwrap(), None);
}

#[tokio::test]
async fn more_than_was_promised_is_not_taken() {
    let (fake, bucket, mut object) = one(&content(SIZE)).await;
    object.size = 10;
    let error = bucket.get(&object).await.unwrap_err();
    assert!(told(&error).contains("not those of the checksum"), "{}", told(&error));
    assert_eq!(starts(&fake).len(), 7);
}
