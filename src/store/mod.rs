//! Where bytes live. The only module that touches files.

mod inputs;
mod lock;
mod stage;

pub use inputs::{FileFormat, Input, InputFile, Pattern};
pub use lock::OutputLock;
pub use stage::{Staged, check_output, read_text, sibling};
