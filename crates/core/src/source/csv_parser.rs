//! The csv crate, set up as all of our CSV is read.

use csv::{ReaderBuilder, Terminator};

/// The parser's settings. A line ends at one byte only: a stray CR in a file of LF lines is white space
/// within a field, not a broken row.
pub(super) fn builder(separator: u8, eol: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(separator).terminator(Terminator::Any(eol));
    builder
}
