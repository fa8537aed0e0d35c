//! A pipeline executed.

mod drugs;
mod options;

pub use drugs::{Companions, Published, check, publish, run, stage};
pub use options::{Progress, RunOptions};
