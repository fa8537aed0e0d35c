//! Tables: SQL over rows that are typed, planned before it runs.
//!
//! [`Engine`] runs queries, [`check`] plans all of a pipeline's SQL against the columns that its sources declare.

mod bind;
mod condition;
mod engine;
pub mod json;
mod plan;
mod problem;
mod query;
mod scan;
pub(crate) mod text;
mod values;

pub use condition::Condition;
pub(crate) use engine::unknown_table;
pub use engine::{Engine, QueryResult, QueryStream, TableFile, TableFiles};
pub use plan::{Schemas, check, rejects_schema, run_tasks_schema, schemas};
pub use query::{NamedTable, tables_named};
pub use values::arrow_type;

#[cfg(test)]
mod tests;
