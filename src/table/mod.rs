//! Files -> tables: rows held to a contract, typed, and the rest told apart.
//!
//! A source is read in blocks by all threads, as the drugs pipeline reads its files; each row becomes values of
//! Arrow columns or a reject with every reason. What is known only at the end, rows told twice, is decided by
//! content, so that a table does not depend on threads or on the order of rows and files.

mod builder;
mod contract;
mod correct;
mod found;
mod merge;
mod parquet;
mod read;
mod refetch;
mod rejects;
mod rows;
mod rules;
mod schema;
mod settle;

pub use correct::Correction;
pub use found::{ReadFile, RowReject, SourceTable};
pub use read::{read_source, read_source_telling};
pub use rejects::{rejects_batch, rejects_schema};
pub use schema::source_schema;
