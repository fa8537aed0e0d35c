//! Tables: files read into rows that are typed and held to a contract, and SQL over them, planned before it runs.
//!
//! [`read_source`] reads a source in blocks by all threads, as the drugs pipeline reads its files; each row becomes
//! values of Arrow columns or a reject with every reason. What is known only at the end, rows told twice, is decided by
//! content, so that a table does not depend on threads or on the order of rows and files. [`Engine`] runs queries,
//! [`check`] plans all of a pipeline's SQL against the columns that its sources declare.

mod bind;
mod builder;
mod condition;
mod contract;
mod correct;
mod engine;
mod fetched;
mod found;
mod impure;
pub mod json;
mod merge;
mod parquet;
mod plan;
mod problem;
mod query;
mod read;
mod refetch;
mod rejects;
mod rows;
mod rules;
mod scan;
mod scanned;
mod settle;
mod spread;
mod sums;
pub(crate) mod text;
mod values;

pub use condition::Condition;
pub use correct::Correction;
pub(crate) use engine::unknown_table;
pub use engine::{Engine, QueryResult, QueryStream};
pub use found::{ReadFile, RowReject, SourceTable};
pub use plan::{Schemas, check, rejects_schema, run_tasks_schema, schemas};
pub use query::{NamedTable, tables_named};
pub use read::{read_source, read_source_telling};
pub use rejects::rejects_batch;
pub use scan::{TableFile, TableFiles};
pub use values::{arrow_type, source_schema};

#[cfg(test)]
mod tests;
