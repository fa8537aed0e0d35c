//! Writes: in one request and in pieces, broken, stalled, corrupted, and of files that change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pipeline::error::Error;
use pipeline::remote::gcs::{Body, Over};

use crate::gcs::fake::{Fake, Fault, Method};
use crate::gcs::{body, content, open, unseen};
use crate::support::told;

const THRESHOLD: usize = 8 << 20;
const BIG: usize = THRESHOLD + (1 << 20) + 12_345;

/// A file with a content, and what is to be written of it.
fn file(bytes: &[u8]) -> (tempfile::NamedTempFile, Body) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let size = bytes.len() as u64;
    let body = Body::File { path: file.path().to_owned(), size, crc32c: crc32c::crc32c(bytes) };
    (file, body)
}

#[tokio::test]
async fn any_size_arrives_whole() {
    for size in [0, 1, 1 << 18, THRESHOLD - 1, THRESHOLD, THRESHOLD + 1, 2 * THRESHOLD, BIG] {
        let fake = Fake::start();
        let bucket = open(&fake.options()).await;
        let bytes = content(size);
        let (_file, from_file) = file(&bytes);
        for (name, body) in [("memory", body(&bytes)), ("file", from_file)] {
            let moved = Arc::new(AtomicU64::new(0));
            let count = moved.clone();
            let on_bytes = Arc::new(move |n| {
                count.fetch_add(n, Ordering::Relaxed);
            });
            let object = bucket.put(name, &body, Over::Nothing, &[("k", "v é")], on_bytes).await.unwrap();
            let stored = fake.stored(name).unwrap();
            assert!(*stored.bytes == *bytes, "{name} of {size}");
            assert_eq!((object.size, object.crc32c), (size as u64, stored.crc32c));
            assert_eq!((object.generation, &object.metadata), (stored.generation, &stored.metadata));
            assert_eq!(stored.metadata["k"], "v é");
            assert_eq!(moved.load(Ordering::Relaxed), size as u64);
            assert_eq!(bucket.get(&object).await.unwrap(), bytes);
        }
        assert_eq!(fake.count(Method::Insert), if size < THRESHOLD { 2 } else { 0 }, "{size}");
    }
}

#[tokio::test]
async fn a_broken_upload_goes_on_where_it_was() {
    let some = 256 << 10;
    // The fault, the requests with content, those that ask how far it is, and the place where the next one begins.
    let table = [
        (Fault::Status(503), 0),
        (Fault::Reset, 0),
        (Fault::StatusAfter(503, some), some),
        (Fault::BrokenAfter(some), some),
        (Fault::StatusAfter(503, some + 77_777), some),
        (Fault::StatusAfter(408, THRESHOLD as u64), THRESHOLD as u64),
        (Fault::BrokenAfter(THRESHOLD as u64 + 5), THRESHOLD as u64),
    ];
    let bytes = content(BIG);
    for (fault, next) in table {
        for over in [Over::Nothing, Over::Anything] {
            let fake = Fake::start();
            fake.fail(Method::Chunk, fault.clone());
            let bucket = open(&fake.options()).await;
            let (_file, from_file) = file(&bytes);
            for (name, body) in [("memory", body(&bytes)), ("file", from_file)] {
                fake.forget();
                fake.fail_times(Method::Chunk, 1 - fake.faults_left(), &fault);
                bucket.put(name, &body, over, &[], unseen()).await.unwrap();
                assert!(*fake.stored(name).unwrap().bytes == *bytes, "{name} {fault:?}");
                let chunks: Vec<_> =
                    fake.requests().into_iter().filter(|r| r.method == Method::Chunk).collect();
                assert_eq!(
                    (fake.count(Method::Start), chunks.len(), fake.count(Method::Query)),
                    (1, 2, 1),
                    "{fault:?}"
                );
                let range = &chunks[1].headers["content-range"];
                assert!(range.starts_with(&format!("bytes {next}-")), "{fault:?}: {range}");
            }
        }
    }
}

#[tokio::test]
async fn an_upload_survives_faults_wherever_they_are() {
    let bytes = content(BIG);
    let fake = Fake::start();
    fake.fail(Method::Start, Fault::Status(503));
    fake.fail(Method::Start, Fault::Lost);
    fake.fail(Method::Chunk, Fault::BrokenAfter(1 << 20));
    fake.fail(Method::Query, Fault::Status(500));
    fake.fail(Method::Query, Fault::Reset);
    fake.fail(Method::Chunk, Fault::Lost);
    let bucket = open(&fake.options()).await;
    let object = bucket.put("a", &body(&bytes), Over::Nothing, &[], unseen()).await.unwrap();
    assert!(fake.get("a").unwrap() == bytes);
    assert_eq!(fake.faults_left(), 0);
    assert_eq!(fake.stored("a").unwrap().generation, object.generation);
    // 3 starts; a broken piece, two broken questions and an answered one, the piece, and the question that tells it is done.
    assert_eq!((fake.count(Method::Start), fake.count(Method::Chunk), fake.count(Method::Query)), (3, 2, 4));
}

#[tokio::test]
async fn an_upload_that_moves_on_may_break_more_often_than_tries_are_allowed() {
    let bytes = content(BIG);
    let (_file, body) = file(&bytes);
    let fake = Fake::start();
    fake.fail_times(Method::Chunk, 12, &Fault::BrokenAfter(512 << 10));
    let mut options = fake.options();
    options.retry.attempts = 3;
    let bucket = open(&options).await;
    bucket.put("a", &body, Over::Nothing, &[], unseen()).await.unwrap();
    assert!(fake.get("a").unwrap() == bytes);
    assert_eq!(fake.count(Method::Chunk), 13);
    fake.forget();
    fake.fail_times(Method::Chunk, 12, &Fault::Status(503));
    bucket.put("b", &body, Over::Nothing, &[], unseen()).await.unwrap_err();
    assert!(fake.count(Method::Chunk) <= 4, "{:?}", fake.counts());
}

#[tokio::test]
async fn a_session_that_is_gone_is_begun_anew() {
    let bytes = content(BIG);
    for status in [404, 410] {
        let fake = Fake::start();
        fake.fail(Method::Chunk, Fault::StatusAfter(503, 1 << 20));
        fake.fail(Method::Query, Fault::Status(status));
        let bucket = open(&fake.options()).await;
        bucket.put("a", &body(&bytes), Over::Nothing, &[], unseen()).await.unwrap();
        assert!(fake.get("a").unwrap() == bytes);
        assert_eq!(fake.count(Method::Start), 2);
    }
}

#[tokio::test]
async fn the_precondition_of_a_large_upload_holds_to_its_end() {
    let fake = Fake::start();
    let generation = fake.put("a", "old");
    fake.before(Method::Chunk, |fake| {
        fake.put("a", "theirs");
    });
    let bucket = open(&fake.options()).await;
    let error =
        bucket.put("a", &body(&content(BIG)), Over::Generation(generation), &[], unseen()).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    assert_eq!(fake.get("a").unwrap(), b"theirs");
}

#[tokio::test]
async fn what_the_server_stored_otherwise_is_no_success() {
    for (size, method) in [(10, Method::Insert), (BIG, Method::Chunk)] {
        for fault in [Fault::CorruptUpload, Fault::OtherChecksum] {
            let fake = Fake::start();
            fake.fail(method, fault.clone());
            let bucket = open(&fake.options()).await;
            let error =
                bucket.put("a", &body(&content(size)), Over::Nothing, &[], unseen()).await.unwrap_err();
            assert!(told(&error).contains("not what was sent"), "{fault:?}: {}", told(&error));
        }
    }
    // The answer to the question how far it is has a checksum, too.
    let fake = Fake::start();
    fake.fail(Method::Chunk, Fault::LostOtherChecksum);
    let bucket = open(&fake.options()).await;
    let error = bucket.put("a", &body(&content(BIG)), Over::Nothing, &[], unseen()).await.unwrap_err();
    assert_eq!(fake.count(Method::Query), 1);
    assert!(told(&error).contains("not what was sent"), "{}", told(&error));
}

#[tokio::test]
async fn a_stalled_upload_is_tried_again() {
    for (size, method, fault) in [
        (10, Method::Insert, Fault::Stall),
        (BIG, Method::Start, Fault::Stall),
        (BIG, Method::Chunk, Fault::StallAfter(1 << 20)),
    ] {
        let fake = Fake::start();
        fake.fail(method, fault.clone());
        let mut options = fake.options();
        options.stall = Duration::from_millis(300);
        let bytes = content(size);
        let bucket = open(&options).await;
        bucket.put("a", &body(&bytes), Over::Nothing, &[], unseen()).await.unwrap();
        assert!(fake.get("a").unwrap() == bytes, "{fault:?}");
        assert!(fake.count(method) >= 2, "{fault:?}");
        // A write that could replace anything is left alone.
        fake.forget();
        fake.fail(method, fault.clone());
        let error = bucket.put("b", &body(&bytes), Over::Anything, &[], unseen()).await.unwrap_err();
        assert!(told(&error).contains("no byte moved for 300ms"), "{}", told(&error));
        assert_eq!((fake.count(method), fake.get("b")), (1, None));
    }
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_no_stall() {
    let fake = Fake::start();
    fake.fail(Method::Insert, Fault::RetryAfter(503, 1));
    let mut options = fake.options();
    options.stall = Duration::from_millis(300);
    let bucket = open(&options).await;
    let start = std::time::Instant::now();
    bucket.put("a", &body(b"x"), Over::Nothing, &[], unseen()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(fake.count(Method::Insert), 2);
}

#[tokio::test]
async fn a_file_that_is_another_by_now_is_not_written() {
    for size in [0, 10, BIG] {
        let bytes = content(size);
        let mut longer = bytes.clone();
        longer.push(1);
        let mut others = vec![longer];
        if size > 0 {
            let mut changed = bytes.clone();
            changed[size / 2] ^= 1;
            others.extend([bytes[..size - 1].to_vec(), changed, Vec::new()]);
        }
        for other in others {
            let fake = Fake::start();
            let (file, body) = file(&bytes);
            std::fs::write(file.path(), &other).unwrap();
            let bucket = open(&fake.options()).await;
            let error = bucket.put("a", &body, Over::Nothing, &[], unseen()).await.unwrap_err();
            assert!(matches!(error, Error::Input { .. }), "{size} -> {}: {}", other.len(), told(&error));
            assert!(told(&error).contains("changed"), "{}", told(&error));
            assert_eq!(fake.objects(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_file_that_changes_under_way_is_not_written() {
    let bytes = content(BIG);
    for (change, tries) in [(vec![0; BIG], 2), (vec![0; 3], 2)] {
        let fake = Fake::start();
        let (file, body) = file(&bytes);
        fake.fail(Method::Chunk, Fault::StatusAfter(503, 1 << 20));
        let path = file.path().to_owned();
        fake.before(Method::Query, move |_| std::fs::write(path, change).unwrap());
        let bucket = open(&fake.options()).await;
        let error = bucket.put("a", &body, Over::Nothing, &[], unseen()).await.unwrap_err();
        assert!(matches!(error, Error::Input { .. }), "{}", told(&error));
        assert_eq!(fake.objects(), [""; 0]);
        assert!(fake.count(Method::Chunk) <= tries);
    }
}

#[tokio::test]
async fn a_copy_goes_on_until_it_is_done() {
    let fake = Fake::start();
    let bytes = content(1000);
    fake.put("a", bytes.clone());
    fake.rewrite_step(300);
    let bucket = open(&fake.options()).await;
    let from = bucket.stat("a").await.unwrap().unwrap();
    let copy = bucket.copy(&from, "b", Over::Nothing, &[("k", "v")]).await.unwrap();
    assert_eq!((fake.get("b").unwrap(), fake.count(Method::Rewrite)), (bytes, 4));
    assert_eq!(fake.stored("b").unwrap().metadata["k"], "v");
    assert_eq!((copy.generation, copy.crc32c), (fake.stored("b").unwrap().generation, from.crc32c));
}

#[tokio::test]
async fn a_copy_of_a_version_that_is_gone_is_not_one_of_another() {
    let fake = Fake::start();
    fake.put("a", "old");
    let bucket = open(&fake.options()).await;
    let from = bucket.stat("a").await.unwrap().unwrap();
    fake.put("a", "new");
    bucket.copy(&from, "b", Over::Nothing, &[]).await.unwrap_err();
    assert_eq!(fake.objects(), ["a"]);
}

#[tokio::test]
async fn a_copy_that_gets_nowhere_ends() {
    for answer in [r#"{"done": false}"#, r#"{"done": true}"#, r#"{"done": false, "rewriteToken": "same"}"#] {
        let fake = Fake::start();
        fake.put("a", "old");
        fake.fail_times(Method::Rewrite, 50, &Fault::Answer(200, answer.into()));
        let bucket = open(&fake.options()).await;
        let from = bucket.stat("a").await.unwrap().unwrap();
        let error = bucket.copy(&from, "b", Over::Nothing, &[]).await.unwrap_err();
        assert!(told(&error).contains("cannot copy to `gs://bucket/b`"), "{}", told(&error));
        assert!(fake.count(Method::Rewrite) <= 10, "{answer}");
    }
}
