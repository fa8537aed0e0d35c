//! Opens files as what they should be: plain files.
//!
//! Names of ours are known beforehand, so somebody else may have put a link, a pipe or a device under one. Nothing is
//! written through a link, and nobody waits at a pipe.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Result};

/// Makes a file anew. What stood under its name is removed, not written to.
///
/// Errors: what stands there cannot be removed (a folder), or the file cannot be made.
pub fn create_anew(path: &Path) -> Result<File> {
    let create = || OpenOptions::new().read(true).write(true).create_new(true).open(path);
    match create() {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path).map_err(Error::io("replace", path))?;
            create().map_err(Error::io("write", path))
        }
        file => file.map_err(Error::io("write", path)),
    }
}

/// Removes what stands under a name of ours, unless it is a plain file that has no other name: before a file is opened
/// that may be there from before.
pub fn remove_unless_plain(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() || has_other_names(&found) => {
            fs::remove_file(path).map_err(Error::io("replace", path))
        }
        _ => Ok(()), // any other fault shows when the file is opened
    }
}

/// Opens a file to read; none where there is none.
///
/// Errors: [`Error::Input`] for a folder, a pipe or a device; links to files are followed.
pub fn open_plain(path: &Path) -> Result<Option<File>> {
    // Before it is opened: to open a pipe is to wait for who writes to it.
    let found = match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found.map_err(Error::io("read", path))?,
    };
    if let Some(what) = not_a_file(&found) {
        return Err(Error::Input {
            message: format!("`{}` is {what}, not a regular file", path.display()),
            hint: "name a file".into(),
        });
    }
    File::open(path).map(Some).map_err(Error::io("read", path))
}

/// Reads a whole file; none where there is none. Errors as [`open_plain`].
pub(super) fn read_plain(path: &Path) -> Result<Option<Vec<u8>>> {
    let Some(mut file) = open_plain(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok(Some(bytes))
}

/// What stands there in the place of a regular file, in words; none if it is one.
pub(super) fn not_a_file(found: &Metadata) -> Option<&'static str> {
    match found.is_file() {
        true => None,
        false if found.is_dir() => Some("a folder"),
        false => Some("a pipe or a device"),
    }
}

#[cfg(unix)]
fn has_other_names(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    fn pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn what_was_planted_under_a_name_is_replaced_and_what_it_leads_to_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (theirs, ours) = (dir.path().join("theirs"), dir.path().join(".ours.part"));
        let plants: [(&str, &dyn Fn()); 4] = [
            ("a link", &|| symlink(&theirs, &ours).unwrap()),
            ("a hard link", &|| fs::hard_link(&theirs, &ours).unwrap()),
            ("a link to nothing", &|| symlink(dir.path().join("nothing"), &ours).unwrap()),
            ("a pipe", &|| pipe(&ours)),
        ];
        for (what, plant) in plants {
            fs::write(&theirs, "theirs").unwrap();
            plant();
            create_anew(&ours).unwrap().write_all(b"ours").unwrap();
            assert_eq!(fs::read(&ours).unwrap(), b"ours", "{what}");
            assert!(fs::symlink_metadata(&ours).unwrap().is_file(), "{what}");
            fs::remove_file(&ours).unwrap();
            plant();
            remove_unless_plain(&ours).unwrap();
            assert!(fs::symlink_metadata(&ours).is_err(), "{what}");
            assert_eq!(fs::read(&theirs).unwrap(), b"theirs", "{what}");
            assert!(!dir.path().join("nothing").exists(), "{what}");
        }
        fs::write(&ours, "from before").unwrap();
        remove_unless_plain(&ours).unwrap();
        assert_eq!(fs::read(&ours).unwrap(), b"from before");
    }

    #[test]
    fn nobody_reads_from_a_pipe_a_device_or_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("pipe");
        pipe(&fifo);
        for (path, what) in [
            (&*fifo, "a pipe or a device"),
            (Path::new("/dev/zero"), "a pipe or a device"),
            (dir.path(), "a folder"),
        ] {
            let error = open_plain(path).unwrap_err().to_string();
            assert!(error.contains(&format!("is {what}, not a regular file")), "{error}");
        }
        assert!(open_plain(&dir.path().join("nothing")).unwrap().is_none());
    }
}
