//! The Composer API: an environment, and commands that run in it.

use pipeline::composer::{Composer, ComposerOptions, EnvironmentName};
use pipeline::remote::Credentials;
use serde_json::json;

use super::fake::Fake;
use super::fake_composer::{FakeComposer, NAME};
use super::server::nobody;
use super::{block_on, retry};
use crate::support::told;

pub(crate) fn client(url: &str) -> Composer {
    let options = ComposerOptions {
        endpoint: Some(url.to_owned()),
        retry: retry(),
        poll: std::time::Duration::from_millis(1),
        ..ComposerOptions::new(Credentials::anonymous())
    };
    Composer::new(&options).unwrap()
}

pub(crate) fn name() -> EnvironmentName {
    NAME.parse().unwrap()
}

#[test]
fn an_environment_tells_its_bucket_and_its_airflow() {
    let airflow = Fake::new(3);
    let composer = FakeComposer::new("https://airflow.example", &airflow);
    let environment = block_on(client(&composer.url).get(&name())).unwrap();
    assert_eq!(environment.bucket().unwrap(), "bucket-1");
    assert_eq!(environment.airflow().unwrap(), "https://airflow.example");
    assert_eq!((environment.state.as_str(), environment.airflow_major()), ("RUNNING", Some(3)));
}

#[test]
fn what_is_wrong_with_an_environment_is_told_with_what_to_do() {
    let airflow = Fake::new(3);
    let composer = FakeComposer::new("https://airflow.example", &airflow);
    let client_of = |url: &str| client(url);
    let error =
        |name: &str| told(&block_on(client_of(&composer.url).get(&name.parse().unwrap())).unwrap_err());
    let text = error("projects/p-1/locations/europe-west1/environments/other");
    assert!(text.contains("HTTP 404: Environment not found"), "{text}");
    assert!(
        text.contains("gcloud composer environments list --project p-1 --locations europe-west1"),
        "{text}"
    );
    for (status, message, hint) in [
        (401, "Invalid credentials", "gcloud auth application-default login"),
        (403, "The caller does not have permission", "role `roles/composer.user` in the project `p-1`"),
        (
            403,
            "Cloud Composer API has not been used in project 1",
            "gcloud services enable composer.googleapis.com",
        ),
    ] {
        composer.state().refusal = Some((status, json!({"error": {"message": message}})));
        let text = error(NAME);
        assert!(text.contains(message) && text.contains(hint), "{text}");
    }
    let text = told(&block_on(client(&nobody()).get(&name())).unwrap_err());
    assert!(text.contains("check the network"), "{text}");
}

#[test]
fn a_command_is_followed_to_its_end() {
    let airflow = Fake::new(3);
    let composer = FakeComposer::new("https://airflow.example", &airflow);
    let client = client(&composer.url);
    let output = block_on(client.run(&name(), &["dags", "list", "-o", "json"], true)).unwrap();
    assert_eq!(output.code, 0);
    assert_eq!(output.lines.len(), 3, "{output:?}");
    assert!(output.lines[2].contains("\"drugs\""));
    let output = block_on(client.run(&name(), &["dags", "details", "nope", "-o", "json"], true)).unwrap();
    assert_eq!(output.code, 1);
    assert!(output.lines.last().unwrap().contains("does not exist"));
    assert_eq!(composer.state().commands.len(), 2);
}
