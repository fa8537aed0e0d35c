//! Pipelines of tables: SQL on Arrow over typed sources, written to files, object stores and Postgres.
//!
//! Part of `pipeline`, which re-exports what is meant to be used.

#![cfg(feature = "tables")]
#![warn(missing_docs)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

mod graph_tables;
pub mod run;
pub mod sink;
pub mod table;

pub use graph_tables::{graph_tables, rejects_table};

use pipeline_cloud::remote;
use pipeline_core::{clean, error, export, graph, record, source, spec, store};
