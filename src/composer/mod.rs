//! Google Cloud Composer: what is there and what should be, made equal; and the result brought home.

mod binary;
mod bucket;
mod fetch;
mod manifest;
mod parallel;
mod plan;
mod rollback;
mod secrets;
mod sources;
mod upload;

pub use bucket::{BUCKET_FILE, read_bucket, write_bucket};
pub use fetch::{Download, fetch, find_all, find_one};
pub use manifest::{Entry, MANIFEST, Manifest};
pub use plan::{Change, Plan};
pub use rollback::Rollback;
pub use sources::{BINARY, Source, Sources};
pub use upload::{Uploaded, upload};
