//! Where bytes live. The only module that touches files.

mod inputs;
mod location;
mod lock;
mod place;
mod stage;

pub use inputs::{FileFormat, Input, InputFile, Pattern};
pub use location::Location;
pub use lock::OutputLock;
pub use place::{Object, ObjectPlace, Version};
pub use stage::{Staged, check_output, read_text, sibling};
