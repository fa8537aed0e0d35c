//! Google Cloud Storage: our client against a strict server that fails on command.

pub(crate) mod fake;

mod fake_is_strict;
