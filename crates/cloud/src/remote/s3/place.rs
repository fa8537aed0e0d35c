//! The bucket as a run sees it.

use std::path::Path;

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::remote::s3::S3Place;
use crate::remote::s3::read::version;
use crate::store::{Listed, Object, ObjectPlace, Version};

impl ObjectPlace for S3Place {
    fn url(&self, key: &str) -> String {
        self.bucket.url(key)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        self.runtime.block_on(self.bucket.list(prefix))
    }

    fn stat(&self, key: &str) -> Result<Option<Version>> {
        Ok(self.runtime.block_on(self.bucket.stat(key))?.map(|(_, version)| version))
    }

    fn read(&self, key: &str) -> Result<Option<Object>> {
        let collect = |all: &mut Vec<u8>, bytes: &[u8]| {
            all.extend_from_slice(bytes);
            Ok(())
        };
        let read = self.runtime.block_on(self.bucket.read(key, || Ok(Vec::new()), collect))?;
        Ok(read.map(|(bytes, version)| Object { bytes, version }))
    }

    fn fetch(&self, key: &str, to: &Path) -> Result<Option<Version>> {
        self.runtime.block_on(self.bucket.fetch(key, to))
    }

    fn write(&self, key: &str, file: &Path, over: Option<&Version>) -> Result<Version> {
        self.runtime.block_on(self.bucket.write(key, file, over))
    }

    /// The bytes come here and go back: not every server can bind a copy to what is at its target.
    fn copy(&self, from: (&str, &Version), to: &str, over: Option<&Version>) -> Result<Version> {
        let Some(Object { bytes, version: there }) = self.read(from.0)?.filter(|o| o.version == *from.1)
        else {
            return Err(Error::Conflict { url: self.url(from.0) });
        };
        self.runtime.block_on(async {
            let put = self.bucket.put(&self.bucket.path(to)?, Bytes::from(bytes), over).await;
            match put {
                Ok(put) => Ok(version(put.e_tag.as_deref())),
                Err(failure) if failure.status() == Some(412) || failure.is_no_object() => {
                    // A write in one piece has the tag of its bytes: if it is there, the answer to ours got lost.
                    match self.bucket.stat(to).await? {
                        Some((_, version)) if version == there && over != Some(&version) => Ok(version),
                        _ => Err(Error::Conflict { url: self.bucket.url(to) }),
                    }
                }
                Err(failure) => Err(self.bucket.failed("copy to", to, failure)),
            }
        })
    }

    fn remove(&self, key: &str, version: &Version) -> Result<()> {
        self.runtime.block_on(self.bucket.remove(key, version))
    }
}
