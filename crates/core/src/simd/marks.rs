//! Rows: the positions of quotes, separators and line ends.

use fearless_simd::prelude::*;
use fearless_simd::{dispatch, u8x64};

use crate::simd::{BLOCK, ends_string, level};

/// The places of some bytes in a text, and how many lines end before each block.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    bits: Vec<u64>,
    lines: Vec<u32>,
}

impl Marks {
    /// Forgets all places.
    pub(crate) fn clear(&mut self) {
        self.bits.clear();
        self.lines.clear();
    }

    /// Finds the places of these bytes; lines are not counted. Complexity: linear in the text, as for the others.
    pub(crate) fn fill(&mut self, text: &[u8], wanted: [u8; 3]) {
        self.clear();
        self.bits.reserve(text.len().div_ceil(BLOCK));
        dispatch!(level(), simd => each_padded(text, #[inline(always)] |block| {
            let block = u8x64::from_slice(simd, block);
            let [a, b, c] = wanted.map(#[inline(always)] |byte| block.simd_eq(byte));
            self.bits.push((a | b | c).to_bitmask());
        }));
    }

    /// Finds what may end a string in JSON: quotes, backslashes and control characters of ASCII.
    pub(crate) fn fill_json(&mut self, text: &[u8], eol: u8) {
        let (blocks, rest) = (text.len().div_ceil(BLOCK), text.len() % BLOCK);
        self.bits.resize(blocks, 0);
        self.lines.resize(blocks + 1, 0);
        let (mut into, mut lines) = (self.bits.iter_mut().zip(&mut self.lines), 0);
        dispatch!(level(), simd => each_padded(text, #[inline(always)] |block| {
            let Some((found, before)) = into.next() else { return };
            *found = ends_string(simd, block);
            *before = lines;
            lines += u8x64::from_slice(simd, block).simd_eq(eol).to_bitmask().count_ones();
        }));
        self.lines[blocks] = lines;
        // The zeros behind a text are none of its bytes.
        if let Some(last) = self.bits.last_mut().filter(|_| rest > 0) {
            *last &= u64::MAX >> (BLOCK - rest);
        }
    }

    /// The start of the block that an offset of the text lies in, and how many lines end before it; none where lines
    /// were not counted.
    pub(crate) fn lines_before(&self, offset: usize) -> Option<(usize, u64)> {
        let block = offset / BLOCK;
        self.lines.get(block).map(|&lines| (block * BLOCK, lines.into()))
    }

    /// The first place from `at` on.
    #[inline(always)]
    pub(crate) fn next(&self, at: usize) -> Option<usize> {
        let mut i = at / BLOCK;
        let mut bits = self.bits.get(i)? & u64::MAX << (at % BLOCK);
        while bits == 0 {
            i += 1;
            bits = *self.bits.get(i)?;
        }
        Some(i * BLOCK + bits.trailing_zeros() as usize)
    }
}

/// Calls `each` with every block of a text, the last one with zeros behind it.
#[inline(always)]
fn each_padded(text: &[u8], mut each: impl FnMut(&[u8; BLOCK])) {
    let (blocks, rest) = text.as_chunks();
    blocks.iter().for_each(&mut each);
    if !rest.is_empty() {
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        each(&last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_all_places_of_the_bytes() {
        let text: Vec<u8> = (0..300_usize).map(|i| b"ab,cd\"\nef"[i * i % 97 % 9]).collect();
        let mut marks = Marks::default();
        for len in (0..text.len()).rev() {
            marks.fill(&text[..len], [b',', b'"', b'\n']);
            let found: Vec<_> = std::iter::successors(marks.next(0), |&at| marks.next(at + 1)).collect();
            let expect = (0..len).filter(|&at| matches!(text[at], b',' | b'"' | b'\n'));
            assert_eq!(found, expect.collect::<Vec<_>>(), "{len}");
        }
    }
}
