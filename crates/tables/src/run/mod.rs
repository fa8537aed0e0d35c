//! A pipeline of tables executed: sources read, tasks and audits in the order of their dependencies, all of it recorded.
//!
//! The functions of this module block; the runtime on which tasks run beside each other is their own. A run writes
//! into its output folder (`home`), holds the locks there until its last write is over, and leaves a record that says
//! what became of every task. [`retry`] and [`replay`] start from that record.

mod ask;
mod audit;
mod compare;
mod corrections;
mod days;
mod done;
mod execute;
mod failure;
mod home;
mod options;
mod places;
mod plan;
mod recorded;
mod redact;
mod register;
mod rejects;
mod replay;
mod report;
mod results;
mod retry;
mod scheduler;
mod source;
mod spec_test;
mod state;
mod task;
mod threads;
mod worker;

pub use ask::{Rows, ask, ask_graph};
pub use days::{Day, backfill, days_between};
pub use execute::run;
pub use options::{Env, Stop, TableProgress, TableRunOptions};
pub use rejects::{rejects, repairs};
pub use replay::{CorrectedRow, Replayed, replay};
pub use retry::{Retried, retry};
pub use spec_test::{TestOutcome, run_tests};
