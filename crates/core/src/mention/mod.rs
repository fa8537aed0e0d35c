//! Who is named where.

mod matcher;
mod table;
mod vocabulary;

pub use matcher::{Matcher, Occurrence, Overlap, Search};
pub use vocabulary::{Ambiguous, Drug, Vocabulary, is_atc_code};
