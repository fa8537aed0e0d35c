//! A run of whole rows, and what reading it gives.

use std::ops::Range;

use crate::record::{Reject, RejectCode, Repair, RepairCode};
use crate::simd::{Mark, Marks};

/// A run of whole rows cut from one file, with what the cut found wrong.
///
/// Blocks are made once and filled again and again.
#[derive(Debug, Default)]
pub struct Block {
    /// What the places of its rows begin with, see [`RowPlace`](crate::record::RowPlace): rises from block to block by
    /// more than the rows of a block.
    pub start: u64,
    /// The bytes; only the first `len` are the block's. Kept at full size, so that filling it again does
    /// not have to clear it first.
    pub(super) buffer: Vec<u8>,
    pub(super) len: usize,
    /// The byte that ends a line in this file: LF, or CR in files without any LF.
    pub(super) eol: u8,
    /// Lines that were read before the block's first byte: the header, or a row too large to keep.
    pub(super) lines_before: u64,
    /// A row too large to keep, before the block's first byte: its line from 0, and how it begins.
    pub(super) oversized: Option<(u64, String)>,
    /// What the cut found wrong, in the order of the file.
    pub(super) faults: Vec<Fault>,
    /// The rows' places, where the cut had to find them anyway (JSON).
    pub(super) rows: Vec<Range<usize>>,
    /// What the cut had to find anyway: what may end a string, and the lines (JSON).
    pub(super) marks: Marks,
    /// What may be the tag of a record, in the order of the file (PubMed XML).
    pub(super) tags: Vec<Mark>,
}

/// A stretch of a block that is no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) what: What,
    pub(super) at: Range<usize>,
}

/// What a stretch that is no row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A row lost.
    Lost(RejectCode),
    /// A slip between rows; nothing is lost.
    Slip(RepairCode),
}

impl Block {
    /// The block's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Where the next block of its file starts. A row takes a byte at least; what was lost may take none.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + (self.len + self.faults.len() + 1) as u64
    }

    /// Lines that begin in this block: what [`super::read_block`] returns, without reading it.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines_before + count(self.bytes(), self.eol)
    }

    pub(super) fn reset(&mut self, start: u64) {
        self.start = start;
        self.len = 0;
        self.lines_before = 0;
        self.oversized = None;
        self.faults.clear();
        self.rows.clear();
        self.marks.clear();
        self.tags.clear();
    }
}

/// Counts a byte.
pub(super) fn count(bytes: &[u8], byte: u8) -> u64 {
    memchr::memchr_iter(byte, bytes).count() as u64
}

/// Tells line numbers of rising offsets, reading each byte once.
pub(super) struct Lines<'a> {
    block: &'a Block,
    offset: usize,
    line: u64,
    /// How many of the block's tags were passed.
    passed: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(block: &'a Block) -> Self {
        Self { block, offset: 0, line: block.lines_before, passed: 0 }
    }

    /// Goes on to `offset` without a look, where it is known how many lines end before it.
    pub(super) fn pass(&mut self, offset: usize, lines: u64) {
        self.line += lines;
        self.offset = offset;
    }

    /// The tags behind the last offset that was asked for.
    pub(super) fn tags(&self) -> &'a [Mark] {
        &self.block.tags[self.passed..]
    }

    /// The last tag up to `offset` that was not passed yet, and how many lines of the block end before it.
    fn pass_tags(&mut self, offset: usize) -> Option<(usize, u64)> {
        let tags = self.tags();
        let passed = tags.iter().take_while(|tag| tag.at as usize <= offset).count();
        self.passed += passed;
        let last = tags[..passed].last()?;
        Some((last.at as usize, last.lines.into()))
    }

    /// The line that holds `offset`, from 0; offsets must not fall.
    pub(super) fn at(&mut self, offset: usize) -> u64 {
        if self.offset != offset {
            // Where the cut has counted them, only those of a few bytes are left.
            if let Some((start, lines)) =
                self.block.marks.lines_before(offset).or_else(|| self.pass_tags(offset))
            {
                (self.offset, self.line) = (start, self.block.lines_before + lines);
            }
            self.line += count(&self.block.bytes()[self.offset..offset], self.block.eol);
            self.offset = offset;
        }
        self.line
    }
}

/// Room for something of each column: without an allocation for as many columns as most sources have.
#[derive(Debug)]
pub(super) struct Columns<T> {
    few: [T; FEW],
    /// All of them, where they are more.
    many: Vec<T>,
    len: usize,
}

const FEW: usize = 8;

impl<T: Default> Columns<T> {
    pub(super) fn new(len: usize) -> Self {
        let mut many = Vec::new();
        if len > FEW {
            many.resize_with(len, T::default);
        }
        Self { few: Default::default(), many, len }
    }

    pub(super) fn get(&self) -> &[T] {
        if self.len > FEW { &self.many } else { &self.few[..self.len] }
    }

    pub(super) fn get_mut(&mut self) -> &mut [T] {
        if self.len > FEW { &mut self.many } else { &mut self.few[..self.len] }
    }
}

/// A row as it stands in the file, one text a column.
#[derive(Debug)]
pub struct Row<'a> {
    /// Position among the block's rows, from 0.
    pub ordinal: u32,
    /// Line of its first character, counted from the block's first line, from 0.
    pub line: u64,
    /// One text for each column that was asked for; empty where the row has none.
    pub fields: &'a [&'a str],
    /// Which columns have no value at all, not even an empty text (`null` or no key in JSON); nothing where all have.
    pub absent: &'a [bool],
    /// The row as it stands in the file.
    pub raw: &'a [u8],
    /// What had to be mended to read it: to be told only if the row is used.
    pub mended: &'a [Repair],
}

/// Takes what reading a block gives.
pub trait RowSink {
    /// A row.
    fn row(&mut self, row: &Row<'_>);
    /// A row of nothing but white space and separators.
    fn blank(&mut self);
    /// A row that cannot be used.
    fn reject(&mut self, reject: Reject);
    /// Something mended between rows.
    fn repair(&mut self, repair: Repair);
    /// A row that replaces those of its id that have a lower version, or stand in a former file.
    fn revision(&mut self, row: &Row<'_>, _version: u32) {
        self.row(row);
    }
    /// An id that is taken back: rows of this and of former files no longer count. `line` is that of a row.
    fn deletion(&mut self, _line: u64, _id: &str) {}
}
