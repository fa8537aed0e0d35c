//! Files for a remote place: written here, sent at the end.
//!
//! There is no lock there. Instead each object is written only if it is still the version that was there before the
//! work began, so that of two runs the second to finish is told, and overwrites nothing.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::store::{ObjectPlace, RemoteSite, Site, Version};

/// Some objects to be, each with a local file that becomes it.
pub struct Shipment {
    folder: TempDir,
    place: Arc<dyn ObjectPlace>,
    /// Key, name of the local file, and the version that was seen.
    objects: Vec<(String, String, Option<Version>)>,
}

impl Shipment {
    /// Looks which versions the objects of `site` have, and makes a folder for their files; `names` are those of
    /// objects beside it. The last to be named is the last to be sent.
    pub fn prepare(site: &RemoteSite, names: &[String]) -> Result<Self> {
        let mut objects = Vec::new();
        for name in names {
            let Site::Remote(RemoteSite { key, .. }) = Site::Remote(site.clone()).beside(name) else {
                continue;
            };
            let version = site.place.stat(&key)?;
            objects.push((key, name.clone(), version));
        }
        let folder = tempfile::Builder::new()
            .prefix("pipeline-")
            .tempdir_in(&site.scratch)
            .map_err(Error::io("write", &site.scratch))?;
        Ok(Self { folder, place: site.place.clone(), objects })
    }

    /// The local file that becomes the object of a name.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sends the files, one after another.
    pub fn send(self) -> Result<()> {
        // A conflict that is there already is told before anything is written.
        for (key, _, seen) in &self.objects {
            if self.place.stat(key)? != *seen {
                return Err(Error::Conflict { url: self.place.url(key) });
            }
        }
        for (key, name, seen) in &self.objects {
            self.place.write(key, &self.path(name), seen.as_ref())?;
        }
        Ok(())
    }
}
