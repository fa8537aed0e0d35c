//! Where S3 is, who we are to it, and how patient we are with it.

use std::fmt;
use std::time::Duration;

use crate::remote::retry::Retry;

/// Who we are to S3.
#[derive(Clone)]
pub struct S3Keys {
    /// The access key's id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token, if the key is one of a session.
    pub token: Option<String>,
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Keys(hidden)")
    }
}

/// Where S3 is, who we are to it, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// The server, if it is not Amazon's: `http://127.0.0.1:9000`.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: String,
    /// Who we are. Without: nobody to a server of our own, the machine's own role to Amazon's.
    pub keys: Option<S3Keys>,
    /// When to try again.
    pub retry: Retry,
    /// A transfer that moves no byte for this long is given up, and tried again.
    pub stall: Duration,
    /// Objects of up to so many bytes are sent whole; larger ones in parts.
    pub whole: u64,
    /// Bytes of a part; Amazon's least is 5 MiB, and 10,000 parts are the most.
    pub part: u64,
}

impl Default for S3Options {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: "us-east-1".into(),
            keys: None,
            retry: Retry::default(),
            stall: Duration::from_secs(60),
            whole: 64 << 20,
            part: 16 << 20,
        }
    }
}
