//! A place that can be read and written: a local file, or an object and the bucket that holds it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3Default;

use crate::error::{Action, Error, Result};
use crate::store::ObjectPlace;
use crate::store::plain::{open_plain, read_plain};

/// A file or an object, there or not yet.
#[derive(Clone)]
pub enum Site {
    /// A local file.
    Local(PathBuf),
    /// An object behind a URL.
    Remote(RemoteSite),
}

/// An object and who holds it.
#[derive(Clone)]
pub struct RemoteSite {
    /// The bucket.
    pub place: Arc<dyn ObjectPlace>,
    /// The object's name within it.
    pub key: String,
    /// A local folder in which a run may make a temporary one: files are written there before they are sent.
    pub scratch: PathBuf,
}

impl RemoteSite {
    /// The site of another key.
    fn at(&self, key: String) -> Self {
        Self { place: self.place.clone(), key, scratch: self.scratch.clone() }
    }
}

impl Site {
    /// The name of the file or object, without its folder.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self {
            Self::Local(path) => {
                path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            }
            Self::Remote(site) => site.key.rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// The site beside this one: another name in the same folder; the name may have a folder before it.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        match self {
            Self::Local(path) => Self::Local(path.with_file_name(name)),
            Self::Remote(site) => Self::Remote(site.at(match site.key.rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/{name}"),
                None => name.to_owned(),
            })),
        }
    }

    /// Where a result waits until it is published: under its own name, in the folder `.staged` beside it.
    #[must_use]
    pub fn staged(&self) -> Self {
        match self {
            // Not by way of text: a local name need not be Unicode.
            Self::Local(path) => {
                let folder = path.with_file_name(".staged");
                Self::Local(path.file_name().map_or(folder.clone(), |name| folder.join(name)))
            }
            Self::Remote(_) => self.beside(&format!(".staged/{}", self.file_name())),
        }
    }

    /// All bytes; none where there is nothing.
    pub fn read(&self) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Local(path) => read_plain(path),
            Self::Remote(site) => Ok(site.place.read(&site.key)?.map(|object| object.bytes)),
        }
    }

    /// All of a text; none where there is nothing.
    pub fn read_text(&self) -> Result<Option<String>> {
        let Some(bytes) = self.read()? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| Error::Input {
            message: format!("`{self}` is no UTF-8 text"),
            hint: format!("it is damaged: make it anew with {}", Action::Run("")),
        })?;
        Ok(Some(text))
    }

    /// XXH3 (64 bits, hexadecimal) of the bytes, and their number; none where there is nothing.
    pub fn digest(&self) -> Result<Option<(String, u64)>> {
        let Self::Local(path) = self else {
            return Ok(self.read()?.map(|bytes| digest(&bytes)));
        };
        let Some(file) = open_plain(path)? else { return Ok(None) };
        let mut hash = Xxh3Default::new();
        let bytes = each_part(file, |part| {
            hash.update(part);
            Ok(())
        });
        Ok(Some((format!("{:016x}", hash.digest()), bytes.map_err(Error::io("read", path))?)))
    }
}

/// XXH3 (64 bits, hexadecimal) of bytes, and their number.
pub(crate) fn digest(bytes: &[u8]) -> (String, u64) {
    (format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes)), bytes.len() as u64)
}

/// Hands out a file's bytes part by part; gives their number.
pub(super) fn each_part(mut file: File, mut part: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let (mut buffer, mut bytes) = (vec![0; 1 << 16], 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(n) => {
                part(&buffer[..n])?;
                bytes += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::Remote(site) => f.write_str(&site.place.url(&site.key)),
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({self})")
    }
}

impl From<PathBuf> for Site {
    fn from(path: PathBuf) -> Self {
        Self::Local(path)
    }
}

impl From<&Path> for Site {
    fn from(path: &Path) -> Self {
        Self::Local(path.to_owned())
    }
}

impl From<&str> for Site {
    fn from(path: &str) -> Self {
        Self::Local(path.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryPlace;

    #[test]
    fn what_is_beside_a_site_is_in_its_folder() {
        let place = Arc::new(MemoryPlace::default());
        let remote = |key: &str| {
            Site::Remote(RemoteSite { place: place.clone(), key: key.into(), scratch: PathBuf::new() })
        };
        for (site, beside, staged) in [
            (remote("a/b/o.json"), "memory://bucket/a/b/x", "memory://bucket/a/b/.staged/o.json"),
            (remote("o.json"), "memory://bucket/x", "memory://bucket/.staged/o.json"),
            (Site::from("a/o.json"), "a/x", "a/.staged/o.json"),
            (Site::from("o.json"), "x", ".staged/o.json"),
        ] {
            assert_eq!(site.beside("x").to_string(), beside);
            assert_eq!(site.staged().to_string(), staged);
        }
    }

    #[test]
    fn a_file_and_an_object_of_the_same_bytes_have_the_same_digest() {
        let dir = tempfile::tempdir().unwrap();
        let place = Arc::new(MemoryPlace::default());
        let bytes = vec![7; 100_000];
        place.put("k", &bytes);
        std::fs::write(dir.path().join("k"), &bytes).unwrap();
        let scratch = PathBuf::new();
        let remote = Site::Remote(RemoteSite { place, key: "k".into(), scratch });
        let local = Site::Local(dir.path().join("k"));
        assert_eq!(local.digest().unwrap().unwrap().1, 100_000);
        assert_eq!(local.digest().unwrap(), remote.digest().unwrap());
        assert_eq!((local.beside("x").digest().unwrap(), remote.beside("x").read().unwrap()), (None, None));
    }
}
