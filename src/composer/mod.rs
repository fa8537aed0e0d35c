//! Cloud Composer: an environment, and the Airflow that runs in it or anywhere else.
//!
//! [`Composer`] asks the Composer API about an environment and runs Airflow commands there; [`airflow`] talks to
//! Airflow itself.

pub mod airflow;

mod command;
mod environment;

pub use command::CommandOutput;
pub use environment::{Composer, ComposerOptions, Environment, EnvironmentName};
