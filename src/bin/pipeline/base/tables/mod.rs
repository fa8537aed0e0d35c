//! What commands on pipelines of tables share: the options of a run, signals, progress, words.

mod answer;
mod options;
mod progress;
mod summary;

pub(crate) use answer::{backfilled, finished};
pub(crate) use options::{options, out_option, progress};
