//! Which environment of Composer is meant, which bucket, which Airflow.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline::airflow::{Airflow, AirflowOptions};
use pipeline::composer::{self, BucketFile, Composer, ComposerOptions, Environment, EnvironmentName};
use pipeline::error::{Error, Result};
use pipeline::remote::Credentials;
use pipeline::remote::gcs::Bucket;

use crate::base::google::{self, variable};
use crate::base::logging;

/// An environment of Composer.
#[derive(Debug, clap::Args)]
pub(crate) struct EnvironmentArgs {
    /// The Composer environment, as in projects/P/locations/L/environments/E [env: COMPOSER_ENVIRONMENT]
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
}

impl EnvironmentArgs {
    /// The environment that was named, or that `COMPOSER_ENVIRONMENT` names.
    pub(crate) fn name(&self) -> Result<Option<EnvironmentName>> {
        // Not clap's own look into the environment: a variable would then be in conflict with an option.
        let name = self.environment.clone().or_else(|| variable("COMPOSER_ENVIRONMENT"));
        name.map(|name| name.parse()).transpose()
    }
}

/// Which bucket is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct BucketArgs {
    /// The environment's bucket [default: that of --environment; else COMPOSER_BUCKET, that of COMPOSER_ENVIRONMENT, what
    /// data/composer_bucket.json names]
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    #[command(flatten)]
    environment: EnvironmentArgs,
}

/// A bucket, and the environment that was asked for it.
struct Chosen {
    bucket: String,
    environment: Option<Environment>,
}

impl BucketArgs {
    /// Opens the bucket that is meant. `data` may hold the file that names it; it gets one when only the environment is
    /// known, unless nothing may be written.
    pub(crate) async fn open(&self, data: &Path, note: bool) -> Result<Bucket> {
        Ok(self.open_with_environment(data, note).await?.0)
    }

    /// The same, with what is known of the environment, if one was asked.
    pub(crate) async fn open_with_environment(
        &self,
        data: &Path,
        note: bool,
    ) -> Result<(Bucket, Option<Environment>)> {
        let Chosen { bucket, environment } = match self.named().await? {
            Some(chosen) => {
                contradict(data, &chosen.bucket);
                chosen
            }
            None => match BucketFile::read(data)? {
                Some(file) => Chosen { bucket: file.composer_bucket, environment: None },
                None => return Err(nothing_named(data)),
            },
        };
        if let Some(environment) = &environment
            && note
            && data.is_dir()
            && !data.join(composer::BUCKET_FILE).exists()
        {
            let file = BucketFile {
                composer_bucket: bucket.clone(),
                environment: Some(environment.name.to_string()),
            };
            if let Err(error) = file.write(data) {
                tracing::warn!("the environment will be asked for its bucket again: {error}");
            }
        }
        Ok((Bucket::open(&bucket, &google::storage().await?).await?, environment))
    }

    /// What is typed, else what the environment variables say. A folder of data has no say in that: it may be somebody
    /// else's.
    async fn named(&self) -> Result<Option<Chosen>> {
        let plain = |name: String| name.trim_start_matches("gs://").trim_end_matches('/').to_owned();
        let typed = self.bucket.clone().map(plain);
        let environment = self.environment.environment.as_deref().map(str::parse).transpose()?;
        match (typed, environment) {
            (Some(bucket), Some(name)) => {
                let environment = asked(&name).await?;
                let theirs = environment.bucket()?;
                match theirs == bucket {
                    true => Ok(Some(Chosen { bucket, environment: Some(environment) })),
                    false => Err(Error::Input {
                        message: format!(
                            "--bucket names `{bucket}`, but the environment `{name}` has the bucket `{theirs}`"
                        ),
                        hint: "leave one of the two out; nothing was changed".into(),
                    }),
                }
            }
            (Some(bucket), None) => Ok(Some(Chosen { bucket, environment: None })),
            (None, Some(name)) => Ok(Some(asked(&name).await?.try_into()?)),
            (None, None) => match (variable("COMPOSER_BUCKET"), self.environment.name()?) {
                (Some(bucket), _) => Ok(Some(Chosen { bucket: plain(bucket), environment: None })),
                (None, Some(name)) => Ok(Some(asked(&name).await?.try_into()?)),
                (None, None) => Ok(None),
            },
        }
    }
}

impl TryFrom<Environment> for Chosen {
    type Error = Error;

    fn try_from(environment: Environment) -> Result<Self> {
        Ok(Self { bucket: environment.bucket()?.to_owned(), environment: Some(environment) })
    }
}

/// What the Composer API tells of an environment.
async fn asked(name: &EnvironmentName) -> Result<Environment> {
    Composer::new(&google::composer().await?)?.get(name).await
}

/// Says that the file in the data folder names another bucket, whatever else is not to be said.
fn contradict(data: &Path, bucket: &str) {
    let path = data.join(composer::BUCKET_FILE);
    match BucketFile::read(data) {
        Ok(Some(file)) if file.composer_bucket != bucket => tracing::warn!(
            target: logging::NEVER_QUIET,
            "`{}` names the bucket `{}`, which is not used: `{bucket}` is meant",
            path.display(),
            file.composer_bucket
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!("{error}; it is not used"),
    }
}

fn nothing_named(data: &Path) -> Error {
    Error::Input {
        message: "no bucket is named".into(),
        hint: format!(
            "name it with --bucket, COMPOSER_BUCKET or `{}`, or name the environment with --environment",
            data.join(composer::BUCKET_FILE).display()
        ),
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
    /// Reaches the Airflow that is meant; with the bucket of the environment that it belongs to.
    pub(crate) async fn open(&self) -> Result<(Airflow, Option<String>)> {
        if let Some(url) = &self.airflow {
            return Ok((Airflow::at(url, &AirflowOptions::new(self_hosted()?)).await?, None));
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
        let airflow = Airflow::of(&composer, &environment, &AirflowOptions::new(options.credentials)).await?;
        Ok((airflow, environment.bucket().ok().map(str::to_owned)))
    }
}

/// When a pipeline's DAG was last uploaded to a bucket, as far as can be told: Airflow may still have the former one.
pub(crate) async fn uploaded(bucket: Option<&str>, pipeline: &str) -> Option<Timestamp> {
    if variable("COMPOSER_API_ENDPOINT").is_some() && variable("STORAGE_EMULATOR_HOST").is_none() {
        return None; // a Composer that is not Google's has no bucket of Google's
    }
    let bucket = Bucket::open(bucket?, &google::storage().await.ok()?).await.ok()?;
    let mut last = None;
    for ending in ["py", "toml"] {
        let object = bucket.stat(&format!("dags/{pipeline}.{ending}")).await.ok()??;
        last = last.max(object.updated.parse().ok());
    }
    last
}

/// Who we are to an Airflow that is not Composer's.
fn self_hosted() -> Result<Credentials> {
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
