//! How a file is to be read: what its source says of it, and what it turned out to be.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::record::Field;
use crate::source::FileFormat;
use crate::source::decode::Encoding;
use crate::source::header::ABSENT;
use crate::store::InputFile;

/// What a source says of its files.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The columns that are wanted, each with its name in the files.
    pub columns: Vec<(Field, String)>,
    /// The format, where the file name does not tell it.
    pub format: Option<FileFormat>,
    /// The encoding, where it is not to be found out.
    pub encoding: Option<Encoding>,
    /// The files of the source, one of which has the header of those that have none.
    pub siblings: Arc<[InputFile]>,
    /// Rows without quotes, where it is that (CSV).
    pub lines: Option<Lines>,
}

impl Layout {
    /// The layout of files that stand each for itself.
    #[must_use]
    pub fn new(
        columns: Vec<(Field, String)>,
        format: Option<FileFormat>,
        encoding: Option<Encoding>,
    ) -> Self {
        Self { columns, format, encoding, siblings: Arc::default(), lines: None }
    }

    /// The format of a file: the one that is declared, or that its name tells.
    #[must_use]
    pub fn format_of(&self, file: &InputFile) -> Option<FileFormat> {
        self.format.or_else(|| FileFormat::of(&file.name))
    }
}

/// Rows without quotes: one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The byte between two fields.
    pub separator: u8,
    /// Fields of a row; 0 where a header tells.
    pub width: usize,
    /// The fields that are wanted, by their place; none where a header tells.
    pub places: Vec<usize>,
}

/// What one file turned out to be: all that is needed to read its blocks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shape {
    /// The format.
    pub format: FileFormat,
    /// The encoding.
    pub encoding: Encoding,
    /// Whether the encoding was guessed from bytes that are no UTF-8.
    pub guessed_encoding: bool,
    /// The byte between two fields (CSV).
    pub separator: u8,
    /// Whether the file is one JSON string that holds the JSON.
    pub json_in_string: bool,
    /// Whether objects are studies of ClinicalTrials.gov (JSON).
    pub studies: bool,
    /// The file whose header this one goes by, where it has none of its own (CSV).
    pub header_of: Option<String>,
    /// Whether its rows have no quotes (CSV).
    pub(super) lines: bool,
    /// Whether values are taken as they are typed, lists and objects too (JSON): so for columns of tables.
    pub(super) verbatim: bool,
    pub(super) columns: Vec<(Field, String)>,
    /// Position of each column in a row (CSV).
    pub(super) places: Vec<usize>,
    /// Number of fields of a row (CSV).
    pub(super) width: usize,
}

impl Shape {
    /// The shape of an ordinary file of these columns.
    #[cfg(test)]
    pub(super) fn plain(format: FileFormat, columns: Vec<(Field, String)>, verbatim: bool) -> Self {
        Self {
            format,
            encoding: Encoding::Utf8,
            guessed_encoding: false,
            separator: b',',
            json_in_string: false,
            studies: false,
            header_of: None,
            lines: false,
            verbatim,
            columns,
            places: Vec::new(),
            width: 0,
        }
    }

    /// Tells whether its rows can have this column.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        match self.format {
            FileFormat::Csv => {
                let place = self.columns.iter().position(|(column, _)| *column == field);
                place.is_some_and(|i| self.places.get(i) != Some(&ABSENT))
            }
            _ => !self.studies || field != Field::Journal,
        }
    }
}
