//! A pipeline executed.

mod assemble;
mod companions;
mod drugs;
mod fetch;
mod inputs;
mod journals;
mod options;
mod outputs;
mod publications;
mod publish;
mod report;
mod scan;
mod terms;
mod vocabulary;

pub use companions::Companions;
pub use drugs::{check, run, stage};
pub use options::{Progress, RunOptions};
pub use publish::{Published, publish};
