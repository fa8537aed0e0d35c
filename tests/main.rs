//! The one integration binary. Each module tests one promise, from outside.

mod support;

mod bad_input;
mod command_line;
mod ground_truth;
mod house;
mod kill;
mod matching;
mod readme;
mod same_bytes;
mod schemas;
