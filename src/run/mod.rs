//! A pipeline executed.

mod assemble;
mod companions;
mod drugs;
mod fetch;
#[cfg(feature = "tables")]
mod graph_tables;
mod inputs;
mod journals;
mod named;
mod options;
mod outputs;
mod publications;
mod publish;
mod recall;
mod report;
mod scan;
mod terms;
mod vocabulary;

#[cfg(feature = "tables")]
pub mod tables;

pub use companions::Companions;
pub use drugs::{check, run, stage};
#[cfg(feature = "tables")]
pub use graph_tables::{graph_tables, rejects_table};
pub use options::{Progress, RunOptions};
pub use publish::{Published, publish};

/// Drops what is large while other threads work, if there are others.
fn give_back<T: Send + 'static>(large: T) {
    if rayon::current_num_threads() > 1 {
        rayon::spawn(|| drop(large));
    }
}
