//! Where tables go.

pub mod postgres;
