//! What goes over the wire on behalf of object_store.
//!
//! It stands between object_store and its HTTP client, for two things that object_store does not offer: an answer that
//! refuses keeps its code, message and region, and nothing else of a text that may quote the request; and the end of an
//! upload in parts is bound to a version. That header need not be signed: S3 wants its own (`x-amz-`) to be.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderValue, Method, StatusCode};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpService, ReqwestConnector,
};
use object_store::{ClientOptions, RetryConfig};

use crate::remote::retry::retry_after;
use crate::store::Version;

/// Nothing is tried again by object_store: the pace is ours.
pub(super) fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

/// The client, and what is to be added to its requests.
#[derive(Debug, Default)]
pub(super) struct Wire {
    client: OnceLock<HttpClient>,
    /// What the end of an upload in parts is bound to, by the upload's id.
    conditions: Mutex<HashMap<String, (HeaderName, HeaderValue)>>,
}

/// A server has answered that it does not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    /// S3's word for it; empty where the answer has no text, as for HEAD.
    pub(super) code: String,
    pub(super) message: String,
    /// Where the bucket is.
    pub(super) region: Option<String>,
    pub(super) wait: Option<Duration>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        let code = if self.code.is_empty() {
            StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason()).unwrap_or("")
        } else {
            &self.code
        };
        if !code.is_empty() {
            write!(f, " {code}")?;
        }
        // What is said about a login may quote it.
        if self.message.is_empty() || self.is_about_login() {
            return Ok(());
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Refused {}

impl Refused {
    fn read(status: u16, headers: &http::HeaderMap, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let region = headers.get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
        let plain = |region: &&str| region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        Self {
            status,
            code: element(&text, "Code").chars().filter(char::is_ascii_alphanumeric).take(60).collect(),
            message: element(&text, "Message").chars().take(300).collect(),
            region: region.filter(plain).map(str::to_owned),
            wait: retry_after(headers),
        }
    }

    /// Whether it is our keys that were refused.
    pub(super) fn is_about_login(&self) -> bool {
        const CODES: [&str; 6] = [
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "InvalidToken",
            "TokenRefreshRequired",
            "InvalidSecurity",
        ];
        CODES.contains(&self.code.as_str()) || self.status == 401
    }
}

/// The text of the first element of a name, in one line.
fn element(xml: &str, name: &str) -> String {
    let inside = xml.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    let text = inside.map(|(text, _)| text).unwrap_or_default();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Wire {
    pub(super) fn connector(self: &Arc<Self>) -> impl HttpConnector + use<> {
        Connector(self.clone())
    }

    /// Binds the end of an upload to what was seen, until it is let go.
    pub(super) fn bind(&self, upload: &str, over: Option<&Version>) {
        if let Some(condition) = condition(over) {
            self.conditions().insert(upload.to_owned(), condition);
        }
    }

    pub(super) fn release(&self, upload: &str) {
        self.conditions().remove(upload);
    }

    /// A DELETE of an address that is signed already, if the object has that version still.
    pub(super) async fn delete(&self, signed: &str, version: &Version) -> Result<(), HttpError> {
        let client = self.client.get().ok_or_else(|| broken(Lost))?;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = Method::DELETE;
        *request.uri_mut() = signed.parse().map_err(broken)?;
        if let Some((name, value)) = condition(Some(version)) {
            request.headers_mut().insert(name, value);
        }
        client.execute(request).await.map(drop)
    }

    fn conditions(&self) -> std::sync::MutexGuard<'_, HashMap<String, (HeaderName, HeaderValue)>> {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a request is bound to, if it ends an upload.
    fn bound(&self, request: &HttpRequest) -> Option<(HeaderName, HeaderValue)> {
        if request.method() != Method::POST {
            return None;
        }
        let url = reqwest::Url::parse(&request.uri().to_string()).ok()?;
        let upload = url.query_pairs().find(|(key, _)| key == "uploadId")?.1.into_owned();
        self.conditions().get(&upload).cloned()
    }
}

/// The header that binds a write to what was seen.
fn condition(over: Option<&Version>) -> Option<(HeaderName, HeaderValue)> {
    match over {
        None => Some((IF_NONE_MATCH, HeaderValue::from_static("*"))),
        Some(version) => Some((IF_MATCH, HeaderValue::from_str(version.as_str()).ok()?)),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the client is not there")]
struct Lost;

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(HttpErrorKind::Decode, error)
}

#[derive(Debug)]
struct Connector(Arc<Wire>);

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        let client = HttpClient::new(Service { inner, wire: self.0.clone() });
        let _ = self.0.client.set(client.clone());
        Ok(client)
    }
}

#[derive(Debug)]
struct Service {
    inner: HttpClient,
    wire: Arc<Wire>,
}

impl HttpService for Service {
    fn call<'a, 'b>(
        &'a self,
        mut request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            if let Some((name, value)) = self.wire.bound(&request) {
                request.headers_mut().insert(name, value);
            }
            let response = self.inner.execute(request).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            let (parts, body) = response.into_parts();
            // What it says is good to know, no more: the status is enough.
            let body = body.bytes().await.unwrap_or_default();
            Err(broken(Refused::read(status.as_u16(), &parts.headers, &body)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_refusal_only_code_and_message_are_kept() {
        let body = br#"<?xml version="1.0"?><Error><Code>NoSuchBucket</Code>
            <Message>The specified bucket does &amp; will
            not exist</Message><AWSAccessKeyId>canary</AWSAccessKeyId></Error>"#;
        let mut headers = http::HeaderMap::new();
        headers.insert("x-amz-bucket-region", "eu-west-1".parse().unwrap());
        let refused = Refused::read(404, &headers, body);
        let shown = "HTTP 404 NoSuchBucket: The specified bucket does & will not exist";
        assert_eq!(refused.to_string(), shown);
        assert_eq!(refused.region.as_deref(), Some("eu-west-1"));
        assert!(!format!("{refused:?}").contains("canary"));
        assert_eq!(Refused::read(403, &headers, b"").to_string(), "HTTP 403 Forbidden");
        let login = b"<Error><Code>InvalidAccessKeyId</Code><Message>canary</Message></Error>";
        assert_eq!(Refused::read(403, &headers, login).to_string(), "HTTP 403 InvalidAccessKeyId");
    }

    #[test]
    fn only_the_end_of_an_upload_is_bound() {
        let wire = Wire::default();
        let request = |method: Method, url: &str| {
            let mut request = HttpRequest::new(HttpRequestBody::empty());
            *request.method_mut() = method;
            *request.uri_mut() = url.parse().unwrap();
            wire.bound(&request)
        };
        wire.bind("a b", None);
        wire.bind("c", Some(&Version::new("\"tag\"")));
        let nothing = (IF_NONE_MATCH, HeaderValue::from_static("*"));
        assert_eq!(request(Method::POST, "http://x/b/k?uploadId=a%20b"), Some(nothing.clone()));
        assert_eq!(request(Method::POST, "http://x/b/k?uploadId=a+b"), Some(nothing));
        let tag = (IF_MATCH, HeaderValue::from_static("\"tag\""));
        assert_eq!(request(Method::POST, "http://x/b/k?uploadId=c"), Some(tag));
        assert_eq!(request(Method::PUT, "http://x/b/k?uploadId=c&partNumber=1"), None);
        assert_eq!(request(Method::POST, "http://x/b/k?uploads"), None);
        wire.release("c");
        assert_eq!(request(Method::POST, "http://x/b/k?uploadId=c"), None);
    }
}
