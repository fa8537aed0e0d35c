//! Where tables go.

pub mod files;
