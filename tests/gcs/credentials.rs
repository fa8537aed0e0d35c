//! Tokens: got with a key, renewed under way, and never shown.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pipeline::remote::Credentials;
use pipeline::remote::gcs::{GcsOptions, Over};

use crate::gcs::fake::{Fake, Fault, Method, TokenServer};
use crate::gcs::{body, content, open, unseen};
use crate::support::told;

/// A storage that wants a token, the server of tokens, and options with the key.
fn with_key() -> (Fake, TokenServer, GcsOptions) {
    let fake = Fake::start();
    let tokens = TokenServer::start(&fake);
    let folder = tempfile::tempdir().unwrap();
    let key = std::fs::read_to_string(tokens.key_file(folder.path())).unwrap();
    let credentials = Credentials::service_account_key(&key).unwrap();
    let options = GcsOptions { credentials, ..fake.options() };
    (fake, tokens, options)
}

#[tokio::test]
async fn a_key_gets_one_token_for_all_requests() {
    let (fake, tokens, options) = with_key();
    let bucket = open(&options).await;
    let object = bucket.put("a", &body(b"x"), Over::Nothing, &[], unseen()).await.unwrap();
    assert_eq!(bucket.get(&object).await.unwrap(), "x");
    assert_eq!(bucket.list_prefix("").await.unwrap().len(), 1);
    assert_eq!((tokens.given().len(), tokens.refused()), (1, vec![]));
    assert!(fake.requests().iter().all(|seen| seen.status == 200), "{:?}", fake.requests());
}

#[tokio::test]
async fn a_token_that_ends_under_way_is_renewed() {
    let (fake, tokens, options) = with_key();
    // None is taken for valid in its last 20 seconds: each request has another, and the storage knows only the last.
    tokens.lifetime(15);
    fake.fail_times(Method::Chunk, 3, &Fault::BrokenAfter(1 << 20));
    let bytes = content(9 << 20);
    let bucket = open(&options).await;
    let object = bucket.put("a", &body(&bytes), Over::Nothing, &[], unseen()).await.unwrap();
    assert!(fake.get("a").unwrap() == bytes);
    fake.fail(Method::Read, Fault::BrokenAfter(1 << 20));
    assert!(bucket.get(&object).await.unwrap() == bytes);
    let requests = fake.requests();
    assert_eq!(requests.len(), 10, "{:?}", fake.counts());
    let mut used: Vec<&str> = requests.iter().map(|seen| &seen.headers["authorization"][7..]).collect();
    used.dedup();
    assert_eq!(used.len(), requests.len());
    assert!(requests.iter().all(|seen| seen.status != 401));
}

#[tokio::test]
async fn no_token_is_no_request_and_the_hint_is_about_credentials() {
    let (fake, tokens, options) = with_key();
    let other = tokens.key_json().replace("tester@", "somebody@");
    let credentials = Credentials::service_account_key(&other).unwrap();
    let bucket = open(&GcsOptions { credentials, ..options }).await;
    let put = bucket.put("a", &body(b"x"), Over::Nothing, &[], unseen()).await.unwrap_err();
    let list = bucket.list_prefix("").await.unwrap_err();
    for error in [put, list] {
        let told = told(&error);
        assert!(told.contains("cannot get a token from Google: token request failed"), "{told}");
        assert!(told.contains("hint: sign in with `gcloud auth application-default login`"), "{told}");
    }
    assert_eq!(fake.requests().len(), 0);
    assert!(tokens.refused()[0].starts_with("another iss"));
}

#[tokio::test]
async fn a_token_that_never_comes_is_not_waited_for() {
    let (fake, tokens, mut options) = with_key();
    fake.put("a", "x");
    tokens.hang();
    options.stall = Duration::from_millis(100);
    options.retry.attempts = 2;
    let bucket = open(&options).await;
    let list = bucket.list_prefix("").await.unwrap_err();
    assert!(told(&list).contains("no token came"), "{}", told(&list));
    bucket.put("b", &body(b"x"), Over::Nothing, &[], unseen()).await.unwrap_err();
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_key_that_is_none_is_an_error() {
    for json in ["", "{}", r#"{"private_key": "geheim", "client_email": "a", "token_uri": "b"}"#] {
        let error = Credentials::service_account_key(json).unwrap_err();
        assert!(!format!("{error:?} {}", told(&error)).contains("geheim"));
    }
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_ever_shown() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a single subscriber, the first thread to meet a log line would decide for all, also one that has none.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let (fake, tokens, keyed) = with_key();
    let mut shown = String::new();
    let with = |credentials| GcsOptions { credentials, ..fake.options() };
    let all = [
        (keyed, ""),
        (with(Credentials::bearer("ya29.secret-token-0")), "ya29.secret-token-0"),
        (with(Credentials::bearer("secret-token\nof two lines")), ""),
        (with(Credentials::basic("user", "secret-token-password")), "ya29.secret-token-0"),
    ];
    for (mut options, accepted) in all {
        if !accepted.is_empty() {
            fake.require_token(accepted);
        }
        options.retry.attempts = 2;
        let bucket = open(&options).await;
        shown += &format!("{options:?} {:?}", options.credentials);
        let object = fake.put("a", "x");
        for fault in [
            Fault::Pass,
            Fault::Status(503),
            Fault::Reset,
            Fault::Status(400),
            Fault::Answer(200, "?".into()),
        ] {
            for method in [Method::List, Method::Insert, Method::Read, Method::Delete, Method::Rewrite] {
                fake.fail_times(method, 2, &fault);
            }
            let listed = bucket.list_prefix("").await;
            let put = bucket.put("b", &body(b"x"), Over::Anything, &[], unseen()).await;
            let deleted = bucket.delete("a", object).await;
            for error in [listed.err(), put.err(), deleted.err()].into_iter().flatten() {
                shown += &format!("{error:?} {error:#?} {}", told(&error));
            }
        }
    }
    assert!(!tokens.given().is_empty());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let ours: String = log.lines().filter(|line| line.contains(" pipeline::")).collect();
    assert!(ours.contains("trying again"), "our own log lines are seen: {log}");
    let key = TokenServer::private_key();
    let secrets =
        ["secret-token", "c2VjcmV0LXRva2Vu", "dXNlcjpzZWNyZXQ", "PRIVATE KEY", key.lines().nth(1).unwrap()];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} is in: {shown}");
        assert!(!ours.contains(secret), "{secret} is in: {ours}");
    }
}
