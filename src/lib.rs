//! Turns a list of drugs and piles of dirty publication files into a graph drug -> publication -> journal that
//! explains every edge and every row it did not use.
//!
//! Modules stand in the order in which data passes through them: [`store`] and [`source`] read, [`clean`]
//! cleans, [`mention`] finds who is named, [`graph`] connects and answers, [`export`] writes, [`spec`] and
//! [`run`] declare and execute a pipeline. `table` (a feature) reads files into tables. `composer` (a feature) talks to Cloud Composer and Airflow.
//!
//! The library never prints, never exits, and never reads the environment.

#![warn(missing_docs)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod clean;
#[cfg(feature = "composer")]
pub mod composer;
pub mod error;
pub mod export;
pub mod graph;
pub mod mention;
mod packed;
pub mod record;
pub mod run;
mod simd;
#[cfg(feature = "tables")]
pub mod sink;
pub mod source;
pub mod spec;
pub mod store;
#[cfg(feature = "tables")]
pub mod table;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
