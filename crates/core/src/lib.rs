//! The engine of `pipeline`: files in, a graph drug -> publication -> journal and its ledger out.
//!
//! Modules stand in the order in which data passes through them: [`store`] and [`source`] read, [`clean`]
//! cleans, [`mention`] finds who is named, [`graph`] connects and answers, [`export`] writes, [`spec`] and
//! [`run`] declare and execute a pipeline.

#![warn(missing_docs)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod clean;
pub mod error;
pub mod export;
pub mod graph;
pub mod mention;
mod packed;
pub mod record;
pub mod run;
mod simd;
pub mod source;
pub mod spec;
pub mod store;
