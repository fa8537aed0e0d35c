//! Places that cannot take an output.

use std::fs::{self, File};
use std::path::Path;

use crate::support::{Outcome, Test};

fn good() -> Test {
    Test::new().pubmed("1,ETHANOL,2020-01-01,Acta\n")
}

/// Runs with another `--out`: the last one counts.
fn run_to(test: &Test, out: &Path) -> Outcome {
    let mut command = crate::support::pipeline();
    command.arg("run").arg("--data").arg(test.data()).arg("--out").arg(out);
    Outcome::new(&command.output().unwrap(), None, test.folder().to_owned())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_missing_output_folder_is_made() {
    let test = good();
    let out = test.folder().join("a/b/c/graph.json");
    run_to(&test, &out).expect_code(0);
    assert_eq!(
        names(out.parent().unwrap()),
        ["graph.json", "graph.rejects.jsonl", "graph.repairs.jsonl", "graph.run.json"]
    );
}

#[test]
fn a_folder_or_a_device_is_refused_before_any_work() {
    let test = good().write("drugs.csv", "no header that could be used\n");
    fs::create_dir(test.folder().join("folder.json")).unwrap();
    for (out, what) in [
        (test.folder().join("folder.json"), "it is a folder"),
        (test.folder().join("new/"), "it is a folder"),
        ("/dev/null".into(), "it is a device"),
        ("/dev/full".into(), "it is a device"),
    ] {
        run_to(&test, &out).expect_code(2).told(what, "--out");
    }
    assert_eq!(names(test.folder()), ["data", "folder.json"]);
    run_to(&test, Path::new("")).expect_code(3);
}

#[test]
fn a_place_that_takes_no_file_is_named() {
    let test = good();
    let file = test.folder().join("file");
    fs::write(&file, "").unwrap();
    for out in [file.join("output.json"), file.join("a/b/output.json")] {
        run_to(&test, &out).expect_code(2).told("file", "path");
    }
    // The kernel lets nobody write here, not even root.
    for out in ["/proc/output.json", "/proc/self/output.json", "/proc/new/output.json", "/sys/output.json"] {
        run_to(&test, Path::new(out)).expect_code(2).told("`/", "path");
    }
}

#[test]
fn a_read_only_folder_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let test = good();
    let folder = test.folder().join("locked");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    if File::create(folder.join("probe")).is_ok() {
        return; // root may do everything
    }
    run_to(&test, &folder.join("output.json")).expect_code(2).told("locked", "path");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(names(&folder).is_empty());
}

#[test]
fn an_output_over_an_input_is_refused_and_the_input_is_whole() {
    let test = good();
    std::os::unix::fs::symlink("data/pubmed.csv", test.folder().join("link.json")).unwrap();
    fs::hard_link(test.data().join("pubmed.csv"), test.folder().join("hard.json")).unwrap();
    let before = fs::read(test.data().join("pubmed.csv")).unwrap();
    for out in
        ["data/pubmed.csv", "data/drugs.csv", "link.json", "data/../data/clinical_trials.csv", "hard.json"]
    {
        let outcome = run_to(&test, &test.folder().join(out));
        if out == "hard.json" {
            outcome.expect_code(0); // another name of the same bytes: it gets new ones
        } else {
            outcome.expect_code(2).told("input of", "--out");
        }
    }
    assert_eq!(fs::read(test.data().join("pubmed.csv")).unwrap(), before);
    assert_eq!(names(&test.data()), ["clinical_trials.csv", "drugs.csv", "pubmed.csv"]);
}

#[test]
fn an_output_that_the_next_run_would_read_as_an_input_is_refused() {
    let test = good();
    // `pubmed2.run.json` stands beside `pubmed2.txt`.
    for out in ["data/pubmed2.json", "data/pubmed2.csv", "data/pubmed2.txt", "data/clinical_trials2.csv"] {
        let outcome = run_to(&test, &test.folder().join(out)).expect_code(2);
        outcome.told("would be an input of the next run", "--out");
    }
    for _ in 0..2 {
        run_to(&test, &test.data().join("output.json")).expect_code(0);
        run_to(&test, &test.folder().join("pubmed2.json")).expect_code(0);
    }
}

#[test]
fn a_full_disk_ends_the_run_and_leaves_the_former_output() {
    // Enough for the small files, not for the graph.
    let test = Test::new().pubmed(&super::rows(1, 2000));
    let folder = test.folder().join("out");
    fs::create_dir(&folder).unwrap();
    for name in ["output.json", "run.json", "rejects.jsonl", "repairs.jsonl"] {
        fs::write(folder.join(name), "former").unwrap();
    }
    let outcome = test.run_behind(&["sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"]).expect_code(2);
    outcome.told("output.json", "free some space");
    assert_eq!(names(&folder), ["output.json", "rejects.jsonl", "repairs.jsonl", "run.json"]);
    for name in names(&folder) {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), "former");
    }
}

#[test]
fn a_full_disk_at_the_rejects_leaves_the_former_output_too() {
    let test = Test::new().lenient().pubmed(&"1,lost\n".repeat(2000));
    let folder = test.folder().join("out");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("output.json"), "former").unwrap();
    let outcome = test.run_behind(&["sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"]).expect_code(2);
    outcome.told("rejects.jsonl", "free some space");
    assert_eq!(names(&folder), ["output.json"]);
    assert_eq!(fs::read_to_string(folder.join("output.json")).unwrap(), "former");
}

#[test]
fn a_second_run_on_the_same_output_is_told_who_is_in_the_way() {
    let test = good();
    fs::create_dir(test.folder().join("out")).unwrap();
    let path = test.folder().join("out/.output.json.lock");
    let lock = File::create(&path).unwrap();
    lock.lock().unwrap();
    let second = test.run_behind(&[]).expect_code(2);
    second.told(".output.json.lock", "wait until it ends");
    // Another output in the same folder is free.
    run_to(&test, &test.folder().join("out/other.json")).expect_code(0);
    drop(lock);
    // A lock that nobody holds is in nobody's way.
    let outcome = test.run_behind(&[]).expect_code(0).balanced();
    assert_eq!(outcome.mentions(), ["ETHANOL 1"]);
    assert!(!path.exists());
}

#[test]
fn an_output_that_is_a_link_stays_one() {
    let test = good();
    let (link, target) = (test.folder().join("link.json"), test.folder().join("target.json"));
    fs::write(&target, "former").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    run_to(&test, &link).expect_code(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&target).unwrap().starts_with("{\n  \"drugs\""));
}

#[test]
fn too_many_rejects_end_with_1_and_the_outputs_are_written() {
    let rows = "1,ETHANOL,2020,Acta\n2,lost\n3,lost\n4,ATROPINE,2020,Acta\n";
    for (limit, code) in [("1", 1), ("2", 0), ("49%", 1), ("50%", 0), ("0", 1)] {
        let outcome = Test::new().pubmed(rows).args(&["--max-rejects", limit]).run().expect_code(code);
        assert_eq!(outcome.record()["state"], if code == 0 { "succeeded" } else { "not-passed" });
        let outcome = outcome
            .gave(&["ragged-row pubmed.csv:3", "ragged-row pubmed.csv:4"], &["ATROPINE 4", "ETHANOL 1"]);
        if code == 1 {
            let outcome = outcome.told("`pubmed` has 2 rejects of 4 rows", "--max-rejects");
            assert_eq!(outcome.record()["exceeded"][0]["source"], "pubmed");
        }
    }
    // The limit of the pipeline file.
    Test::new().pubmed(rows).not_passed().told("more than 15%", "--max-rejects");
    for limit in ["", "-1", "x", "101%"] {
        Test::new().args(&["--max-rejects", limit]).run().expect_code(3);
    }
}

#[test]
fn the_files_beside_an_output_that_is_a_link_are_beside_the_link() {
    let test = Test::new().pubmed("1,On ethanol,2020,Acta\n2,,2020,Acta\n").args(&["--max-rejects", "1"]);
    let (out, real) = (test.out(), test.folder().join("real.json"));
    fs::create_dir(out.parent().unwrap()).unwrap();
    fs::write(&real, "{}").unwrap();
    std::os::unix::fs::symlink(&real, &out).unwrap();
    let outcome = test.success();
    assert!(fs::symlink_metadata(&out).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("ETHANOL"));
    assert_eq!(outcome.reject_places(), ["missing-title pubmed.csv:3"]);
}

#[test]
fn a_link_to_nothing_and_a_folder_in_the_way_of_a_companion_are_refused_before_any_work() {
    let test = Test::new();
    fs::create_dir(test.out().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all.json", test.out()).unwrap();
    test.failure().told("it is a link to a file that does not exist", "--out");
    let test = Test::new();
    fs::create_dir_all(test.out().with_file_name("rejects.jsonl")).unwrap();
    let record = test.out().with_file_name("run.json");
    test.failure().told("rejects.jsonl`: it is a folder", "--out");
    assert!(!record.exists());
}

#[test]
fn links_and_pipes_under_the_names_of_a_run_are_replaced_and_lead_nowhere() {
    let test = good();
    let victim = test.folder().join("victim");
    fs::write(&victim, "precious").unwrap();
    fs::create_dir_all(test.out().parent().unwrap()).unwrap();
    let planted = |name: &str| test.out().with_file_name(name);
    std::os::unix::fs::symlink(&victim, planted(".output.json.part")).unwrap();
    fs::hard_link(&victim, planted(".rejects.jsonl.part")).unwrap();
    std::os::unix::fs::symlink(&victim, planted(".output.json.lock")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(planted(".repairs.jsonl.part")).status().unwrap();
    assert!(pipe.success());
    let outcome = test.success();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    let out = outcome.folder.join("out");
    assert_eq!(names(&out), ["output.json", "rejects.jsonl", "repairs.jsonl", "run.json"]);
    for name in names(&out) {
        assert!(fs::symlink_metadata(out.join(&name)).unwrap().is_file(), "{name}");
    }
}

#[test]
fn a_graph_that_is_a_pipe_or_a_device_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("graph.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for graph in [pipe.to_str().unwrap(), "/dev/zero"] {
        let told = format!("`{graph}` is a pipe or a device, not a regular file");
        let _ = crate::support::run(&["analyze", "top-journals", "--graph", graph])
            .expect_code(2)
            .stderr_has(&told);
    }
}
