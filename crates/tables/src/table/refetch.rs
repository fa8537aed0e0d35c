//! Fetches rows again that were read and forgotten: those that turned out to be told twice.

use std::collections::HashMap;

use crate::error::Result;
use crate::record::{Reject, Repair, RowPlace, excerpt};
use crate::source::{Again, Feed, Row, RowSink, read_again, read_block};
use crate::store::InputFile;
use crate::table::builder::{Given, Text};
use crate::table::contract::Contract;
use crate::table::correct::Correction;
use crate::table::fetched::Fetched;
use crate::table::merge::Fate;
use crate::table::parquet;

/// Reads the files of the rows that have a fate again, and of those that survive them, each up to its last one.
///
/// Complexity: linear in the bytes read; rows are looked for only in their own blocks.
pub(super) fn fetch(
    contract: &Contract<'_>,
    files: &[InputFile],
    corrections: &HashMap<RowPlace, &Correction>,
    fates: &[Fate],
) -> Result<HashMap<RowPlace, Fetched>> {
    let mut places: Vec<RowPlace> = fates.iter().flat_map(|fate| [fate.place, fate.survivor]).collect();
    places.sort_unstable();
    places.dedup();
    let mut fetched = HashMap::with_capacity(places.len());
    for of_file in places.chunk_by(|a, b| a.file() == b.file()) {
        let file = of_file[0].file();
        if contract.is_parquet(&files[file]) {
            parquet::fetch(contract, &files[file], corrections, of_file, &mut fetched)?;
            continue;
        }
        let open = |file: usize| Feed::open(&files[file], &contract.layout);
        read_again(of_file, open, |again| {
            let mut wanted = Wanted { contract, corrections, again, number: 0, fetched: &mut fetched };
            read_block(again.shape, again.block, &mut wanted);
        })?;
    }
    Ok(fetched)
}

struct Wanted<'a> {
    contract: &'a Contract<'a>,
    corrections: &'a HashMap<RowPlace, &'a Correction>,
    again: &'a Again<'a>,
    number: u32,
    fetched: &'a mut HashMap<RowPlace, Fetched>,
}

impl Wanted<'_> {
    fn next(&mut self) -> Option<RowPlace> {
        let place = self.again.at.row(self.number);
        self.number += 1;
        self.again.places.binary_search(&place).is_ok().then_some(place)
    }

    fn keep<'t>(&mut self, place: RowPlace, line: u64, raw: String, text: impl Fn(usize) -> Text<'t>) {
        let given = |i| Given::Text(text(i));
        let fetched = Fetched::new(self.contract, self.again.first_line + line, raw, given, &text);
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
