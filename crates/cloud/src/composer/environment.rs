//! One environment: its name, and what the Composer API tells of it.
//!
//! Shapes are those of the API's reference, v1: <https://cloud.google.com/composer/docs/reference/rest/v1/projects.locations.environments>.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::remote::http::{Failure, Http, Request, base_url};
use crate::remote::{Credentials, Retry};

/// An environment's full name: `projects/P/locations/L/environments/E`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentName {
    project: String,
    location: String,
    id: String,
}

impl EnvironmentName {
    /// The project's id.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The region, as in `europe-west1`.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The name within project and region.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/locations/{}/environments/{}", self.project, self.location, self.id)
    }
}

impl FromStr for EnvironmentName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // A colon stands in the ids of projects that belong to a domain: `example.com:project`.
        let plain = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c))
        };
        match text.split('/').collect::<Vec<_>>()[..] {
            ["projects", project, "locations", location, "environments", id]
                if [project, location, id].into_iter().all(plain) =>
            {
                Ok(Self { project: project.into(), location: location.into(), id: id.into() })
            }
            _ => Err(Error::Input {
                message: format!("`{text}` is no name of a Composer environment"),
                hint: "the full name is meant, as in `projects/my-project/locations/europe-west1/environments/my-environment`; \
                       `gcloud composer environments list --locations REGION --uri` shows it"
                    .into(),
            }),
        }
    }
}

/// What the Composer API tells of an environment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Environment {
    /// Its full name.
    pub name: EnvironmentName,
    /// `RUNNING`, or what it is busy with: `CREATING`, `UPDATING`, `DELETING`, `ERROR`.
    pub state: String,
    /// The image, as in `composer-3-airflow-3.1.0-build.4`.
    pub image: Option<String>,
    /// Where its Airflow has its web pages and its API; none as long as it is being made.
    pub airflow_uri: Option<String>,
    bucket: Option<String>,
}

impl Environment {
    /// The bucket that holds the DAGs and the data, without `gs://`.
    ///
    /// # Errors
    /// The environment has none yet.
    pub fn bucket(&self) -> Result<&str> {
        self.bucket.as_deref().ok_or_else(|| self.unfinished("bucket"))
    }

    /// Where Airflow is.
    ///
    /// # Errors
    /// The environment has none yet.
    pub fn airflow(&self) -> Result<&str> {
        self.airflow_uri.as_deref().ok_or_else(|| self.unfinished("web server"))
    }

    /// The major version of its Airflow, where the image tells.
    #[must_use]
    pub fn airflow_major(&self) -> Option<u32> {
        let version = self.image.as_deref()?.split("airflow-").nth(1)?;
        version.split('.').next()?.parse().ok()
    }

    fn unfinished(&self, what: &str) -> Error {
        Error::Remote {
            message: format!("the environment `{}` has no {what}: its state is {}", self.name, self.state),
            hint: "wait until it is RUNNING, then try again".into(),
            source: None,
        }
    }
}

/// Where the Composer API is, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct ComposerOptions {
    /// The server, if it is not Google's: `http://127.0.0.1:8085`.
    pub endpoint: Option<String>,
    /// Who we are.
    pub credentials: Credentials,
    /// When to try again.
    pub retry: Retry,
    /// How long one request may take.
    pub timeout: Duration,
    /// The wait between two looks at a command that is running.
    pub poll: Duration,
}

impl ComposerOptions {
    /// Google's API, with the defaults of [`Retry`] and a minute's patience.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self {
            endpoint: None,
            credentials,
            retry: Retry::default(),
            timeout: Duration::from_secs(60),
            poll: Duration::from_secs(2),
        }
    }
}

/// The Composer API.
#[derive(Debug, Clone)]
pub struct Composer {
    pub(super) http: Http,
    pub(super) poll: Duration,
    endpoint: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    state: String,
    #[serde(default)]
    config: Config,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    dag_gcs_prefix: Option<String>,
    airflow_uri: Option<String>,
    software_config: Software,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Software {
    image_version: Option<String>,
}

impl Composer {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// The endpoint is no URL.
    pub fn new(options: &ComposerOptions) -> Result<Self> {
        let endpoint = match &options.endpoint {
            Some(endpoint) => base_url(endpoint, "COMPOSER_API_ENDPOINT")?,
            None => "https://composer.googleapis.com".into(),
        };
        let http = Http::new(options.credentials.clone(), options.retry.clone(), options.timeout)?;
        Ok(Self { http, endpoint, poll: options.poll })
    }

    /// What the API tells of an environment.
    ///
    /// # Errors
    /// There is no such environment, we may not see it, or the API cannot be reached.
    pub async fn get(&self, name: &EnvironmentName) -> Result<Environment> {
        let answer: Answer = self
            .http
            .json(&Request::get(self.url(name)))
            .await
            .map_err(|failure| self.failed("look at", name, failure))?;
        let config = answer.config;
        let bucket = config.dag_gcs_prefix.as_deref().and_then(|prefix| prefix.strip_prefix("gs://"));
        let bucket = bucket.and_then(|path| path.split('/').next()).filter(|bucket| !bucket.is_empty());
        Ok(Environment {
            name: name.clone(),
            state: answer.state,
            image: config.software_config.image_version,
            airflow_uri: config.airflow_uri.filter(|uri| !uri.is_empty()),
            bucket: bucket.map(str::to_owned),
        })
    }

    pub(super) fn url(&self, name: &EnvironmentName) -> String {
        format!("{}/v1/{name}", self.endpoint)
    }

    pub(super) fn failed(&self, action: &str, name: &EnvironmentName, failure: Failure) -> Error {
        let EnvironmentName { project, location, id } = name;
        let hint = match failure.status {
            Some(401) => "sign in again with `gcloud auth application-default login`".into(),
            Some(403)
                if failure.message.contains("has not been used") || failure.message.contains("disabled") =>
            {
                format!(
                    "enable the API with `gcloud services enable composer.googleapis.com --project {project}`"
                )
            }
            Some(403) => {
                format!("give your account the role `roles/composer.user` in the project `{project}`")
            }
            Some(404) => format!(
                "check the project `{project}`, the location `{location}` and the name `{id}`: \
                 `gcloud composer environments list --project {project} --locations {location}`"
            ),
            Some(_) => "the server gave the reason above; run again when it is gone".into(),
            None => {
                "check the network, the proxy, and COMPOSER_API_ENDPOINT if it is set; then run again".into()
            }
        };
        Error::Remote {
            message: format!("cannot {action} the environment `{name}`"),
            hint,
            source: Some(Box::new(failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_name_is_a_name() {
        let text = "projects/example.com:p-1/locations/europe-west1/environments/e_1";
        let name: EnvironmentName = text.parse().unwrap();
        assert_eq!((name.project(), name.location(), name.id()), ("example.com:p-1", "europe-west1", "e_1"));
        assert_eq!(name.to_string(), text);
        for wrong in [
            "",
            "my-environment",
            "projects/p/locations/l/environments/",
            "projects/p/locations/l/environments/e/",
            "projects/p/locations//environments/e",
            "projects/../locations/l/environments/e",
            "projects/p?/locations/l/environments/e",
            "/projects/p/locations/l/environments/e",
        ] {
            let error = wrong.parse::<EnvironmentName>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{wrong}` is no name of a Composer environment"));
        }
    }

    #[test]
    fn the_image_tells_the_version_of_airflow() {
        let environment = |image: Option<&str>| Environment {
            name: "projects/p/locations/l/environments/e".parse().unwrap(),
            state: "RUNNING".into(),
            image: image.map(str::to_owned),
            airflow_uri: None,
            bucket: None,
        };
        let major = |image| environment(image).airflow_major();
        assert_eq!(major(Some("composer-3-airflow-2.10.5-build.3")), Some(2));
        assert_eq!(major(Some("composer-3-airflow-3.1.0")), Some(3));
        assert_eq!(major(Some("composer-3-airflow-latest")), None);
        assert_eq!(major(None), None);
        assert!(environment(None).bucket().unwrap_err().to_string().contains("state is RUNNING"));
    }
}
