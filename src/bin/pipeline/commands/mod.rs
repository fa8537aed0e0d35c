//! One command, one file: its arguments and what it does.

pub(crate) mod analyze;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod list;
pub(crate) mod rejects;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod sql;

#[cfg(feature = "composer")]
pub(crate) mod fetch_result;
#[cfg(feature = "composer")]
pub(crate) mod rollback;
#[cfg(feature = "composer")]
pub(crate) mod status;
#[cfg(feature = "composer")]
pub(crate) mod trigger;
#[cfg(feature = "composer")]
pub(crate) mod upload;
