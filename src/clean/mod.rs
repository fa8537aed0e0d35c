//! Raw text -> clean values. Nothing here can fail: what cannot be mended becomes a value that says so.

pub mod date;
mod duplicates;
mod escape;
mod fold;
mod journal;
mod period;
mod revisions;
mod text;
mod unicode;
mod words;

pub use date::{Date, DateOrder};
pub use duplicates::{Decisions, Fate, RowKey, Why, decide, text_hash};
pub use fold::{Folded, fold};
pub use journal::{JournalName, journal_name};
pub use revisions::{Deletion, Revisions};
pub use text::{Cleaned, clean_line};
pub use unicode::is_word;
