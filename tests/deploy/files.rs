//! What of the local files belongs into the bucket, and what stays at home or stops an upload.

use serde_json::json;

use super::{Project, names};

#[test]
fn secrets_are_refused_before_anything_is_sent() {
    let project = Project::new();
    project.write("data/key.json", r#"{"type": "service_account", "private_key": "canary"}"#);
    project.write("data/.env", "X=canary\n");
    let outcome = project.upload(&["-vvv"]).expect_code(2).stderr_has("key.json").stderr_has(".env");
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("canary"));
    assert!(project.fake.requests().is_empty());
}

#[test]
fn a_binary_for_another_machine_is_refused() {
    let project = Project::new();
    project.write("binary", "#!/bin/sh\n");
    project.upload(&[]).expect_code(2).stderr_has("no Linux executable").stderr_has("just dist");
}

#[test]
fn the_bucket_is_found_where_it_is_noted() {
    let project = Project::new();
    let run = |project: &Project| {
        let output = project
            .command(&["upload", "--binary", "binary"])
            .env_remove("COMPOSER_BUCKET")
            .output()
            .unwrap();
        crate::support::Outcome::new(&output, None, project.path(""))
    };
    run(&project).expect_code(2).stderr_has("no bucket is named").stderr_has("--bucket");
    project.write("data/composer_bucket.json", r#"{"composer_bucket": "bucket"}"#);
    run(&project).expect_code(0);
    assert!(!project.fake.objects().contains(&"data/composer_bucket.json".into()));
}

#[test]
fn a_module_that_is_left_out_and_imported_is_told() {
    let project = Project::new();
    project.write("dags/.airflowignore", "module/\n");
    project.write("dags/other.py", "from pkg import test_it\nfrom pkg.deep import x\n");
    project.write("dags/pkg/test_it.py", "");
    project.write("dags/pkg/deep.py", "");
    project.write("dags/pkg/.gcloudignore", "deep.py\n");
    project
        .upload(&[])
        .expect_code(0)
        .stderr_has("imports `module`")
        .stderr_has("imports `pkg.test_it`")
        .stderr_has("imports `pkg.deep`");
}

#[cfg(unix)]
#[test]
fn what_was_uploaded_from_where_a_link_is_now_stays() {
    let project = Project::new();
    project.write("data/2026/january.csv", "1\n");
    project.write("data/2026/february.csv", "2\n");
    project.upload(&[]).expect_code(0);
    std::fs::rename(project.path("data/2026"), project.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(project.path("elsewhere"), project.path("data/2026")).unwrap();
    let plan = project.plan();
    assert_eq!((names(&plan, "delete"), &plan["changes"]), (vec![], &json!(false)));
    project
        .upload(&[])
        .expect_code(0)
        .stderr_has("2 objects behind links")
        .stderr_has("data/2026/january.csv");
    assert!(project.fake.get("data/2026/february.csv").is_some());
    // They are still ours: when the link is gone, so are they.
    std::fs::remove_file(project.path("data/2026")).unwrap();
    assert_eq!(names(&project.plan(), "delete").len(), 2);
}

#[test]
fn results_and_names_that_cannot_come_back_are_no_sources() {
    let project = Project::new();
    project.write("data/output.json", "{}");
    project.write(r"data/back\slash.csv", "x");
    project.write("data/bin", "x");
    let plan = project.plan();
    assert_eq!(
        names(&plan, "create"),
        [
            "data/bin/pipeline",
            "data/drugs.csv",
            "data/pubmed.csv",
            "dags/drugs.toml",
            "dags/drugs.py",
            "dags/module/__init__.py"
        ]
    );
}

#[test]
fn a_part_is_uploaded_alone_and_the_rest_stays_as_it_is() {
    let project = Project::new();
    project.upload(&[]).expect_code(0);
    project.fake.put("data/pubmed.csv", "theirs now");
    project.write("dags/drugs.toml", "x = 2\n");
    project.write("data/drugs.csv", "other\n");
    project.write("binary", [crate::deploy::elf(), b"2".to_vec()].concat());
    project.remove("data/pubmed.csv");
    project.upload(&["--only", "dags"]).expect_code(0);
    assert_eq!(project.fake.get("dags/drugs.toml").unwrap(), b"x = 2\n");
    assert_eq!(project.fake.get("data/drugs.csv").unwrap(), b"atccode,drug\n");
    assert_eq!(project.fake.get("data/bin/pipeline").unwrap(), crate::deploy::elf());
    let all = [
        "dags/drugs.py",
        "dags/drugs.toml",
        "dags/module/__init__.py",
        "data/bin/pipeline",
        "data/drugs.csv",
        "data/pubmed.csv",
    ];
    assert_eq!(names(&project.manifest(), "objects"), all, "the rest is owned as before");
    project.fake.forget();
    project
        .upload(&["--only", "dags"])
        .expect_code(0)
        .stdout
        .contains("nothing to do")
        .then_some(())
        .unwrap();
    assert_eq!(project.fake.writes(), 0);
    // Neither data nor a binary has to be there for it.
    std::fs::remove_dir_all(project.path("data")).unwrap();
    project.remove("binary");
    project.upload(&["--only", "dags"]).expect_code(0);
    project.upload(&["--only", "everything"]).expect_code(2).stderr_has("none of dags, data, binary");
    // What somebody else replaced is still known as that.
    project.write("data/drugs.csv", "other\n");
    project.upload(&["--only", "data", "--yes"]).expect_code(0);
    assert_eq!(project.fake.get("data/pubmed.csv").unwrap(), b"theirs now");
    assert!(!names(&project.manifest(), "objects").contains(&"data/pubmed.csv".to_owned()));
}
