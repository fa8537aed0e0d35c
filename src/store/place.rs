//! Whole objects behind a URL: what a cloud's storage can do that a run needs.
//!
//! There are no locks and no renames there. What there is: an object appears whole, and a write can be made
//! conditional on the version that was seen before. The trait is synchronous, because a run has nothing else to do
//! while it reads or writes one object.

use std::fmt;
use std::path::Path;

use crate::error::Result;

/// A version of an object, as the service counts them: its *generation*. Says nothing but same or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub i64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An object that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// All its bytes, compared with the checksum that the service keeps.
    pub bytes: Vec<u8>,
    /// Which version they are.
    pub version: Version,
}

/// One bucket.
///
/// Every method that finds another version than it was told answers [`Error::Conflict`] and changes nothing; any
/// other failure is an [`Error::Remote`]. An implementation that repeats a request whose answer was lost must know
/// its own former write again, and not take it for a conflict.
///
/// [`Error::Conflict`]: crate::error::Error::Conflict
/// [`Error::Remote`]: crate::error::Error::Remote
pub trait ObjectPlace: Send + Sync {
    /// What messages call an object: `gs://bucket/key`.
    fn url(&self, key: &str) -> String;

    /// The present version; none where there is no object.
    fn stat(&self, key: &str) -> Result<Option<Version>>;

    /// Reads an object; none where there is none.
    fn read(&self, key: &str) -> Result<Option<Object>>;

    /// Writes the bytes of a local file, if the object still has the version `over`; with none: if there is none.
    fn write(&self, key: &str, file: &Path, over: Option<Version>) -> Result<Version>;

    /// Copies a version of one object to another without moving its bytes through here; `over` as in `write`.
    fn copy(&self, from: (&str, Version), to: &str, over: Option<Version>) -> Result<Version>;

    /// Removes an object, if it still has that version; one that is gone already is no failure.
    fn remove(&self, key: &str, version: Version) -> Result<()>;
}
