//! Sends a message to a URL that is a secret by itself.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::remote::http::{Http, Request};
use crate::remote::{Credentials, Retry};

/// A message is worth so much time, and no more.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Posts a JSON document to a webhook; it may arrive twice. No message repeats the address.
pub async fn post_to_webhook(url: &str, message: Value) -> Result<()> {
    let refuse = |what: &str| Error::Input {
        message: format!("the webhook was not called: {what}"),
        hint: "check `webhook` in [on_failure] of the pipeline file, and the parameter that it names".into(),
    };
    let parsed = reqwest::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(parsed) = parsed else { return Err(refuse("its address is no http:// or https:// URL")) };
    let retry = Retry {
        attempts: 3,
        initial: Duration::from_millis(200),
        total: Duration::from_secs(20),
        ..Retry::default()
    };
    let http = Http::new(Credentials::anonymous(), retry, TIMEOUT)?;
    match http.bytes(&Request::post(parsed.as_str(), message).repeatable()).await {
        Ok(_) => Ok(()),
        Err(failure) => {
            let said = failure.to_string();
            Err(refuse(&said.replace(parsed.as_str(), "its address").replace(url, "its address")))
        }
    }
}
