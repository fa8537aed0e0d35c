//! Bytes -> raw rows.
//!
//! A [`Feed`] reads one file and cuts it into blocks of whole rows: the only serial part, and a cheap one.
//! Any thread can then turn a block into rows ([`read_block`]). Reading cannot fail on what the text holds:
//! what cannot be a row goes to the [`RowSink`] as a reject, what had to be mended as a repair.

mod block;
mod csv;
mod csv_parser;
mod csv_plain;
mod csv_split;
mod decode;
mod feed;
mod format;
mod header;
mod json;
mod json_comment;
mod json_mend;
mod json_object;
mod json_plain;
mod json_skip;
mod json_slot;
mod json_split;
mod layout;
mod lines;
mod lists;
mod pubmed;
mod pubmed_head;
mod pubmed_place;
mod queue;
mod read;
mod studies;
mod unescape;
mod xml;
mod xml_split;

pub use block::{Block, Row, RowSink};
pub use decode::Encoding;
pub(crate) use feed::BLOCKS;
pub use feed::Feed;
pub use format::FileFormat;
pub use layout::{Layout, Lines, Shape};
pub use lists::ListFormat;
pub use queue::Digest;
pub use read::{Again, BlockSink, ReadAll, read_again, read_all};

/// Turns a block into rows, rejects and repairs, in the order of the file.
///
/// Lines are counted from the block's own first line; returns that of the next block's first one.
///
/// Complexity: linear in the block.
pub fn read_block(shape: &Shape, block: &Block, sink: &mut impl RowSink) -> u64 {
    match shape.format {
        FileFormat::Csv if shape.lines => lines::read(shape, block, sink),
        FileFormat::Csv => csv::read(shape, block, sink),
        FileFormat::Json => json::read(shape, block, sink),
        FileFormat::PubmedXml => pubmed::read(shape, block, sink),
        FileFormat::Parquet => 0, // it has no blocks: a feed refuses it
    }
}
