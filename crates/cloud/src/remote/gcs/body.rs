//! What is written to an object: bytes in memory, or a file as it was planned.

use std::path::PathBuf;

use bytes::Bytes;

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

impl Body {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }

    pub(super) fn crc32c(&self) -> u32 {
        match self {
            Self::Bytes(bytes) => crc32c::crc32c(bytes),
            Self::File { crc32c, .. } => *crc32c,
        }
    }
}
