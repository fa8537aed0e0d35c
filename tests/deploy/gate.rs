//! What is looked at before an upload: all that is broken is told at once, and nothing is sent.

use std::process::Command;

use super::{Project, elf};
use crate::support::{Outcome, repository};

const DRUGS: &str = include_str!("../../dags/drugs.toml");

/// A project whose files are as they should be.
fn sound() -> Project {
    let mut project = Project::new();
    project.checks = true;
    project.write("dags/drugs.toml", DRUGS);
    project
}

/// Without a Python, those tests that need one have nothing to show.
fn has_python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(there || std::env::var_os("PIPELINE_TEST_ALL").is_none(), "install Python 3");
    there
}

/// The lines of problems, without the folder.
fn problems(outcome: &Outcome) -> Vec<String> {
    let lines =
        outcome.stderr.lines().skip_while(|line| !line.starts_with("error: refused to upload")).skip(1);
    lines.take_while(|line| !line.starts_with("hint: ")).map(str::to_owned).collect()
}

#[test]
fn sound_files_pass() {
    let project = sound();
    project.upload(&[]).expect_code(0);
}

#[test]
fn everything_that_is_broken_is_told_at_once_and_nothing_is_sent() {
    if !has_python() {
        return;
    }
    let project = sound();
    project.write("dags/drugs.toml", DRUGS.replace("retries = 2", "retries = \"two\""));
    project.write("dags/broken.toml", "[tasks\n");
    project.write("dags/deep/settings.toml", "x = \n");
    project.write("dags/syntax.py", "import os\n\ndef f(:\n    pass\n");
    project.write(
        "dags/absent.py",
        "import os.path\nimport pandas as pd\nfrom module import anything\nimport module.gone\n",
    );
    project.write("dags/tests/helper.py", "");
    project.write("dags/left.py", "from tests import helper\nfrom tests.helper import x\n");
    let outcome = project.upload(&[]).expect_code(2);
    let told = problems(&outcome);
    let has = |file: &str, what: &str| {
        assert!(
            told.iter().any(|line| line.starts_with(file) && line.contains(what)),
            "{file} {what}: {told:#?}"
        );
    };
    has("dags/drugs.toml:6:", "retries");
    has("dags/broken.toml:1:", "");
    has("dags/deep/settings.toml:1:", "");
    has("dags/syntax.py:3:", "this is no Python");
    has("dags/absent.py:2:", "imports `pandas`, which is neither among the files nor declared");
    has("dags/absent.py:4:", "imports `module.gone`");
    has("dags/left.py:1:", "is left out: tests and caches stay at home");
    has("dags/left.py:2:", "is left out: tests and caches stay at home");
    assert!(
        !told
            .iter()
            .any(|line| line.starts_with("dags/absent.py:1:") || line.starts_with("dags/absent.py:3:"))
    );
    assert!(project.fake.requests().is_empty());
    project.upload(&["--no-check"]).expect_code(0).stderr_has("imports `tests`, but");
}

#[test]
fn what_is_declared_or_comes_with_airflow_or_may_fail_is_no_problem() {
    if !has_python() {
        return;
    }
    let project = sound();
    project.write("dags/requirements.txt", "# ours\npandas>=2\nPyYAML\ngoogle-cloud-storage==2.1\n");
    project.write("dags/environments.toml", "[prod.pypi_packages]\nscikit-learn = \"\"\n");
    project.write(
        "dags/fine.py",
        "from __future__ import annotations\n\
         import pandas.testing, yaml\n\
         from google.cloud import storage\n\
         import sklearn\n\
         import pendulum\n\
         from airflow.providers.google.cloud.hooks.gcs import GCSHook\n\
         from typing import TYPE_CHECKING\n\
         if TYPE_CHECKING:\n    import mypy_thing\n\
         try:\n    import polars\nexcept ImportError:\n    polars = None\n",
    );
    project.write(
        "dags/module/inner.py",
        "from . import other\nfrom .other import x\nfrom module.other import y\n",
    );
    project.write("dags/module/other.py", "x = y = 1\n");
    project.upload(&[]).expect_code(0);
    project.write("dags/module/inner.py", "from .third import x\nfrom ...above import y\n");
    let told = problems(&project.upload(&[]).expect_code(2));
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[test]
fn this_repositorys_dags_pass() {
    if !has_python() {
        return;
    }
    let project = sound();
    let dags = repository().join("dags");
    let outcome = project.upload(&["--dags", dags.to_str().unwrap()]).expect_code(0);
    assert!(outcome.stderr.contains("was not asked whether it has tables"), "{}", outcome.stderr);
}

#[cfg(unix)]
#[test]
fn tables_need_a_binary_that_has_them() {
    use std::os::unix::fs::PermissionsExt;
    let project = sound();
    let trades = std::fs::read_to_string(repository().join("dags/trades.toml")).unwrap();
    project.write("dags/trades.toml", trades);
    for file in std::fs::read_dir(repository().join("dags/trades")).unwrap() {
        let file = file.unwrap();
        let name = format!("dags/trades/{}", file.file_name().to_str().unwrap());
        project.write(&name, std::fs::read(file.path()).unwrap());
    }
    let ourselves = std::path::PathBuf::from(env!("CARGO_BIN_EXE_pipeline"));
    let outcome = project.run(&["upload", "--dry-run", "--binary", ourselves.to_str().unwrap()]);
    match cfg!(feature = "tables") {
        true => drop(outcome.expect_code(0)),
        false => {
            let told = problems(&outcome.expect_code(2));
            assert_eq!(told.len(), 1, "{told:#?}");
            assert!(told[0].starts_with("dags/trades.toml:1: `trades` has tables, but"), "{told:#?}");
        }
    }
    // The same program elsewhere has to be asked.
    let copy = project.path("copy");
    std::fs::copy(&ourselves, &copy).unwrap();
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = project.run(&["upload", "--dry-run", "--binary", "copy"]);
    outcome.expect_code(if cfg!(feature = "tables") { 0 } else { 2 });
    // One that cannot run here cannot be asked, which is told.
    project.write("binary", elf());
    project
        .upload(&[])
        .expect_code(0)
        .stderr_has("was not asked whether it has tables: it cannot be run here");
}

#[test]
fn without_python_it_is_told_that_nothing_was_checked() {
    let project = sound();
    project.write("dags/syntax.py", "def f(:\n");
    project.write("dags/left.py", "import helper\n");
    project.write("dags/helper.py", "");
    project.write("dags/.gcloudignore", "helper.py\n");
    let mut command = project.command(&["upload", "--binary", "binary"]);
    command.env("PATH", project.path(""));
    Outcome::new(&command.output().unwrap(), None, project.path(""))
        .expect_code(0)
        .stderr_has("were not checked: there is no Python on this machine")
        .stderr_has("imports `helper`, but");
}

#[test]
fn a_dag_that_would_start_a_flood_of_runs_is_told() {
    let project = sound();
    let flood = DRUGS.replace("retries = 2", "retries = 2\nstart_date = \"2019-04-01\"\ncatchup = true");
    project.write("dags/drugs.toml", &flood);
    project.upload(&[]).expect_code(0).stderr_has("days since 2019-04-01 as soon as Airflow has read it");
    project.write("dags/drugs.toml", flood.replace("catchup = true", "catchup = false"));
    let outcome = project.upload(&[]).expect_code(0);
    assert!(!outcome.stderr.contains("2019"), "{}", outcome.stderr);
}

#[cfg(unix)]
#[test]
fn a_binary_of_another_repository_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    // A stand-in for GitHub's command: it keeps its arguments, and believes one repository.
    project.write(
        "tools/gh",
        "#!/bin/sh\necho \"$@\" >> calls\ncase \"$*\" in *--repo\\ us/pipeline*) exit 0;; esac\necho no attestation >&2\nexit 1\n",
    );
    let gh = project.path("tools/gh");
    std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let upload = |repository: &str, path: std::path::PathBuf| {
        let mut command =
            project.command(&["upload", "--binary", "binary", "--verify-attestation", repository]);
        Outcome::new(&command.env("PATH", path).output().unwrap(), None, project.path(""))
    };
    let tools = || project.path("tools");
    upload("them/pipeline", tools())
        .expect_code(2)
        .stderr_has("was not built by the workflows of `them/pipeline`");
    upload("us/pipeline", project.path("nowhere")).expect_code(2).stderr_has("gh does not start");
    assert!(project.fake.requests().is_empty());
    project.write("binary.sigstore.json", "{}");
    upload("us/pipeline", tools()).expect_code(0);
    let calls = std::fs::read_to_string(project.path("calls")).unwrap();
    assert!(
        calls.ends_with("attestation verify binary --repo us/pipeline --bundle binary.sigstore.json\n"),
        "{calls}"
    );
}
