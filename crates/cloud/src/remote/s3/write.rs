//! Objects written and removed, each bound to what was seen.
//!
//! A small one is one request. A large one is sent in parts, which nobody sees until the last request joins them; that
//! one is bound to a version, too. A killed process can leave parts behind, which show nowhere but on the bill: a
//! lifecycle rule of the bucket (`AbortIncompleteMultipartUpload`) clears them.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path as LocalPath;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, UpdateVersion};

use crate::error::{Error, Result};
use crate::remote::retry::retrying;
use crate::remote::s3::Bucket;
use crate::remote::s3::failure::Failure;
use crate::remote::s3::read::version;
use crate::store::Version;

/// Parts that are sent at a time, each of which is in memory.
const AT_A_TIME: usize = 4;

impl Bucket {
    /// Writes the bytes of a local file over what was seen.
    pub(super) async fn write(&self, key: &str, file: &LocalPath, over: Option<&Version>) -> Result<Version> {
        let path = self.path(key)?;
        let size = fs::metadata(file).map_err(Error::io("read", file))?.len();
        let written = if size <= self.options.whole {
            let bytes = Bytes::from(fs::read(file).map_err(Error::io("read", file))?);
            self.put(&path, bytes, over).await
        } else {
            // Not every server binds the end of an upload to a version: a look right before it is the least.
            self.put_in_parts(&path, file, size, over).await
        };
        let failure = match written {
            Ok(PutResult { e_tag: Some(tag), .. }) => return Ok(version(Some(&tag))),
            Ok(_) => None,
            Err(failure) => Some(failure),
        };
        match failure {
            Some(failure) if !is_overtaken(&failure) => Err(self.failed("write", key, failure)),
            // The write may have been our own, whose answer got lost on the way before it was sent again.
            _ => match self.stat(key).await? {
                Some((there, version)) if there == size && over != Some(&version) => {
                    match self.holds(key, file).await? {
                        true => Ok(version),
                        false => Err(Error::Conflict { url: self.url(key) }),
                    }
                }
                _ => Err(Error::Conflict { url: self.url(key) }),
            },
        }
    }

    /// Writes bytes in one request.
    pub(super) async fn put(
        &self,
        path: &Path,
        bytes: Bytes,
        over: Option<&Version>,
    ) -> Result<PutResult, Failure> {
        let mode = match over {
            None => PutMode::Create,
            Some(version) => {
                PutMode::Update(UpdateVersion { e_tag: Some(version.as_str().to_owned()), version: None })
            }
        };
        let (size, payload) = (bytes.len() as u64, PutPayload::from_bytes(bytes));
        let attempt = || {
            let options = PutOptions { mode: mode.clone(), ..PutOptions::default() };
            self.watched(size, self.s3.put_opts(path, payload.clone(), options))
        };
        retrying(&self.options.retry, true, attempt).await
    }

    async fn put_in_parts(
        &self,
        path: &Path,
        file: &LocalPath,
        size: u64,
        over: Option<&Version>,
    ) -> Result<PutResult, Failure> {
        let retry = &self.options.retry;
        let upload = retrying(retry, true, || self.watched(0, self.s3.create_multipart(path))).await?;
        self.wire.bind(&upload, over);
        let sent = async {
            let part = |i: u64| self.put_part(path, &upload, file, i, size);
            let parts = stream::iter(0..size.div_ceil(self.options.part)).map(part).buffered(AT_A_TIME);
            let parts: Vec<PartId> = parts.try_collect().await?;
            let seen = self.stat(path.as_ref()).await.map_err(Failure::Local)?.map(|(_, version)| version);
            if seen.as_ref() != over {
                return Err(Failure::Local(Error::Conflict { url: self.url(path.as_ref()) }));
            }
            let attempt = || self.watched(size, self.s3.complete_multipart(path, &upload, parts.clone()));
            retrying(retry, true, attempt).await
        };
        let sent = sent.await;
        self.wire.release(&upload);
        if sent.is_err() {
            // What is not joined is of no use to anybody; whether this arrives or not.
            let _ = self.watched(0, self.s3.abort_multipart(path, &upload)).await;
        }
        sent
    }

    async fn put_part(
        &self,
        path: &Path,
        upload: &String,
        file: &LocalPath,
        i: u64,
        size: u64,
    ) -> Result<PartId, Failure> {
        let at = i * self.options.part;
        let length = self.options.part.min(size - at);
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(file)?;
            file.seek(SeekFrom::Start(at))?;
            let mut bytes = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|error| Failure::Local(Error::io("read", file)(error)))?;
        let payload = PutPayload::from(bytes);
        let number = usize::try_from(i).unwrap_or(usize::MAX);
        let attempt = || self.watched(length, self.s3.put_part(path, upload, number, payload.clone()));
        retrying(&self.options.retry, true, attempt).await
    }

    /// Whether an object has the bytes of a file.
    async fn holds(&self, key: &str, file: &LocalPath) -> Result<bool> {
        let begin = || Ok((File::open(file).map_err(Error::io("read", file))?, true));
        let compare = |(file, same): &mut (File, bool), bytes: &[u8]| {
            let mut ours = vec![0; bytes.len()];
            *same = *same && file.read_exact(&mut ours).is_ok() && ours == bytes;
            Ok(())
        };
        Ok(self.read(key, begin, compare).await?.is_some_and(|((_, same), _)| same))
    }

    /// Removes an object, if it has that version still.
    pub(super) async fn remove(&self, key: &str, seen: &Version) -> Result<()> {
        // Not every server heeds the condition of a delete: a look right before it is the least.
        match self.stat(key).await? {
            None => return Ok(()),
            Some((_, there)) if there != *seen => return Err(Error::Conflict { url: self.url(key) }),
            Some(_) => {}
        }
        let path = self.path(key)?;
        let attempt = || async {
            if self.anonymous {
                return self.watched(0, self.s3.delete(&path)).await;
            }
            let signed = self.s3.signed_url(http::Method::DELETE, &path, Duration::from_secs(300));
            let signed = self.watched(0, signed).await?;
            match tokio::time::timeout(self.options.stall, self.wire.delete(signed.as_str(), seen)).await {
                Ok(done) => done.map_err(Failure::from),
                Err(_) => Err(Failure::Stalled(self.options.stall)),
            }
        };
        match retrying(&self.options.retry, true, attempt).await {
            Ok(()) => Ok(()),
            Err(failure) if failure.is_no_object() => Ok(()),
            Err(failure) if failure.status() == Some(412) => match self.stat(key).await? {
                None => Ok(()),
                Some(_) => Err(Error::Conflict { url: self.url(key) }),
            },
            Err(failure) => Err(self.failed("remove", key, failure)),
        }
    }
}

/// Whether something else is there than was seen; of an upload that has ended already nothing is known any more.
fn is_overtaken(failure: &Failure) -> bool {
    failure.status() == Some(412) || failure.is_no_object()
}
