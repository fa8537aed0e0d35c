//! Which bucket is meant: written down once it is known, so that nobody has to type it again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::{Staged, make_folder_for, read_text};

/// The file in the data folder that names the bucket.
pub const BUCKET_FILE: &str = "composer_bucket.json";

#[derive(Serialize, Deserialize)]
struct File {
    composer_bucket: String,
}

/// The bucket that the data folder names, if it names one.
pub fn read_bucket(data: &Path) -> Result<Option<String>> {
    let path = data.join(BUCKET_FILE);
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match serde_json::from_str::<File>(&text) {
        Ok(file) if !file.composer_bucket.is_empty() => {
            Ok(Some(file.composer_bucket.trim_start_matches("gs://").trim_end_matches('/').to_owned()))
        }
        Ok(_) => Err(wrong(&path, "the name is empty")),
        Err(error) => Err(wrong(&path, &error.to_string())),
    }
}

/// Notes the bucket in the data folder.
pub fn write_bucket(data: &Path, bucket: &str) -> Result<()> {
    let path = data.join(BUCKET_FILE);
    make_folder_for(&path)?;
    let text = serde_json::to_string(&File { composer_bucket: bucket.to_owned() }).unwrap_or_default();
    let mut staged = Staged::create(&path)?;
    staged.write(format!("{text}\n").as_bytes())?;
    staged.publish()
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::Input {
        message: format!("cannot use `{}`: {what}", path.display()),
        hint: "it has the form {\"composer_bucket\": \"NAME\"}; or name the bucket with --bucket".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_bucket(dir.path()).unwrap(), None);
        write_bucket(dir.path(), "my-bucket").unwrap();
        assert_eq!(read_bucket(dir.path()).unwrap().as_deref(), Some("my-bucket"));
        std::fs::write(dir.path().join(BUCKET_FILE), r#"{"composer_bucket": "gs://other/"}"#).unwrap();
        assert_eq!(read_bucket(dir.path()).unwrap().as_deref(), Some("other"));
        for text in ["{}", "", r#"{"composer_bucket": ""}"#, "[]"] {
            std::fs::write(dir.path().join(BUCKET_FILE), text).unwrap();
            assert!(read_bucket(dir.path()).is_err(), "{text}");
        }
    }
}
