//! Whole files below a place: a folder of this machine, or the objects of a bucket whose names begin alike.
//!
//! This is all that tables need of a store. A file appears whole or not at all: it is written elsewhere first and moved
//! into its place, by one rename here and by one write there. In a bucket that write is bound to the version that was
//! seen, so that of two runs the second is told and overwrites nothing. Hidden files are nobody's business: they are
//! not listed.

mod entry;
mod local;
mod seen;

pub use entry::FileEntry;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::store::ObjectPlace;
use crate::store::folder::seen::Seen;
use crate::store::plain::{create_anew, read_plain};

/// A folder of whole files, here or in a bucket. Copies of it see the same.
#[derive(Clone)]
pub struct Folder(Root);

#[derive(Clone)]
enum Root {
    Local(PathBuf),
    Remote { bucket: Arc<Bucket>, prefix: String },
}

struct Bucket {
    place: Arc<dyn ObjectPlace>,
    /// A local folder, in which files are written before they are sent.
    scratch: PathBuf,
    /// Our own folder in there, once it is needed.
    own: Mutex<Option<TempDir>>,
    seen: Seen,
}

impl Folder {
    /// A folder of this machine, there or not yet.
    pub fn local(path: impl Into<PathBuf>) -> Self {
        let path: PathBuf = path.into();
        Self(Root::Local(if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }))
    }

    /// The objects of a bucket whose names begin with `prefix/`, or all of them if it is empty. Files are written in
    /// the local folder `scratch` before they are sent.
    pub fn remote(place: Arc<dyn ObjectPlace>, prefix: &str, scratch: impl Into<PathBuf>) -> Self {
        let bucket = Bucket { place, scratch: scratch.into(), own: Mutex::default(), seen: Seen::default() };
        Self(Root::Remote { bucket: Arc::new(bucket), prefix: prefix.trim_matches('/').to_owned() })
    }

    /// The folder of a name within this one.
    pub fn below(&self, name: &str) -> Result<Self> {
        check(name)?;
        Ok(Self(match &self.0 {
            Root::Local(root) => Root::Local(root.join(name)),
            Root::Remote { bucket, prefix } => {
                Root::Remote { bucket: bucket.clone(), prefix: joined(prefix, name) }
            }
        }))
    }

    /// What messages call a file: its path, or its URL. The folder itself if the name is empty.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        match &self.0 {
            Root::Local(root) if name.is_empty() => root.display().to_string(),
            Root::Local(root) => root.join(name).display().to_string(),
            Root::Remote { bucket, prefix } => {
                bucket.place.url(&joined(prefix, name)).trim_end_matches('/').to_owned()
            }
        }
    }

    /// The path of a file on this machine, there or not yet; none in a bucket.
    #[must_use]
    pub fn local_path(&self, name: &str) -> Option<PathBuf> {
        match &self.0 {
            // Not by `join`: that would put a slash behind the folder's own path, and a file there would not be seen.
            Root::Local(root) if name.is_empty() => Some(root.clone()),
            Root::Local(root) => Some(root.join(name)),
            Root::Remote { .. } => None,
        }
    }

    /// The files below `under`, or all of them if it is empty, in the order of their names; hidden ones are left out.
    /// None is where no folder is.
    pub fn list(&self, under: &str) -> Result<Vec<FileEntry>> {
        if !under.is_empty() {
            check(under)?;
        }
        let mut found = match &self.0 {
            Root::Local(root) => local::list(root, under)?,
            Root::Remote { bucket, prefix } => {
                let start = match joined(prefix, under) {
                    start if start.is_empty() => start,
                    start => format!("{start}/"),
                };
                let own = if prefix.is_empty() { 0 } else { prefix.len() + 1 };
                let listed = bucket.seen.listed(&start, bucket.place.list(&start)?);
                let entries = listed.into_iter().filter(|object| !object.key.ends_with('/'));
                entries.map(|o| FileEntry { name: o.key[own..].to_owned(), size: o.size }).collect()
            }
        };
        found.retain(|entry| !entry.name.split('/').any(|part| part.starts_with('.')));
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// A local file with the bytes of a file of this folder: itself, or a copy in the folder `scratch`.
    pub fn fetch(&self, name: &str, scratch: &Path) -> Result<PathBuf> {
        check(name)?;
        match &self.0 {
            Root::Local(root) => {
                let path = root.join(name);
                match fs::metadata(&path) {
                    Ok(meta) if meta.is_file() => Ok(path),
                    Ok(_) => Err(Error::Input {
                        message: format!("`{}` is not a regular file", path.display()),
                        hint: "name a file".into(),
                    }),
                    Err(source) => Err(Error::io("read", &path)(source)),
                }
            }
            Root::Remote { bucket, prefix } => {
                let key = joined(prefix, name);
                let to = scratch.join(name);
                local::make_folder_of(&to)?;
                let version = bucket.place.fetch(&key, &to)?;
                bucket.seen.note(&key, version.clone());
                version.map(|_| to).ok_or_else(|| missing(&bucket.place.url(&key)))
            }
        }
    }

    /// All bytes of a file; none where there is none.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        check(name)?;
        match &self.0 {
            Root::Local(root) => read_plain(&root.join(name)),
            Root::Remote { bucket, prefix } => {
                let key = joined(prefix, name);
                let object = bucket.place.read(&key)?;
                bucket.seen.note(&key, object.as_ref().map(|object| object.version.clone()));
                Ok(object.map(|object| object.bytes))
            }
        }
    }

    /// Where a file is to be written before [`Folder::put`] moves it into its place: a hidden sibling here, a file of
    /// a temporary folder for a bucket. The name is fixed: what a killed run has left is overwritten.
    pub fn staging(&self, name: &str) -> Result<PathBuf> {
        check(name)?;
        let path = match &self.0 {
            Root::Local(root) => local::hidden(&root.join(name)),
            Root::Remote { bucket, prefix } => bucket.own()?.join(joined(prefix, name)),
        };
        local::make_folder_of(&path)?;
        Ok(path)
    }

    /// Moves a local file into its place, at once: afterwards it is there and nowhere else.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if somebody else wrote the object since this folder saw it, or saw that it was not there:
    /// by a list, when it was read or written, else right before. In a local folder locks keep others away.
    pub fn put(&self, name: &str, file: &Path) -> Result<()> {
        check(name)?;
        match &self.0 {
            Root::Local(root) => local::put(&root.join(name), file),
            Root::Remote { bucket, prefix } => {
                let key = joined(prefix, name);
                let seen = bucket.seen.version(&*bucket.place, &key)?;
                let written = bucket.place.write(&key, file, seen.as_ref());
                bucket.seen.note(&key, Some(bucket.seen.unless_conflict(written)?));
                fs::remove_file(file).map_err(Error::io("remove", file))
            }
        }
    }

    /// Puts bytes into a file, as [`Folder::put`] does.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let staged = self.staging(name)?;
        create_anew(&staged)?.write_all(bytes).map_err(Error::io("write", &staged))?;
        self.put(name, &staged)
    }

    /// Removes a file, and then its folders within this one if they are empty; that it is gone already is success.
    pub fn remove(&self, name: &str) -> Result<()> {
        check(name)?;
        match &self.0 {
            Root::Local(root) => local::remove(root, name),
            Root::Remote { bucket, prefix } => {
                let key = joined(prefix, name);
                if let Some(version) = bucket.seen.version(&*bucket.place, &key)? {
                    bucket.seen.unless_conflict(bucket.place.remove(&key, &version))?;
                }
                bucket.seen.note(&key, None);
                Ok(())
            }
        }
    }
}

impl Bucket {
    fn own(&self) -> Result<PathBuf> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*own {
            return Ok(folder.path().to_owned());
        }
        let folder = tempfile::Builder::new().prefix("pipeline-").tempdir_in(&self.scratch);
        let folder = folder.map_err(Error::io("write", &self.scratch))?;
        Ok(own.insert(folder).path().to_owned())
    }
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Folder({})", self.url(""))
    }
}

fn joined(prefix: &str, name: &str) -> String {
    match (prefix.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}/{name}"),
    }
}

fn missing(url: &str) -> Error {
    Error::Input {
        message: format!("there is no `{url}`"),
        hint: "check the name, or run first what writes it".into(),
    }
}

/// Refuses a name that is no plain path within its folder.
fn check(name: &str) -> Result<()> {
    let odd = |part: &str| ["", ".", ".."].contains(&part);
    if !name.split('/').any(odd) && !name.contains(|c: char| c.is_control() || c == '\\') {
        return Ok(());
    }
    Err(Error::Output {
        message: format!("`{}` is no name of a file within its folder", name.escape_debug()),
        hint: "use plain names with `/` between them, no `.`, no `..`, none that begins with `/`".into(),
    })
}

#[cfg(test)]
mod tests;
