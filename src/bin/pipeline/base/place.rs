//! What was typed for a place -> something that can be read and written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pipeline::error::{Error, Result};
#[cfg(feature = "composer")]
use pipeline::remote::gcs::{Bucket, GcsPlace};
use pipeline::store::{Connect, Folder, Location, ObjectPlace, RemoteSite, Site};

#[cfg(feature = "composer")]
use crate::base::google;

/// Where the graph goes unless another place is typed.
pub(crate) const DEFAULT_OUT: &str = "result/output.json";

/// Reads what was typed for a file; a URL is connected to whoever holds the object.
pub(crate) fn site(typed: &Path) -> Result<Site> {
    let location = Location::parse(typed)?;
    let place = match &location {
        Location::Local(path) => return Ok(Site::Local(path.clone())),
        Location::Gs { bucket, key } => {
            check(bucket, key)?;
            gs(bucket)?
        }
        Location::S3 { bucket, .. } => s3(bucket)?,
    };
    let (Location::Gs { key, .. } | Location::S3 { key, .. }) = location else {
        unreachable!("it is no path")
    };
    Ok(Site::Remote(RemoteSite { place, key, scratch: std::env::temp_dir() }))
}

/// Connects folders of every kind, with what the environment says; a bucket is connected once.
#[cfg_attr(not(feature = "tables"), allow(dead_code, reason = "only tables are in folders"))]
#[derive(Default)]
pub(crate) struct Places(Mutex<BTreeMap<String, Arc<dyn ObjectPlace>>>);

impl Connect for Places {
    fn folder(&self, place: &str) -> Result<Folder> {
        let (name, key, connect): (_, _, fn(&str) -> _) = match Location::parse_folder(place)? {
            Location::Local(path) => return Ok(Folder::local(path)),
            Location::Gs { bucket, key } => {
                check(&bucket, &format!("{key}/"))?;
                (format!("gs://{bucket}"), key, gs)
            }
            Location::S3 { bucket, key } => (format!("s3://{bucket}"), key, s3),
        };
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let connected = match places.get(&name) {
            Some(place) => place.clone(),
            None => {
                let place = connect(&name[5..])?;
                places.insert(name, place.clone());
                place
            }
        };
        Ok(Folder::remote(connected, &key, std::env::temp_dir()))
    }
}

/// Refuses what an upload puts into a bucket: a result in its place would break the deployment.
#[cfg(feature = "composer")]
fn check(bucket: &str, key: &str) -> Result<()> {
    let deployed =
        key.starts_with("dags/") || key.starts_with("data/.pipeline/") || key == pipeline::composer::BINARY;
    if !deployed {
        return Ok(());
    }
    Err(Error::Output {
        message: format!("`gs://{bucket}/{}` belongs to `pipeline upload`", key.trim_end_matches('/')),
        hint: "write a result elsewhere, for example to data/output.json in the bucket".into(),
    })
}

/// Nothing is uploaded by this build.
#[cfg(not(feature = "composer"))]
fn check(_: &str, _: &str) -> Result<()> {
    Ok(())
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
    Err(not_built("gs", bucket, "Google Cloud", "composer"))
}

/// The bucket in S3.
#[cfg(feature = "tables")]
fn s3(bucket: &str) -> Result<Arc<dyn ObjectPlace>> {
    let place = pipeline::remote::s3::S3Place::connect(bucket, crate::base::amazon::storage()?)?;
    Ok(Arc::new(place))
}

/// The bucket in S3: not in this build.
#[cfg(not(feature = "tables"))]
fn s3(bucket: &str) -> Result<Arc<dyn ObjectPlace>> {
    Err(not_built("s3", bucket, "S3", "tables"))
}

#[cfg(not(feature = "tables"))]
fn not_built(scheme: &str, bucket: &str, what: &str, feature: &str) -> Error {
    Error::Remote {
        message: format!("cannot reach `{scheme}://{bucket}`: this build has no {what}"),
        hint: format!("build with the feature `{feature}`, or name a local path"),
        source: None,
    }
}
