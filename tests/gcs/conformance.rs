//! What is tried again and what is not: the scenarios of Google's retry conformance tests.
//!
//! Uploads in pieces and downloads, the last two scenarios, are in [`super::uploads`] and [`super::downloads`].

use pipeline::error::{Error, Result};
use pipeline::remote::gcs::{Bucket, Over};

use crate::gcs::fake::{Fake, Fault, Method};
use crate::gcs::{body, open, unseen};
use crate::support::told;

/// What a client does in one scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    List,
    Versions,
    Stat,
    Get,
    Put,
    PutOver,
    PutAnyhow,
    Rewrite,
    RewriteAnyhow,
    Delete,
}

use Action::{Delete, Get, List, Put, PutAnyhow, PutOver, Rewrite, RewriteAnyhow, Stat, Versions};

impl Action {
    fn method(self) -> Method {
        match self {
            List | Versions => Method::List,
            Stat => Method::Stat,
            Get => Method::Read,
            Put | PutOver | PutAnyhow => Method::Insert,
            Rewrite | RewriteAnyhow => Method::Rewrite,
            Delete => Method::Delete,
        }
    }

    async fn run(self, bucket: &Bucket, generation: i64) -> Result<()> {
        let (new, over) = (body(b"new"), Over::Generation(generation));
        let seen = pipeline::remote::gcs::Object {
            name: "there".into(),
            size: 3,
            crc32c: crc32c::crc32c(b"old"),
            generation,
            metadata: Default::default(),
            updated: String::new(),
        };
        match self {
            List => bucket.list_prefix("").await.map(drop),
            Versions => bucket.versions("there").await.map(drop),
            Stat => bucket.stat("there").await.map(drop),
            Get => bucket.get(&seen).await.map(|bytes| assert_eq!(bytes, "old")),
            Put => bucket.put("new", &new, Over::Nothing, &[], unseen()).await.map(drop),
            PutOver => bucket.put("there", &new, over, &[], unseen()).await.map(drop),
            PutAnyhow => bucket.put("there", &new, Over::Anything, &[], unseen()).await.map(drop),
            Rewrite => bucket.copy(&seen, "copy", Over::Nothing, &[]).await.map(drop),
            RewriteAnyhow => bucket.copy(&seen, "copy", Over::Anything, &[]).await.map(drop),
            Delete => bucket.delete("there", generation).await,
        }
    }

    /// What is in the bucket afterwards.
    fn done(self) -> &'static [(&'static str, &'static [u8])] {
        match self {
            List | Versions | Stat | Get => &[("there", b"old")],
            Put => &[("new", b"new"), ("there", b"old")],
            PutOver | PutAnyhow => &[("there", b"new")],
            Rewrite | RewriteAnyhow => &[("copy", b"old"), ("there", b"old")],
            Delete => &[],
        }
    }
}

const UNTOUCHED: &[(&str, &[u8])] = &[("there", b"old")];

/// Runs an action on a bucket with one object, against faults.
async fn check(action: Action, faults: &[Fault], requests: usize, then: &[(&str, &[u8])]) -> Result<()> {
    let fake = Fake::start();
    let generation = fake.put("there", "old");
    for fault in faults {
        fake.fail(action.method(), fault.clone());
    }
    let bucket = open(&fake.options()).await;
    let result = action.run(&bucket, generation).await;
    assert_eq!(fake.count(action.method()), requests, "{action:?} {faults:?} {result:?}");
    let there: Vec<_> =
        fake.objects().into_iter().map(|name| (name.clone(), fake.get(&name).unwrap())).collect();
    let then: Vec<_> = then.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    assert_eq!(there, then, "{action:?} {faults:?} {result:?}");
    result
}

const TRANSIENT: [Fault; 7] = [
    Fault::Status(503),
    Fault::Reset,
    Fault::Status(408),
    Fault::Status(429),
    Fault::Status(500),
    Fault::Status(502),
    Fault::Status(504),
];

#[tokio::test]
async fn what_changes_nothing_is_tried_again() {
    for action in [List, Versions, Stat, Get] {
        for fault in TRANSIENT {
            check(action, &[fault, Fault::Reset], 3, UNTOUCHED).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_bound_to_a_generation_is_tried_again() {
    for action in [Put, PutOver, Rewrite, Delete] {
        for fault in TRANSIENT {
            check(action, &[fault, Fault::Status(503)], 3, action.done()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_again_and_no_conflict() {
    for action in [Put, PutOver, Rewrite, Delete] {
        for fault in [Fault::Lost, Fault::LostAs(503)] {
            check(action, &[fault], 2, action.done()).await.unwrap();
        }
    }
    // Some servers say of a deleted object that its generation is another, not that it is not there.
    let gone = Fault::Answer(412, r#"{"error": {"code": 412, "message": "no"}}"#.into());
    check(Delete, &[Fault::Lost, gone], 2, &[]).await.unwrap();
}

#[tokio::test]
async fn what_is_not_bound_is_tried_once() {
    for action in [PutAnyhow, RewriteAnyhow] {
        for fault in TRANSIENT {
            check(action, std::slice::from_ref(&fault), 1, UNTOUCHED).await.unwrap_err();
        }
        check(action, &[Fault::Lost], 1, action.done()).await.unwrap_err();
        check(action, &[], 1, action.done()).await.unwrap();
    }
}

const ALL: [Action; 10] =
    [List, Versions, Stat, Get, Put, PutOver, PutAnyhow, Rewrite, RewriteAnyhow, Delete];

#[tokio::test]
async fn what_will_not_pass_by_itself_is_not_tried_again() {
    for action in ALL {
        for (status, hint) in
            [(400, "the server gave the reason"), (401, "sign in"), (403, "roles/storage.objectUser")]
        {
            let error = check(action, &[Fault::Status(status)], 1, UNTOUCHED).await.unwrap_err();
            let told = told(&error);
            assert!(told.contains(hint), "{told}");
            assert!(
                told.contains(&format!("HTTP {status}: The server was told to answer {status}.")),
                "{told}"
            );
            assert!(told.contains("`gs://bucket"), "{told}");
        }
    }
}

#[tokio::test]
async fn what_passes_and_then_does_not_ends_with_the_latter() {
    for action in [List, Versions, Stat, Get, Put, PutOver, Rewrite, Delete] {
        for status in [400, 401] {
            let faults = [Fault::Status(503), Fault::Reset, Fault::Status(status)];
            let error = check(action, &faults, 3, UNTOUCHED).await.unwrap_err();
            assert!(told(&error).contains(&format!("HTTP {status}")), "{}", told(&error));
        }
    }
}

#[tokio::test]
async fn no_more_tries_than_told() {
    for action in [List, Versions, Stat, Get, Put, PutOver, Rewrite, Delete] {
        let error = check(action, &[const { Fault::Status(503) }; 9], 7, UNTOUCHED).await.unwrap_err();
        assert!(told(&error).contains("HTTP 503"), "{}", told(&error));
    }
}

#[tokio::test]
async fn somebody_elses_write_between_seen_and_written_is_a_conflict() {
    for action in [PutOver, Delete] {
        let fake = Fake::start();
        let generation = fake.put("there", "old");
        fake.before(action.method(), |fake| {
            fake.put("there", "theirs");
        });
        let error = action.run(&open(&fake.options()).await, generation).await.unwrap_err();
        assert!(matches!(&error, Error::Conflict { url } if url == "gs://bucket/there"), "{error:?}");
        assert_eq!(fake.get("there").unwrap(), b"theirs");
        assert_eq!(fake.count(action.method()), 1);
    }
    for (action, name) in [(Put, "new"), (Rewrite, "copy")] {
        let fake = Fake::start();
        let generation = fake.put("there", "old");
        fake.before(action.method(), move |fake| {
            fake.put(name, "theirs");
        });
        let error = action.run(&open(&fake.options()).await, generation).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
        assert_eq!(fake.get(name).unwrap(), b"theirs");
    }
}

#[tokio::test]
async fn somebody_elses_write_behind_our_lost_one_is_a_conflict() {
    let fake = Fake::start();
    let generation = fake.put("there", "old");
    fake.fail(Method::Insert, Fault::Lost);
    fake.before(Method::Insert, |_| ());
    fake.before(Method::Insert, |fake| {
        fake.put("there", "theirs");
    });
    let error = PutOver.run(&open(&fake.options()).await, generation).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    assert_eq!(fake.get("there").unwrap(), b"theirs");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_so() {
    let fake = Fake::start();
    let bucket = Bucket::open("nowhere", &fake.options()).await.unwrap();
    for action in ALL {
        let error = action.run(&bucket, 1).await.unwrap_err();
        let told = told(&error);
        assert!(told.contains("The specified bucket does not exist"), "{action:?}: {told}");
        assert!(told.contains("hint: check the bucket's name"), "{action:?}: {told}");
    }
    assert_eq!(fake.requests().len(), ALL.len());
}

#[tokio::test]
async fn an_object_that_is_not_there_is_told_from_a_bucket() {
    let fake = Fake::start();
    let bucket = open(&fake.options()).await;
    assert_eq!(bucket.stat("there").await.unwrap(), None);
    bucket.delete("there", 1).await.unwrap();
    for action in [Get, Rewrite] {
        let told = told(&action.run(&bucket, 1).await.unwrap_err());
        assert!(told.contains("No such object"), "{told}");
        assert!(told.contains("hint: somebody removed"), "{told}");
    }
}

#[tokio::test]
async fn a_server_says_how_long_to_wait() {
    for action in [List, Get, Put] {
        let start = std::time::Instant::now();
        check(action, &[Fault::RetryAfter(429, 1)], 2, action.done()).await.unwrap();
        assert!(start.elapsed().as_millis() >= 1000, "{action:?}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn a_server_cannot_make_us_wait_for_ever() {
    for action in [List, Get, Put] {
        for wait in [301, u64::MAX] {
            check(action, &[Fault::RetryAfter(429, wait)], 1, UNTOUCHED).await.unwrap_err();
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    for action in ALL {
        let (fake, other) = (Fake::start(), Fake::start());
        let generation = fake.put("there", "old");
        fake.require_token("secret");
        fake.fail(action.method(), Fault::Redirect(format!("{}/storage/v1/b/bucket/o", other.url())));
        let mut options = fake.options();
        options.credentials = pipeline::remote::Credentials::bearer("secret");
        action.run(&open(&options).await, generation).await.unwrap_err();
        assert_eq!(fake.requests().len(), 1, "{action:?}");
        assert_eq!(other.requests().len(), 0, "{action:?}");
    }
}
