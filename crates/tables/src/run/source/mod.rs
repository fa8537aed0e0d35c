//! The sources of a run: their files found, fetched and read.

mod find;
mod read;

pub(super) use find::{Found, find, is_dated, none};
pub(super) use read::Reader;
