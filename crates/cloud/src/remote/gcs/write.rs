//! Objects written: whole or not at all, checked by the server against our checksum.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use google_cloud_storage::error::WriteError;

use crate::error::{Error, Result};
use crate::remote::gcs::body::Body;
use crate::remote::gcs::source::Metered;
use crate::remote::gcs::{Bucket, Object, OnBytes, Over, Told, check_object};
use crate::remote::retry::{Pace, Retryable, retrying};

impl Bucket {
    /// Writes an object over what the caller has seen there, with notes on it (`metadata`).
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when something else is there by now; [`Error::Input`] when the file is another by now.
    pub async fn put(
        &self,
        name: &str,
        body: &Body,
        over: Over,
        metadata: &[(&str, &str)],
        on_bytes: OnBytes,
    ) -> Result<Object> {
        check_object(name)?;
        let told = Told::new(&on_bytes);
        let seen = Mutex::new(over);
        let now = || *seen.lock().unwrap_or_else(PoisonError::into_inner);
        let result = retrying(&self.options.retry, over != Over::Anything, || async {
            let tried = self.put_once(name, body, now(), metadata, &told).await;
            if let Err(PutError::Damaged { generation }) = tried {
                // A file that is another by now would be damaged again.
                body.check().await.map_err(PutError::Local)?;
                // What is damaged is our own: the next try goes over it.
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Over::Generation(generation);
            }
            tried
        });
        let error = match result.await {
            Ok(object) => return Ok(object),
            Err(error) => error,
        };
        if let PutError::Client(error) = &error
            && error.http_status_code() == Some(412)
        {
            return self.settle(name, body.size(), body.crc32c(), now()).await;
        }
        // Whatever else there is to say of it: a file that is another by now is the reason.
        body.check().await?;
        Err(match error {
            PutError::Local(error) => error,
            PutError::Client(error) | PutError::Lapsed(error) => self.client_failed("write", name, &error),
            PutError::Stalled | PutError::Damaged { .. } => Error::Remote {
                message: match error {
                    PutError::Stalled => {
                        format!(
                            "cannot write `{}`: no byte moved for {:?}",
                            self.url(name),
                            self.options.stall
                        )
                    }
                    _ => format!("what is stored as `{}` is not what was sent", self.url(name)),
                },
                hint: "check the network and any proxy in between; then run again".into(),
                source: None,
            },
        })
    }

    async fn put_once(
        &self,
        name: &str,
        body: &Body,
        over: Over,
        metadata: &[(&str, &str)],
        told: &Arc<Told>,
    ) -> Result<Object, PutError> {
        let moved = Arc::new(AtomicU64::new(0));
        let pace = Pace::new(&self.options.retry);
        let source = Metered {
            source: body.open().await.map_err(PutError::Local)?,
            size: body.size(),
            at: 0,
            kept: 0,
            moved: moved.clone(),
            told: told.clone(),
            pace: pace.clone(),
        };
        let mut request = self
            .storage
            .write_object(self.resource(), name, source)
            .with_known_crc32c(body.crc32c())
            .with_retry_policy(pace.clone())
            .with_backoff_policy(pace.clone())
            .set_metadata(metadata.iter().copied());
        if let Some(generation) = over.condition() {
            request = request.set_if_generation_match(generation);
        }
        // Not `send_buffered`: it holds pieces of 8 MiB in memory, loses one when a connection breaks, and goes on with
        // the wrong bytes when a server has kept a part of one.
        let sent = request.send_unbuffered();
        let sent = tokio::select! {
            sent = sent => sent,
            () = stalled(&moved, self.options.stall, &pace) => return Err(PutError::Stalled),
        };
        let in_session = body.size() >= self.options.session && moved.load(Ordering::Relaxed) > 0;
        let written = sent.map_err(|error| match (mismatched(&error), error.http_status_code()) {
            (Some(generation), _) => PutError::Damaged { generation },
            // The upload was under way and is not known any more.
            (None, Some(404 | 410)) if in_session => PutError::Lapsed(error),
            _ => PutError::Client(error),
        })?;
        let checksum = written.checksums.as_ref().and_then(|sums| sums.crc32c);
        // The client does not look at the checksum when it learns afterwards that the upload had been done.
        if checksum != Some(body.crc32c()) || u64::try_from(written.size) != Ok(body.size()) {
            return Err(PutError::Damaged { generation: written.generation });
        }
        Ok(Object {
            name: name.to_owned(),
            size: body.size(),
            crc32c: body.crc32c(),
            generation: written.generation,
            metadata: metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            updated: String::new(),
        })
    }
}

/// The generation of which the client itself has found that it has another checksum.
fn mismatched(error: &google_cloud_storage::Error) -> Option<i64> {
    match std::error::Error::source(error)?.downcast_ref::<WriteError>()? {
        WriteError::ChecksumMismatch { object, .. } => Some(object.generation),
        _ => None,
    }
}

/// Ends when the counter has stood still for so long, and not because of a wait for another try.
async fn stalled(moved: &AtomicU64, patience: Duration, pace: &Pace) {
    loop {
        let before = moved.load(Ordering::Relaxed);
        tokio::time::sleep(patience).await;
        if moved.load(Ordering::Relaxed) == before && !pace.has_rested(patience) {
            return;
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PutError {
    #[error("no byte moved")]
    Stalled,
    /// This generation was stored, with other bytes.
    #[error("other bytes were stored")]
    Damaged { generation: i64 },
    #[error(transparent)]
    Local(Error),
    /// The session of a large upload has ended before the upload.
    #[error(transparent)]
    Lapsed(google_cloud_storage::Error),
    #[error(transparent)]
    Client(google_cloud_storage::Error),
}

impl Retryable for PutError {
    /// The client has its own tries; what it gives up on is over. Only it does not notice a stall, and does not begin
    /// anew, as it has to when a broken session was put together wrongly.
    fn is_transient(&self) -> bool {
        matches!(self, Self::Stalled | Self::Lapsed(_) | Self::Damaged { .. })
    }

    fn retry_after(&self) -> Option<Duration> {
        None
    }
}
