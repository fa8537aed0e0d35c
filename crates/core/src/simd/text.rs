//! Texts: what kinds of bytes they hold, and their letters in lower case.

use fearless_simd::prelude::*;
use fearless_simd::{dispatch, u8x64};

use crate::simd::{BLOCK, ends_string, level};

/// What there is among the bytes of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Control characters of ASCII, or two spaces in a row.
    pub(crate) dirt: bool,
    pub(crate) backslash: bool,
    pub(crate) beyond_ascii: bool,
}

/// Looks at a text. Complexity: linear.
pub(crate) fn seen(text: &[u8]) -> Seen {
    dispatch!(level(), simd => look(simd, text, |_, _, _| {}))
}

/// Copies a text, its ASCII letters put into lower case, to the start of `folded`; of each block `words` is told
/// which bytes are one of `[0-9a-z_]`, and `beyond` which are no ASCII.
///
/// A block of zeros follows the text, for which there must be room, too.
pub(crate) fn fold(text: &[u8], folded: &mut [u8], words: &mut [u64], beyond: &mut [u64]) -> Seen {
    let seen = dispatch!(level(), simd => look(simd, text, #[inline(always)] |Block { at, known }, block, high| {
        if let Some(folded) = folded[at..].first_chunk_mut() {
            words[(at + known) / BLOCK] = lower(block, folded) >> known;
            beyond[(at + known) / BLOCK] = high >> known;
        }
    }));
    folded[text.len()..][..BLOCK].fill(0);
    for bits in [words, beyond] {
        bits[text.len().div_ceil(BLOCK)..].fill(0);
    }
    seen
}

/// Whether a text holds nothing that JSON wants escaped.
pub(crate) fn is_plain_json(text: &[u8]) -> bool {
    if text.len() < 16 {
        return text.iter().all(|byte| *byte >= b' ' && !matches!(byte, b'"' | b'\\'));
    }
    dispatch!(level(), simd => {
        let mut odd = 0;
        each_block(text, #[inline(always)] |_, block, used| odd |= used & ends_string(simd, block));
        odd == 0
    })
}

/// Where a block lies in a text.
#[derive(Clone, Copy)]
struct Block {
    at: usize,
    /// How many of its bytes were in the block before, too.
    known: usize,
}

/// Calls `each` with every block of a text, and a one for each byte of it that is the text's: a text shorter than a
/// block ends in zeros. The last block ends with the text, so bytes before it may be in two blocks.
#[inline(always)]
fn each_block(text: &[u8], mut each: impl FnMut(Block, &[u8; BLOCK], u64)) {
    let (blocks, rest) = text.as_chunks();
    for (i, block) in blocks.iter().enumerate() {
        each(Block { at: i * BLOCK, known: 0 }, block, u64::MAX);
    }
    if rest.is_empty() {
        return;
    }
    let known = BLOCK - rest.len();
    match text.last_chunk() {
        Some(last) => each(Block { at: text.len() - BLOCK, known }, last, u64::MAX),
        None => {
            let mut last = [0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            each(Block { at: 0, known: 0 }, &last, u64::MAX >> known);
        }
    }
}

/// Looks at a text, and calls `block` with each block and which of its bytes are no ASCII.
#[inline(always)]
fn look<S: Simd>(simd: S, text: &[u8], mut block: impl FnMut(Block, u8x64<S>, u64)) -> Seen {
    let (mut dirt, mut backslash, mut beyond, mut last_space) = (0, 0, 0, 0);
    each_block(
        text,
        #[inline(always)]
        |place, bytes, used| {
            let bytes = u8x64::from_slice(simd, bytes);
            let space = bytes.simd_eq(b' ').to_bitmask();
            dirt |= used & (bytes.simd_lt(b' ') | bytes.simd_eq(0x7f)).to_bitmask();
            // Where the block before ends inside this one, there is no need to know its last byte.
            dirt |= space & (space << 1 | if place.known == 0 { last_space } else { 0 });
            last_space = space >> 63;
            backslash |= bytes.simd_eq(b'\\').to_bitmask();
            let high = bytes.simd_ge(0x80).to_bitmask();
            beyond |= high;
            block(place, bytes, high);
        },
    );
    Seen { dirt: dirt != 0, backslash: backslash != 0, beyond_ascii: beyond != 0 }
}

/// Writes a block, its ASCII letters in lower case; tells which bytes are now one of `[0-9a-z_]`.
#[inline(always)]
fn lower<S: Simd>(bytes: u8x64<S>, folded: &mut [u8; BLOCK]) -> u64 {
    let capital = (bytes - b'A').simd_lt(26);
    let bytes = capital.select(bytes | 0x20, bytes);
    bytes.store_slice(folded);
    let letter = (bytes - b'a').simd_lt(26);
    let digit = (bytes - b'0').simd_lt(10);
    (letter | digit | bytes.simd_eq(b'_')).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_seen_at_every_place() {
        for byte in 0..=255_u8 {
            let expect = Seen {
                dirt: byte.is_ascii_control(),
                backslash: byte == b'\\',
                beyond_ascii: !byte.is_ascii(),
            };
            for (len, place) in
                [1, 63, 64, 65, 130].into_iter().flat_map(|len| (0..len).map(move |at| (len, at)))
            {
                let mut text = vec![b'a'; len];
                text[place] = byte;
                assert_eq!(seen(&text), expect, "{byte:#x} at {place} of {len}");
                let escaped = byte < b' ' || matches!(byte, b'"' | b'\\');
                assert_eq!(is_plain_json(&text), !escaped, "{byte:#x} at {place} of {len}");
            }
        }
    }

    #[test]
    fn two_spaces_in_a_row_are_dirt() {
        for place in 0..140 {
            let mut text = vec![b'a'; 141];
            text[place] = b' ';
            assert!(!seen(&text).dirt, "{place}");
            text[place + 1] = b' ';
            assert!(seen(&text).dirt, "{place}");
        }
    }

    #[test]
    fn bytes_are_folded_and_told_apart() {
        for (byte, len) in (0..=255_u8).flat_map(|byte| [7, 64, 100].map(|len| (byte, len))) {
            let lower = byte.to_ascii_lowercase();
            let word = lower.is_ascii_lowercase() || lower.is_ascii_digit() || lower == b'_';
            for (around, place) in
                [b' ', 0xff, b'a'].into_iter().flat_map(|a| (0..len).map(move |at| (a, at)))
            {
                let mut text = vec![around; len];
                text[place] = byte;
                let (mut folded, mut words, mut beyond) = ([1; 192], [7; 3], [7; 3]);
                fold(&text, &mut folded, &mut words, &mut beyond);
                let bit = |bits: [u64; 3], at: usize| bits[at / 64] >> (at % 64) & 1 != 0;
                assert_eq!(
                    (bit(words, place), bit(beyond, place)),
                    (word, !byte.is_ascii()),
                    "{byte:#x} at {place}"
                );
                assert_eq!(folded[..len], text.to_ascii_lowercase(), "{byte:#x} at {place}");
                assert_eq!(folded[len..len + 64], [0; 64]);
                let behind = |bits| (len..192).any(|at| bit(bits, at));
                let around = (0..len).filter(|&at| at != place).all(|at| bit(words, at) == (around == b'a'));
                assert!(!behind(words) && !behind(beyond) && around, "{byte:#x} at {place} of {len}");
            }
        }
    }
}
