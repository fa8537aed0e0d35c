//! Who we are to Google, and the runtime on which its services are talked to.

use std::future::Future;
use std::path::{Path, PathBuf};

use pipeline::composer::ComposerOptions;
use pipeline::error::Error;
use pipeline::remote::Credentials;
use pipeline::remote::gcs::GcsOptions;

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
    let credentials = Credentials::application_default().await?;
    match quota_project() {
        Some(project) => credentials.with_quota_project(&project),
        None => Ok(credentials),
    }
}

/// The project whose quota requests count against: what is said by the variable of Google's clients, else by the login.
fn quota_project() -> Option<String> {
    if let Some(project) = variable("GOOGLE_CLOUD_QUOTA_PROJECT") {
        return Some(project);
    }
    let gcloud = || match variable("CLOUDSDK_CONFIG") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => variable("HOME").map(|home| Path::new(&home).join(".config/gcloud")),
    };
    let login = match variable("GOOGLE_APPLICATION_CREDENTIALS") {
        Some(file) => PathBuf::from(file),
        None => gcloud()?.join("application_default_credentials.json"),
    };
    #[derive(serde::Deserialize)]
    struct Login {
        quota_project_id: Option<String>,
    }
    let text = pipeline::store::read_text(&login).ok()?;
    serde_json::from_str::<Login>(&text).ok()?.quota_project_id.filter(|project| !project.is_empty())
}

/// Where the Composer API is, and who we are to it.
pub(crate) async fn composer() -> pipeline::error::Result<ComposerOptions> {
    let endpoint = variable("COMPOSER_API_ENDPOINT");
    let credentials = credentials(endpoint.as_deref()).await?;
    Ok(ComposerOptions { endpoint, ..ComposerOptions::new(credentials) })
}

/// Google's storage, or the emulator that `STORAGE_EMULATOR_HOST` names.
pub(crate) async fn storage() -> pipeline::error::Result<GcsOptions> {
    let emulator = variable("STORAGE_EMULATOR_HOST");
    if emulator.as_deref().is_some_and(|url| url.contains('@')) {
        return Err(Error::Input {
            message: "STORAGE_EMULATOR_HOST names a user".into(),
            hint: "an emulator asks for no password: leave out what stands before the @".into(),
        });
    }
    let mut options = GcsOptions::new(credentials(emulator.as_deref()).await?);
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

/// Runs the work of a command to its end.
pub(crate) fn block_on<T, E: From<Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|source| {
        Error::Remote {
            message: "cannot start a runtime for the network".into(),
            hint: "see how many files and threads this process may have (`ulimit -a`)".into(),
            source: Some(Box::new(source)),
        }
    })?;
    runtime.block_on(work)
}
