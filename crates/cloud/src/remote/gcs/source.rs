//! Where an upload takes its bytes from: memory or a file, from any place on, and no other bytes than those planned.

use std::io::{self, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use google_cloud_storage::streaming_source::{Seek, SizeHint, StreamingSource};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::error::{Error, Result};
use crate::remote::gcs::Told;
use crate::remote::gcs::body::Body;
use crate::remote::retry::Pace;

/// What is handed over at a time.
const PIECE: usize = 256 << 10;

/// Bytes that can be had again, as often as an upload breaks.
pub(super) enum Source {
    Bytes(Bytes),
    File(File),
}

impl Body {
    pub(super) async fn open(&self) -> Result<Source> {
        match self {
            Self::Bytes(bytes) => Ok(Source::Bytes(bytes.clone())),
            // One call instead of four that each go through another thread: most files are small.
            Self::File { path, size, crc32c } if *size <= PIECE as u64 => {
                let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
                match bytes.len() as u64 == *size && crc32c::crc32c(&bytes) == *crc32c {
                    true => Ok(Source::Bytes(bytes.into())),
                    false => Err(self.changed()),
                }
            }
            Self::File { path, size, .. } => {
                let file = File::open(path).await.map_err(Error::io("read", path))?;
                match file.metadata().await.map_err(Error::io("read", path))?.len() {
                    now if now == *size => Ok(Source::File(file)),
                    _ => Err(self.changed()),
                }
            }
        }
    }

    /// Whether the file is still what was planned; bytes in memory are.
    pub(super) async fn check(&self) -> Result<()> {
        let Self::File { path, .. } = self else { return Ok(()) };
        let Source::File(mut file) = self.open().await? else { return Ok(()) };
        let mut crc = 0;
        let mut buffer = vec![0; PIECE];
        loop {
            match file.read(&mut buffer).await.map_err(Error::io("read", path))? {
                0 if crc == self.crc32c() => return Ok(()),
                0 => return Err(self.changed()),
                read => crc = crc32c::crc32c_append(crc, &buffer[..read]),
            }
        }
    }

    fn changed(&self) -> Error {
        let path = match self {
            Self::Bytes(_) => String::new(),
            Self::File { path, .. } => path.display().to_string(),
        };
        Error::Input {
            message: format!("`{path}` has changed since it was looked at"),
            hint: "wait until nobody writes it, then run again".into(),
        }
    }
}

/// A body that tells how far it is.
pub(super) struct Metered {
    pub(super) source: Source,
    pub(super) size: u64,
    /// Where the next piece begins.
    pub(super) at: u64,
    /// How much of it the server is known to have.
    pub(super) kept: u64,
    /// All bytes that were taken, again and again.
    pub(super) moved: Arc<AtomicU64>,
    pub(super) told: Arc<Told>,
    pub(super) pace: Pace,
}

impl Metered {
    async fn piece(&mut self) -> io::Result<Bytes> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX).min(PIECE);
        match &mut self.source {
            Source::Bytes(bytes) => {
                let at = usize::try_from(self.at).map_err(io::Error::other)?;
                Ok(bytes.slice(at..at + left))
            }
            Source::File(file) => {
                let mut piece = BytesMut::with_capacity(left);
                // A file that has become longer ends where it was planned to.
                match file.take(left as u64).read_buf(&mut piece).await? {
                    0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter")),
                    _ => Ok(piece.freeze()),
                }
            }
        }
    }
}

impl StreamingSource for Metered {
    type Error = io::Error;

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.at >= self.size {
            return None;
        }
        let piece = self.piece().await;
        if let Ok(bytes) = &piece {
            self.at += bytes.len() as u64;
            self.moved.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if self.told.reached(self.at) {
                self.pace.moves();
            }
        }
        Some(piece)
    }

    async fn size_hint(&self) -> io::Result<SizeHint> {
        Ok(SizeHint::with_exact(self.size))
    }
}

impl Seek for Metered {
    type Error = io::Error;

    async fn seek(&mut self, offset: u64) -> io::Result<()> {
        self.at = offset.min(self.size);
        // The server says what it has kept of a broken upload, and the next try begins there.
        if self.at > self.kept {
            self.kept = self.at;
            self.pace.moves_on();
        }
        if let Source::File(file) = &mut self.source {
            file.seek(SeekFrom::Start(self.at)).await?;
        }
        Ok(())
    }
}
