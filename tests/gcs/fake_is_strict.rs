//! The fake itself: what Google's storage refuses, it refuses too.

use crate::gcs::fake::{Fake, Fault, Method};
use crate::gcs::{body, open, unseen};
use pipeline::remote::gcs::Over;
use reqwest::{Client, RequestBuilder};

/// Sends a request, and gives the status and what was said.
async fn ask(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Starts a resumable upload, and gives its URL.
async fn session(fake: &Fake, query: &str, resource: &'static str) -> String {
    let url = format!("{}/upload/storage/v1/b/bucket/o?uploadType=resumable&{query}", fake.url());
    let response = Client::new().post(url).body(resource).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn piece(url: &str, range: &str, bytes: Vec<u8>) -> RequestBuilder {
    Client::new().put(url).header("content-range", range).body(bytes)
}

#[tokio::test]
async fn what_is_done_can_be_asked_for() {
    let fake = Fake::start();
    let bucket = open(&fake.options()).await;
    let seen = bucket.put("a b", &body(b"1"), Over::Nothing, &[], unseen()).await.unwrap();
    bucket.put("a b", &body(b"2"), Over::Generation(seen.generation), &[], unseen()).await.unwrap();
    bucket.list_prefix("a").await.unwrap();
    let requests = fake.requests();
    assert_eq!(requests[0].name, "a b");
    assert_eq!(requests[0].query["ifGenerationMatch"], "0");
    assert_eq!(requests[1].query["ifGenerationMatch"], seen.generation.to_string());
    assert_eq!(requests[2].query["prefix"], "a");
    assert_eq!(fake.counts().into_iter().collect::<Vec<_>>(), [(Method::List, 1), (Method::Insert, 2)]);
    assert_eq!(fake.writes(), 2);
}

#[tokio::test]
async fn a_piece_is_in_its_place_and_of_its_size() {
    let fake = Fake::start();
    let url = session(&fake, "name=a", "{}").await;
    let quantum = 256 << 10;
    let table = [
        ("bytes 0-9/*", 10, 400),                // no multiple of 256 KiB
        ("bytes 0-9/10", 9, 400),                // not as long as it says
        ("bytes 5-14/15", 10, 400),              // a hole
        ("bytes 9-0/10", 10, 400),               // backwards
        ("bytes 0-9/5", 10, 400),                // beyond the end
        ("bytes 0-262143/262145", quantum, 308), // one is missing
        ("bytes */*", 0, 308),
        ("bytes 262144-262144/262145", 1, 200),
        ("bytes */*", 0, 200),   // done: it says so again
        ("bytes 0-0/1", 1, 400), // but takes no more
    ];
    for (range, size, status) in table {
        assert_eq!(ask(piece(&url, range, vec![1; size])).await.0, status, "{range}");
    }
    assert_eq!(fake.get("a").unwrap().len(), quantum + 1);
    assert_eq!(ask(piece(&format!("{url}0"), "bytes 0-0/1", vec![1])).await.0, 404);
}

#[tokio::test]
async fn checksums_names_and_preconditions_are_looked_at() {
    let fake = Fake::start();
    let url = session(&fake, "name=a", r#"{"crc32c": "AAAAAA=="}"#).await;
    let (status, said) = ask(piece(&url, "bytes 0-0/1", vec![1])).await;
    assert_eq!(status, 400);
    assert!(said.contains("doesn't match calculated CRC32C"), "{said}");
    let url = session(&fake, "name=a", "{}").await;
    let wrong = piece(&url, "bytes 0-0/1", vec![1]).header("x-goog-hash", "crc32c=AAAAAA==");
    assert_eq!(ask(wrong).await.0, 400);
    let url = session(&fake, "name=a&ifGenerationMatch=0", "{}").await;
    fake.put("a", "theirs");
    assert_eq!(ask(piece(&url, "bytes 0-0/1", vec![1])).await.0, 412);
    assert_eq!(fake.get("a").unwrap(), b"theirs");

    let start = |query: &str| {
        Client::new()
            .post(format!("{}/upload/storage/v1/b/bucket/o?uploadType=resumable&{query}", fake.url()))
    };
    assert_eq!(ask(start("name=..")).await.0, 400);
    assert_eq!(ask(start("name=a&ifGenerationMatch=0")).await.0, 412);
    assert_eq!(ask(start("name=a&ifGenerationMatch=x")).await.0, 400);
}

#[tokio::test]
async fn what_it_does_not_know_is_refused() {
    let fake = Fake::start();
    fake.put("a/b", "x");
    let get = |path: &str| Client::new().get(format!("{}{path}", fake.url()));
    let table = [
        ("/", 400),
        ("/storage/v1/b/bucket/o/a/b", 400), // the slash is not encoded
        ("/storage/v1/b/bucket/o/a%2Fb", 200),
        ("/storage/v1/b/bucket/o/a%2Fb?generation=5", 404),
        ("/storage/v1/b/other/o/a%2Fb", 404),
        ("/storage/v1/b/bucket/o?pageToken=x", 400),
        ("/storage/v1/b/bucket/o?delimiter=x", 400),
    ];
    for (path, status) in table {
        assert_eq!(ask(get(path)).await.0, status, "{path}");
    }
    let range = get("/storage/v1/b/bucket/o/a%2Fb?alt=media").header("range", "bytes=1-");
    assert_eq!(ask(range).await.0, 416);
    fake.require_token("t");
    assert_eq!(ask(get("/storage/v1/b/bucket/o")).await.0, 401);
    assert_eq!(ask(get("/storage/v1/b/bucket/o").bearer_auth("t")).await.0, 200);
}

#[tokio::test]
async fn versions_are_kept_when_asked_for() {
    let fake = Fake::start();
    fake.put("a", "lost");
    fake.versioning();
    let first = fake.put("a", "first");
    let second = fake.put("a", "second");
    assert!(second > first);
    let bucket = open(&fake.options()).await;
    let contents = async |objects: Vec<pipeline::remote::gcs::Object>| {
        let mut contents = Vec::new();
        for object in &objects {
            contents.push(bucket.get(object).await.unwrap());
        }
        contents
    };
    assert_eq!(contents(bucket.versions("a").await.unwrap()).await, ["lost", "first", "second"]);
    bucket.delete("a", second).await.unwrap();
    assert_eq!(fake.objects(), [""; 0]);
    assert_eq!(contents(bucket.versions("a").await.unwrap()).await, ["lost", "first", "second"]);
    assert_eq!(bucket.list_prefix("").await.unwrap(), []);
    fake.put("a", "third");
    assert_eq!(bucket.list_prefix("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn faults_come_in_their_order_and_once() {
    let fake = Fake::start();
    fake.fail(Method::List, Fault::Pass);
    fake.fail(Method::List, Fault::Status(418));
    let list = || Client::new().get(format!("{}/storage/v1/b/bucket/o", fake.url()));
    for status in [200, 418, 200] {
        assert_eq!(ask(list()).await.0, status);
    }
    assert_eq!(fake.faults_left(), 0);
    assert_eq!(fake.requests().iter().map(|seen| seen.status).collect::<Vec<_>>(), [200, 418, 200]);
}
