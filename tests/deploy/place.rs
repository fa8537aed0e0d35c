//! Which bucket, and who we are to it.

use std::fs;

use serde_json::{Value, json};

use super::Project;
use crate::airflow::server::{Reply, Server};
use crate::gcs::fake::{BUCKET, TokenServer};
use crate::support::Outcome;

const ENVIRONMENT: &str = "projects/p-1/locations/europe-west1/environments/dev";

/// The Composer API, where every environment has the bucket of the tests.
fn composer() -> Server {
    Server::start(|request| {
        assert_eq!(request.method, "GET");
        let config =
            json!({"dagGcsPrefix": format!("gs://{BUCKET}/dags"), "airflowUri": "https://airflow.example"});
        Reply::json(200, &json!({"name": ENVIRONMENT, "state": "RUNNING", "config": config}))
    })
}

/// An upload that has to find its bucket by itself.
fn upload(project: &Project, composer: &str, args: &[&str]) -> Outcome {
    let mut command = project.command(&[&["upload", "--binary", "binary"], args].concat());
    command.env_remove("COMPOSER_BUCKET").env("COMPOSER_API_ENDPOINT", composer);
    Outcome::new(&command.output().unwrap(), None, project.path(""))
}

fn note(project: &Project) -> Value {
    serde_json::from_slice(&fs::read(project.path("data/composer_bucket.json")).unwrap()).unwrap()
}

#[test]
fn an_environment_is_asked_for_its_bucket_and_noted_for_those_who_name_none() {
    let project = Project::new();
    let composer = composer();
    upload(&project, &composer.url, &["--environment", ENVIRONMENT, "--dry-run"]).expect_code(0);
    assert!(!project.path("data/composer_bucket.json").exists(), "a dry run writes nothing here either");
    upload(&project, &composer.url, &["--environment", ENVIRONMENT]).expect_code(0);
    assert_eq!(note(&project), json!({"composer_bucket": BUCKET, "environment": ENVIRONMENT}));
    let nowhere = crate::airflow::server::nobody();
    upload(&project, &nowhere, &[]).expect_code(0);
    upload(&project, &nowhere, &["--environment", ENVIRONMENT]).expect_code(2);
}

#[test]
fn a_folder_of_data_has_no_say_where_a_bucket_is_named() {
    let notes = [
        json!({"composer_bucket": "of-somebody-else"}),
        json!({"composer_bucket": "of-somebody-else", "environment": ENVIRONMENT}),
        json!({"composer_bucket": "of-somebody-else", "environment": ENVIRONMENT.replace("dev", "prod")}),
    ];
    for note in notes {
        for (args, variable) in [
            (&["--environment", ENVIRONMENT][..], None),
            (&["--bucket", BUCKET], None),
            (&["--bucket", BUCKET, "--environment", ENVIRONMENT], None),
            (&[], Some(("COMPOSER_ENVIRONMENT", ENVIRONMENT))),
            (&[], Some(("COMPOSER_BUCKET", BUCKET))),
        ] {
            let project = Project::new();
            project.write("data/composer_bucket.json", note.to_string());
            let composer = composer();
            let mut command = project.command(&[&["upload", "--binary", "binary", "-q"], args].concat());
            command.env_remove("COMPOSER_BUCKET").env("COMPOSER_API_ENDPOINT", &composer.url).envs(variable);
            Outcome::new(&command.output().unwrap(), None, project.path(""))
                .expect_code(0)
                .stderr_has("names the bucket `of-somebody-else`, which is not used: `bucket` is meant");
            assert_eq!(self::note(&project), note, "it is somebody's file");
            assert!(project.fake.objects().contains(&"dags/drugs.py".into()));
        }
    }
}

#[test]
fn what_is_typed_counts_more_than_the_variables() {
    let composer = composer();
    for (args, variable) in [
        (["--environment", ENVIRONMENT], ("COMPOSER_BUCKET", "of-somebody-else")),
        (["--bucket", BUCKET], ("COMPOSER_ENVIRONMENT", ENVIRONMENT)),
        (["--bucket", BUCKET], ("COMPOSER_BUCKET", "of-somebody-else")),
    ] {
        let project = Project::new();
        let mut command = project.command(&[&["upload", "--binary", "binary"][..], &args].concat());
        command.env("COMPOSER_API_ENDPOINT", &composer.url).env(variable.0, variable.1);
        Outcome::new(&command.output().unwrap(), None, project.path("")).expect_code(0);
        assert!(project.fake.objects().contains(&"dags/drugs.py".into()), "{args:?}");
    }
}

#[test]
fn a_bucket_and_an_environment_that_disagree_are_refused() {
    let project = Project::new();
    upload(&project, &composer().url, &["--bucket", "another", "--environment", ENVIRONMENT])
        .expect_code(2)
        .stderr_has("--bucket names `another`, but the environment")
        .stderr_has("has the bucket `bucket`");
    assert!(project.fake.requests().is_empty());
}

#[test]
fn a_key_opens_the_bucket_and_no_secret_is_shown_however_much_is_told() {
    let project = Project::new();
    let tokens = TokenServer::start(&project.fake);
    let key = tokens.key_file(&project.path(""));
    for args in [
        &["upload", "--binary", "binary"][..],
        &["fetch-result", "--object", "data/drugs.csv"],
        &["rollback"],
    ] {
        for format in ["text", "json"] {
            let mut command = project.command(args);
            command.args(["-vvv", "--log-format", format]).env("GOOGLE_APPLICATION_CREDENTIALS", &key);
            let output = command.output().unwrap();
            let told = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            assert_eq!(output.status.code(), Some(if args[0] == "rollback" { 2 } else { 0 }), "{told}");
            assert!(!tokens.given().is_empty() && tokens.refused().is_empty());
            let private = TokenServer::private_key();
            let secrets = tokens.given().into_iter().chain(private.lines().map(str::to_owned));
            for secret in secrets.filter(|line| line.len() > 12 && !line.starts_with("-----")) {
                assert!(!told.contains(&secret), "{told}");
            }
        }
    }
}

#[test]
fn requests_count_for_the_quota_project() {
    let project = Project::new();
    let tokens = TokenServer::start(&project.fake);
    let key = tokens.key_file(&project.path(""));
    let mut command = project.command(&["upload", "--binary", "binary"]);
    command.env("GOOGLE_APPLICATION_CREDENTIALS", &key).env("GOOGLE_CLOUD_QUOTA_PROJECT", "billed-1");
    Outcome::new(&command.output().unwrap(), None, project.path("")).expect_code(0);
    let requests = project.fake.requests();
    assert!(requests.len() > 6);
    for seen in requests {
        assert_eq!(seen.headers.get("x-goog-user-project").map(String::as_str), Some("billed-1"), "{seen:?}");
    }
    let mut command = project.command(&["upload", "--binary", "binary"]);
    command.env("GOOGLE_APPLICATION_CREDENTIALS", &key).env("GOOGLE_CLOUD_QUOTA_PROJECT", "no project");
    Outcome::new(&command.output().unwrap(), None, project.path(""))
        .expect_code(2)
        .stderr_has("GOOGLE_CLOUD_QUOTA_PROJECT");
}

#[test]
fn without_credentials_the_hint_says_how_to_get_some() {
    let project = Project::new();
    project.write("key.json", "{\"canary\": \"canary-text\"}");
    let mut command = project.command(&["upload", "--binary", "binary", "-vvv"]);
    command.env("GOOGLE_APPLICATION_CREDENTIALS", project.path("key.json"));
    let outcome = Outcome::new(&command.output().unwrap(), None, project.path(""));
    let outcome = outcome.expect_code(2).stderr_has("GOOGLE_APPLICATION_CREDENTIALS");
    assert!(!outcome.stderr.contains("canary-text"), "{}", outcome.stderr);
}
