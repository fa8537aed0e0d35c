//! A folder of this machine.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::store::folder::entry::FileEntry;
use crate::store::plain::create_anew;
use crate::store::stage::{make_folder_for, sibling};

/// The name under which a file is written before it is in its place.
pub(super) fn hidden(path: &Path) -> PathBuf {
    sibling(path, ".", ".tmp")
}

pub(super) fn make_folder_of(path: &Path) -> Result<()> {
    make_folder_for(path)
}

/// The files below `root/under`; links to files count, links to folders are not followed.
pub(super) fn list(root: &Path, under: &str) -> Result<Vec<FileEntry>> {
    let mut found = Vec::new();
    let mut folders = vec![under.to_owned()];
    while let Some(folder) = folders.pop() {
        let path = if folder.is_empty() { root.to_owned() } else { root.join(&folder) };
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(Error::io("list", &path)(e)),
        };
        for entry in entries {
            let entry = entry.map_err(Error::io("list", &path))?;
            let Ok(name) = entry.file_name().into_string() else {
                return Err(Error::Input {
                    message: format!("`{}` has a name that is no Unicode", entry.path().display()),
                    hint: "rename it, or move it away".into(),
                });
            };
            if name.starts_with('.') {
                continue;
            }
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let kind = entry.file_type().map_err(Error::io("read", entry.path()))?;
            if kind.is_dir() {
                folders.push(name);
            } else if let Ok(meta) = fs::metadata(entry.path())
                && meta.is_file()
            {
                found.push(FileEntry { name, size: meta.len() });
            }
        }
    }
    Ok(found)
}

pub(super) fn put(target: &Path, file: &Path) -> Result<()> {
    make_folder_for(target)?;
    match fs::rename(file, target) {
        // From another disk: to a sibling first, so that the last step is a rename all the same.
        Err(e) if e.kind() == io::ErrorKind::CrossesDevices => {
            let staged = hidden(target);
            let mut from = File::open(file).map_err(Error::io("read", file))?;
            io::copy(&mut from, &mut create_anew(&staged)?).map_err(Error::io("write", target))?;
            fs::rename(&staged, target).map_err(Error::io("write", target))?;
            fs::remove_file(file).map_err(Error::io("remove", file))
        }
        // Somebody removed the last file of the folder meanwhile, and the empty folder with it.
        Err(e) if e.kind() == io::ErrorKind::NotFound && file.exists() => {
            make_folder_for(target)?;
            fs::rename(file, target).map_err(Error::io("write", target))
        }
        other => other.map_err(Error::io("write", target)),
    }
}

pub(super) fn remove(root: &Path, name: &str) -> Result<()> {
    let path = root.join(name);
    match fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::io("remove", &path)(e)),
        _ => {}
    }
    let folders = Path::new(name).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    for folder in folders {
        // Ends at the first that holds something else.
        if fs::remove_dir(root.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}
