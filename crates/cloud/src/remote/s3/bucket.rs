//! One bucket, as all requests need it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::aws::AmazonS3;

use crate::remote::s3::options::S3Options;
use crate::remote::s3::wire::Wire;

/// A bucket.
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) s3: AmazonS3,
    pub(super) wire: Arc<Wire>,
    pub(super) options: S3Options,
    /// Whether requests go unsigned.
    pub(super) anonymous: bool,
    /// Whether the bucket is known to be there.
    pub(super) there: AtomicBool,
}
