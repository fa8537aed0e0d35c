//! What went wrong with S3, and what to do about it.

use std::time::Duration;

use object_store::client::{HttpError, HttpErrorKind};

use crate::error::Error;
use crate::remote::http::chain;
use crate::remote::retry::{Retryable, is_transient};
use crate::remote::s3::bucket::Bucket;
use crate::remote::s3::wire::Refused;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The server's answer.
    #[error("{0}")]
    Refused(Refused),
    /// There was no answer, or none that can be read.
    #[error("{message}")]
    OnTheWay { message: String, transient: bool },
    /// No byte moved for so long.
    #[error("no byte moved for {0:?}")]
    Stalled(Duration),
    /// What arrived is not what was announced.
    #[error("{got} bytes arrived of {announced}")]
    CutShort { got: u64, announced: u64 },
    /// A file of this machine.
    #[error(transparent)]
    Local(Error),
}

impl From<object_store::Error> for Failure {
    fn from(error: object_store::Error) -> Self {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = next {
            if let Some(refused) = cause.downcast_ref::<Refused>() {
                return Self::Refused(refused.clone());
            }
            if let Some(http) = cause.downcast_ref::<HttpError>()
                && !std::error::Error::source(http).is_some_and(<dyn std::error::Error>::is::<Refused>)
            {
                let message = std::error::Error::source(http).map_or_else(|| chain(http), chain);
                return Self::OnTheWay { message, transient: http.kind() != HttpErrorKind::Decode };
            }
            next = cause.source();
        }
        let message: String = chain(&error).chars().take(300).collect();
        // An answer that begins as a success and ends as a failure.
        let transient = message.contains("InternalError") || message.contains("SlowDown");
        Self::OnTheWay { message, transient }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        Self::from(object_store::Error::Generic { store: "S3", source: Box::new(error) })
    }
}

impl Retryable for Failure {
    fn is_transient(&self) -> bool {
        match self {
            // Two writes at a time: one of them wins, and the other finds out when it tries again.
            Self::Refused(refused) if refused.status == 409 => {
                ["ConditionalRequestConflict", "OperationAborted"].contains(&refused.code.as_str())
            }
            Self::Refused(refused) => is_transient(Some(refused.status)) || refused.code == "RequestTimeout",
            Self::OnTheWay { transient, .. } => *transient,
            Self::Stalled(_) | Self::CutShort { .. } => true,
            Self::Local(_) => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refused) => refused.wait,
            _ => None,
        }
    }
}

impl Failure {
    /// The status of the answer, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refused) => Some(refused.status),
            _ => None,
        }
    }

    /// Tells whether there is no object: not whether there is no bucket.
    pub(super) fn is_no_object(&self) -> bool {
        matches!(self, Self::Refused(refused) if refused.status == 404 && refused.code != "NoSuchBucket")
    }
}

impl Bucket {
    pub(super) fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }

    /// What to make of a failure.
    pub(super) fn failed(&self, action: &str, key: &str, failure: Failure) -> Error {
        let hint = match failure {
            Failure::Local(error) => return error,
            Failure::Refused(ref refused) => self.hint(refused),
            Failure::OnTheWay { .. } if self.options.keys.is_none() && !self.anonymous => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where the machine has a role".into()
            }
            Failure::OnTheWay { .. } | Failure::Stalled(_) | Failure::CutShort { .. } => {
                "check the network, the proxy, and AWS_ENDPOINT_URL if it is set; then run again".into()
            }
        };
        let place = if key.is_empty() { format!("s3://{}", self.name) } else { self.url(key) };
        Error::Remote {
            message: format!("cannot {action} `{place}`"),
            hint,
            source: Some(failure.to_string().into()),
        }
    }

    fn hint(&self, refused: &Refused) -> String {
        let (bucket, region) = (&self.name, &self.options.region);
        let elsewhere = refused.region.as_deref().filter(|there| there != region);
        match (refused.status, refused.code.as_str()) {
            _ if refused.is_about_login() => {
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN".into()
            }
            (_, "NoSuchBucket") => {
                "check the bucket's name, and AWS_ENDPOINT_URL if it is set: `aws s3 ls` lists those there are".into()
            }
            (300..=399 | 400 | 403, _) if elsewhere.is_some() => {
                format!("the bucket is in another region: set AWS_REGION={}", elsewhere.unwrap_or_default())
            }
            (300..=399, _) | (400, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                format!("set AWS_REGION to the region of the bucket: it is not `{region}`")
            }
            (403, _) => format!(
                "give your account the rights s3:ListBucket on `{bucket}`, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it"
            ),
            (404, _) => format!(
                "somebody removed the object: `aws s3 ls s3://{bucket}/ --recursive` shows what is there; then run again"
            ),
            _ => "the server gave the reason above; run again when it is gone".into(),
        }
    }
}
