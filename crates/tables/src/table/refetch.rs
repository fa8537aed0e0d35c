//! Fetches rows again that were read and forgotten: those that turned out to be told twice.

use std::collections::HashMap;

use crate::error::Result;
use crate::record::{Reject, Repair, excerpt};
use crate::source::{Block, Feed, Row, RowSink, read_block};
use crate::store::InputFile;
use crate::table::builder::{Given, Text};
use crate::table::contract::Contract;
use crate::table::correct::Correction;
use crate::table::merge::{Fate, Place};
use crate::table::parquet;

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

/// Reads the files of the rows that have a fate again, and of those that survive them, each up to its last one.
///
/// Complexity: linear in the bytes read; rows are looked for only in their own blocks.
pub(super) fn fetch(
    contract: &Contract<'_>,
    files: &[InputFile],
    corrections: &HashMap<Place, &Correction>,
    fates: &[Fate],
) -> Result<HashMap<Place, Fetched>> {
    let mut places: Vec<Place> = fates.iter().flat_map(|fate| [fate.place, fate.survivor]).collect();
    places.sort_unstable();
    places.dedup();
    let mut fetched = HashMap::with_capacity(places.len());
    for of_file in places.chunk_by(|a, b| a.file() == b.file()) {
        let file = of_file[0].file();
        if contract.is_parquet(&files[file]) {
            parquet::fetch(contract, &files[file], corrections, of_file, &mut fetched)?;
            continue;
        }
        let mut feed = Feed::open(&files[file], &contract.layout)?;
        let (mut block, mut first, mut rest) = (Block::default(), 1, of_file);
        while !rest.is_empty() && feed.next(&mut block)? {
            let here = rest.partition_point(|place| place.seq() <= block.seq);
            if here > 0 {
                let places = &rest[..here];
                let at = Place::block(file, block.seq);
                let mut wanted =
                    Wanted { contract, corrections, at, number: 0, places, first, fetched: &mut fetched };
                read_block(feed.shape(), &block, &mut wanted);
                rest = &rest[here..];
            }
            first += block.lines();
        }
    }
    Ok(fetched)
}

struct Wanted<'a> {
    contract: &'a Contract<'a>,
    corrections: &'a HashMap<Place, &'a Correction>,
    at: Place,
    number: u32,
    places: &'a [Place],
    /// The block's first line.
    first: u64,
    fetched: &'a mut HashMap<Place, Fetched>,
}

impl Wanted<'_> {
    fn next(&mut self) -> Option<Place> {
        let place = self.at.row(self.number);
        self.number += 1;
        self.places.binary_search(&place).is_ok().then_some(place)
    }

    fn keep<'t>(&mut self, place: Place, line: u64, raw: String, text: impl Fn(usize) -> Text<'t>) {
        let given = |i| Given::Text(text(i));
        let fetched = Fetched::new(self.contract, self.first + line, raw, given, &text);
        self.fetched.insert(place, fetched);
    }
}

impl RowSink for Wanted<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let Some(place) = self.next() else { return };
        let contract = self.contract;
        match self.corrections.get(&place) {
            None => self.keep(place, row.line, excerpt(row.raw), contract.texts(row)),
            Some(correction) => {
                self.keep(
                    place,
                    row.line,
                    excerpt(row.raw),
                    contract.corrected(correction, contract.texts(row)),
                );
            }
        }
    }

    fn blank(&mut self) {}

    fn reject(&mut self, reject: Reject) {
        let Some(place) = self.next() else { return };
        // It became a row by its correction.
        if let Some(correction) = self.corrections.get(&place) {
            let contract = self.contract;
            self.keep(place, reject.line, reject.raw, contract.corrected(correction, |_| Text::NONE));
        }
    }

    fn repair(&mut self, _: Repair) {}
}
