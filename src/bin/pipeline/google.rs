//! Who we are to Google, and the runtime on which its services are talked to.

use std::future::Future;

use pipeline::composer::ComposerOptions;
use pipeline::error::Error;
use pipeline::store::Credentials;

/// What an environment variable says; set but empty is not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The credentials for a Google API. `emulator`: what points the API elsewhere, `STORAGE_EMULATOR_HOST` or
/// `COMPOSER_API_ENDPOINT`. An emulator gets none, unless `GOOGLE_APPLICATION_CREDENTIALS` names some.
pub(crate) async fn credentials(emulator: Option<&str>) -> pipeline::error::Result<Credentials> {
    if emulator.is_some() && variable("GOOGLE_APPLICATION_CREDENTIALS").is_none() {
        return Ok(Credentials::anonymous());
    }
    Credentials::application_default().await
}

/// Where the Composer API is, and who we are to it.
pub(crate) async fn composer() -> pipeline::error::Result<ComposerOptions> {
    let endpoint = variable("COMPOSER_API_ENDPOINT");
    let credentials = credentials(endpoint.as_deref()).await?;
    Ok(ComposerOptions { endpoint, ..ComposerOptions::new(credentials) })
}

/// Runs the work of a command to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|source| {
        Error::Remote {
            message: "cannot start a runtime for the network".into(),
            hint: "see how many files and threads this process may have (`ulimit -a`)".into(),
            source: Some(Box::new(source)),
        }
    })?;
    runtime.block_on(work)
}
