//! Where bytes live. The only module that touches files and objects.

mod inputs;
mod location;
mod lock;
mod memory;
mod place;
mod shipment;
mod site;
mod stage;

pub use inputs::{FileFormat, Input, InputFile, Pattern};
pub use location::Location;
pub use lock::OutputLock;
pub use memory::{Fault, MemoryPlace};
pub use place::{Object, ObjectPlace, Version};
pub use shipment::Shipment;
pub(crate) use site::digest;
pub use site::{RemoteSite, Site};
pub use stage::{Staged, check_output, clear, read_text, sibling};
