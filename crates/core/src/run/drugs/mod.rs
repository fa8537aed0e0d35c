//! The drugs pipeline: files in, graph and ledger out.

mod assemble;
mod companions;
mod fetch;
mod inputs;
mod journals;
mod named;
mod outputs;
mod publications;
mod publish;
mod recall;
mod report;
mod run;
mod scan;
mod terms;
mod vocabulary;

pub use companions::Companions;
pub use publish::{Published, publish};
pub use run::{check, run, stage};

/// Drops a large value on another thread, if there is one.
fn give_back<T: Send + 'static>(large: T) {
    if rayon::current_num_threads() > 1 {
        rayon::spawn(|| drop(large));
    }
}
