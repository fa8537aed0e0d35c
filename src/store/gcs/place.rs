//! A bucket for those who do one thing after the other: a run reads and writes a handful of objects.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, Result};
use crate::store::gcs::{Body, Bucket, Over};
use crate::store::place::{Object, ObjectPlace, Version};
use crate::store::tree::{Measure, measure_one};

/// A bucket, and the runtime that its requests go through.
pub struct GcsPlace {
    runtime: Runtime,
    bucket: Bucket,
}

impl GcsPlace {
    /// Starts a runtime and opens a bucket on it.
    pub fn connect<F: Future<Output = Result<Bucket>>>(open: impl FnOnce() -> F) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("start the network for", "."))?;
        let bucket = runtime.block_on(open())?;
        Ok(Self { runtime, bucket })
    }
}

fn over(version: Option<Version>) -> Over {
    Over::seen(version.map(|version| version.0))
}

impl ObjectPlace for GcsPlace {
    fn url(&self, key: &str) -> String {
        self.bucket.url(key)
    }

    fn stat(&self, key: &str) -> Result<Option<Version>> {
        Ok(self.runtime.block_on(self.bucket.stat(key))?.map(|object| Version(object.generation)))
    }

    fn read(&self, key: &str) -> Result<Option<Object>> {
        self.runtime.block_on(async {
            let Some(object) = self.bucket.stat(key).await? else { return Ok(None) };
            let bytes = self.bucket.get(&object).await?.into();
            Ok(Some(Object { bytes, version: Version(object.generation) }))
        })
    }

    fn write(&self, key: &str, file: &Path, before: Option<Version>) -> Result<Version> {
        let Measure { size, crc32c } = measure_one(file)?;
        let body = Body::File { path: file.to_owned(), size, crc32c };
        let put = self.bucket.put(key, &body, over(before), &[], Arc::new(|_| ()));
        Ok(Version(self.runtime.block_on(put)?.generation))
    }

    fn copy(&self, from: (&str, Version), to: &str, before: Option<Version>) -> Result<Version> {
        self.runtime.block_on(async {
            let source = self.bucket.stat(from.0).await?.filter(|object| object.generation == from.1.0);
            let Some(source) = source else { return Err(Error::Conflict { url: self.bucket.url(from.0) }) };
            Ok(Version(self.bucket.copy(&source, to, over(before), &[]).await?.generation))
        })
    }

    fn remove(&self, key: &str, version: Version) -> Result<()> {
        self.runtime.block_on(self.bucket.delete(key, version.0))
    }
}
