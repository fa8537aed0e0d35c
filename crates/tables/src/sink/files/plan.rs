//! What is to be written, and where within its folder.

use crate::spec::LogicalDate;
use crate::spec::tables::{TableFormat, Write, WriteMode};

/// How a table is written.
#[derive(Debug, Clone)]
pub struct TableWrite {
    /// The format.
    pub format: TableFormat,
    /// What becomes of the rows that are there.
    pub mode: WriteMode,
    /// Columns that tell a row from others.
    pub key: Vec<String>,
    /// Columns that are folders.
    pub partition_by: Vec<String>,
    /// The one file that the table is, where it is no folder.
    pub file: Option<String>,
    /// The day of the run, whose partition is replaced even when there are no rows for it.
    pub date: Option<LogicalDate>,
}

impl TableWrite {
    /// The write of a task to a target.
    #[must_use]
    pub fn new(write: &Write, target: &Target, date: Option<LogicalDate>) -> Self {
        Self {
            format: write.format,
            mode: write.mode,
            key: write.key.clone(),
            partition_by: write.partition_by.clone(),
            file: target.file.clone(),
            date,
        }
    }
}

/// A place that a table is written to: a folder, or a file in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The path or URL of the folder.
    pub folder: String,
    /// The file's name, where the table is one file.
    pub file: Option<String>,
}

impl Target {
    /// Takes a path or URL apart: it is a file if it ends as files of tables do.
    ///
    /// ```
    /// use pipeline_tables::sink::files::Target;
    /// let target = Target::of("s3://lake/gold/average.csv");
    /// assert_eq!((target.folder.as_str(), target.file.as_deref()), ("s3://lake/gold", Some("average.csv")));
    /// assert_eq!(Target::of("result/bronze/"), Target { folder: "result/bronze".into(), file: None });
    /// ```
    #[must_use]
    pub fn of(place: &str) -> Self {
        let is_file = TableFormat::ALL.iter().any(|format| {
            place
                .rsplit_once('.')
                .is_some_and(|(stem, ending)| ending == format.name() && !stem.ends_with('/'))
        });
        if !is_file {
            let trimmed = place.trim_end_matches('/');
            let folder = if trimmed.is_empty() { place } else { trimmed };
            return Self { folder: folder.to_owned(), file: None };
        }
        let (folder, file) = place.rsplit_once('/').unwrap_or((".", place));
        let folder = if folder.is_empty() { "/" } else { folder };
        Self { folder: folder.to_owned(), file: Some(file.to_owned()) }
    }
}
