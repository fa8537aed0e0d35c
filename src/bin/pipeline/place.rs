//! What was typed for an output -> something that can be read and written.

use std::path::Path;
use std::sync::Arc;

#[cfg(not(feature = "composer"))]
use pipeline::error::Error;
use pipeline::error::Result;
#[cfg(feature = "composer")]
use pipeline::store::gcs::{Bucket, GcsPlace};
use pipeline::store::{Location, ObjectPlace, RemoteSite, Site};

#[cfg(feature = "composer")]
use crate::google;

/// Reads what was typed; a URL is connected to whoever holds the object.
pub(crate) fn site(typed: &Path) -> Result<Site> {
    match Location::parse(typed)? {
        Location::Local(path) => Ok(Site::Local(path)),
        #[cfg(feature = "composer")]
        Location::Gs { bucket, key } if is_deployed(&key) => Err(pipeline::error::Error::Output {
            message: format!("`gs://{bucket}/{key}` belongs to `pipeline upload`"),
            hint: "write a result elsewhere, for example to data/output.json in the bucket".into(),
        }),
        Location::Gs { bucket, key } => {
            Ok(Site::Remote(RemoteSite { place: gs(&bucket)?, key, scratch: std::env::temp_dir() }))
        }
    }
}

/// Whether an object is what an upload puts there: a result in its place would break the deployment.
#[cfg(feature = "composer")]
fn is_deployed(key: &str) -> bool {
    key.starts_with("dags/") || key.starts_with("data/.pipeline/") || key == pipeline::composer::BINARY
}

/// The bucket in Google Cloud Storage.
#[cfg(feature = "composer")]
fn gs(bucket: &str) -> Result<Arc<dyn ObjectPlace>> {
    let place = GcsPlace::connect(|| async { Bucket::open(bucket, &google::storage().await?).await })?;
    Ok(Arc::new(place))
}

/// The bucket in Google Cloud Storage: not in this build.
#[cfg(not(feature = "composer"))]
fn gs(bucket: &str) -> Result<Arc<dyn ObjectPlace>> {
    Err(Error::Remote {
        message: format!("cannot reach `gs://{bucket}`: this build has no Google Cloud"),
        hint: "build with the feature `composer`, or name a local path".into(),
        source: None,
    })
}
