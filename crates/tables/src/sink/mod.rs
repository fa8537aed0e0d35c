//! Where tables go.

pub mod files;
pub mod postgres;
