//! Which bucket is meant, and how to reach it.

use std::env;
use std::path::Path;

use pipeline::composer;
use pipeline::error::{Error, Result};
use pipeline::store::Credentials;
use pipeline::store::gcs::{Bucket, GcsOptions};

/// Which bucket is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct BucketArgs {
    /// The environment's bucket [default: what data/composer_bucket.json names, else the environment's]
    #[arg(long, value_name = "NAME", env = "COMPOSER_BUCKET")]
    bucket: Option<String>,
}

impl BucketArgs {
    /// Opens the bucket that is meant; `data` may hold the file that names it.
    pub(crate) async fn open(&self, data: &Path) -> Result<Bucket> {
        let named = self.bucket.as_deref().filter(|name| !name.is_empty());
        let name = match named {
            Some(name) => name.trim_start_matches("gs://").trim_end_matches('/').to_owned(),
            None => composer::read_bucket(data)?.ok_or_else(|| Error::Input {
                message: "no bucket is named".into(),
                hint: format!(
                    "name it with --bucket, COMPOSER_BUCKET or `{}`, or name the environment with --environment",
                    data.join(composer::BUCKET_FILE).display()
                ),
            })?,
        };
        Bucket::open(&name, &storage_options().await?).await
    }
}

/// Google's storage, or the emulator that `STORAGE_EMULATOR_HOST` names.
pub(crate) async fn storage_options() -> Result<GcsOptions> {
    let emulator = variable("STORAGE_EMULATOR_HOST");
    let mut options = GcsOptions::new(credentials(emulator.is_some()).await?);
    options.endpoint =
        emulator.map(|host| if host.contains("://") { host } else { format!("http://{host}") });
    if options.endpoint.as_deref().is_some_and(has_port) {
        // The storage client leaves the port out of the Host header, from which emulators make the address that the
        // content goes to.
        options.session = u64::MAX;
    }
    Ok(options)
}

fn has_port(endpoint: &str) -> bool {
    let host = endpoint.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']') && port != "80")
}

/// Google's credentials; an emulator asks for none, unless a key is named all the same.
pub(crate) async fn credentials(emulated: bool) -> Result<Credentials> {
    if emulated && variable("GOOGLE_APPLICATION_CREDENTIALS").is_none() {
        return Ok(Credentials::anonymous());
    }
    Credentials::application_default().await
}

/// An environment variable; set but empty is not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::io("start the network for", "."))?;
    runtime.block_on(future)
}
