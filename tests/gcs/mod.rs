//! Google Cloud Storage: our client against a strict server that fails on command.

pub(crate) mod fake;

mod conformance;
mod credentials;
mod downloads;
mod fake_is_strict;
mod lists;
mod uploads;

use std::sync::Arc;

use pipeline::remote::gcs::{Body, Bucket, GcsOptions, OnBytes};

use fake::BUCKET;

/// A client of the fake's bucket.
pub(crate) async fn open(options: &GcsOptions) -> Bucket {
    Bucket::open(BUCKET, options).await.unwrap()
}

/// Nobody watches.
pub(crate) fn unseen() -> OnBytes {
    Arc::new(|_| ())
}

/// Bytes in memory, of which no two pieces are equal.
pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..size.div_ceil(8) as u64)
        .flat_map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
        .take(size)
        .collect()
}

/// Bytes as what is to be written.
pub(crate) fn body(bytes: &[u8]) -> Body {
    Body::Bytes(bytes.to_vec().into())
}
