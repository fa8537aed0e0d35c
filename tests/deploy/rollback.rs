//! Back to the DAGs of the upload before.

use serde_json::json;

use super::{Project, elf, names};
use crate::gcs::fake::{Fault, Method};

/// Three uploads: version 1, version 2 with another DAG more, version 3.
fn three() -> Project {
    let project = Project::new();
    project.fake.versioning();
    for version in 1..=3 {
        project.write("dags/drugs.py", format!("version = {version}\n"));
        project.write("data/drugs.csv", format!("data {version}\n"));
        let mut binary = elf();
        binary.push(version);
        project.write("binary", binary);
        if version == 2 {
            project.write("dags/more.py", "more\n");
        }
        project.upload(&[]).expect_code(0);
    }
    project
}

fn dag(project: &Project) -> String {
    String::from_utf8(project.fake.get("dags/drugs.py").unwrap()).unwrap()
}

#[test]
fn each_rollback_goes_one_upload_further_back() {
    let project = three();
    let answer = project.json(&["rollback"]);
    assert_eq!(names(&answer, "restore"), ["dags/drugs.py", "data/bin/pipeline"]);
    assert_eq!(dag(&project), "version = 2\n");
    assert_eq!(project.fake.get("data/bin/pipeline").unwrap().last(), Some(&2));
    assert_eq!(project.fake.get("data/drugs.csv").unwrap(), b"data 3\n", "data stays as it is");
    let answer = project.json(&["rollback"]);
    assert_eq!(names(&answer, "delete"), ["dags/more.py"]);
    assert_eq!(dag(&project), "version = 1\n");
    assert_eq!(project.fake.get("dags/more.py"), None);
    project.run(&["rollback"]).expect_code(2).stderr_has("no upload to go back to");
    // The next upload brings the present files again.
    project.upload(&[]).expect_code(0);
    assert_eq!(dag(&project), "version = 3\n");
    assert_eq!(project.plan()["changes"], json!(false));
}

#[test]
fn a_dry_run_changes_nothing() {
    let project = three();
    project.fake.forget();
    let answer = project.json(&["rollback", "--dry-run"]);
    assert_eq!(answer["changes"], json!(true));
    assert_eq!(project.fake.writes(), 0);
    assert_eq!(dag(&project), "version = 3\n");
}

#[test]
fn without_versions_nothing_is_touched() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.write("dags/drugs.py", "version = 2\n");
    project.upload(&[]).expect_code(0);
    project.fake.forget();
    project.run(&["rollback"]).expect_code(2).stderr_has("keeps no versions");
    assert_eq!(project.fake.writes(), 0);
}

#[test]
fn a_rollback_that_was_cut_off_is_done_by_the_next() {
    let project = three();
    project.fake.fail(Method::Rewrite, Fault::Pass);
    project.fake.fail(Method::Rewrite, Fault::Status(403));
    project.run(&["rollback"]).expect_code(2);
    assert_eq!(project.manifest()["complete"], json!(false));
    project.fake.heal();
    project.run(&["rollback"]).expect_code(0);
    assert_eq!(dag(&project), "version = 2\n", "where it was going, not forth again");
    project.run(&["rollback"]).expect_code(0);
    assert_eq!(dag(&project), "version = 1\n");
}

#[test]
fn an_upload_that_was_cut_off_is_undone() {
    let project = three();
    project.write("dags/drugs.py", "version = 4\n");
    project.fake.fail(Method::Insert, Fault::Pass); // the pending manifest
    project.fake.fail(Method::Insert, Fault::Pass); // the DAG
    project.fake.fail(Method::Insert, Fault::Status(403)); // the manifest
    project.upload(&[]).expect_code(2);
    assert_eq!(dag(&project), "version = 4\n");
    project.run(&["rollback"]).expect_code(0);
    assert_eq!(dag(&project), "version = 3\n");
    assert_eq!(project.manifest()["complete"], json!(true));
}

#[test]
fn an_upload_of_data_alone_is_no_step_back() {
    let project = three();
    project.write("data/drugs.csv", "data 4\n");
    project.upload(&[]).expect_code(0);
    project.run(&["rollback"]).expect_code(0);
    assert_eq!(dag(&project), "version = 2\n");
}

#[test]
fn what_was_only_adopted_is_not_deleted() {
    let project = three();
    project.fake.put("dags/theirs.py", "theirs");
    project.fake.put("dags/other.py", "other");
    project.write("dags/theirs.py", "theirs");
    project.write("dags/other.py", "mine");
    project.upload(&["--adopt"]).expect_code(0);
    let answer = project.json(&["rollback"]);
    assert_eq!(names(&answer, "delete"), Vec::<String>::new());
    assert_eq!(names(&answer, "left_alone"), ["dags/other.py", "dags/theirs.py"]);
    assert_eq!(project.fake.get("dags/theirs.py").unwrap(), b"theirs");
}

#[test]
fn a_manifest_that_was_removed_by_hand_does_not_make_a_rollback_delete_everything() {
    let project = Project::new();
    project.fake.versioning();
    project.upload(&[]).expect_code(0);
    project.fake.remove("data/.pipeline/manifest.json");
    project.upload(&[]).expect_code(0);
    project.upload(&["--adopt"]).expect_code(0);
    let before = project.fake.objects();
    let _ = project.run(&["rollback"]);
    assert_eq!(project.fake.objects(), before);
}

#[test]
fn what_somebody_else_has_written_is_not_put_back_unless_told_so() {
    let project = three();
    project.fake.put("dags/drugs.py", "hotfix");
    project.run(&["rollback"]).expect_code(2).stderr_has("dags/drugs.py").stderr_has("--adopt");
    assert_eq!(dag(&project), "hotfix");
    assert_eq!(names(&project.json(&["rollback", "--dry-run"]), "conflicts"), ["dags/drugs.py"]);
    project.run(&["rollback", "--adopt"]).expect_code(0);
    assert_eq!(dag(&project), "version = 2\n");
}

#[test]
fn a_foreign_object_in_the_place_of_a_former_one_is_not_overwritten() {
    let project = three();
    project.remove("dags/more.py");
    project.upload(&[]).expect_code(0);
    project.fake.put("dags/more.py", "theirs");
    project.run(&["rollback"]).expect_code(2).stderr_has("dags/more.py");
    assert_eq!(project.fake.get("dags/more.py").unwrap(), b"theirs");
}

#[test]
fn data_that_somebody_else_replaced_stays_known_as_replaced() {
    let project = three();
    project.fake.put("data/pubmed.csv", "theirs");
    project.run(&["rollback"]).expect_code(0);
    assert_eq!(names(&project.plan(), "conflicts"), Vec::<String>::new());
}

#[test]
fn somebody_elses_change_in_between_is_not_overwritten() {
    let project = three();
    project.fake.before(Method::Rewrite, |bucket| {
        bucket.put("dags/drugs.py", "theirs");
    });
    project.run(&["rollback"]).expect_code(2).stderr_has("somebody else wrote");
    assert_eq!(dag(&project), "theirs");
}

#[test]
fn a_bucket_without_an_upload_says_so() {
    let project = Project::new();
    project.run(&["rollback"]).expect_code(2).stderr_has("nothing to go back from");
}
