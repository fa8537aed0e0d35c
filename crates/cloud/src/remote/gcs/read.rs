//! Objects read, and checked against the checksum that storage keeps of them.
//!
//! A file is fetched into a hidden sibling that is named by the object's generation, so that what a killed call has
//! left can be used by the next one, and only for the very same content.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_storage::model_ext::ReadRange;
use google_cloud_storage::read_object::ReadObjectResponse;
use google_cloud_storage::read_resume_policy::NeverResume;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use crate::error::{Error, Result};
use crate::remote::gcs::{Bucket, Object, OnBytes, Told, check_object};
use crate::remote::retry::{Pace, Retryable, may_pass, retry_after, retrying, retrying_at};
use crate::store::{remove_unless_plain, sibling};

impl Bucket {
    /// Reads an object into memory.
    pub async fn get(&self, object: &Object) -> Result<Bytes> {
        check_object(&object.name)?;
        let result = retrying(&self.options.retry, true, || async {
            let mut all = Vec::with_capacity(usize::try_from(object.size.min(1 << 26)).unwrap_or(0));
            let mut stream = self.stream(object, 0).await?;
            while let Some(bytes) = stream.next().await? {
                all.extend_from_slice(&bytes);
                no_more_than(object, all.len() as u64)?;
            }
            match crc32c::crc32c(&all) == object.crc32c && all.len() as u64 == object.size {
                true => Ok(Bytes::from(all)),
                false => Err(GetError::Damaged),
            }
        });
        result.await.map_err(|error| self.not_read(object, error))
    }

    /// Fetches an object into a file, which appears whole or not at all.
    pub async fn fetch(&self, object: &Object, to: &Path, on_bytes: &OnBytes) -> Result<()> {
        check_object(&object.name)?;
        let part = part_of(to, object);
        let told = Told::new(on_bytes);
        let pace = Pace::new(&self.options.retry);
        let result =
            retrying_at(&pace, true, || async { self.fetch_once(object, &part, &told, &pace).await });
        result.await.map_err(|error| self.not_read(object, error))?;
        tokio::fs::rename(&part, to).await.map_err(Error::io("write", to))?;
        remove_parts(to).await
    }

    async fn fetch_once(
        &self,
        object: &Object,
        part: &Path,
        told: &Told,
        pace: &Pace,
    ) -> Result<(), GetError> {
        let local = |source| GetError::Local(Error::io("write", part)(source));
        remove_unless_plain(part).map_err(GetError::Local)?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(part)
            .await
            .map_err(local)?;
        let (mut crc, mut at) = checksum(&mut file).await.map_err(local)?;
        if at > object.size || (at == object.size && crc != object.crc32c) {
            file.set_len(0).await.map_err(local)?;
            file.seek(SeekFrom::Start(0)).await.map_err(local)?;
            (crc, at) = (0, 0);
        }
        told.reached(at);
        if at < object.size {
            let streamed = async {
                let mut stream = self.stream(object, at).await?;
                while let Some(bytes) = stream.next().await? {
                    file.write_all(&bytes).await.map_err(local)?;
                    crc = crc32c::crc32c_append(crc, &bytes);
                    at += bytes.len() as u64;
                    if told.reached(at.min(object.size)) {
                        pace.moves_on();
                    }
                    no_more_than(object, at)?;
                }
                Ok(())
            };
            let streamed = streamed.await;
            // What has come is there for the next try.
            file.flush().await.map_err(local)?;
            if !matches!(streamed, Err(GetError::Damaged)) {
                streamed?;
            }
        }
        if at == object.size && crc == object.crc32c {
            return Ok(());
        }
        if at >= object.size {
            // What is right cannot be told from what is wrong: all of it again.
            file.set_len(0).await.map_err(local)?;
        }
        Err(GetError::Damaged)
    }

    /// Begins to read the bytes of one generation from an offset on. One try: our own loops notice a stall and damage as
    /// well, and go on where they were.
    async fn stream(&self, object: &Object, from: u64) -> Result<Stream, GetError> {
        let mut request = self
            .storage
            .read_object(self.resource(), &object.name)
            .set_generation(object.generation)
            .with_retry_policy(NeverRetry)
            .with_read_resume_policy(NeverResume);
        if from > 0 {
            request = request.set_read_range(ReadRange::offset(from));
        }
        let patience = self.options.stall;
        let response = within(patience, request.send()).await?.map_err(GetError::Client)?;
        Ok(Stream { response, patience })
    }

    fn not_read(&self, object: &Object, error: GetError) -> Error {
        let name = &object.name;
        match error {
            GetError::Local(error) => error,
            GetError::Client(error) | GetError::Broken(error) => self.client_failed("read", name, &error),
            GetError::Damaged | GetError::Stalled => Error::Remote {
                message: format!("cannot read `{}`", self.url(name)),
                hint: "check the network and any proxy in between, then run again; nothing was replaced"
                    .into(),
                source: Some(Box::new(error)),
            },
        }
    }
}

fn no_more_than(object: &Object, size: u64) -> Result<(), GetError> {
    if size > object.size { Err(GetError::Damaged) } else { Ok(()) }
}

/// Removes what former calls have left of other versions.
async fn remove_parts(to: &Path) -> Result<()> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let first = sibling(to, ".", ".");
    let first = first.file_name().unwrap_or_default().to_string_lossy();
    let mut entries = tokio::fs::read_dir(folder).await.map_err(Error::io("read", folder))?;
    while let Some(entry) = entries.next_entry().await.map_err(Error::io("read", folder))? {
        let name = entry.file_name();
        let generation = name.to_str().and_then(|name| name.strip_prefix(&*first)?.strip_suffix(".part"));
        if generation.is_some_and(|generation| generation.bytes().all(|byte| byte.is_ascii_digit())) {
            // Somebody else may be at work on it; it is only in the way, not wrong.
            let _ = tokio::fs::remove_file(entry.path()).await;
        }
    }
    Ok(())
}

/// Where an object is collected before it shows.
fn part_of(to: &Path, object: &Object) -> PathBuf {
    sibling(to, ".", &format!(".{}.part", object.generation))
}

/// The CRC32C and the size of what a file holds; the next write goes behind it.
async fn checksum(file: &mut File) -> std::io::Result<(u32, u64)> {
    let (mut crc, mut size) = (0, 0);
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer).await? {
            0 => return Ok((crc, size)),
            read => {
                crc = crc32c::crc32c_append(crc, &buffer[..read]);
                size += read as u64;
            }
        }
    }
}

/// The bytes of an object as they come.
struct Stream {
    response: ReadObjectResponse,
    patience: Duration,
}

impl Stream {
    /// The next ones; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, GetError> {
        within(self.patience, self.response.next()).await?.transpose().map_err(GetError::Broken)
    }
}

async fn within<T>(patience: Duration, work: impl Future<Output = T>) -> Result<T, GetError> {
    tokio::time::timeout(patience, work).await.map_err(|_| GetError::Stalled)
}

#[derive(Debug, thiserror::Error)]
enum GetError {
    #[error("no byte moved for a long time")]
    Stalled,
    #[error("the bytes that came are not those of the checksum")]
    Damaged,
    #[error(transparent)]
    Local(Error),
    /// Before the first byte.
    #[error(transparent)]
    Client(google_cloud_storage::Error),
    /// In the middle of the content.
    #[error(transparent)]
    Broken(google_cloud_storage::Error),
}

impl Retryable for GetError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Stalled | Self::Damaged | Self::Broken(_) => true,
            Self::Client(error) => may_pass(error),
            Self::Local(_) => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Client(error) => error.http_headers().and_then(retry_after),
            _ => None,
        }
    }
}
