//! JSON over HTTP: the one way to the APIs of storage, Composer and Airflow.
//!
//! An answer is read whole, a failure keeps what the server said about it, and [`Retry`] decides about another try.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::remote::credentials::Credentials;
use crate::remote::retry::{Retry, Retryable, is_transient, retry_after, retrying};

pub(crate) use reqwest::Method;

/// A server's JSON API.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    credentials: Credentials,
    retry: Retry,
    timeout: Duration,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: Method,
    url: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
    accept: Option<&'static str>,
    idempotent: bool,
}

impl Request {
    /// A request without a body. GET may be repeated; any other method only if told so ([`Request::repeatable`]).
    #[must_use]
    pub(crate) fn new(method: Method, url: impl Into<String>) -> Self {
        let idempotent = method == Method::GET;
        Self { method, url: url.into(), query: Vec::new(), body: None, accept: None, idempotent }
    }

    /// A GET.
    #[must_use]
    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// A POST of a JSON document.
    #[must_use]
    pub(crate) fn post(url: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, url) }
    }

    /// A PATCH with a JSON document, which does the same when it is sent twice.
    #[must_use]
    pub(crate) fn patch(url: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), idempotent: true, ..Self::new(Method::PATCH, url) }
    }

    /// Asks for another media type than the server's own choice.
    #[must_use]
    pub(crate) fn accept(self, media_type: &'static str) -> Self {
        Self { accept: Some(media_type), ..self }
    }

    /// Adds a parameter behind the URL's question mark.
    #[must_use]
    pub(crate) fn query(mut self, key: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.query.push((key.to_owned(), value.to_string()));
        self
    }

    /// Reads the JSON of an answer; nothing if it is empty.
    pub(crate) fn parsed<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<Option<T>, Failure> {
        if answer.trim_ascii().is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(answer).map(Some).map_err(|error| self.unexpected(&error))
    }

    /// What to say of an answer that is not what was expected.
    pub(crate) fn unexpected(&self, error: &serde_json::Error) -> Failure {
        let url = &self.url;
        let message = format!("`{url}` did not answer with the JSON that was expected: {error}");
        Failure { permanent: true, ..Failure::broken(message) }
    }

    /// What to say of an answer that is empty and should not be.
    pub(crate) fn unanswered(&self) -> Failure {
        Failure::broken(format!("the answer of `{}` was empty", self.url))
    }

    /// Says that the request does no harm when it is sent twice.
    #[must_use]
    pub(crate) fn repeatable(self) -> Self {
        Self { idempotent: true, ..self }
    }
}

/// Why a request failed: what the server answered, or that there was no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The HTTP status, if there was an answer.
    pub(crate) status: Option<u16>,
    /// What the server said, or what went wrong on the way.
    pub(crate) message: String,
    /// What to do about it, if that is known here already.
    pub(crate) hint: Option<String>,
    retry_after: Option<Duration>,
    /// Not worth another try, whatever the status.
    permanent: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "HTTP {status}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Failure {}

impl Retryable for Failure {
    fn is_transient(&self) -> bool {
        !self.permanent && is_transient(self.status)
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// Chooses who does the cryptography of TLS, for all clients of this process: with two of them linked in, rustls does not
/// choose by itself.
pub(crate) fn choose_tls() {
    // Whoever was first has chosen; all of us want the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Http {
    /// A client that is known to the server by its credentials.
    pub(crate) fn new(credentials: Credentials, retry: Retry, timeout: Duration) -> Result<Self> {
        choose_tls();
        let client = reqwest::Client::builder()
            .user_agent(concat!("pipeline/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none()) // a token goes to whom it was meant for, and nobody else
            .build()
            .map_err(|source| Error::Remote {
                message: "cannot start an HTTP client".into(),
                hint: "check the proxy settings of this machine".into(),
                source: Some(Box::new(source)),
            })?;
        Ok(Self { client, credentials, retry, timeout })
    }

    /// Sends a request and reads the JSON of its answer; an empty answer is `null`.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Failure> {
        let answer = self.bytes(request).await?;
        let answer: &[u8] = if answer.trim_ascii().is_empty() { b"null" } else { &answer };
        serde_json::from_slice(answer).map_err(|error| request.unexpected(&error))
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn bytes(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        retrying(&self.retry, request.idempotent, || self.once(request)).await
    }

    /// Who we are; a server of tokens that does not answer is not waited for any longer than the API itself.
    async fn header(&self) -> Result<Option<HeaderValue>, Failure> {
        let header = tokio::time::timeout(self.timeout, self.credentials.header()).await;
        let failed = match header {
            Ok(Ok(header)) => return Ok(header),
            Ok(Err(error)) => Failure { hint: Some(error.hint()), ..Failure::broken(chain(&error)) },
            Err(_) => Failure::broken(format!("no token came from Google within {:?}", self.timeout)),
        };
        Err(Failure { permanent: true, ..failed })
    }

    async fn once(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let mut headers = HeaderMap::new();
        if let Some(header) = self.header().await? {
            headers.insert(AUTHORIZATION, header);
        }
        if let Some(accept) = request.accept {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }
        let mut builder = self.client.request(request.method.clone(), &request.url).headers(headers);
        if !request.query.is_empty() {
            builder = builder.query(&request.query);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        tracing::trace!(method = %request.method, url = request.url, "request");
        let response = builder.send().await.map_err(|error| Failure::on_the_way(&error))?;
        let status = response.status();
        let wait = retry_after(response.headers());
        let body = response.bytes().await.map_err(|error| Failure::on_the_way(&error))?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        Err(Failure {
            status: Some(status.as_u16()),
            retry_after: wait,
            ..Failure::broken(said(&body, status.as_u16()))
        })
    }
}

impl Failure {
    fn broken(message: String) -> Self {
        Self { status: None, message, hint: None, retry_after: None, permanent: false }
    }

    /// Whether it may be gone by itself, so that another try could help. A request that failed so may have done its
    /// work all the same: only its answer did not arrive.
    #[must_use]
    pub(crate) fn may_pass(&self) -> bool {
        self.is_transient()
    }

    fn on_the_way(error: &reqwest::Error) -> Self {
        Self { permanent: error.is_builder(), ..Self::broken(chain(error)) }
    }
}

/// An error and its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// What an error's body says: Google's `error.message`, Airflow's `detail`, or its first words.
pub(crate) fn said(body: &[u8], status: u16) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = ["/error/message", "/detail", "/title", "/error_description", "/error"]
        .iter()
        .find_map(|pointer| json.pointer(pointer).filter(|value| !value.is_null()))
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None if text.is_empty() => http::StatusCode::from_u16(status)
            .ok()
            .and_then(|s| s.canonical_reason())
            .unwrap_or("no reason given")
            .into(),
        None => text,
    }
}

/// A server's address as its requests begin: no slash at the end, and nothing secret in it.
///
/// `what` says whose address it is. An address with a name or a password is refused without being
/// repeated: addresses end up in logs.
pub(crate) fn base_url(text: &str, what: &str) -> Result<String> {
    let refuse = |message: String, hint: &str| Err(Error::Input { message, hint: hint.into() });
    let parsed = reqwest::Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let secret = text.contains('@');
    match parsed {
        Some(url) if !url.username().is_empty() || url.password().is_some() => refuse(
            format!("the URL of {what} has a name or a password in it"),
            "take out all from behind `//` to `@`: secrets go into environment variables, which no log shows",
        ),
        Some(url) if url.query().is_some() || url.fragment().is_some() => refuse(
            format!("the URL of {what} has a `?` or a `#` in it"),
            "give the address of the server, as in `https://airflow.example.com`",
        ),
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => refuse(
            if secret {
                format!("the URL of {what} is none")
            } else {
                format!("`{text}` is no URL of {what}")
            },
            "give the address of the server, as in `https://airflow.example.com`",
        ),
    }
}

/// Whether what is sent to an address can be read on the way: no TLS, and not to this machine.
pub(crate) fn is_readable_on_the_way(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        url.scheme() == "http" && !is_this_machine(host)
    })
}

/// Whether a host is this machine: what is sent to it cannot be read by others.
pub fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A name as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(byte as char),
            // A dot, too: a name of nothing but dots would be taken for a step up.
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_without_its_last_slash() {
        for (given, taken) in [
            ("https://a.example/", "https://a.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (" https://a.example/air/flow/ ", "https://a.example/air/flow"),
        ] {
            assert_eq!(base_url(given, "Airflow").unwrap(), taken);
        }
    }

    #[test]
    fn an_address_that_is_refused_never_tells_its_secret() {
        for given in [
            "https://me:canary@a.example",
            "https://canary@a.example",
            "https://:canary@a.example",
            "htp://me:canary@a.example",
            "https://me:canary@[bad",
            "me:canary@a.example",
            "https://a.example/?token=canary",
            "https://a.example/#canary",
        ] {
            let error = base_url(given, "Airflow").unwrap_err();
            assert!(error.to_string().contains("URL of Airflow"), "{error}");
            assert!(!format!("{error:?} {error} {}", error.hint()).contains("canary"), "{given}: {error:?}");
        }
        let error = base_url("airflow.example.com", "Airflow").unwrap_err();
        assert_eq!(error.to_string(), "`airflow.example.com` is no URL of Airflow");
    }

    #[test]
    fn plain_http_is_private_only_on_this_machine() {
        for (url, readable) in [
            ("http://a.example", true),
            ("http://10.0.0.1:8080", true),
            ("https://a.example", false),
            ("http://localhost:8080", false),
            ("http://127.0.0.2", false),
            ("http://[::1]:8080", false),
        ] {
            assert_eq!(is_readable_on_the_way(url), readable, "{url}");
        }
    }

    #[test]
    fn a_name_is_one_segment_whatever_it_holds() {
        assert_eq!(segment("dags/a b.py"), "dags%2Fa%20b%2Epy");
        assert_eq!(segment("../é?#"), "%2E%2E%2F%C3%A9%3F%23");
        assert_eq!(segment("manual__2026-01-02T00:00:00+00:00"), "manual__2026-01-02T00%3A00%3A00%2B00%3A00");
    }

    #[test]
    fn the_reason_is_found_wherever_a_server_puts_it() {
        assert_eq!(said(br#"{"error": {"code": 404, "message": "No such bucket"}}"#, 404), "No such bucket");
        assert_eq!(said(br#"{"detail": "DAG not found", "title": "x"}"#, 404), "DAG not found");
        assert_eq!(said(br#"{"detail": null, "title": "Unauthorized"}"#, 401), "Unauthorized");
        assert_eq!(said(b"<html>\n  gateway</html>", 502), "<html> gateway</html>");
        assert_eq!(said(b"", 503), "Service Unavailable");
        assert!(said("é".repeat(1000).as_bytes(), 500).chars().count() <= 301);
    }
}
