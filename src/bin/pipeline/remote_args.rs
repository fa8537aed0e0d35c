//! Which environment of Composer is meant, which bucket, which Airflow.

use std::time::Duration;

use jiff::SignedDuration;
use pipeline::composer::airflow::{Airflow, AirflowOptions};
use pipeline::composer::{Composer, ComposerOptions, EnvironmentName};
use pipeline::error::Error;
use pipeline::store::Credentials;

use crate::google::{self, variable};

/// An environment of Composer.
#[derive(Debug, clap::Args)]
pub(crate) struct EnvironmentArgs {
    /// The Composer environment, as in projects/P/locations/L/environments/E [env: COMPOSER_ENVIRONMENT]
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
}

impl EnvironmentArgs {
    /// The environment that was named, or that `COMPOSER_ENVIRONMENT` names.
    pub(crate) fn name(&self) -> pipeline::error::Result<Option<EnvironmentName>> {
        // Not clap's own look into the environment: a variable would then be in conflict with an option.
        let name = self.environment.clone().or_else(|| variable("COMPOSER_ENVIRONMENT"));
        name.map(|name| name.parse()).transpose()
    }
}

/// A bucket.
#[derive(Debug, clap::Args)]
pub(crate) struct BucketArgs {
    /// The bucket of the environment, without gs:// [env: COMPOSER_BUCKET]
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<String>,
}

#[expect(dead_code, reason = "for the commands that upload and fetch")]
impl BucketArgs {
    /// The bucket that was named, or that `COMPOSER_BUCKET` names.
    pub(crate) fn name(&self) -> Option<String> {
        self.bucket.clone().or_else(|| variable("COMPOSER_BUCKET"))
    }
}

/// An Airflow: that of an environment, or any other.
#[derive(Debug, clap::Args)]
pub(crate) struct AirflowArgs {
    #[command(flatten)]
    environment: EnvironmentArgs,
    /// The address of an Airflow 2 or 3 that is not Composer's; AIRFLOW_TOKEN, or AIRFLOW_USERNAME and
    /// AIRFLOW_PASSWORD, say who you are
    #[arg(long, value_name = "URL", conflicts_with = "environment")]
    airflow: Option<String>,
    /// The pause between two looks.
    #[arg(long, hide = true, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(crate) poll: Duration,
}

/// A duration as it is typed.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration: Option<SignedDuration> = text.parse().ok();
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| *duration <= Duration::from_secs(366 * 86_400))
        .ok_or_else(|| "a duration is written as in 90s, 5m or 2h, and is at most a year".into())
}

impl AirflowArgs {
    /// Reaches the Airflow that is meant.
    pub(crate) async fn open(&self) -> pipeline::error::Result<Airflow> {
        if let Some(url) = &self.airflow {
            return Airflow::at(url, &AirflowOptions::new(self_hosted()?)).await;
        }
        let Some(name) = self.environment.name()? else {
            return Err(Error::Input {
                message: "neither an environment of Composer nor an Airflow is named".into(),
                hint: "name one with --environment, COMPOSER_ENVIRONMENT or --airflow".into(),
            });
        };
        let options = ComposerOptions { poll: self.poll, ..google::composer().await? };
        let composer = Composer::new(&options)?;
        let environment = composer.get(&name).await?;
        Airflow::of(&composer, &environment, &AirflowOptions::new(options.credentials)).await
    }
}

/// Who we are to an Airflow that is not Composer's.
fn self_hosted() -> pipeline::error::Result<Credentials> {
    if let Some(token) = variable("AIRFLOW_TOKEN") {
        return Ok(Credentials::bearer(token.trim()));
    }
    match (variable("AIRFLOW_USERNAME"), variable("AIRFLOW_PASSWORD")) {
        (Some(user), Some(password)) => Ok(Credentials::basic(user, password)),
        (None, None) => Ok(Credentials::anonymous()),
        (user, _) => {
            let (there, missing) = match user {
                Some(_) => ("AIRFLOW_USERNAME", "AIRFLOW_PASSWORD"),
                None => ("AIRFLOW_PASSWORD", "AIRFLOW_USERNAME"),
            };
            Err(Error::Input {
                message: format!("{there} is set, but {missing} is not"),
                hint: "set both, or AIRFLOW_TOKEN".into(),
            })
        }
    }
}

/// Says that an environment's web server was passed by, and why.
pub(crate) fn tell_detour(airflow: &Airflow) {
    if let Some(why) = airflow.detour() {
        tracing::warn!(
            "{why}; using Airflow's commands through the Composer API, which is slower and tells less"
        );
    }
}
