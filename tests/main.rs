//! The one integration binary. Each module tests one promise, from outside.

// A test that meets none or an error has failed: that is what unwrap says.
#![allow(clippy::unwrap_used)]

mod support;

#[cfg(feature = "composer")]
mod airflow;
mod bad_input;
mod builds;
mod check;
mod command_line;
#[cfg(feature = "composer")]
mod deploy;
#[cfg(feature = "composer")]
mod emulator;
mod formats;
#[cfg(feature = "composer")]
mod gcs;
mod ground_truth;
mod house;
mod incremental;
mod kill;
mod matching;
mod memory;
mod pipeline_file_schema;
mod places;
#[cfg(feature = "tables")]
mod postgres;
mod readme;
mod remote;
mod round_trip;
#[cfg(feature = "tables")]
mod s3;
mod same_bytes;
mod schemas;
mod spec_problems;
#[cfg(feature = "tables")]
mod sql;
#[cfg(feature = "tables")]
mod table_runs;
#[cfg(feature = "tables")]
mod tables;
mod tasks;
