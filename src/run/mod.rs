//! A pipeline executed.

mod assemble;
mod drugs;
mod fetch;
mod journals;
mod publications;
mod report;
mod scan;
mod vocabulary;

pub use drugs::{Companions, Progress, RunOptions, run};
