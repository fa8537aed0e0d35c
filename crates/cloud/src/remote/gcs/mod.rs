//! Google Cloud Storage: one bucket, its objects listed, read, written, copied and deleted.
//!
//! Contents go through Google's own client, which knows checksums and resumable uploads. It lists only over gRPC, so
//! lists, versions, copies and deletes use the JSON API over HTTP. Every write and delete
//! can be bound to the generation that the caller has seen.

mod body;
mod json;
mod object;
mod place;
mod read;
mod source;
mod write;

pub use body::Body;
pub use object::{Object, Over};
pub use place::GcsPlace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use google_cloud_storage::client::Storage;

use crate::error::{Error, Result};
use crate::remote::credentials::Credentials;
use crate::remote::http::{Failure, Http, chain, said};
use crate::remote::retry::Retry;

/// Where storage is, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct GcsOptions {
    /// The server, if it is not Google's: `http://127.0.0.1:4443`.
    pub endpoint: Option<String>,
    /// Who we are.
    pub credentials: Credentials,
    /// When to try again.
    pub retry: Retry,
    /// A transfer that moves no byte for this long is given up, and tried again.
    pub stall: Duration,
    /// Objects on one page of a list; the server's own limit is 1,000.
    pub page: usize,
    /// Contents of at least so many bytes are sent in a session, so that a broken upload goes on where it was.
    pub session: u64,
}

impl GcsOptions {
    /// Google's storage, with the defaults of [`Retry`] and two minutes' patience.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self {
            endpoint: None,
            credentials,
            retry: Retry::default(),
            stall: Duration::from_secs(120),
            page: 1000,
            session: 8 << 20,
        }
    }
}

/// Told of each number of bytes that were moved; what is moved a second time does not count.
pub type OnBytes = Arc<dyn Fn(u64) + Send + Sync>;

/// A bucket.
#[derive(Clone)]
pub struct Bucket {
    name: String,
    endpoint: String,
    http: Http,
    storage: Storage,
    options: GcsOptions,
}

impl Bucket {
    /// A client of a bucket; nothing is sent yet. The client lives as long as the tokio runtime it is made on.
    pub async fn open(name: &str, options: &GcsOptions) -> Result<Self> {
        check_name(name)?;
        let http = Http::new(
            options.credentials.clone(),
            options.retry.clone(),
            options.stall.min(Duration::from_secs(30)),
        )?;
        let endpoint =
            options.endpoint.as_deref().unwrap_or("https://storage.googleapis.com").trim_end_matches('/');
        let storage = Storage::builder()
            .with_endpoint(endpoint)
            .with_credentials(options.credentials.for_storage())
            .with_resumable_upload_threshold(usize::try_from(options.session).unwrap_or(usize::MAX))
            .build()
            .await
            .map_err(|source| Error::Remote {
                message: format!("cannot start a client for `gs://{name}`"),
                hint: "check STORAGE_EMULATOR_HOST if it is set".into(),
                source: Some(Box::new(source)),
            })?;
        Ok(Self {
            name: name.to_owned(),
            endpoint: endpoint.to_owned(),
            http,
            storage,
            options: options.clone(),
        })
    }

    /// The bucket's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An object's URL.
    #[must_use]
    pub fn url(&self, object: &str) -> String {
        format!("gs://{}/{object}", self.name)
    }

    /// The name as the storage client wants it.
    fn resource(&self) -> String {
        format!("projects/_/buckets/{}", self.name)
    }

    /// What to make of a failure of our own requests.
    fn failed(&self, action: &str, object: &str, mut failure: Failure) -> Error {
        let hint = failure.hint.take().unwrap_or_else(|| self.hint(failure.status, &failure.message));
        self.error(action, object, failure.status, hint, Box::new(failure))
    }

    /// What to make of a failure of the storage client.
    fn client_failed(&self, action: &str, object: &str, error: &google_cloud_storage::Error) -> Error {
        let status = error.http_status_code();
        let (message, hint) = match (own(error), status, error.status(), error.http_payload()) {
            (Some(own), ..) => (chain(own), Some(own.hint())),
            (None, Some(status), Some(said), _) => (format!("HTTP {status}: {}", said.message), None),
            (None, Some(status), None, Some(body)) => {
                (format!("HTTP {status}: {}", said(body, status)), None)
            }
            _ => (chain(error), None),
        };
        let hint = hint.unwrap_or_else(|| self.hint(status, &message));
        self.error(action, object, status, hint, message.into())
    }

    fn error(
        &self,
        action: &str,
        object: &str,
        status: Option<u16>,
        hint: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Error {
        if status == Some(412) {
            return Error::Conflict { url: self.url(object) };
        }
        let place = if object.is_empty() { format!("gs://{}", self.name) } else { self.url(object) };
        Error::Remote { message: format!("cannot {action} `{place}`"), hint, source: Some(source) }
    }

    fn hint(&self, status: Option<u16>, message: &str) -> String {
        let bucket = &self.name;
        match status {
            Some(401) => {
                "the credentials are not accepted: sign in again with `gcloud auth application-default login`"
                    .into()
            }
            Some(403) => {
                format!("give your account the role `roles/storage.objectUser` on the bucket `{bucket}`")
            }
            Some(404) if is_no_bucket(message) => {
                format!(
                    "check the bucket's name: `gcloud storage ls` lists those there are, and `{bucket}` is not one of them"
                )
            }
            Some(404) => {
                format!(
                    "somebody removed or replaced the object: `gcloud storage ls gs://{bucket}` shows what is there; then run again"
                )
            }
            Some(_) => "the server gave the reason above; run again when it is gone".into(),
            None => {
                "check the network, the proxy, and STORAGE_EMULATOR_HOST if it is set; then run again".into()
            }
        }
    }
}

/// Whether a 404 is about the bucket, and not about an object.
fn is_no_bucket(message: &str) -> bool {
    message.contains("bucket does not exist")
}

/// Our own error that the storage client handed on: one about credentials.
fn own(error: &google_cloud_storage::Error) -> Option<&Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(own) = cause.downcast_ref::<Error>() {
            return Some(own);
        }
        next = cause.source();
    }
    None
}

/// Refuses what would be taken for a step in a path. Storage has no such objects, but an emulator may.
fn check_object(name: &str) -> Result<()> {
    match name {
        "" | "." | ".." => Err(Error::Input {
            message: format!("`{name}` is a name that no object can have"),
            hint: "name it by its full path in the bucket".into(),
        }),
        _ => Ok(()),
    }
}

/// Tells of bytes once, however often they are moved.
struct Told {
    on_bytes: OnBytes,
    so_far: AtomicU64,
}

impl Told {
    fn new(on_bytes: &OnBytes) -> Arc<Self> {
        Arc::new(Self { on_bytes: on_bytes.clone(), so_far: AtomicU64::new(0) })
    }

    /// So many bytes are there by now. Says whether that is more than ever.
    fn reached(&self, position: u64) -> bool {
        let before = self.so_far.fetch_max(position, Ordering::Relaxed);
        if position > before {
            (self.on_bytes)(position - before);
        }
        position > before
    }
}

/// Refuses what is no bucket's name; Google has the finer rules.
fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if (3..=222).contains(&name.len()) && name.chars().all(plain) {
        return Ok(());
    }
    Err(Error::Input {
        message: format!("`{name}` is no bucket name"),
        hint: "a bucket's name has 3 or more of a-z, 0-9, `-`, `_` and `.`; leave out `gs://`".into(),
    })
}
