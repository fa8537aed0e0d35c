//! A bucket for those who do one thing after the other: a run reads and writes a handful of objects.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::remote::gcs::{Body, Bucket, Over};
use crate::remote::runtime::OwnRuntime;
use crate::remote::tree::{Measure, measure_one};
use crate::store::{Listed, Object, ObjectPlace, Version};

/// A bucket, and the runtime that its requests go through.
pub struct GcsPlace {
    runtime: OwnRuntime,
    bucket: Bucket,
}

impl GcsPlace {
    /// Starts a runtime and opens a bucket on it.
    pub fn connect<F: Future<Output = Result<Bucket>> + Send>(
        open: impl FnOnce() -> F + Send,
    ) -> Result<Self> {
        let runtime = OwnRuntime::start()?;
        let bucket = runtime.block_on(async { open().await })?;
        Ok(Self { runtime, bucket })
    }
}

fn version(generation: i64) -> Version {
    Version::new(generation.to_string())
}

/// The generation that a version names. Versions of Google's storage are made here, so that one that is no number is
/// of another service: nothing has it.
fn generation(version: &Version) -> i64 {
    version.as_str().parse().unwrap_or(-1)
}

fn over(seen: Option<&Version>) -> Over {
    Over::seen(seen.map(generation))
}

impl ObjectPlace for GcsPlace {
    fn url(&self, key: &str) -> String {
        self.bucket.url(key)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        let objects = self.runtime.block_on(self.bucket.list_prefix(prefix))?;
        let listed = |object: crate::remote::gcs::Object| Listed {
            key: object.name,
            size: object.size,
            version: version(object.generation),
        };
        Ok(objects.into_iter().map(listed).collect())
    }

    fn stat(&self, key: &str) -> Result<Option<Version>> {
        Ok(self.runtime.block_on(self.bucket.stat(key))?.map(|object| version(object.generation)))
    }

    fn read(&self, key: &str) -> Result<Option<Object>> {
        self.runtime.block_on(async {
            let Some(object) = self.bucket.stat(key).await? else { return Ok(None) };
            let bytes = self.bucket.get(&object).await?.into();
            Ok(Some(Object { bytes, version: version(object.generation) }))
        })
    }

    fn fetch(&self, key: &str, to: &Path) -> Result<Option<Version>> {
        self.runtime.block_on(async {
            let Some(object) = self.bucket.stat(key).await? else { return Ok(None) };
            let nobody: crate::remote::gcs::OnBytes = Arc::new(|_| ());
            self.bucket.fetch(&object, to, &nobody).await?;
            Ok(Some(version(object.generation)))
        })
    }

    fn write(&self, key: &str, file: &Path, before: Option<&Version>) -> Result<Version> {
        let Measure { size, crc32c } = measure_one(file)?;
        let body = Body::File { path: file.to_owned(), size, crc32c };
        let put = self.bucket.put(key, &body, over(before), &[], Arc::new(|_| ()));
        Ok(version(self.runtime.block_on(put)?.generation))
    }

    fn copy(&self, from: (&str, &Version), to: &str, before: Option<&Version>) -> Result<Version> {
        self.runtime.block_on(async {
            let source = self.bucket.stat(from.0).await?;
            let source = source.filter(|object| object.generation == generation(from.1));
            let Some(source) = source else { return Err(Error::Conflict { url: self.bucket.url(from.0) }) };
            Ok(version(self.bucket.copy(&source, to, over(before), &[]).await?.generation))
        })
    }

    fn remove(&self, key: &str, version: &Version) -> Result<()> {
        self.runtime.block_on(self.bucket.delete(key, generation(version)))
    }
}
