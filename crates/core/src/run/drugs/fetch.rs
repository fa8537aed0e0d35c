//! Fetches rows again that were read and forgotten: those that turned out to be told twice.

use std::collections::HashMap;

use crate::error::Result;
use crate::record::{Reject, Repair, RowPlace, excerpt};
use crate::run::drugs::scan::Task;
use crate::source::{Again, Feed, Row, RowSink, read_again, read_block};

/// A row fetched again.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    /// Its file.
    pub(super) file: usize,
    /// Its first line, from 1.
    pub(super) line: u64,
    /// How it stands in the file.
    pub(super) raw: String,
    /// Its journal as it is spelled there.
    pub(super) journal: String,
}

/// Reads the files of some rows again, each up to the last of its rows that is not `known`.
///
/// Complexity: linear in the bytes read; rows are looked for only in their own blocks.
pub(super) fn fetch(
    tasks: &[Task<'_>],
    mut places: Vec<RowPlace>,
    known: &HashMap<RowPlace, Fetched>,
) -> Result<HashMap<RowPlace, Fetched>> {
    places.sort_unstable();
    places.dedup();
    let mut fetched = HashMap::with_capacity(places.len());
    places.retain(|at| match known.get(at) {
        Some(row) => fetched.insert(*at, row.clone()).is_some(),
        None => true,
    });
    let open = |file: usize| Feed::open(&tasks[file].file, &tasks[file].layout());
    read_again(&places, open, |again| {
        let mut wanted = Wanted { again, fetched: &mut fetched };
        read_block(again.shape, again.block, &mut wanted);
    })?;
    Ok(fetched)
}

struct Wanted<'a> {
    again: &'a Again<'a>,
    fetched: &'a mut HashMap<RowPlace, Fetched>,
}

impl RowSink for Wanted<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let at = self.again.at.row(row.ordinal);
        if self.again.places.binary_search(&at).is_ok() {
            let journal = row.fields.last().map(ToString::to_string).unwrap_or_default();
            let (line, raw) = (self.again.first_line + row.line, excerpt(row.raw));
            let fetched = Fetched { file: at.file(), line, raw, journal };
            self.fetched.insert(at, fetched);
        }
    }

    fn blank(&mut self) {}

    fn reject(&mut self, _: Reject) {}

    fn repair(&mut self, _: Repair) {}
}
