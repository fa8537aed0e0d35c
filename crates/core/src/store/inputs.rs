//! Finds the files of a source and opens them.
//!
//! A source names its files by pattern. Files are listed in name order, so that the order in which a
//! folder lists them never shows in a result.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobMatcher};
use xxhash_rust::xxh3::Xxh3Default;

use crate::error::{Error, Result};
use crate::store::gunzip::Gunzip;
use crate::store::plain::not_a_file;

/// What stands for a day in a pattern.
const DATE: &str = "{date}";

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name within the data folder, `/` between parts: what outputs and messages show.
    pub name: String,
    /// Its size in bytes, as it lies there (compressed if it is).
    pub size: u64,
}

/// A file name with `*`, `?`, `[..]` or `{a,b}`, within the data folder. `{date}` in it stands for a day.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    plain: GlobMatcher,
    /// The same with `.gz` or `.zst` behind it.
    packed: GlobMatcher,
}

impl Pattern {
    /// Checks a pattern: it must stay within the data folder.
    pub fn new(text: &str) -> std::result::Result<Self, String> {
        let leaves = Path::new(text).components().any(|c| !matches!(c, std::path::Component::Normal(_)));
        if text.is_empty() || leaves {
            return Err(format!("`{text}` must be a file name within the data folder"));
        }
        let glob = |text: &str| GlobBuilder::new(text).literal_separator(true).build();
        let any_day = text.replace(DATE, "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]");
        let [plain, packed] = [glob(&any_day), glob(&format!("{any_day}.{{gz,zst}}"))];
        let matcher = |glob: std::result::Result<Glob, globset::Error>| glob.map(|g| g.compile_matcher());
        let wrong = |e: globset::Error| e.to_string();
        Ok(Self {
            text: text.to_owned(),
            plain: matcher(plain).map_err(wrong)?,
            packed: matcher(packed).map_err(wrong)?,
        })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether `{date}` stands in it: then it belongs to no day until [`Pattern::on`] names one.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.text.contains(DATE)
    }

    /// The pattern of one day, such as `2026-11-21`.
    pub fn on(&self, date: &str) -> std::result::Result<Self, String> {
        Self::new(&self.text.replace(DATE, date))
    }

    /// Tells whether a file of this name within the data folder belongs to the source: on any day, if it has one.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.plain.is_match(name) || self.packed.is_match(name)
    }

    /// Lists the files in `folder` that match, in name order; each of them also with `.gz` or `.zst` behind it.
    ///
    /// A match that is no regular file is an error: a folder or a pipe under the name of an input is a
    /// mistake that silence would hide.
    pub fn list(&self, folder: &Path) -> Result<Vec<InputFile>> {
        let (parent, _) = self.text.rsplit_once('/').unwrap_or(("", ""));
        let here = folder.join(parent);
        let mut found = Vec::new();
        if !here.exists() {
            return Ok(found);
        }
        for entry in fs::read_dir(&here).map_err(Error::io("list", &here))? {
            let entry = entry.map_err(Error::io("list", &here))?;
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let name = if parent.is_empty() { file_name } else { format!("{parent}/{file_name}") };
            if !self.matches(&name) {
                continue;
            }
            let path = entry.path();
            let meta = fs::metadata(&path).map_err(Error::io("read", &path))?;
            if let Some(what) = not_a_file(&meta) {
                return Err(Error::Input {
                    message: format!("`{}` is {what}, not a regular file", path.display()),
                    hint: format!("move it away, or change the pattern `{}`", self.text),
                });
            }
            found.push(InputFile { path, name, size: meta.len() });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

/// Opens a file whose format needs to jump about in it.
pub fn open_file(file: &InputFile) -> Result<File> {
    File::open(&file.path).map_err(Error::io("read", &file.path))
}

/// The bytes of a file, unpacked, with a running hash of the bytes as they lie there.
pub struct Input {
    reader: Unpacked,
}

enum Unpacked {
    Plain(Hashed<File>),
    Gzip(Box<Gunzip<io::BufReader<Hashed<File>>>>),
    Zstd(Box<zstd::Decoder<'static, io::BufReader<Hashed<File>>>>),
}

struct Hashed<R> {
    inner: R,
    hash: Box<Xxh3Default>,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hash.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
}

impl Input {
    /// Opens a file; one that begins as gzip or zstd does is unpacked, whatever its name.
    pub fn open(file: &InputFile) -> Result<Self> {
        let mut opened = File::open(&file.path).map_err(Error::io("read", &file.path))?;
        let mut magic = Vec::new();
        (&opened).take(4).read_to_end(&mut magic).map_err(Error::io("read", &file.path))?;
        io::Seek::rewind(&mut opened).map_err(Error::io("read", &file.path))?;
        let hashed = Hashed { inner: opened, hash: Box::default(), bytes: 0 };
        let buffered = |hashed| io::BufReader::with_capacity(1 << 18, hashed);
        let reader = if magic.starts_with(&[0x1f, 0x8b]) {
            Unpacked::Gzip(Box::new(Gunzip::new(buffered(hashed))))
        } else if magic == [0x28, 0xb5, 0x2f, 0xfd] {
            let decoder = zstd::Decoder::with_buffer(buffered(hashed));
            Unpacked::Zstd(Box::new(decoder.map_err(Error::io("unpack", &file.path))?))
        } else {
            Unpacked::Plain(hashed)
        };
        Ok(Self { reader })
    }

    /// XXH3 (64 bits, hexadecimal) of the bytes read so far, and their number.
    #[must_use]
    pub fn digest(&self) -> (String, u64) {
        let hashed = match &self.reader {
            Unpacked::Plain(hashed) => hashed,
            Unpacked::Gzip(gzip) => gzip.get_ref().get_ref(),
            Unpacked::Zstd(zstd) => zstd.get_ref().get_ref(),
        };
        (format!("{:016x}", hashed.hash.digest()), hashed.bytes)
    }

    /// Whether more may come out of it than lies in the file.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        !matches!(self.reader, Unpacked::Plain(_))
    }

    /// Bytes read so far, as they lie in the file: for progress.
    #[must_use]
    pub fn position(&self) -> u64 {
        match &self.reader {
            Unpacked::Plain(hashed) => hashed.bytes,
            Unpacked::Gzip(gzip) => gzip.get_ref().get_ref().bytes,
            Unpacked::Zstd(zstd) => zstd.get_ref().get_ref().bytes,
        }
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.reader {
            Unpacked::Plain(hashed) => hashed.read(buf),
            Unpacked::Gzip(gzip) => gzip.read(buf),
            Unpacked::Zstd(zstd) => zstd.read(buf),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_lists_its_files_in_name_order_and_their_packed_twins() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "c.csv.gz", "d.json", "sub.csv.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let names = |p: &str| {
            let files = Pattern::new(p).unwrap().list(dir.path()).unwrap();
            files.into_iter().map(|f| f.name).collect::<Vec<_>>()
        };
        assert_eq!(names("*.csv"), ["a.csv", "b.csv", "c.csv.gz"]);
        assert_eq!(names("d.json"), ["d.json"]);
        assert!(names("x*.csv").is_empty());
        let pattern = Pattern::new("pubmed*.csv").unwrap();
        assert!(pattern.matches("pubmed_1.csv") && pattern.matches("pubmed.csv.gz"));
        assert!(!pattern.matches("pubmed.json") && !pattern.matches("x/pubmed.csv"));
    }

    #[test]
    fn a_dated_pattern_matches_any_day_until_one_is_named() {
        let pattern = Pattern::new("{date}/pubmed_{date}_{a,b}.csv").unwrap();
        assert!(pattern.is_dated() && !Pattern::new("pubmed_{dat,e}.csv").unwrap().is_dated());
        let day = pattern.on("2026-11-21").unwrap();
        assert_eq!(day.as_str(), "2026-11-21/pubmed_2026-11-21_{a,b}.csv");
        for (name, any, this) in [
            ("2026-11-21/pubmed_2026-11-21_a.csv", true, true),
            ("2026-11-22/pubmed_2026-11-22_b.csv.gz", true, false),
            ("date/pubmed_date_a.csv", false, false),
        ] {
            assert_eq!((pattern.matches(name), day.matches(name)), (any, this), "{name}");
        }
    }

    #[test]
    fn a_pattern_stays_within_its_folder() {
        for bad in ["", "../x.csv", "/etc/passwd", "a/../../b"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_folder_under_the_name_of_an_input_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("pubmed.csv")).unwrap();
        let error = Pattern::new("pubmed*.csv").unwrap().list(dir.path()).unwrap_err();
        assert!(error.to_string().contains("is a folder"), "{error}");
    }
}
