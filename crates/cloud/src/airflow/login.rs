//! Who we are to Airflow 3: it takes no password with a request, but gives a token for one.

use serde::Deserialize;
use serde_json::json;

use crate::error::{Error, Result};
use crate::remote::Credentials;
use crate::remote::http::{Http, Request};

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// Gets a token for a name and a password.
///
/// What the server says about a failure is never repeated: it may quote the request, and the password with it.
pub(super) async fn token(http: &Http, url: &str, user: &str, password: &str) -> Result<Credentials> {
    let request =
        Request::post(format!("{url}/auth/token"), json!({ "username": user, "password": password }))
            .repeatable();
    match http.json::<Option<Token>>(&request).await {
        Ok(Some(token)) => Ok(Credentials::bearer(token.access_token)),
        Ok(None) => Err(refused(url, "the answer was empty", "try again; or give a token in AIRFLOW_TOKEN")),
        Err(failure) => Err(match failure.status {
            Some(401 | 403 | 422) => refused(
                url,
                "the name or the password is wrong",
                "check AIRFLOW_USERNAME and AIRFLOW_PASSWORD",
            ),
            Some(404 | 405) => refused(
                url,
                "it gives no tokens for passwords",
                "get a token as your Airflow's administrators say, and put it into AIRFLOW_TOKEN",
            ),
            Some(status) => {
                refused(url, &format!("HTTP {status}"), "run again later; or give a token in AIRFLOW_TOKEN")
            }
            None => refused(
                url,
                "there was no answer that makes sense",
                "check the network, and whether an Airflow is at this address",
            ),
        }),
    }
}

fn refused(url: &str, why: &str, hint: &str) -> Error {
    Error::Remote { message: format!("cannot log in to `{url}`: {why}"), hint: hint.into(), source: None }
}
