//! Objects written: whole or not at all, checked by the server against our checksum.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use google_cloud_storage::streaming_source::{FileSource, Payload, SizeHint, StreamingSource};

use crate::error::{Error, Result};
use crate::store::gcs::{Bucket, Object, OnBytes, Over};
use crate::store::retry::{Pace, Retryable, retrying};

/// What to write.
#[derive(Debug, Clone)]
pub enum Body {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file of this size and CRC32C: if it is another one by now, nothing is written.
    File {
        /// Where it is.
        path: PathBuf,
        /// Bytes.
        size: u64,
        /// CRC32C of the content.
        crc32c: u32,
    },
}

/// A file of at most so many bytes is read at once.
const SMALL: u64 = 256 << 10;

impl Body {
    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }

    fn crc32c(&self) -> u32 {
        match self {
            Self::Bytes(bytes) => crc32c::crc32c(bytes),
            Self::File { crc32c, .. } => *crc32c,
        }
    }
}

impl Bucket {
    /// Writes an object over what the caller has seen there, with notes on it (`metadata`).
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when something else is there by now.
    pub async fn put(
        &self,
        name: &str,
        body: &Body,
        over: Over,
        metadata: &[(&str, &str)],
        on_bytes: OnBytes,
    ) -> Result<Object> {
        let idempotent = over != Over::Anything;
        let result = retrying(&self.options.retry, idempotent, || async {
            self.put_once(name, body, over, metadata, &on_bytes).await
        });
        match result.await {
            Ok(object) => Ok(object),
            Err(PutError::Stalled) => Err(Error::Remote {
                message: format!(
                    "cannot write `{}`: no byte moved for {:?}",
                    self.url(name),
                    self.options.stall
                ),
                hint: "check the network; then run again".into(),
                source: None,
            }),
            Err(PutError::Local(error)) => Err(error),
            Err(PutError::Client(error)) if error.http_status_code() == Some(412) => {
                self.settle(name, body.size(), body.crc32c(), over).await
            }
            Err(PutError::Client(error)) => Err(self.client_failed("write", name, &error)),
        }
    }

    async fn put_once(
        &self,
        name: &str,
        body: &Body,
        over: Over,
        metadata: &[(&str, &str)],
        on_bytes: &OnBytes,
    ) -> Result<Object, PutError> {
        let moved = Arc::new(AtomicU64::new(0));
        let source = match body {
            Body::Bytes(bytes) => Source::Bytes(Some(bytes.clone())),
            Body::File { path, size, .. } if *size <= SMALL => {
                let bytes =
                    tokio::fs::read(path).await.map_err(|e| PutError::Local(Error::io("read", path)(e)))?;
                Source::Bytes(Some(bytes.into()))
            }
            Body::File { path, size, .. } => {
                let file = tokio::fs::File::open(path)
                    .await
                    .map_err(|e| PutError::Local(Error::io("read", path)(e)))?;
                Source::File { file: Payload::from(file), size: *size }
            }
        };
        let metered = Metered { source, moved: moved.clone(), on_bytes: on_bytes.clone() };
        let pace = Pace::new(&self.options.retry);
        let mut request = self
            .storage
            .write_object(self.resource(), name, metered)
            .with_known_crc32c(body.crc32c())
            .with_retry_policy(pace.clone())
            .with_backoff_policy(pace)
            .set_metadata(metadata.iter().copied());
        if let Some(generation) = over.condition() {
            request = request.set_if_generation_match(generation);
        }
        let sent = request.send_buffered();
        let written = tokio::select! {
            sent = sent => sent.map_err(PutError::Client)?,
            () = stalled(&moved, self.options.stall) => return Err(PutError::Stalled),
        };
        let checksum = written.checksums.as_ref().and_then(|sums| sums.crc32c);
        Ok(Object {
            name: name.to_owned(),
            size: body.size(),
            crc32c: checksum.unwrap_or_else(|| body.crc32c()),
            generation: written.generation,
            metadata: metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            updated: String::new(),
        })
    }
}

/// Ends when the counter has stood still for so long.
pub(super) async fn stalled(moved: &AtomicU64, patience: Duration) {
    loop {
        let before = moved.load(Ordering::Relaxed);
        tokio::time::sleep(patience).await;
        if moved.load(Ordering::Relaxed) == before {
            return;
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PutError {
    #[error("no byte moved")]
    Stalled,
    #[error(transparent)]
    Local(Error),
    #[error(transparent)]
    Client(google_cloud_storage::Error),
}

impl Retryable for PutError {
    /// The client has its own tries; what it gives up on is over. Only it does not notice a stall.
    fn is_transient(&self) -> bool {
        matches!(self, Self::Stalled)
    }

    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// A body that counts the bytes that are taken from it.
struct Metered {
    source: Source,
    moved: Arc<AtomicU64>,
    on_bytes: OnBytes,
}

enum Source {
    Bytes(Option<Bytes>),
    File { file: Payload<FileSource>, size: u64 },
}

impl StreamingSource for Metered {
    type Error = io::Error;

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        let next = match &mut self.source {
            Source::Bytes(bytes) => bytes.take().map(Ok),
            Source::File { file, .. } => file.next().await,
        };
        if let Some(Ok(bytes)) = &next {
            self.moved.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            (self.on_bytes)(bytes.len() as u64);
        }
        next
    }

    async fn size_hint(&self) -> io::Result<SizeHint> {
        Ok(SizeHint::with_exact(match &self.source {
            Source::Bytes(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Source::File { size, .. } => *size,
        }))
    }
}
