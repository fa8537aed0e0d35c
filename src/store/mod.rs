//! Where bytes live. The only module that touches files and the network.

#[cfg(feature = "composer")]
pub mod gcs;
#[cfg(feature = "composer")]
pub(crate) mod http;
#[cfg(feature = "tables")]
pub mod s3;

mod cache;
mod connect;
#[cfg(feature = "composer")]
mod credentials;
#[cfg(feature = "tables")]
mod draft;
mod folder;
mod folder_lock;
mod gunzip;
mod inputs;
mod location;
mod lock;
#[cfg(feature = "composer")]
mod machine;
mod memory;
mod place;
#[cfg(feature = "composer")]
mod retry;
#[cfg(feature = "composer")]
mod runtime;
mod scratch;
mod shipment;
mod site;
mod stage;
#[cfg(feature = "composer")]
pub mod tree;
#[cfg(feature = "tables")]
mod webhook;

pub use cache::{Cache, Cached};
pub use connect::{Connect, LocalOnly, folder_and_name};
#[cfg(feature = "composer")]
pub use credentials::Credentials;
#[cfg(feature = "tables")]
pub use draft::Draft;
pub use folder::{FileEntry, Folder};
pub use folder_lock::{FolderLock, Hold};
#[cfg(feature = "tables")]
pub(crate) use http::is_this_machine;
pub use inputs::{FileFormat, Input, InputFile, Pattern, open_file};
pub use location::Location;
pub use lock::OutputLock;
#[cfg(feature = "composer")]
pub use machine::machine_name;
pub use memory::{Fault, MemoryPlace};
pub use place::{Listed, Object, ObjectPlace, Version};
#[cfg(feature = "composer")]
pub use retry::Retry;
#[cfg(feature = "tables")]
pub(crate) use runtime::OwnRuntime;
pub use scratch::Scratch;
pub use shipment::Shipment;
pub(crate) use site::digest;
pub use site::{RemoteSite, Site};
pub use stage::{
    Staged, check_output, clear, link_on_the_way, make_folder_for, names_in, read_text, sibling,
};
#[cfg(feature = "tables")]
pub use webhook::post_to_webhook;
