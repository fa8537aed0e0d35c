//! Writes files whole or not at all: into a hidden sibling first, renamed into place when complete.
//!
//! The hidden name is fixed, not random: the output's lock makes the writer the only one, and a run that
//! was killed leaves a file that the next one overwrites instead of litter. Nothing is synced to the disk:
//! the promise is about a killed process, not about a power cut.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3Default;

use crate::error::{Error, Result, Setting};
use crate::store::plain::{create_anew, open_plain};
use crate::store::site::each_part;

/// The path beside `path` with something before and behind its file name.
#[must_use]
pub fn sibling(path: &Path, before: &str, behind: &str) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!("{before}{name}{behind}"))
}

/// Reads a whole text file.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(Error::io("read", path))
}

/// The names of the files of a folder that end so, in order; none if there is no such folder.
pub fn names_in(folder: &Path, ending: &str) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io("list", folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(ending) && !name.starts_with('.') && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Removes local files that may be there, and then their folder if it is empty.
pub fn clear(files: &[&Path]) -> Result<()> {
    for file in files {
        match fs::remove_file(file) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::io("remove", file)(e)),
            _ => {}
        }
    }
    if let Some(folder) = files.first().and_then(|file| file.parent()) {
        let _ = fs::remove_dir(folder); // others may have files in it
    }
    Ok(())
}

/// Refuses an output path that cannot become a file, and makes its folder.
///
/// Gives the path to write to: where `path` is a link to a file, that file.
pub fn check_output(path: &Path) -> Result<PathBuf> {
    let refuse = |what: &str| {
        Err(Error::Output {
            message: format!("cannot write to `{}`: it is {what}", path.display()),
            hint: format!("name a file with {0}, for example {0} result/output.json", Setting::Out),
        })
    };
    if path.as_os_str().is_empty() {
        return refuse("an empty path");
    }
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() => return fs::canonicalize(path).map_err(Error::io("write", path)),
        Ok(meta) if meta.is_dir() => return refuse("a folder"),
        Ok(_) => return refuse("a device or a pipe, not a regular file"),
        Err(_) if path.file_name().is_none() || path.as_os_str().to_string_lossy().ends_with('/') => {
            return refuse("a folder");
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            return refuse("a link to a file that does not exist");
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(Error::io("write", path)(e)),
    }
    make_folder_for(path)?;
    Ok(path.to_owned())
}

/// Makes the folder of a file, if it is not there.
pub fn make_folder_for(path: &Path) -> Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => fs::create_dir_all(parent).map_err(Error::io("create the folder", parent)),
        None => Ok(()),
    }
}

/// The first folder below `folder`, on the way to a path below it, that is a link.
pub fn link_on_the_way(folder: &Path, below: &Path) -> Option<PathBuf> {
    let steps = below.ancestors().skip(1).filter(|step| !step.as_os_str().is_empty());
    steps.map(|step| folder.join(step)).find(|step| step.is_symlink())
}

/// A file that is being written and does not show yet.
pub struct Staged {
    file: File,
    part: PathBuf,
    target: PathBuf,
    hash: Box<Xxh3Default>,
    bytes: u64,
    published: bool,
}

impl Staged {
    /// Starts the hidden sibling of `target`.
    pub fn create(target: &Path) -> Result<Self> {
        let part = sibling(target, ".", ".part");
        let file = create_anew(&part)?;
        Ok(Self { file, part, target: target.to_owned(), hash: Box::default(), bytes: 0, published: false })
    }

    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io("write", &self.target))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Starts the hidden sibling of `target` with the bytes of another file.
    pub fn copy_of(from: &Path, target: &Path) -> Result<Self> {
        let gone = || Error::io("read", from)(io::ErrorKind::NotFound.into());
        let file = open_plain(from)?.ok_or_else(gone)?;
        let mut staged = Self::create(target)?;
        each_part(file, |part| {
            staged.file.write_all(part)?;
            staged.hash.update(part);
            staged.bytes += part.len() as u64;
            Ok(())
        })
        .map_err(Error::io("write", target))?;
        Ok(staged)
    }

    /// XXH3 (64 bits, hexadecimal) of what was written, and its number of bytes.
    #[must_use]
    pub fn digest(&self) -> (String, u64) {
        (format!("{:016x}", self.hash.digest()), self.bytes)
    }

    /// Puts the file in its place at once.
    pub fn publish(mut self) -> Result<()> {
        fs::rename(&self.part, &self.target).map_err(Error::io("write", &self.target))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_before_it_is_published() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.json");
        fs::write(&target, "old").unwrap();
        let mut staged = Staged::create(&target).unwrap();
        staged.write(b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        drop(staged);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let mut staged = Staged::create(&target).unwrap();
        staged.write(b"new").unwrap();
        staged.publish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn a_folder_or_a_device_is_no_output() {
        let dir = tempfile::tempdir().unwrap();
        for path in [dir.path(), Path::new("/dev/null"), Path::new("new/")] {
            assert!(matches!(check_output(path), Err(Error::Output { .. })), "{path:?}");
        }
    }
}
