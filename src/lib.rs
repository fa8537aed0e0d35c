//! Turns a list of drugs and piles of dirty publication files into a graph drug -> publication -> journal that
//! explains every edge and every row it did not use.
//!
//! Modules stand in the order in which data passes through them: [`store`] and [`source`] read, [`clean`]
//! cleans, [`mention`] finds who is named, [`graph`] connects and answers, [`export`] writes, [`spec`] and
//! [`run`] declare and execute a pipeline. `table` (a feature) reads files into tables. `remote`, `composer` and
//! `airflow` (a feature) talk to object stores, Cloud Composer and Airflow.
//!
//! The library never prints, never exits, and never reads the environment.

#![warn(missing_docs)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

#[cfg(feature = "composer")]
pub use pipeline_cloud::{airflow, composer, remote};
pub use pipeline_core::{clean, error, export, graph, mention, record, source, spec, store};
#[cfg(feature = "tables")]
pub use pipeline_tables::{sink, table};

/// A pipeline executed.
pub mod run {
    pub use pipeline_core::run::*;
    #[cfg(feature = "tables")]
    pub use pipeline_tables::run as tables;
    #[cfg(feature = "tables")]
    pub use pipeline_tables::{graph_tables, rejects_table};
}

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
