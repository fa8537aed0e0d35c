//! moto: a server that is not ours.
//!
//! `scripts/moto install` puts it under `target/`; one on the PATH will do, too. Without it these tests say so and pass,
//! unless `PIPELINE_TEST_ALL` is set, as it is in CI.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use pipeline::error::Error;
use pipeline::remote::Retry;
use pipeline::remote::s3::{S3Keys, S3Options, S3Place};
use pipeline::store::{Folder, ObjectPlace};

use crate::support::repository;
use crate::support::told;

/// The server, shared by the tests that run at a time, and a bucket of one test.
pub(crate) struct Moto {
    server: Arc<Server>,
    pub(crate) bucket: String,
}

struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());

fn program() -> Option<PathBuf> {
    let own = repository().join("target/moto-venv/bin/moto_server");
    let path = env::var_os("PATH").unwrap_or_default();
    let all = env::split_paths(&path).map(|folder| folder.join("moto_server"));
    [own].into_iter().chain(all).find(|path| path.is_file())
}

impl Server {
    fn start() -> Option<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = running.upgrade() {
            return Some(server);
        }
        let Some(program) = program() else {
            assert!(env::var_os("PIPELINE_TEST_ALL").is_none(), "run `scripts/moto install`");
            eprintln!("NOT TESTED: moto is missing: run `scripts/moto install`");
            return None;
        };
        let any = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = any.local_addr().expect("its address").port();
        drop(any);
        let process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let server = Arc::new(Self { process, address: format!("127.0.0.1:{port}") });
        let since = Instant::now();
        while TcpStream::connect(&server.address).is_err() {
            assert!(since.elapsed() < Duration::from_secs(120), "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        *running = Arc::downgrade(&server);
        Some(server)
    }
}

impl Moto {
    pub(crate) fn start() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let moto = Self {
            server: Server::start()?,
            bucket: format!("bucket-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        };
        let answer = moto.by_hand("PUT", &format!("/{}", moto.bucket));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Some(moto)
    }

    /// One request by hand.
    pub(crate) fn by_hand(&self, verb: &str, path: &str) -> String {
        let address = &self.server.address;
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{verb} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub(crate) fn options(&self) -> S3Options {
        S3Options {
            endpoint: Some(self.endpoint()),
            keys: Some(S3Keys { id: "canary-id".into(), secret: "canary-secret".into(), token: None }),
            retry: Retry { attempts: 3, initial: Duration::from_millis(1), ..Retry::default() },
            ..S3Options::default()
        }
    }

    pub(crate) fn place(&self) -> Arc<S3Place> {
        Arc::new(S3Place::connect(&self.bucket, self.options()).unwrap())
    }
}

#[test]
fn it_is_a_place_like_any_other() {
    let Some(moto) = Moto::start() else { return };
    crate::places::contract(moto.place());
}

#[test]
fn a_large_file_is_sent_in_parts_and_bound_to_what_was_seen() {
    let Some(moto) = Moto::start() else { return };
    let options = S3Options { whole: 1 << 20, part: 5 << 20, ..moto.options() };
    let place = S3Place::connect(&moto.bucket, options).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    let bytes = crate::gcs::content((12 << 20) + 5);
    fs::write(&file, &bytes).unwrap();
    let first = place.write("big", &file, None).unwrap();
    assert!(first.as_str().ends_with("-3\""), "{first}: three parts");
    assert!(place.read("big").unwrap().unwrap().bytes == bytes);
    assert_eq!(place.stat("big").unwrap(), Some(first.clone()));
    // The very same bytes again: that is what there is, whoever wrote it.
    let Err(Error::Conflict { .. }) = place.write("big", &file, None) else { panic!("no conflict") };
    fs::write(&file, &bytes[1..]).unwrap();
    assert!(matches!(place.write("big", &file, None), Err(Error::Conflict { .. })));
    let second = place.write("big", &file, Some(&first)).unwrap();
    assert!(matches!(place.write("big", &file, Some(&first)), Err(Error::Conflict { .. })));
    assert!(place.read("big").unwrap().unwrap().bytes == bytes[1..]);
    assert_ne!(first, second);
    // No part of what was given up stays behind.
    let uploads = moto.by_hand("GET", &format!("/{}?uploads", moto.bucket));
    assert!(uploads.contains("ListMultipartUploadsResult") && !uploads.contains("<Upload>"), "{uploads}");
}

#[test]
fn a_bucket_that_does_not_exist_is_named() {
    let Some(moto) = Moto::start() else { return };
    let place = Arc::new(S3Place::connect("no-such-bucket", moto.options()).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "a").unwrap();
    let folder = Folder::remote(place.clone(), "lake", dir.path());
    for error in [
        place.list("").unwrap_err(),
        place.stat("a").unwrap_err(),
        place.read("a").unwrap_err(),
        place.write("a", &file, None).unwrap_err(),
        folder.list("").unwrap_err(),
        folder.write("a", b"").unwrap_err(),
    ] {
        let text = told(&error);
        assert!(matches!(error, Error::Remote { .. }), "{text}");
        assert!(text.contains("s3://no-such-bucket") && text.contains("check the bucket's name"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn what_consoles_show_as_an_empty_folder_is_no_file() {
    let Some(moto) = Moto::start() else { return };
    for key in ["lake/", "lake/bronze/", "lake/bronze/part-0.parquet"] {
        moto.by_hand("PUT", &format!("/{}/{key}", moto.bucket));
    }
    let dir = tempfile::tempdir().unwrap();
    for (prefix, name) in [("lake", "bronze/part-0.parquet"), ("lake/bronze", "part-0.parquet")] {
        let folder = Folder::remote(moto.place(), prefix, dir.path());
        let names: Vec<_> = folder.list("").unwrap().into_iter().map(|file| file.name).collect();
        assert_eq!(names, [name]);
    }
}

#[test]
fn a_list_of_many_pages_is_whole() {
    let Some(moto) = Moto::start() else { return };
    let place = moto.place();
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::remote(place.clone(), "", dir.path());
    for i in 0..1003 {
        folder.write(&format!("n{i:04}"), b"").unwrap();
    }
    let listed = place.list("n").unwrap();
    assert_eq!(listed.len(), 1003);
    assert!(listed.is_sorted_by(|a, b| a.key < b.key));
}
