//! Tables as files: Parquet, CSV, JSON; whole, or a file a partition.
//!
//! A table is a folder with exactly one file a partition, `month=2020-03/part-0.parquet`, so that one rename (or one
//! conditional write to a bucket) replaces a partition: whoever reads meanwhile, and whatever is killed meanwhile,
//! finds each partition as it was or as it is now, never both. Partitions that have no rows any more go last.
//!
//! Rows stay in the order in which they come; the same rows give the same bytes, whatever the number of threads.

mod csv;
mod encode;
mod json;
mod merge;
mod parquet;
mod partition;
mod plan;
mod rows;
mod write;

pub use partition::{folder_name, parse_folders};
pub use plan::{TableWrite, Target};
pub use write::{Written, write_table};

#[cfg(test)]
mod tests;
