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
fn an_environment_is_asked_once_for_its_bucket() {
    let project = Project::new();
    let composer = composer();
    upload(&project, &composer.url, &["--environment", ENVIRONMENT]).expect_code(0);
    assert_eq!(note(&project), json!({"composer_bucket": BUCKET, "environment": ENVIRONMENT}));
    // From here on nobody has to be asked.
    let nowhere = crate::airflow::server::nobody();
    upload(&project, &nowhere, &[]).expect_code(0);
    upload(&project, &nowhere, &["--environment", ENVIRONMENT]).expect_code(0);
}

#[test]
fn the_note_of_another_environment_is_not_believed() {
    let project = Project::new();
    let other = ENVIRONMENT.replace("dev", "prod");
    project.write(
        "data/composer_bucket.json",
        json!({"composer_bucket": "of-prod", "environment": other}).to_string(),
    );
    upload(&project, &composer().url, &["--environment", ENVIRONMENT]).expect_code(0);
    assert_eq!(note(&project)["composer_bucket"], BUCKET);
}

#[test]
fn who_names_a_bucket_and_an_environment_is_told_which_counts() {
    let project = Project::new();
    upload(&project, "http://127.0.0.1:9", &["--bucket", BUCKET, "--environment", ENVIRONMENT])
        .expect_code(0)
        .stderr_has("using the bucket `bucket`");
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
fn without_credentials_the_hint_says_how_to_get_some() {
    let project = Project::new();
    project.write("key.json", "{\"canary\": \"canary-text\"}");
    let mut command = project.command(&["upload", "--binary", "binary", "-vvv"]);
    command.env("GOOGLE_APPLICATION_CREDENTIALS", project.path("key.json"));
    let outcome = Outcome::new(&command.output().unwrap(), None, project.path(""));
    let outcome = outcome.expect_code(2).stderr_has("GOOGLE_APPLICATION_CREDENTIALS");
    assert!(!outcome.stderr.contains("canary-text"), "{}", outcome.stderr);
}
