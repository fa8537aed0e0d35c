//! Who we are to S3, and where it is: the variables that Amazon's own tools read.

use pipeline::error::{Error, Result};
use pipeline::remote::s3::{S3Keys, S3Options};

use crate::base::google::variable;

/// Amazon's storage, or the server that `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names.
pub(crate) fn storage() -> Result<S3Options> {
    let first = |names: [&str; 2]| names.into_iter().find_map(variable);
    let keys = match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => Some(S3Keys { id, secret, token: variable("AWS_SESSION_TOKEN") }),
        (None, None) => None,
        (id, _) => {
            let (is, lacks) = match id {
                Some(_) => ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
                None => ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
            };
            return Err(Error::Input {
                message: format!("{is} is set, but {lacks} is not"),
                hint: "set both, or none where the machine has a role of its own".into(),
            });
        }
    };
    let mut options = S3Options { keys, ..S3Options::default() };
    options.endpoint = first(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
    if let Some(region) = first(["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        options.region = region;
    }
    Ok(options)
}
