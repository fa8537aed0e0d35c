//! The journals that the rows of a block name, looked up together at its end.

use crate::run::drugs::journals::{Counted, Spellings, TOGETHER};

/// Rows that name a journal, in their order.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// What they call it, one behind the other.
    text: String,
    rows: Vec<(usize, NamedRow)>,
}

/// A row that names a journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct NamedRow {
    /// The number of its key.
    pub(super) key: usize,
    /// Its line within the block, from 0.
    pub(super) line: u64,
    /// How many repairs were told before the journal's.
    pub(super) repairs: usize,
}

impl Named {
    pub(super) fn push(&mut self, text: &str, row: NamedRow) {
        self.text.push_str(text);
        self.rows.push((self.text.len(), row));
    }

    /// Counts what the rows call their journals; tells of each row, and forgets it.
    pub(super) fn drain(
        &mut self,
        spellings: &mut Spellings,
        mut told: impl FnMut(&Spellings, NamedRow, &str, Counted),
    ) {
        let mut from = 0;
        for rows in self.rows.chunks(TOGETHER) {
            let (mut texts, mut counted) = ([""; TOGETHER], [Counted::default(); TOGETHER]);
            for (text, &(end, _)) in texts.iter_mut().zip(rows) {
                *text = &self.text[std::mem::replace(&mut from, end)..end];
            }
            spellings.count_together(&texts[..rows.len()], &mut counted);
            for ((&(_, row), text), counted) in rows.iter().zip(texts).zip(counted) {
                told(spellings, row, text, counted);
            }
        }
        self.rows.clear();
        self.text.clear();
    }
}
