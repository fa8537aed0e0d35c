//! One upload at a time: whatever moment the second one comes at, and whether the first is killed there or not.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use super::{Project, elf};
use crate::gcs::fake::{Fake, Method};
use crate::support::{Outcome, pipeline};

/// So many signs of life that nobody waits long for a dead one, and so few that a busy machine gives them.
const QUICK: [&str; 2] = ["--sign-of-life", "150ms"];
/// The same where each request takes long.
const SLOW: [&str; 2] = ["--sign-of-life", "1s"];

/// Two versions of the same files, in folders of their own, for one bucket.
struct Two {
    project: Project,
}

const FILES: [&str; 7] = [
    "data/one.csv",
    "data/two.csv",
    "data/three.csv",
    "dags/drugs.toml",
    "dags/drugs.sql",
    "dags/drugs.py",
    "dags/module/__init__.py",
];

impl Two {
    fn new() -> Self {
        let project = Project::new();
        for version in ["a", "b"] {
            for file in FILES {
                project.write(&format!("{version}/{file}"), format!("# {version} of {file}\n"));
            }
            // Something of its own, that the other one deletes.
            project.write(&format!("{version}/data/only_{version}.csv"), format!("# {version} of its own\n"));
            project.write(&format!("{version}/binary"), [elf(), version.into()].concat());
        }
        Self { project }
    }

    fn fake(&self) -> &Fake {
        &self.project.fake
    }

    fn command(&self, version: &str, more: &[&str]) -> Command {
        let mut command = pipeline();
        command.current_dir(self.project.path(version)).args([
            "upload",
            "--binary",
            "binary",
            "--yes",
            "--no-check",
        ]);
        command.args(more).env("STORAGE_EMULATOR_HOST", self.fake().url()).env("COMPOSER_BUCKET", "bucket");
        command.env_remove("GOOGLE_APPLICATION_CREDENTIALS").env("USER", version);
        command
    }

    fn run(&self, version: &str, more: &[&str]) -> Outcome {
        Outcome::new(&self.command(version, more).output().unwrap(), None, self.project.path(version))
    }

    fn start(&self, version: &str, more: &[&str]) -> Child {
        let mut command = self.command(version, more);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Waits until no write has arrived for a while.
    fn until_nothing_arrives(&self) {
        let mut before = usize::MAX;
        while before != self.fake().history().len() {
            before = self.fake().history().len();
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// Which version the bucket holds: all of it, or it is none.
    fn whole(&self) -> Option<&'static str> {
        let is = |version: &str| {
            let there: Vec<String> =
                self.fake().objects().into_iter().filter(|name| !name.contains(".pipeline")).collect();
            let of = |file: &str| std::fs::read(self.project.path(&format!("{version}/{file}"))).unwrap();
            let mut files: Vec<String> = FILES.iter().map(ToString::to_string).collect();
            files.extend([format!("data/only_{version}.csv"), "data/bin/pipeline".into()]);
            files.sort();
            there == files
                && files.iter().all(|name| {
                    let file = if name == "data/bin/pipeline" { "binary" } else { name };
                    self.fake().get(name) == Some(of(file))
                })
        };
        ["a", "b"].into_iter().find(|version| is(version))
    }

    /// Whenever a DAG was written, all that it needs was there in the same version.
    fn no_dag_was_ever_before_its_data(&self, moment: &str) {
        let mut now: BTreeMap<String, &str> = BTreeMap::new();
        let version =
            |content: &[u8]| if content.ends_with(b"b") || content.starts_with(b"# b") { "b" } else { "a" };
        for (name, content) in
            self.fake().history().into_iter().filter(|(name, _)| !name.contains(".pipeline"))
        {
            let version = version(&content);
            if name.ends_with(".py") {
                let needs = |other: &str| !other.ends_with(".py") && !other.contains("only_");
                let missing: Vec<&String> = now
                    .iter()
                    .filter(|(other, is)| needs(other) && **is != version)
                    .map(|(other, _)| other)
                    .collect();
                assert!(missing.is_empty(), "{moment}: {name} is there before {missing:?}");
            }
            now.insert(name, version);
        }
    }
}

/// What the second upload says of the first.
fn is_refused(outcome: &Outcome) {
    assert!(outcome.stderr.contains("`a@"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("is uploading to gs://bucket since 20"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--take-over"), "{}", outcome.stderr);
}

/// Runs `what` at the request of the first upload with this number, while that one waits for its answer.
fn at_request(two: &Two, number: usize, what: impl FnOnce() + Send) -> (Outcome, bool) {
    let (arrived, here) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let mut came = false;
    two.fake().at(number, move || {
        let _ = arrived.send(());
        let _ = wait.recv();
    });
    let outcome = std::thread::scope(|scope| {
        let first = scope.spawn(|| two.run("a", &[]));
        loop {
            if here.recv_timeout(Duration::from_millis(20)).is_ok() {
                came = true;
                what();
                break;
            }
            if first.is_finished() {
                break;
            }
        }
        drop(go_on);
        first.join().unwrap()
    });
    (outcome, came)
}

#[test]
fn whenever_a_second_upload_comes_the_bucket_holds_one_of_the_two() {
    let mut number = 0;
    loop {
        let two = Two::new();
        let mut second = None;
        let (first, came) = at_request(&two, number, || second = Some(two.run("b", &[])));
        let moment = format!("at request {number}");
        let Some(second) = second else {
            assert!(!came && number > 12, "{moment}: {number} requests are few");
            break;
        };
        let codes = (first.code, second.code);
        assert!(
            codes.0 == Some(0) || codes.1 == Some(0),
            "{moment}: {codes:?}\n{}\n{}",
            first.stderr,
            second.stderr
        );
        let whole = two.whole();
        assert!(whole.is_some(), "{moment}: {codes:?}: a mixture");
        if codes == (Some(0), Some(2)) {
            is_refused(&second);
            assert_eq!(whole, Some("a"), "{moment}");
        }
        two.no_dag_was_ever_before_its_data(&moment);
        number += 1;
    }
}

#[test]
fn whenever_the_first_upload_is_killed_the_second_takes_over() {
    for number in 0.. {
        let two = Two::new();
        let (arrived, here) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        two.fake().at(number, move || {
            let _ = arrived.send(());
            let _ = wait.recv();
        });
        let mut first = two.start("a", &[]);
        let mut came = false;
        while !came && first.try_wait().unwrap().is_none() {
            came = here.recv_timeout(Duration::from_millis(20)).is_ok();
        }
        let _ = first.kill();
        first.wait().unwrap();
        drop(go_on);
        let moment = format!("killed at request {number}");
        if !came {
            assert!(number > 12, "{number} requests are few");
            break;
        }
        let held = two.run("b", &[]);
        if held.code == Some(2) {
            is_refused(&held);
            two.run("b", &[&QUICK[..], &["--take-over"]].concat()).expect_code(0).stderr_has("watching");
        }
        assert_eq!(two.whole(), Some("b"), "{moment}");
        two.no_dag_was_ever_before_its_data(&moment);
    }
}

/// By the clock: two uploads so many milliseconds apart, against a server of which each request takes its time. Ten of the
/// offsets from 0 to 3 s, or all 31 with `PIPELINE_OFFSETS=31`.
#[test]
fn two_uploads_at_any_distance_leave_one_of_the_two() {
    let offsets: u64 =
        std::env::var("PIPELINE_OFFSETS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let tried = |offset: Duration, killed: bool| {
        let two = Two::new();
        two.fake().slow(Duration::from_millis(150));
        let mut first = two.start("a", &SLOW);
        std::thread::sleep(offset);
        if killed {
            let _ = first.kill();
        }
        let second = two.run("b", &[&SLOW[..], if killed { &["--take-over"] } else { &[] }].concat());
        let first = first.wait().unwrap().code();
        let moment = format!("{offset:?}, killed {killed}");
        assert!(
            first == Some(0) || second.code == Some(0),
            "{moment}: {first:?}, {:?}: {}",
            second.code,
            second.stderr
        );
        assert!(two.whole().is_some(), "{moment}: {first:?}, {:?}: a mixture", second.code);
        two.no_dag_was_ever_before_its_data(&moment);
    };
    std::thread::scope(|scope| {
        for nth in 0..offsets {
            let offset = Duration::from_millis(3000 * nth / (offsets - 1) / 100 * 100);
            scope.spawn(move || tried(offset, false));
            scope.spawn(move || tried(offset, true));
        }
    });
}

#[test]
fn who_is_alive_is_never_taken_over() {
    let two = Two::new();
    let (arrived, here) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    // The second insert is the first object: its answer waits, and signs of life go on.
    two.fake().before(Method::Insert, |_| ());
    two.fake().before(Method::Insert, move |_| {
        let _ = arrived.send(());
        let _ = wait.recv();
    });
    let mut first = two.start("a", &QUICK);
    here.recv().unwrap();
    let outcome = two.run("b", &["--take-over", "--sign-of-life", "1s"]).expect_code(2);
    assert!(outcome.stderr.contains("it is alive"), "{}", outcome.stderr);
    let plan = two.run("b", &["--dry-run", "--format", "json"]).expect_code(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    assert!(plan["holder"]["owner"].as_str().unwrap().starts_with("a@"), "{plan}");
    drop(go_on);
    assert!(first.wait().unwrap().success());
    assert_eq!(two.whole(), Some("a"));
}

#[test]
fn who_was_taken_over_stops() {
    let two = Two::new();
    let (arrived, here) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    two.fake().before(Method::Insert, |_| ());
    two.fake().before(Method::Insert, move |_| {
        let _ = arrived.send(());
        let _ = wait.recv();
    });
    // No sign of life within this test: as good as dead to others.
    let outcome = std::thread::scope(|scope| {
        let first = scope.spawn(|| two.run("a", &["--sign-of-life", "1h"]));
        here.recv().unwrap();
        two.until_nothing_arrives(); // the first one sends several files at once: only one of them is held
        two.run("b", &[&QUICK[..], &["--take-over"]].concat()).expect_code(0);
        drop(go_on);
        first.join().unwrap()
    });
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert_eq!(two.whole(), Some("b"));
}

#[test]
fn an_upload_that_fails_or_is_asked_to_end_gives_the_right_back() {
    let project = Project::new();
    project.fake.before(Method::Insert, |_| ());
    project.fake.before(Method::Insert, |bucket| {
        bucket.put("data/drugs.csv", "theirs");
    });
    project.upload(&[]).expect_code(2);
    assert_eq!((&project.plan()["holder"], &project.plan()["unfinished"]), (&json!(null), &json!(true)));
    project.fake.remove("data/drugs.csv");
    project.upload(&[]).expect_code(0);
}

#[cfg(unix)]
#[test]
fn an_upload_that_is_asked_to_end_gives_the_right_back_and_ends_by_the_signal() {
    use std::os::unix::process::ExitStatusExt;
    let two = Two::new();
    let (arrived, here) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    two.fake().before(Method::Insert, |_| ());
    two.fake().before(Method::Insert, move |_| {
        let _ = arrived.send(());
        let _ = wait.recv();
    });
    let mut first = two.start("a", &[]);
    here.recv().unwrap();
    let killed = Command::new("kill").arg("-TERM").arg(first.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert_eq!(first.wait().unwrap().signal(), Some(15));
    drop(go_on);
    two.run("b", &[]).expect_code(0);
    assert_eq!(two.whole(), Some("b"));
}

#[test]
fn a_rollback_waits_for_an_upload_too() {
    let two = Two::new();
    two.fake().versioning();
    two.run("a", &[]).expect_code(0);
    two.run("b", &[]).expect_code(0);
    two.fake().before(Method::Insert, |_| ());
    two.fake().fail(Method::Insert, crate::gcs::fake::Fault::Pass);
    let (outcome, came) = {
        let mut outcome = None;
        let made = at_request(&two, two.fake().requests().len() + 3, || {
            let rollback = two.project.run(&["rollback"]);
            outcome = Some(rollback);
        });
        (outcome, made.1)
    };
    assert!(came);
    is_refused(&outcome.unwrap().expect_code(2));
    assert_eq!(two.whole(), Some("a"));
}
