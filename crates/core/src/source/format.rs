//! The formats that can be read, and the names that tell them.

use serde::{Deserialize, Serialize};

/// What the rows of a file look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FileFormat {
    /// Rows of fields behind a header line; comma, semicolon or tab between fields.
    Csv,
    /// Objects: a list, one a line, or one after another.
    Json,
    /// Records of PubMed, as its baseline and update files have them: the drugs pipeline only.
    PubmedXml,
    /// Apache Parquet: sources of tables only.
    Parquet,
}

impl FileFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::PubmedXml, Self::Parquet];
    /// The formats of sources of tables.
    pub const TABLES: [Self; 3] = [Self::Csv, Self::Json, Self::Parquet];

    /// The name in pipeline files.
    ///
    /// ```
    /// use pipeline_core::source::FileFormat;
    /// assert_eq!(FileFormat::Json.name(), "json");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::PubmedXml => "pubmed-xml",
            Self::Parquet => "parquet",
        }
    }

    /// Every name that sources of the drugs pipeline know: some formats have two.
    pub const NAMES: [(&str, Self); 5] = [
        ("csv", Self::Csv),
        ("tsv", Self::Csv),
        ("json", Self::Json),
        ("ndjson", Self::Json),
        ("pubmed-xml", Self::PubmedXml),
    ];

    /// The format that a file name tells, `.gz` and `.zst` set aside.
    ///
    /// ```
    /// use pipeline_core::source::FileFormat;
    /// assert_eq!(FileFormat::of("pubmed.csv.gz"), Some(FileFormat::Csv));
    /// assert_eq!(FileFormat::of("pubmed.ndjson"), Some(FileFormat::Json));
    /// assert_eq!(FileFormat::of("pubmed.xlsx"), None);
    /// ```
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = PACKED.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "csv" | "tsv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            "xml" => Some(Self::PubmedXml),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// The endings of packed files.
const PACKED: [&str; 2] = [".gz", ".zst"];
