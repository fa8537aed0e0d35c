//! From what was typed for a folder to the folder: whoever knows the environment connects the URLs.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::store::{Folder, Location, MemoryPlace};

/// Connects places: the binary does it for every kind of URL, with endpoints and credentials of the environment.
pub trait Connect: Send + Sync {
    /// The folder of a local path or a URL such as `s3://BUCKET/lake`. Nothing is made there, and nothing asked.
    fn folder(&self, place: &str) -> Result<Folder>;
}

/// Connects local paths, and refuses URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalOnly;

impl Connect for LocalOnly {
    fn folder(&self, place: &str) -> Result<Folder> {
        match Location::parse_folder(place)? {
            Location::Local(path) => Ok(Folder::local(path)),
            url => Err(Error::Output {
                message: format!("`{url}` is a URL: only local folders can be used here"),
                hint: "name a local folder".into(),
            }),
        }
    }
}

/// Connects `memory://bucket/...` to a bucket in memory, and local paths: for tests.
#[derive(Debug, Clone)]
pub struct InMemory {
    /// The bucket.
    pub place: Arc<MemoryPlace>,
    /// A local folder for files that are on their way.
    pub scratch: PathBuf,
}

impl Connect for InMemory {
    fn folder(&self, place: &str) -> Result<Folder> {
        match place.strip_prefix("memory://bucket") {
            Some(prefix) => Ok(Folder::remote(self.place.clone(), prefix, &self.scratch)),
            None => LocalOnly.folder(place),
        }
    }
}

/// Splits the path or URL of a file into that of its folder and its name.
///
/// ```
/// use pipeline_core::store::folder_and_name;
/// assert_eq!(folder_and_name("s3://bucket/a/b.csv"), ("s3://bucket/a", "b.csv"));
/// assert_eq!(folder_and_name("/b.csv"), ("/", "b.csv"));
/// assert_eq!(folder_and_name("b.csv"), (".", "b.csv"));
/// ```
#[must_use]
pub fn folder_and_name(place: &str) -> (&str, &str) {
    match place.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(split) => split,
        None => (".", place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_local_is_connected_without_an_environment() {
        let dir = tempfile::tempdir().unwrap();
        let text = dir.path().to_str().unwrap();
        LocalOnly.folder(text).unwrap().write("a", b"1").unwrap();
        assert!(dir.path().join("a").is_file());
        for url in ["s3://b/k", "gs://b", "http://x"] {
            assert!(LocalOnly.folder(url).is_err(), "{url}");
        }
        let place = Arc::new(MemoryPlace::default());
        let memory = InMemory { place: place.clone(), scratch: dir.path().to_owned() };
        memory.folder("memory://bucket/x").unwrap().write("a", b"1").unwrap();
        assert_eq!(place.keys(), ["x/a"]);
        assert!(memory.folder(text).unwrap().read("a").unwrap().is_some());
    }
}
