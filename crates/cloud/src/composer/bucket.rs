//! Which bucket is meant: written down once it is known, so that nobody has to type it again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, Setting};
use crate::store::{Staged, make_folder_for, read_text};

/// The file in the data folder that names the bucket.
pub const BUCKET_FILE: &str = "composer_bucket.json";

/// What that file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketFile {
    /// The bucket, without `gs://`.
    pub composer_bucket: String,
    /// The environment that it belongs to, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

impl BucketFile {
    /// Reads the file of a data folder, if it has one.
    pub fn read(data: &Path) -> Result<Option<Self>> {
        let path = data.join(BUCKET_FILE);
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut file: Self = serde_json::from_str(&text).map_err(|error| wrong(&path, &error.to_string()))?;
        file.composer_bucket =
            file.composer_bucket.trim_start_matches("gs://").trim_end_matches('/').to_owned();
        match file.composer_bucket.is_empty() {
            true => Err(wrong(&path, "the name is empty")),
            false => Ok(Some(file)),
        }
    }

    /// Writes it into a data folder.
    pub fn write(&self, data: &Path) -> Result<()> {
        let path = data.join(BUCKET_FILE);
        make_folder_for(&path)?;
        let text = serde_json::to_string(self).unwrap_or_default();
        let mut staged = Staged::create(&path)?;
        staged.write(format!("{text}\n").as_bytes())?;
        staged.publish()
    }
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::Input {
        message: format!("cannot use `{}`: {what}", path.display()),
        hint: format!(
            "it has the form {{\"composer_bucket\": \"NAME\"}}; or name the bucket with {}",
            Setting::Bucket
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let name = || Some(BucketFile::read(dir.path()).unwrap()?.composer_bucket);
        assert_eq!(name(), None);
        let file = BucketFile { composer_bucket: "my-bucket".into(), environment: None };
        file.write(dir.path()).unwrap();
        assert_eq!(BucketFile::read(dir.path()).unwrap(), Some(file));
        let text = std::fs::read_to_string(dir.path().join(BUCKET_FILE)).unwrap();
        assert_eq!(text, "{\"composer_bucket\":\"my-bucket\"}\n");
        std::fs::write(dir.path().join(BUCKET_FILE), r#"{"composer_bucket": "gs://other/"}"#).unwrap();
        assert_eq!(name().as_deref(), Some("other"));
        for text in ["{}", "", r#"{"composer_bucket": ""}"#, "[]"] {
            std::fs::write(dir.path().join(BUCKET_FILE), text).unwrap();
            assert!(BucketFile::read(dir.path()).is_err(), "{text}");
        }
    }
}
