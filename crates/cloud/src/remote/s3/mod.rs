//! S3, or what speaks its protocol: one bucket, its objects listed, read and written.
//!
//! The requests are object_store's, which knows how they are signed; what is tried again, and what a failure means, is
//! decided here, as for every other service. Every write is bound to the entity tag that was seen (`If-Match`), or to
//! that there was nothing (`If-None-Match: *`).

mod bucket;
mod failure;
mod options;
mod place;
mod read;
mod wire;
mod write;

pub use options::{S3Keys, S3Options};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use object_store::ClientOptions;
use object_store::aws::AmazonS3Builder;

use crate::error::{Error, Result};
use crate::remote::http::{base_url, choose_tls, is_readable_on_the_way};
use crate::remote::runtime::OwnRuntime;
use crate::remote::s3::bucket::Bucket;
use crate::remote::s3::failure::Failure;
use crate::remote::s3::wire::Wire;

/// A bucket, and the runtime that its requests go through.
pub struct S3Place {
    runtime: OwnRuntime,
    bucket: Bucket,
}

impl S3Place {
    /// A client of a bucket; nothing is sent yet.
    pub fn connect(bucket: &str, options: S3Options) -> Result<Self> {
        choose_tls();
        let wire = Arc::new(Wire::default());
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&options.region)
            .with_retry(wire::once())
            .with_http_connector(wire.connector());
        let mut client = ClientOptions::new()
            .with_timeout_disabled() // a transfer may take long: it is watched here
            .with_connect_timeout(Duration::from_secs(10));
        if let Some(endpoint) = &options.endpoint {
            let endpoint = base_url(endpoint, "S3")?;
            if is_readable_on_the_way(&endpoint) {
                return Err(Error::Input {
                    message: format!("what is sent to `{endpoint}` can be read on the way: it is plain http"),
                    hint: "give an address that begins with https:// (AWS_ENDPOINT_URL)".into(),
                });
            }
            client = client.with_allow_http(endpoint.starts_with("http://"));
            builder = builder.with_endpoint(endpoint);
        }
        let anonymous = options.keys.is_none() && options.endpoint.is_some();
        builder = builder.with_client_options(client).with_skip_signature(anonymous);
        if let Some(keys) = &options.keys {
            builder = builder.with_access_key_id(&keys.id).with_secret_access_key(&keys.secret);
            if let Some(token) = &keys.token {
                builder = builder.with_token(token);
            }
        }
        let s3 = builder.build().map_err(|error| Error::Remote {
            message: format!("cannot start a client for `s3://{bucket}`"),
            hint: "check AWS_ENDPOINT_URL and AWS_REGION".into(),
            source: Some(Failure::from(error).to_string().into()),
        })?;
        let bucket =
            Bucket { name: bucket.to_owned(), s3, wire, options, anonymous, there: AtomicBool::new(false) };
        Ok(Self { runtime: OwnRuntime::start()?, bucket })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_shown_and_are_sent_over_plain_http_to_this_machine_only() {
        let keys = S3Keys { id: "canary".into(), secret: "canary".into(), token: Some("canary".into()) };
        let options = |endpoint: &str| S3Options {
            endpoint: Some(endpoint.into()),
            keys: Some(keys.clone()),
            ..S3Options::default()
        };
        for (endpoint, fits) in [
            ("http://127.0.0.1:9000", true),
            ("https://s3.example", true),
            ("http://s3.example", false),
            ("https://me:canary@s3.example", false),
            ("s3.example", false),
        ] {
            match S3Place::connect("bucket", options(endpoint)) {
                Ok(_) => assert!(fits, "{endpoint}"),
                Err(error) => {
                    assert!(!fits, "{endpoint}: {error}");
                    assert!(!format!("{error:?} {}", error.hint()).contains("canary"), "{error:?}");
                }
            }
        }
        assert!(!format!("{:?}", options("x")).contains("canary"));
    }
}
