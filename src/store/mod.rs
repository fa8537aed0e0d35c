//! Where bytes live. The only module that touches files and the network.

#[cfg(feature = "composer")]
pub mod gcs;
#[cfg(feature = "composer")]
pub(crate) mod http;

#[cfg(feature = "composer")]
mod credentials;
mod inputs;
mod location;
mod lock;
mod memory;
mod place;
#[cfg(feature = "composer")]
mod retry;
mod shipment;
mod site;
mod stage;
#[cfg(feature = "composer")]
pub mod tree;

#[cfg(feature = "composer")]
pub use credentials::Credentials;
pub use inputs::{FileFormat, Input, InputFile, Pattern, open_file};
pub use location::Location;
pub use lock::OutputLock;
pub use memory::{Fault, MemoryPlace};
pub use place::{Object, ObjectPlace, Version};
#[cfg(feature = "composer")]
pub use retry::Retry;
pub use shipment::Shipment;
pub(crate) use site::digest;
pub use site::{RemoteSite, Site};
pub use stage::{Staged, check_output, clear, link_on_the_way, make_folder_for, read_text, sibling};
