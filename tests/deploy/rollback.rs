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
    project.run(&["rollback"]).expect_code(0);
    // The last complete upload was the third; what came after it did not come to its end.
    assert_eq!(dag(&project), "version = 3\n");
    project.run(&["rollback"]).expect_code(0);
    assert_eq!(dag(&project), "version = 2\n");
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
