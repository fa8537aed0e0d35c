//! Runs that write to S3.

use std::process::{Command, Stdio};

use pipeline::export::{read_graph, read_record};
use pipeline::store::ObjectPlace;

use crate::s3::Moto;
use crate::s3::gate::{Gate, Hold};
use crate::support::{HEADER, Outcome, Test, pipeline};

fn with_keys(mut command: Command, moto: &Moto) -> Command {
    command
        .env("AWS_ENDPOINT_URL", moto.endpoint())
        .env("AWS_ACCESS_KEY_ID", "canary-id")
        .env("AWS_SECRET_ACCESS_KEY", "canary-secret");
    command
}

fn run(test: &Test, moto: &Moto) -> Command {
    let mut command = pipeline();
    command.arg("run").arg("--data").arg(test.data());
    command.args(["--out", &format!("s3://{}/data/output.json", moto.bucket)]);
    with_keys(command, moto)
}

fn outcome(mut command: Command) -> Outcome {
    let outcome = Outcome::new(&command.output().unwrap(), None, "".into());
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("canary"), "{}", outcome.stderr);
    outcome
}

#[test]
fn the_graph_goes_to_s3_and_is_asked_there() {
    let Some(moto) = Moto::start() else { return };
    let test = Test::new().pubmed("1,On ethanol,2020,Acta\n");
    let done = outcome(run(&test, &moto)).expect_code(0);
    let url = format!("s3://{}/data/output.json", moto.bucket);
    assert!(done.stdout.contains(&format!("wrote {url}")), "{}", done.stdout);
    let keys: Vec<String> = moto.place().list("").unwrap().into_iter().map(|object| object.key).collect();
    assert_eq!(keys, ["data/output.json", "data/rejects.jsonl", "data/repairs.jsonl", "data/run.json"]);
    let mut command = pipeline();
    command.args(["analyze", "--graph", &url]);
    let answer = outcome(with_keys(command, &moto)).expect_code(0);
    assert!(answer.stdout.contains("Acta"), "{}", answer.stdout);
    // Staged and published, by two tasks.
    for task in ["graph", "publish"] {
        let mut command = run(&test, &moto);
        command.args(["--task", task]);
        outcome(command).expect_code(0);
    }
    let keys = moto.place().list("").unwrap().len();
    assert_eq!(keys, 4);
}

#[test]
fn a_bucket_that_is_not_there_ends_a_run_before_it_reads() {
    let Some(mut moto) = Moto::start() else { return };
    moto.bucket = "no-such-bucket".into();
    let test = Test::new();
    let failed = outcome(run(&test, &moto)).expect_code(2);
    assert!(failed.stderr.contains("check the bucket's name"), "{}", failed.stderr);
    let mut command = run(&test, &moto);
    command.env_remove("AWS_SECRET_ACCESS_KEY");
    let failed = outcome(command).expect_code(2);
    assert!(failed.stderr.contains("AWS_SECRET_ACCESS_KEY is not"), "{}", failed.stderr);
}

#[test]
fn a_kill_in_the_midst_of_each_write_leaves_each_object_as_it_was_or_as_it_is() {
    let Some(moto) = Moto::start() else { return };
    let rows =
        |word: &str| (0..3000).map(|i| format!("{i},{word} on ethanol,2020,Acta\n")).collect::<String>();
    let [old, new] =
        ["Old", "New"].map(|word| Test::new().write("pubmed.csv", format!("{HEADER}{}", rows(word))));
    outcome(run(&old, &moto)).expect_code(0);
    let place = moto.place();
    let mut kills = [0, 0];
    for (kind, hold) in [Hold::Request, Hold::Answer].into_iter().enumerate() {
        for write in 1.. {
            let gate = Gate::start(&moto, hold(write));
            let mut command = run(&new, &moto);
            command.env("AWS_ENDPOINT_URL", gate.endpoint()).stdout(Stdio::null()).stderr(Stdio::null());
            if !gate.kill(command.spawn().unwrap()) {
                break;
            }
            kills[kind] += 1;
            let graph = place.read("data/output.json").unwrap().unwrap().bytes;
            assert_eq!(read_graph(&graph, "output.json").unwrap().mention_count(), 3000, "{:?}", hold(write));
            let record = place.read("data/run.json").unwrap().unwrap().bytes;
            read_record(std::str::from_utf8(&record).unwrap(), "run.json").unwrap();
        }
        // So that the next kind of kill meets old objects, too.
        outcome(run(&old, &moto)).expect_code(0);
    }
    assert_eq!(kills, [4, 4], "each of the four writes of a run was held, and its run killed");
    outcome(run(&new, &moto)).expect_code(0);
    let graph = place.read("data/output.json").unwrap().unwrap().bytes;
    assert!(String::from_utf8(graph).unwrap().contains("New on ethanol"));
    assert_eq!(place.list("").unwrap().len(), 4);
}
