//! Raw text -> clean values. Nothing here can fail: what cannot be mended becomes a value that says so.

mod boolean;
mod calendar;
pub mod date;
mod duplicates;
mod escape;
mod fold;
mod journal;
pub mod list;
mod mojibake;
mod moment;
mod money;
mod month;
pub mod number;
mod period;
mod price;
mod revisions;
mod row_key;
mod text;
mod unicode;
mod words;

pub use boolean::boolean;
pub use calendar::Date;
pub use date::DateOrder;
pub use duplicates::{Decisions, decide};
pub use fold::{Folded, fold};
pub use journal::{JournalName, journal_name};
pub use mojibake::mojibake;
pub use moment::{day, is_day, is_moment, timestamp};
pub use number::NumberStyle;
pub use price::price;
pub use revisions::{Deletion, Revisions};
pub use row_key::{Fate, RowKey, Why, text_hash};
pub(crate) use text::clean_and_fold;
pub use text::{Cleaned, clean_line};
pub use unicode::is_word;
