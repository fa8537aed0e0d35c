pub mod error;
pub mod record;
pub mod source;
pub mod clean;
pub mod store;
