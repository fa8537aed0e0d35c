//! Questions about sixty-four bytes at once, with the widest registers that the processor has.
//!
//! The answer for each byte is one bit, the first byte's the lowest. The compiler's own choice for every processor is
//! sixteen bytes at a time; here the choice is made when the program runs.

mod marks;
mod text;
mod xml;

pub(crate) use marks::Marks;
pub(crate) use text::{Seen, fold, is_plain_json, seen};
pub(crate) use xml::{Mark, marks_in_xml};

use std::sync::LazyLock;

use fearless_simd::Level;
use fearless_simd::prelude::*;
use fearless_simd::u8x64;

/// Bytes that are looked at together.
pub(crate) const BLOCK: usize = 64;

fn level() -> Level {
    static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);
    *LEVEL
}

/// Which bytes end or interrupt a string in JSON: quotes, backslashes, control characters of ASCII.
#[inline(always)]
fn ends_string<S: Simd>(simd: S, block: &[u8; BLOCK]) -> u64 {
    let block = u8x64::from_slice(simd, block);
    (block.simd_lt(b' ') | block.simd_eq(b'"') | block.simd_eq(b'\\')).to_bitmask()
}
