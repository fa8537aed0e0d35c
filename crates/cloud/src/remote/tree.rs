//! The files of a folder, for an upload: walked, measured, and what is left out told with its reason.
//!
//! Links are not followed: what lies behind one may be anything. Files such as `.gcloudignore` are honoured where they
//! lie, in the syntax of `.gitignore`; the walk is our own because every file that is left out is to be named.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;

use crate::error::{Error, Result};

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path below the folder, with `/` between the parts.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// A file's size and checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Bytes.
    pub size: u64,
    /// CRC32C of the content.
    pub crc32c: u32,
}

/// A file or folder that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// What a folder holds.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Its files, sorted by name.
    pub files: Vec<Found>,
    /// What was left out, sorted by path.
    pub left_out: Vec<LeftOut>,
}

/// Walks a folder. `skip` gives the reason to leave out a path below it, and is asked before the files called `ignore`,
/// which say what to leave out where they lie.
pub fn walk(folder: &Path, ignore: &[&str], skip: &dyn Fn(&str, bool) -> Option<String>) -> Result<Tree> {
    let mut tree = Tree::default();
    if !folder.is_dir() {
        return Err(Error::Input {
            message: format!("the folder `{}` does not exist", folder.display()),
            hint: "name the folder to upload".into(),
        });
    }
    Walk { ignore, skip, tree: &mut tree }.folder(folder, "", &mut Vec::new())?;
    tree.files.sort_by(|a, b| a.name.cmp(&b.name));
    tree.left_out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(tree)
}

struct Walk<'a> {
    ignore: &'a [&'a str],
    skip: &'a dyn Fn(&str, bool) -> Option<String>,
    tree: &'a mut Tree,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, rules: &mut Vec<Gitignore>) -> Result<()> {
        let depth = rules.len();
        for name in self.ignore {
            rules.extend(rules_of(&folder.join(name))?);
        }
        let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
        for entry in entries {
            let entry = entry.map_err(Error::io("read", folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(Error::io("read", &path))?;
            let Ok(name) = entry.file_name().into_string() else {
                self.leave_out(path, "its name is not UTF-8".into());
                continue;
            };
            let name = format!("{prefix}{name}");
            if kind.is_symlink() {
                self.leave_out(path, "a link, which is not followed".into());
            } else if let Some(reason) = (self.skip)(&name, kind.is_dir()) {
                self.leave_out(path, reason);
            } else if let Some(rule) = ignored(rules, &path, kind.is_dir()) {
                self.leave_out(path, rule);
            } else if kind.is_dir() {
                self.folder(&path, &format!("{name}/"), rules)?;
            } else if kind.is_file() {
                self.tree.files.push(Found { name, path });
            } else {
                self.leave_out(path, "neither a file nor a folder".into());
            }
        }
        rules.truncate(depth);
        Ok(())
    }

    fn leave_out(&mut self, path: PathBuf, reason: String) {
        self.tree.left_out.push(LeftOut { path, reason });
    }
}

/// The rules of an ignore file, and of those that it includes (`#!include:.gitignore`).
fn rules_of(file: &Path) -> Result<Option<Gitignore>> {
    if !file.is_file() {
        return Ok(None); // a folder of that name, or a pipe, says nothing
    }
    let handle = File::open(file).map_err(Error::io("read", file))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut builder = GitignoreBuilder::new(folder);
    let wrong = |source: ignore::Error| Error::Input {
        message: format!("cannot use `{}`: {source}", file.display()),
        hint: "its lines are patterns as in a .gitignore file".into(),
    };
    for line in BufReader::new(handle).lines() {
        let line = line.map_err(Error::io("read", file))?;
        let line = line.trim_start_matches('\u{feff}');
        if let Some(included) = line.trim().strip_prefix("#!include:") {
            match builder.add(folder.join(included.trim())) {
                None => {}
                Some(error) => return Err(wrong(error)),
            }
        }
        builder.add_line(Some(file.to_owned()), line).map_err(wrong)?;
    }
    builder.build().map(Some).map_err(wrong)
}

/// The rule that leaves out a path; the innermost file that has a word on it decides.
fn ignored(rules: &[Gitignore], path: &Path, is_dir: bool) -> Option<String> {
    for rules in rules.iter().rev() {
        let matched = rules.matched(path, is_dir);
        if let ignore::Match::Ignore(glob) = matched {
            let file = glob.from().and_then(Path::file_name).unwrap_or_default();
            return Some(format!("`{}` in {}", glob.original(), file.to_string_lossy()));
        }
        if matched.is_whitelist() {
            return None;
        }
    }
    None
}

/// Measures files, on all threads.
pub fn measure(files: &[Found]) -> Result<Vec<Measure>> {
    files.par_iter().map(|file| measure_one(&file.path)).collect()
}

/// Measures a file.
pub fn measure_one(path: &Path) -> Result<Measure> {
    let mut file = File::open(path).map_err(Error::io("read", path))?;
    let mut buffer = vec![0; 1 << 18];
    let mut measure = Measure { size: 0, crc32c: 0 };
    loop {
        match file.read(&mut buffer).map_err(Error::io("read", path))? {
            0 => return Ok(measure),
            read => {
                measure.size += read as u64;
                measure.crc32c = crc32c::crc32c_append(measure.crc32c, &buffer[..read]);
            }
        }
    }
}

/// The first bytes of a file, at most so many.
pub fn head(path: &Path, bytes: u64) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(Error::io("read", path))?;
    file.take(bytes).read_to_end(&mut head).map_err(Error::io("read", path))?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tree: &Tree) -> Vec<&str> {
        tree.files.iter().map(|file| file.name.as_str()).collect()
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn ignore_files_hold_where_they_lie_and_the_innermost_decides() {
        let dir = folder(&[
            (".gcloudignore", "\u{feff}*.tmp\n/raw/\n#!include:more\n"),
            ("more", "*.bak\n"),
            ("a.tmp", ""),
            ("a.bak", ""),
            ("a.py", ""),
            ("raw/x.py", ""),
            ("sub/raw/x.py", ""),
            ("sub/.airflowignore", "!keep.tmp\nold*\n"),
            ("sub/keep.tmp", ""),
            ("sub/old_dag.py", ""),
        ]);
        let tree = walk(dir.path(), &[".gcloudignore", ".airflowignore"], &|name, _| {
            name.starts_with('.').then(|| "hidden".into())
        })
        .unwrap();
        assert_eq!(names(&tree), ["a.py", "more", "sub/.airflowignore", "sub/keep.tmp", "sub/raw/x.py"]);
        let reasons: Vec<&str> = tree.left_out.iter().map(|left| left.reason.as_str()).collect();
        assert!(reasons.contains(&"`/raw/` in .gcloudignore"), "{reasons:?}");
        assert!(reasons.contains(&"`old*` in .airflowignore"), "{reasons:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = folder(&[("a.py", "")]);
        std::os::unix::fs::symlink("/etc", dir.path().join("etc")).unwrap();
        std::os::unix::fs::symlink("a.py", dir.path().join("b.py")).unwrap();
        let tree = walk(dir.path(), &[], &|_, _| None).unwrap();
        assert_eq!(names(&tree), ["a.py"]);
        assert_eq!(tree.left_out.len(), 2);
    }

    #[test]
    fn a_measure_is_size_and_checksum() {
        let dir = folder(&[("a", "123456789")]);
        let tree = walk(dir.path(), &[], &|_, _| None).unwrap();
        assert_eq!(measure(&tree.files).unwrap(), [Measure { size: 9, crc32c: 0xe306_9283 }]);
        assert_eq!(head(&dir.path().join("a"), 3).unwrap(), b"123");
    }
}
