//! The lists of drugs that the field has: how their files are laid out.

use std::sync::Arc;

use crate::record::Field;
use crate::source::layout::{Layout, Lines};
use crate::source::{Encoding, FileFormat};

/// A kind of list of drugs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListFormat {
    /// Our own: `atccode`, `drug`, and synonyms with `|` between them, if there are any.
    Drugs,
    /// DrugBank's open vocabulary.
    DrugBank,
    /// RxNorm's concepts and names, `RXNCONSO.RRF`.
    RxNorm,
    /// The names of the FDA's unique ingredient identifiers.
    Unii,
}

impl ListFormat {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Drugs, Self::DrugBank, Self::RxNorm, Self::Unii];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Drugs => "drugs",
            Self::DrugBank => "drugbank",
            Self::RxNorm => "rxnorm",
            Self::Unii => "unii",
        }
    }

    /// The kind that a file's name tells.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        name.ends_with(".rrf").then_some(Self::RxNorm)
    }

    /// Tells whether the rows of a drug are told by an id that they share, not by its name.
    #[must_use]
    pub fn is_grouped(self) -> bool {
        matches!(self, Self::RxNorm | Self::Unii)
    }

    /// How to read a file of this kind, where `own` is the layout of our own.
    ///
    /// The fields of a row are, of RxNorm: RXCUI, LAT, SAB, TTY, CODE, STR, SUPPRESS; of UNII: UNII, Name, Display
    /// Name; of DrugBank: Common name, Synonyms.
    #[must_use]
    pub fn layout(self, own: Layout) -> Layout {
        let named =
            |columns: &[(Field, &str)]| columns.iter().map(|&(f, name)| (f, name.to_owned())).collect();
        let (columns, lines) = match self {
            Self::Drugs => return own,
            Self::DrugBank => (named(&[(Field::Drug, "Common name"), (Field::Synonyms, "Synonyms")]), None),
            Self::RxNorm => {
                // 18 fields, each with a `|` behind it.
                let lines = Lines { separator: b'|', width: 19, places: vec![0, 1, 11, 12, 13, 14, 16] };
                (Vec::new(), Some(lines))
            }
            Self::Unii => {
                let columns = [(Field::Id, "UNII"), (Field::Synonyms, "Name"), (Field::Drug, "Display Name")];
                (named(&columns), Some(Lines { separator: b'\t', width: 0, places: Vec::new() }))
            }
        };
        let encoding = own.encoding.or((self == Self::Unii).then_some(Encoding::Windows1252));
        Layout { columns, format: Some(FileFormat::Csv), encoding, siblings: Arc::default(), lines }
    }
}
