//! Fetches rows again that were read and forgotten: those that turned out to be told twice.

use std::collections::HashMap;

use crate::error::Result;
use crate::record::{Reject, Repair, excerpt};
use crate::run::drugs::scan::{Task, place, unplace};
use crate::source::{Block, Feed, Row, RowSink, read_block};

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
    mut places: Vec<u64>,
    known: &HashMap<u64, Fetched>,
) -> Result<HashMap<u64, Fetched>> {
    places.sort_unstable();
    places.dedup();
    let mut fetched = HashMap::with_capacity(places.len());
    places.retain(|at| match known.get(at) {
        Some(row) => fetched.insert(*at, row.clone()).is_some(),
        None => true,
    });
    for of_file in places.chunk_by(|a, b| unplace(*a).0 == unplace(*b).0) {
        let (file, ..) = unplace(of_file[0]);
        let task = &tasks[file];
        let mut feed = Feed::open(&task.file, &task.layout())?;
        let (mut block, mut first, mut rest) = (Block::default(), 1, of_file);
        while !rest.is_empty() && feed.next(&mut block)? {
            let here = rest.partition_point(|&at| unplace(at).1 <= block.seq);
            if here > 0 {
                let at = place(file, block.seq);
                let mut wanted = Wanted { at, places: &rest[..here], file, first, fetched: &mut fetched };
                read_block(feed.shape(), &block, &mut wanted);
                rest = &rest[here..];
            }
            first += block.lines();
        }
    }
    Ok(fetched)
}

struct Wanted<'a> {
    at: u64,
    places: &'a [u64],
    file: usize,
    first: u64,
    fetched: &'a mut HashMap<u64, Fetched>,
}

impl RowSink for Wanted<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let at = self.at + u64::from(row.ordinal);
        if self.places.binary_search(&at).is_ok() {
            let journal = row.fields.last().map(ToString::to_string).unwrap_or_default();
            let (line, raw) = (self.first + row.line, excerpt(row.raw));
            let fetched = Fetched { file: self.file, line, raw, journal };
            self.fetched.insert(at, fetched);
        }
    }

    fn blank(&mut self) {}

    fn reject(&mut self, _: Reject) {}

    fn repair(&mut self, _: Repair) {}
}
