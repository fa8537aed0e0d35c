//! Stores behind a network: Google Cloud Storage, S3, and JSON over HTTP. The only module that touches the network.

mod credentials;
pub mod gcs;
pub(crate) mod http;
mod retry;
mod runtime;
#[cfg(feature = "tables")]
pub mod s3;
pub mod tree;
mod webhook;

pub use credentials::Credentials;
pub use http::{chain, is_this_machine};
pub use retry::Retry;
pub use runtime::OwnRuntime;
pub use webhook::post_to_webhook;
