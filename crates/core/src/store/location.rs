//! What is typed for a place: a local path, or a URL.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// A place for a file, as it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// A path on this machine.
    Local(PathBuf),
    /// `gs://BUCKET/KEY`: an object in Google Cloud Storage.
    Gs {
        /// The bucket.
        bucket: String,
        /// The object's name within it: parts with `/` between them.
        key: String,
    },
    /// `s3://BUCKET/KEY`: an object in S3, or in what speaks its protocol.
    S3 {
        /// The bucket.
        bucket: String,
        /// The object's name within it: parts with `/` between them.
        key: String,
    },
}

/// What a URL is to name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    Object,
    Folder,
}

impl Location {
    /// Reads what was typed. Whatever is no URL is a local path.
    ///
    /// ```
    /// use pipeline_core::store::Location;
    /// let out = Location::parse("gs://my-bucket/data/output.json").unwrap();
    /// assert_eq!(out, Location::Gs { bucket: "my-bucket".into(), key: "data/output.json".into() });
    /// assert_eq!(Location::parse("result/output.json").unwrap(), Location::Local("result/output.json".into()));
    /// assert!(Location::parse("gs://my-bucket/a/../b").is_err());
    /// ```
    pub fn parse(text: impl AsRef<OsStr>) -> Result<Self> {
        Self::read(text.as_ref(), Thing::Object)
    }

    /// Reads what was typed for a folder: its key has no slash at its end, and is empty where it is the whole bucket.
    ///
    /// ```
    /// use pipeline_core::store::Location;
    /// let lake = Location::S3 { bucket: "my-lake".into(), key: "bronze".into() };
    /// assert_eq!(Location::parse_folder("s3://my-lake/bronze/").unwrap(), lake);
    /// assert!(Location::parse_folder("gs://my-lake").is_ok());
    /// ```
    pub fn parse_folder(text: impl AsRef<OsStr>) -> Result<Self> {
        Self::read(text.as_ref(), Thing::Folder)
    }

    fn read(text: &OsStr, thing: Thing) -> Result<Self> {
        let local = Self::Local(PathBuf::from(text));
        let shown = text.to_string_lossy();
        let Some((scheme, rest)) = shown.split_once(':').filter(|(scheme, rest)| is_url(scheme, rest)) else {
            return Ok(local);
        };
        let refuse = |what: &str| {
            Err(Error::Call {
                message: format!("`{}` {what}", without_secret(&shown)),
                hint: match thing {
                    Thing::Object => "name a local path, or an object as in gs://BUCKET/data/output.json",
                    Thing::Folder => "name a local folder, or one in a bucket as in s3://BUCKET/lake",
                }
                .into(),
            })
        };
        if !["gs", "s3"].contains(&scheme) {
            return refuse("is a URL of an unknown kind");
        }
        let Some(rest) = rest.strip_prefix("//") else {
            return refuse(&format!("lacks a slash: a URL begins with {scheme}://"));
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return refuse("names no bucket");
        }
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let ends = |c: Option<char>| c.is_some_and(letter);
        let all = bucket.chars().all(|c| letter(c) || "-_.".contains(c));
        if !all || !ends(bucket.chars().next()) || !ends(bucket.chars().next_back()) {
            return refuse(
                "names a bucket that cannot be: lower-case letters, digits, `-`, `_` and `.` only",
            );
        }
        let key = match thing {
            Thing::Folder if key != "/" => key.strip_suffix('/').unwrap_or(key),
            _ => key,
        };
        if key.is_empty() && thing == Thing::Object {
            return refuse("names a bucket but no object in it");
        }
        if text.to_str().is_none() || key.chars().any(char::is_control) {
            return refuse("has characters that cannot be seen");
        }
        if key.ends_with('/') && thing == Thing::Object {
            return refuse("is a folder, not an object");
        }
        if !key.is_empty() && key.split('/').any(|part| ["", ".", ".."].contains(&part)) {
            return refuse("has an empty part, `.` or `..` in it");
        }
        if key.len() > 1000 {
            return refuse("is too long: the name of an object has at most 1,000 bytes");
        }
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Ok(if scheme == "gs" { Self::Gs { bucket, key } } else { Self::S3 { bucket, key } })
    }
}

/// A URL as a message may show it: what stands before an `@` in the place of the server may be a password.
fn without_secret(url: &str) -> String {
    let shown = match url.split_once("://") {
        Some((scheme, rest)) => match rest.split('/').next().unwrap_or_default().rfind('@') {
            Some(at) => format!("{scheme}://…{}", &rest[at..]),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    };
    shown.escape_debug().to_string().replace("\\u{2026}", "…")
}

/// `gs:/x` is one with a slash too few: no folder called `gs:` shall come of it.
fn is_url(scheme: &str, rest: &str) -> bool {
    ["gs", "s3"].contains(&scheme)
        || (rest.starts_with("//")
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)))
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::Gs { bucket, key } => write!(f, "gs://{bucket}/{key}"),
            Self::S3 { bucket, key } => write!(f, "s3://{bucket}/{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_is_a_path() {
        for text in ["output.json", "/a/b", "./gs:x", "a/gs://b", "C:\\x", "a:b", "", "gs", "GS/x", ":x"] {
            assert_eq!(Location::parse(text).unwrap(), Location::Local(text.into()), "{text}");
        }
    }

    #[test]
    fn an_object_is_shown_as_it_is_typed() {
        for text in ["gs://b/k", "gs://my-bucket.example_1/data/.staged/a b ü.json", "s3://b/k"] {
            assert_eq!(Location::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_an_object_is_refused_with_its_reason() {
        let long = format!("gs://b/{}", "k".repeat(1001));
        for (text, why) in [
            ("gs://", "no bucket"),
            ("gs:///k", "no bucket"),
            ("gs:/b/k", "lacks a slash"),
            ("gs:b", "lacks a slash"),
            ("gs://B/k", "bucket that cannot be"),
            ("gs://-b/k", "bucket that cannot be"),
            ("gs://b b/k", "bucket that cannot be"),
            ("gs://b", "no object"),
            ("gs://b/", "no object"),
            ("gs://b/data/", "is a folder"),
            ("gs://b//k", "an empty part"),
            ("gs://b/a/./k", "an empty part"),
            ("gs://b/../k", "an empty part"),
            ("gs://b/a\nb", "cannot be seen"),
            (long.as_str(), "too long"),
            ("s3:/b/k", "lacks a slash: a URL begins with s3://"),
            ("s3://b/../k", "an empty part"),
            ("https://example.org/k", "unknown kind"),
            ("file:///tmp/k", "unknown kind"),
        ] {
            let error = Location::parse(text).expect_err(text).to_string();
            assert!(error.contains(why) && !error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn a_folder_may_be_a_whole_bucket() {
        let gs = |key: &str| Location::Gs { bucket: "b".into(), key: key.into() };
        for (text, key) in [("gs://b", ""), ("gs://b/", ""), ("gs://b/lake", "lake"), ("gs://b/a/b/", "a/b")]
        {
            assert_eq!(Location::parse_folder(text).unwrap(), gs(key), "{text}");
        }
        for text in ["gs://b//", "gs://b/a//", "gs://b/../a", "gs://", "s3:b"] {
            assert!(Location::parse_folder(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        for text in ["postgres://me:canary@host/db", "https://canary@host", "ftp://a:canary@b@host/x"] {
            let error = Location::parse(text).unwrap_err();
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            assert!(error.to_string().contains("://…@host"), "{error}");
        }
    }
}
