//! Google Cloud Composer: makes its bucket hold what it should, and fetches results from it.
//!
//! [`Composer`] asks the Composer API about an environment and runs Airflow commands there; [`airflow`](crate::airflow)
//! talks to Airflow itself.

mod binary;
mod bucket;
mod command;
mod environment;
mod fetch;
mod imports;
mod lease;
mod manifest;
mod only;
mod parallel;
mod plan;
mod plan_file;
mod rollback;
mod secrets;
mod sources;
mod upload;

pub use bucket::{BUCKET_FILE, BucketFile};
pub use command::CommandOutput;
pub use environment::{Composer, ComposerOptions, Environment, EnvironmentName};
pub use fetch::{Download, fetch, find_all, find_one};
pub use lease::{Holder, Lease};
pub use manifest::{Entry, MANIFEST, Manifest};
pub use only::{BINARY, Only};
pub use plan::{Change, Plan};
pub use plan_file::{Diff, PlanFile, PlannedDelete, PlannedWrite};
pub use rollback::Rollback;
pub use sources::{Source, Sources};
pub use upload::{Uploaded, upload};
