//! Where bytes live. The only module that touches files; what is behind a network implements [`ObjectPlace`].

mod cache;
mod connect;
mod draft;
mod folder;
mod folder_lock;
mod gunzip;
mod inputs;
mod location;
mod lock;
mod memory;
mod place;
mod plain;
mod scratch;
mod shipment;
mod site;
mod stage;

pub use cache::{Cache, Cached};
pub use connect::{Connect, InMemory, LocalOnly, folder_and_name};
pub use draft::Draft;
pub use folder::{FileEntry, Folder};
pub use folder_lock::{FolderLock, Hold};
pub use inputs::{Input, InputFile, Pattern, open_file};
pub use location::Location;
pub use lock::OutputLock;
pub use memory::{Fault, MemoryPlace};
pub use place::{Listed, Object, ObjectPlace, Version};
pub use plain::{create_anew, open_plain, remove_unless_plain};
pub use scratch::Scratch;
pub use shipment::Shipment;
pub(crate) use site::digest;
pub use site::{RemoteSite, Site};
pub use stage::{
    Staged, check_output, clear, link_on_the_way, make_folder_for, names_in, read_text, sibling,
};
