//! A row that is fetched again: what a report shows of it, and what tells it from others of its key.

use crate::table::builder::{Given, Text};
use crate::table::contract::Contract;

/// A row fetched again.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    /// Its first line, from 1.
    pub(super) line: u64,
    /// How it stands in the file.
    pub(super) raw: String,
    /// The text of each column, none where there is not even an empty one.
    texts: Vec<Option<String>>,
    /// Hashes of the values of its columns, eight bytes each.
    values: Vec<u8>,
}

impl Fetched {
    pub(super) fn new<'t>(
        contract: &Contract<'_>,
        line: u64,
        raw: String,
        given: impl Fn(usize) -> Given<'t>,
        text: impl Fn(usize) -> Text<'t>,
    ) -> Self {
        let mut values = Vec::new();
        for (i, cells) in contract.cells(1, &[]).iter_mut().enumerate() {
            cells.push(&given(i), Some(&mut values));
        }
        let texts = (0..contract.source.columns.len()).map(|i| {
            let Text { text, absent } = text(i);
            (!absent).then(|| text.to_owned())
        });
        Self { line, raw, texts: texts.collect(), values }
    }

    pub(super) fn text(&self, column: usize) -> Text<'_> {
        Text::of(self.texts[column].as_ref())
    }

    /// Whether two rows have different values in a column, however they are typed.
    pub(super) fn differs(&self, other: &Self, column: usize) -> bool {
        let value = column * 8..column * 8 + 8;
        self.values[value.clone()] != other.values[value]
    }
}
