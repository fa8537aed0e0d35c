//! What all commands stand on: the global options, logging and progress, answers on stdout, exit codes, and the
//! connections to places. No command is used here.

#[cfg(feature = "tables")]
mod amazon;
pub(crate) mod checked;
pub(crate) mod exit;
#[cfg(feature = "composer")]
pub(crate) mod google;
#[cfg(feature = "composer")]
pub(crate) mod interrupt;
#[cfg(feature = "composer")]
pub(crate) mod lease_args;
pub(crate) mod logging;
pub(crate) mod options;
pub(crate) mod place;
pub(crate) mod progress;
#[cfg(feature = "composer")]
pub(crate) mod remote_args;
pub(crate) mod render;
pub(crate) mod settings;
pub(crate) mod spec_args;
pub(crate) mod summary;
#[cfg(feature = "tables")]
pub(crate) mod tables;
#[cfg(feature = "composer")]
pub(crate) mod told;
