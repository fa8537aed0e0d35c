//! Who we are to a server: nobody, a token, a name and password, or a Google account.
//!
//! Google's tokens come from gcp_auth, which caches and renews them. No secret is ever shown: `Debug` is written by
//! hand, and headers are marked as sensitive.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use google_cloud_auth::credentials::{CacheableResource, CredentialsProvider, EntityTag};
use google_cloud_auth::errors::CredentialsError;
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap, HeaderValue};

use crate::error::{Error, Result};

/// What a token may be used for: Google narrows it down by the account's roles.
const SCOPES: &[&str] = &["https://www.googleapis.com/auth/cloud-platform"];

/// How long we look for an account: a network may swallow what is sent to the metadata server.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who we are to a server.
#[derive(Clone)]
pub struct Credentials(Kind);

#[derive(Clone)]
enum Kind {
    Anonymous,
    Bearer(String),
    Basic { user: String, password: String },
    Google(Arc<dyn gcp_auth::TokenProvider>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Anonymous => "Credentials(anonymous)",
            Kind::Bearer(_) => "Credentials(token)",
            Kind::Basic { .. } => "Credentials(password)",
            Kind::Google(_) => "Credentials(google)",
        })
    }
}

impl Credentials {
    /// Nobody: emulators ask for no more.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(Kind::Anonymous)
    }

    /// A token that is given and never renewed.
    #[must_use]
    pub fn bearer(token: impl Into<String>) -> Self {
        Self(Kind::Bearer(token.into()))
    }

    /// A name and a password.
    #[must_use]
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Kind::Basic { user: user.into(), password: password.into() })
    }

    /// The Application Default Credentials of this machine: `GOOGLE_APPLICATION_CREDENTIALS`, what `gcloud auth
    /// application-default login` left, the metadata server, or the account of the gcloud command.
    pub async fn application_default() -> Result<Self> {
        match tokio::time::timeout(PATIENCE, gcp_auth::provider()).await {
            Ok(Ok(provider)) => Ok(Self(Kind::Google(provider))),
            Ok(Err(source)) => Err(no_credentials(source)),
            Err(late) => Err(no_credentials(late)),
        }
    }

    /// The key of a service account, as JSON.
    pub fn service_account_key(json: &str) -> Result<Self> {
        match gcp_auth::CustomServiceAccount::from_json(json) {
            Ok(account) => Ok(Self(Kind::Google(Arc::new(account)))),
            Err(source) => Err(no_credentials(source)),
        }
    }

    /// The name and the password, for a server that wants them in exchange for a token.
    pub(crate) fn name_and_password(&self) -> Option<(&str, &str)> {
        match &self.0 {
            Kind::Basic { user, password } => Some((user, password)),
            _ => None,
        }
    }

    /// Whether we are nobody.
    pub(crate) fn is_anonymous(&self) -> bool {
        matches!(self.0, Kind::Anonymous)
    }

    /// Whether we are a Google account.
    pub(crate) fn is_google(&self) -> bool {
        matches!(self.0, Kind::Google(_))
    }

    /// The header that says who we are, if we are anybody.
    pub(crate) async fn header(&self) -> Result<Option<HeaderValue>> {
        let text = match &self.0 {
            Kind::Anonymous => return Ok(None),
            Kind::Bearer(token) => format!("Bearer {token}"),
            Kind::Basic { user, password } => format!("Basic {}", base64(&format!("{user}:{password}"))),
            Kind::Google(provider) => {
                let token = provider.token(SCOPES).await.map_err(no_credentials)?;
                format!("Bearer {}", token.as_str())
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|source| Error::Remote {
            message: "the credentials hold characters that no header can carry".into(),
            hint: "check the token or password: it must be one line of plain text".into(),
            source: Some(Box::new(source)),
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// As the storage client wants them.
    pub(crate) fn for_storage(&self) -> google_cloud_auth::credentials::Credentials {
        match self.0 {
            Kind::Anonymous => google_cloud_auth::credentials::anonymous::Builder::new().build(),
            _ => google_cloud_auth::credentials::Credentials::from(Bridge {
                credentials: self.clone(),
                current: tokio::sync::Mutex::default(),
            }),
        }
    }
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn no_credentials(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Remote {
        message: "cannot get a token from Google".into(),
        hint: "sign in with `gcloud auth application-default login`, or point GOOGLE_APPLICATION_CREDENTIALS to a key file"
            .into(),
        source: Some(Box::new(source)),
    }
}

/// Hands our credentials to the storage client, and tells it when they are still the same.
struct Bridge {
    credentials: Credentials,
    current: tokio::sync::Mutex<Option<(EntityTag, HeaderValue)>>,
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.credentials.fmt(f)
    }
}

impl CredentialsProvider for Bridge {
    async fn headers(&self, known: Extensions) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let header = self.credentials.header().await.map_err(|e| CredentialsError::from_source(false, e))?;
        let mut data = HeaderMap::new();
        let Some(header) = header else {
            return Ok(CacheableResource::New { entity_tag: EntityTag::new(), data });
        };
        let mut current = self.current.lock().await;
        let tag = match &*current {
            Some((tag, same)) if *same == header => tag.clone(),
            _ => {
                let tag = EntityTag::new();
                *current = Some((tag.clone(), header.clone()));
                tag
            }
        };
        if known.get::<EntityTag>() == Some(&tag) {
            return Ok(CacheableResource::NotModified);
        }
        data.insert(AUTHORIZATION, header);
        Ok(CacheableResource::New { entity_tag: tag, data })
    }

    async fn universe_domain(&self) -> Option<String> {
        Some("googleapis.com".into())
    }
}
