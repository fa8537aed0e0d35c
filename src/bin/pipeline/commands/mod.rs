//! One command, one file: its arguments and what it does.

pub(crate) mod analyze;
pub(crate) mod completions;
#[cfg(feature = "composer")]
pub(crate) mod fetch_result;
pub(crate) mod rejects;
#[cfg(feature = "composer")]
pub(crate) mod rollback;
pub(crate) mod run;
#[cfg(feature = "composer")]
pub(crate) mod upload;
