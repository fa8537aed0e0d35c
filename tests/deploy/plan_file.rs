//! A plan that is written down, looked at, and carried out exactly or not at all.

use serde_json::{Value, json};

use super::{Project, names};
use crate::schemas;

fn written(project: &Project) -> Value {
    project.run(&["upload", "--binary", "binary", "--dry-run", "--out", "plan.json"]).expect_code(0);
    let plan = serde_json::from_slice(&std::fs::read(project.path("plan.json")).unwrap()).unwrap();
    schemas::check("upload-plan", &plan);
    plan
}

/// A project of which a first version was uploaded, and one DAG, one file of data and one new file differ.
fn changed() -> Project {
    let project = Project::new();
    project.write("dags/old.py", "a = 1\n");
    project.upload(&[]).expect_code(0);
    project.remove("dags/old.py");
    project.write("dags/drugs.py", "import module\nimport os\n");
    project.write("data/drugs.csv", "atccode,drug\nV03AB,ETHANOL\n");
    project.write("data/new.csv", "new\n");
    project
}

#[test]
fn a_plan_is_carried_out_as_it_was_written() {
    let project = changed();
    let plan = written(&project);
    assert_eq!(names(&plan, "writes"), ["data/drugs.csv", "data/new.csv", "dags/drugs.py"]);
    assert_eq!(names(&plan, "deletes"), ["dags/old.py"]);
    project.upload(&["--plan", "plan.json"]).expect_code(0);
    assert_eq!(project.fake.get("dags/drugs.py").unwrap(), b"import module\nimport os\n");
    assert_eq!(project.plan()["changes"], json!(false));
    // What is done cannot be done again.
    project.upload(&["--plan", "plan.json"]).expect_code(2).stderr_has("somebody has uploaded since");
}

#[test]
fn what_is_not_the_plan_any_more_is_refused() {
    type Change = fn(&Project);
    let changes: [(Change, &str); 6] = [
        (|project| project.write("data/new.csv", "other\n"), "`data/new.csv` is another file by now"),
        (|project| project.write("data/more.csv", ""), "`data/more.csv` is to be written now, too"),
        (|project| project.remove("data/new.csv"), "`data/new.csv` is to be written no more"),
        (|project| project.write("dags/old.py", "a = 1\n"), "`dags/old.py` is to be deleted no more"),
        (
            |project| {
                project.fake.put("data/drugs.csv", "theirs");
            },
            "`data/drugs.csv` was changed in the bucket since",
        ),
        (
            |project| {
                project.fake.put("data/new.csv", "theirs");
            },
            "`data/new.csv` is in the way now, too",
        ),
    ];
    for (change, why) in changes {
        let project = changed();
        written(&project);
        change(&project);
        project.fake.forget();
        project.upload(&["--plan", "plan.json", "--yes"]).expect_code(2).stderr_has(why);
        assert_eq!(project.fake.writes(), 0, "{why}");
    }
}

#[test]
fn the_plan_shows_how_dags_change_and_never_data() {
    let project = changed();
    let plan = written(&project);
    assert_eq!(
        plan["diffs"],
        json!([{
            "name": "dags/drugs.py",
            "text": "--- a/dags/drugs.py\n+++ b/dags/drugs.py\n@@ -1 +1,2 @@\n import module\n+import os\n",
        }])
    );
    let shown = project.upload(&["--dry-run"]).expect_code(0).stdout;
    assert!(shown.contains("\n+import os\n") && !shown.contains("ETHANOL"), "{shown}");
    assert_eq!(project.plan()["diffs"], plan["diffs"]);
}

#[test]
fn a_file_that_is_no_plan_is_refused() {
    let project = changed();
    for text in [
        "",
        "{}",
        r#"{"version": 2, "bucket": "b", "manifest": null, "writes": [], "deletes": [], "conflicts": []}"#,
    ] {
        project.write("plan.json", text);
        project.upload(&["--plan", "plan.json"]).expect_code(2).stderr_has("cannot use the plan `plan.json`");
    }
    project.upload(&["--plan", "absent.json"]).expect_code(2).stderr_has("absent.json");
    project.upload(&["--out", "plan.json"]).expect_code(2).stderr_has("--dry-run");
}
