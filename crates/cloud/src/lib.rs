//! What talks to a network: object stores, Cloud Composer, Airflow.
//!
//! Part of `pipeline`, which re-exports what is meant to be used.

#![cfg(feature = "composer")]
#![warn(missing_docs)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod airflow;
pub mod composer;
pub mod remote;

use pipeline_core::{error, store};
