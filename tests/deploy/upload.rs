//! Plan, upload, verify.

use serde_json::json;

use super::{Project, elf, names};
use crate::gcs::fake::{Fault, Method};

const ALL: [&str; 6] = [
    "dags/drugs.py",
    "dags/drugs.toml",
    "dags/module/__init__.py",
    "data/bin/pipeline",
    "data/drugs.csv",
    "data/pubmed.csv",
];

fn with_manifest() -> Vec<String> {
    let mut names: Vec<String> = ALL.iter().map(ToString::to_string).collect();
    names.push("data/.pipeline/manifest.json".into());
    names.sort();
    names
}

#[test]
fn everything_arrives_and_the_dags_come_last() {
    let project = Project::new();
    let outcome = project.upload(&[]).expect_code(0);
    assert!(outcome.stdout.contains("uploaded 6 objects"), "{}", outcome.stdout);
    assert_eq!(project.fake.objects(), with_manifest());
    assert_eq!(project.fake.get("data/bin/pipeline").unwrap(), elf());

    let inserts: Vec<String> = project
        .fake
        .requests()
        .into_iter()
        .filter(|seen| seen.method == Method::Insert)
        .map(|seen| seen.name)
        .collect();
    let at =
        |name: &str| inserts.iter().position(|insert| insert == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(at("data/.pipeline/manifest.json"), 0, "the pending manifest comes first: {inserts:?}");
    assert_eq!(inserts.last().unwrap(), "data/.pipeline/manifest.json");
    for dag in ["dags/drugs.py", "dags/module/__init__.py"] {
        assert!(at(dag) > at("dags/drugs.toml"), "{inserts:?}");
        assert!(at("dags/drugs.toml") > at("data/bin/pipeline").max(at("data/drugs.csv")), "{inserts:?}");
    }
    let manifest = project.manifest();
    assert_eq!(manifest["complete"], json!(true));
    assert_eq!(names(&manifest, "objects"), ALL);
    for entry in manifest["objects"].as_array().unwrap() {
        let stored = project.fake.stored(entry["name"].as_str().unwrap()).unwrap();
        assert_eq!(entry["generation"], json!(stored.generation.to_string()));
        assert_eq!(entry["crc32c"], json!(format!("{:08x}", stored.crc32c)));
    }
}

#[test]
fn every_write_and_delete_is_bound_to_what_was_seen() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.write("data/drugs.csv", "other\n");
    project.remove("data/pubmed.csv");
    project.upload(&[]).expect_code(0);
    for seen in project.fake.requests().iter().filter(|seen| seen.method.writes()) {
        assert!(seen.query.contains_key("ifGenerationMatch"), "{seen:?}");
    }
}

#[test]
fn an_unchanged_tree_costs_one_list_and_no_write() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.fake.forget();
    let outcome = project.upload(&[]).expect_code(0);
    assert!(outcome.stdout.contains("nothing to do"), "{}", outcome.stdout);
    assert_eq!(project.fake.counts().into_iter().collect::<Vec<_>>(), [(Method::List, 1)]);
}

#[test]
fn a_dry_run_changes_nothing_and_says_whether_it_would() {
    let project = Project::new();
    let plan = project.plan();
    assert_eq!((&plan["changes"], &plan["dry_run"]), (&json!(true), &json!(true)));
    assert_eq!(names(&plan, "create").len(), 6);
    assert_eq!(project.fake.writes(), 0);
    project.upload(&[]).expect_code(0);
    assert_eq!(project.plan()["changes"], json!(false));
}

#[test]
fn only_what_differs_is_sent() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.write("dags/drugs.toml", "x = 2\n"); // the same size: only the checksum tells
    project.write("data/new.csv", "1\n");
    let plan = project.plan();
    assert_eq!(names(&plan, "replace"), ["dags/drugs.toml"]);
    assert_eq!(names(&plan, "create"), ["data/new.csv"]);
    assert_eq!((&plan["unchanged"], &plan["bytes"]), (&json!(5), &json!(8)));
    project.upload(&[]).expect_code(0);
    assert_eq!(project.fake.get("dags/drugs.toml").unwrap(), b"x = 2\n");
}

#[test]
fn a_source_that_is_gone_is_deleted_and_a_foreign_object_stays() {
    let project = Project::new();
    project.fake.put("dags/airflow_monitoring.py", "theirs");
    project.fake.put("data/theirs.csv", "theirs");
    project.upload(&[]).expect_code(0);
    project.remove("dags/module/__init__.py");
    let plan = project.plan();
    assert_eq!(names(&plan, "delete"), ["dags/module/__init__.py"]);
    project.upload(&[]).expect_code(0);
    let objects = project.fake.objects();
    assert!(!objects.contains(&"dags/module/__init__.py".into()), "{objects:?}");
    assert!(
        objects.contains(&"dags/airflow_monitoring.py".into()) && objects.contains(&"data/theirs.csv".into())
    );
    assert_eq!(names(&project.manifest(), "objects").len(), 5);
}

#[test]
fn what_somebody_else_rewrote_is_not_deleted() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.fake.put("data/pubmed.csv", "theirs now");
    project.remove("data/pubmed.csv");
    let plan = project.plan();
    assert_eq!(
        (names(&plan, "delete"), names(&plan, "left_alone")),
        (vec![], vec!["data/pubmed.csv".to_owned()])
    );
    project.upload(&[]).expect_code(0);
    assert_eq!(project.fake.get("data/pubmed.csv").unwrap(), b"theirs now");
    assert!(!names(&project.manifest(), "objects").contains(&"data/pubmed.csv".into()));
}

#[test]
fn a_foreign_object_in_the_way_stops_all_unless_it_is_adopted() {
    let project = Project::new();
    project.fake.put("dags/drugs.py", "theirs");
    let outcome = project.upload(&[]).expect_code(2).stderr_has("dags/drugs.py").stderr_has("--adopt");
    assert_eq!(project.fake.writes(), 0, "{}", outcome.stdout);
    assert_eq!(names(&project.plan(), "conflicts"), ["dags/drugs.py"]);
    project.upload(&["--adopt"]).expect_code(0);
    assert_eq!(project.fake.get("dags/drugs.py").unwrap(), b"import module\n");
}

#[test]
fn a_foreign_object_of_the_same_content_is_left_and_not_owned() {
    let project = Project::new();
    let theirs = project.fake.put("dags/drugs.py", "import module\n");
    project.upload(&[]).expect_code(0);
    assert_eq!(project.fake.stored("dags/drugs.py").unwrap().generation, theirs);
    project.remove("dags/drugs.py");
    project.upload(&[]).expect_code(0);
    assert!(project.fake.get("dags/drugs.py").is_some());
}

#[test]
fn deleting_more_than_a_fifth_needs_a_yes() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.remove("data/pubmed.csv");
    project.remove("data/drugs.csv");
    project.fake.forget();
    project.upload(&[]).expect_code(2).stderr_has("2 of the 6 objects").stderr_has("--yes");
    assert_eq!(project.fake.writes(), 0);
    project.upload(&["--dry-run"]).expect_code(0);
    project.upload(&["--yes"]).expect_code(0);
    assert_eq!(project.fake.get("data/drugs.csv"), None);
}

#[test]
fn what_changes_between_plan_and_upload_is_not_overwritten() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.write("data/drugs.csv", "mine\n");
    project.fake.before(Method::Insert, |_| ()); // the pending manifest
    project.fake.before(Method::Insert, |bucket| {
        bucket.put("data/drugs.csv", "theirs");
    });
    project.remove("data/pubmed.csv");
    project.upload(&[]).expect_code(2).stderr_has("somebody else wrote").stderr_has("data/drugs.csv");
    assert_eq!(project.fake.get("data/drugs.csv").unwrap(), b"theirs");
    assert!(project.fake.get("data/pubmed.csv").is_some(), "no delete after a failed upload");
    assert_eq!(project.manifest()["complete"], json!(false));
    project.upload(&[]).expect_code(0);
    assert_eq!(project.fake.get("data/drugs.csv").unwrap(), b"mine\n");
    assert_eq!(project.fake.get("data/pubmed.csv"), None);
}

#[test]
fn two_uploads_at_once_do_not_both_succeed() {
    let project = Project::new();
    project.fake.before(Method::Insert, |bucket| {
        bucket.put("data/.pipeline/manifest.json", "{}");
    });
    project.upload(&[]).expect_code(2).stderr_has("manifest.json");
}

#[test]
fn an_upload_that_was_cut_off_is_taken_up_and_owns_only_its_own() {
    let project = Project::new();
    project.fake.fail(Method::Insert, Fault::Pass); // the pending manifest
    project.fake.fail(Method::Insert, Fault::Pass);
    project.fake.fail_times(Method::Insert, 2, &Fault::Status(403));
    project.upload(&[]).expect_code(2).stderr_has("403").stderr_has("roles/storage.objectUser");
    project.fake.heal(); // how many were under way at once is chance
    let arrived: Vec<String> =
        project.fake.objects().into_iter().filter(|name| !name.contains(".pipeline")).collect();
    assert_eq!(arrived.len(), 1, "{arrived:?}");
    // Somebody else writes what the plan had in mind, before we come back.
    let theirs =
        ALL.iter().find(|name| name.starts_with("data/") && !arrived.contains(&name.to_string())).unwrap();
    project.fake.put(theirs, "theirs");
    let plan = project.plan();
    assert_eq!(plan["unfinished"], json!(true));
    assert_eq!(names(&plan, "conflicts"), [*theirs]);
    project.fake.remove(theirs);
    project.upload(&[]).expect_code(0);
    assert_eq!(names(&project.manifest(), "objects"), ALL);
}

#[test]
fn an_upload_cut_off_by_a_kill_keeps_what_was_owned_before() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.write("data/drugs.csv", "new\n");
    project.fake.fail(Method::Insert, Fault::Pass);
    project.fake.fail(Method::Insert, Fault::Status(403));
    project.upload(&[]).expect_code(2);
    project.write("data/drugs.csv", "atccode,drug\n"); // back to what is there
    project.remove("data/pubmed.csv");
    assert_eq!(names(&project.plan(), "delete"), ["data/pubmed.csv"]);
    project.upload(&[]).expect_code(0);
    assert_eq!(names(&project.manifest(), "objects").len(), 5);
}

#[test]
fn an_object_that_arrived_damaged_is_sent_anew() {
    let project = Project::new();
    project.fake.fail(Method::Insert, Fault::Pass);
    project.fake.fail(Method::Insert, Fault::CorruptUpload);
    project.upload(&[]).expect_code(0);
    assert_eq!(project.fake.faults_left(), 0);
    for name in ["data/drugs.csv", "data/pubmed.csv"] {
        assert_eq!(project.fake.get(name).unwrap(), std::fs::read(project.path(name)).unwrap());
    }
}

#[test]
fn a_damaged_manifest_stops_the_upload() {
    let project = Project::new();
    project.fake.put("data/.pipeline/manifest.json", "{\"version\": 7}");
    project.upload(&[]).expect_code(2).stderr_has("manifest.json");
    assert_eq!(project.fake.objects(), ["data/.pipeline/manifest.json"]);
}

#[test]
fn the_objects_of_an_upload_that_another_one_cut_off_are_still_ours() {
    let project = Project::new();
    // The first is cut off after one object; the second takes over, and is cut off before it wrote any.
    for written in [1, 0] {
        project.fake.fail(Method::Insert, Fault::Pass); // the pending manifest
        (0..written).for_each(|_| project.fake.fail(Method::Insert, Fault::Pass));
        project.fake.fail_times(Method::Insert, 2, &Fault::Status(403));
        project.upload(&[]).expect_code(2);
        project.fake.heal();
    }
    project.upload(&[]).expect_code(0);
    assert_eq!(names(&project.manifest(), "objects"), ALL);
}

#[test]
fn what_somebody_else_replaced_stays_known_as_replaced_after_a_kill() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.fake.put("dags/drugs.py", "hotfix");
    project.write("data/drugs.csv", "new\n");
    project.fake.fail(Method::Insert, Fault::Pass);
    project.fake.fail(Method::Insert, Fault::Status(403));
    project.upload(&[]).expect_code(2);
    let plan = project.plan();
    assert_eq!(names(&plan, "conflicts"), Vec::<String>::new());
    project.upload(&[]).expect_code(0).stderr_has("was changed by somebody else");
    assert_eq!(project.fake.get("dags/drugs.py").unwrap(), b"import module\n");
}

#[test]
fn a_reader_who_goes_away_does_not_stop_the_upload() {
    let project = Project::new();
    let mut child = project
        .command(&["upload", "--binary", "binary"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(project.fake.objects(), with_manifest());
}

#[test]
fn objects_of_the_same_content_that_are_not_ours_are_told() {
    let project = Project::new();
    project.fake.put("dags/drugs.py", "import module\n");
    assert_eq!(project.plan()["not_owned"], json!(1));
    project.upload(&[]).expect_code(0);
    project.upload(&["--adopt"]).expect_code(0);
    assert_eq!(project.plan()["not_owned"], json!(0));
    assert_eq!(names(&project.manifest(), "objects"), ALL);
}

#[test]
fn a_conflict_is_a_change_that_is_pending() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.fake.put("data/new.csv", "theirs");
    project.write("data/new.csv", "mine");
    assert_eq!(project.plan()["changes"], json!(true));
}

#[test]
fn a_run_does_not_write_where_an_upload_does() {
    let project = Project::new();
    for key in ["data/.pipeline/manifest.json", "data/bin/pipeline", "dags/x.json"] {
        let out = format!("gs://bucket/{key}");
        let dags = crate::support::repository().join("dags");
        let run = ["run", "--dags", dags.to_str().unwrap(), "--out", &out];
        project.run(&run).expect_code(2).stderr_has("belongs to `pipeline upload`");
    }
}
