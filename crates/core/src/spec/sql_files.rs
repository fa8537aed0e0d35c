//! The SQL files of a pipeline: in the folder of its name beside its file, or built in.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::store::{names_in, read_text};

/// Where the SQL files of a pipeline are.
#[derive(Debug, Clone)]
pub enum SqlFiles<'a> {
    /// In a folder.
    Folder(PathBuf),
    /// Built in: name and text.
    Texts(&'a [(&'a str, &'a str)]),
    /// Nowhere.
    None,
}

impl SqlFiles<'_> {
    /// What messages call one of them.
    #[must_use]
    pub fn shown(&self, pipeline: &str, name: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Texts(_) | Self::None => format!("{pipeline}/{name} (built in)"),
        }
    }

    /// The text of one of them; none if there is no such file.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>> {
        match self {
            Self::Folder(folder) => match read_text(&folder.join(name)) {
                Ok(text) => Ok(Some(text)),
                Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
            Self::Texts(texts) => {
                Ok(texts.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()))
            }
            Self::None => Ok(None),
        }
    }

    /// The names of all of them.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Folder(folder) => names_in(folder, ".sql").unwrap_or_default(),
            Self::Texts(texts) => texts.iter().map(|(name, _)| (*name).to_owned()).collect(),
            Self::None => Vec::new(),
        }
    }
}

/// Tells whether a name stays within the folder: a file name, or parts of plain names.
pub(super) fn stays_inside(name: &str) -> bool {
    let plain = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    !name.is_empty()
        && !name.contains(['\\', ':'])
        && !name.chars().any(char::is_control)
        && Path::new(name).components().all(plain)
}
