//! Whole objects behind a URL: what a cloud's storage can do that a run needs.
//!
//! There are no locks and no renames there. What there is: an object appears whole, and a write can be made
//! conditional on the version that was seen before. The trait is synchronous, because a run has nothing else to do
//! while it reads or writes one object.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};

/// A version of an object, as its service names them: Google's *generation*, S3's *entity tag*. Says nothing but same
/// or not.
///
/// ```
/// use pipeline_core::store::Version;
/// assert_eq!(Version::new("\"9b2cf5\"").as_str(), "\"9b2cf5\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

impl Version {
    /// What the service calls it.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// What the service calls it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

/// An object that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name in the bucket.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Which version was found.
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

    /// The objects whose names begin with a text, in the order of their names.
    fn list(&self, prefix: &str) -> Result<Vec<Listed>>;

    /// The present version; none where there is no object.
    fn stat(&self, key: &str) -> Result<Option<Version>>;

    /// Reads an object; none where there is none.
    fn read(&self, key: &str) -> Result<Option<Object>>;

    /// Reads an object into a local file, whatever was there; none where there is no object.
    fn fetch(&self, key: &str, to: &Path) -> Result<Option<Version>> {
        let Some(object) = self.read(key)? else { return Ok(None) };
        fs::write(to, &object.bytes).map_err(Error::io("write", to))?;
        Ok(Some(object.version))
    }

    /// Writes the bytes of a local file, if the object still has the version `over`; with none: if there is none.
    fn write(&self, key: &str, file: &Path, over: Option<&Version>) -> Result<Version>;

    /// Copies a version of one object to another without moving its bytes through here; `over` as in `write`.
    fn copy(&self, from: (&str, &Version), to: &str, over: Option<&Version>) -> Result<Version>;

    /// Removes an object, if it still has that version; one that is gone already is no failure.
    fn remove(&self, key: &str, version: &Version) -> Result<()>;
}
