//! Looks at sixty-four bytes together, with the widest registers that the processor has: a question about each byte
//! is answered by one bit, the first byte's the lowest.
//!
//! What is built for every processor uses sixteen bytes at a time; here the choice is made when the program runs.

use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

/// Bytes that are looked at together.
pub(crate) const BLOCK: usize = 64;

fn level() -> Level {
    static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);
    *LEVEL
}

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
    let seen = dispatch!(level(), simd => look(simd, text, #[inline(always)] |Place { at, known }, block, high| {
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

/// A place in XML, and how many lines end before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: u32,
    pub(crate) lines: u32,
}

/// Finds in XML each `<` before a `!`, a `?` or a space, and each letter from `d` to `k` before one from `@` to `G`,
/// which is rare but in the names of tags: these are the fewest comparisons that find the names that are wanted.
/// Complexity: linear.
pub(crate) fn marks_in_xml(text: &[u8], eol: u8, marks: &mut Vec<Mark>) {
    marks.clear();
    let next = text.get(1..).unwrap_or_default().as_chunks().0;
    let known = next.len() * BLOCK;
    let (mut last, mut behind) = ([0; BLOCK], [0; BLOCK]);
    last[..text.len() - known].copy_from_slice(&text[known..]);
    behind[..BLOCK - 1].copy_from_slice(&last[1..]);
    let parts = text.as_chunks().0.chunks(TOGETHER).zip(next.chunks(TOGETHER));
    let (mut seen, mut at, mut lines) = ([SeenInXml::default(); TOGETHER], 0, 0);
    for (blocks, next) in parts.chain([(&[last][..], &[behind][..])]) {
        let count = dispatch!(level(), simd => look_at_xml(simd, blocks, next, eol, &mut lines, &mut seen));
        for &SeenInXml { block, lines, mut bits, ends } in &seen[..count] {
            while bits != 0 {
                let bit = bits.trailing_zeros();
                let before = (ends & !(u64::MAX << bit)).count_ones();
                marks.push(Mark { at: at + block * BLOCK as u32 + bit, lines: lines + before });
                bits &= bits - 1;
            }
        }
        at += (next.len() * BLOCK) as u32;
    }
}

/// Blocks of XML that are looked at before what was found is told.
const TOGETHER: usize = 64;

/// A block of XML in which something was found.
#[derive(Clone, Copy, Default)]
struct SeenInXml {
    /// Its number.
    block: u32,
    /// Lines that end before it.
    lines: u32,
    bits: u64,
    /// The ends of lines in it.
    ends: u64,
}

/// Looks at no more than [`TOGETHER`] blocks, and what is one byte further on; tells in how many something was found.
#[inline(always)]
fn look_at_xml<S: Simd>(
    simd: S,
    blocks: &[[u8; BLOCK]],
    next: &[[u8; BLOCK]],
    eol: u8,
    lines: &mut u32,
    seen: &mut [SeenInXml; TOGETHER],
) -> usize {
    let (mut count, mut ended) = (0, *lines);
    for (number, (block, next)) in blocks.iter().zip(next).enumerate() {
        let (block, next) = (u8x64::from_slice(simd, block), u8x64::from_slice(simd, next));
        let turn = ((block - b'd') | (next - b'@')).simd_lt(8);
        let other = block.simd_eq(b'<') & ((next ^ 0x10) - 0x2f).simd_lt(3);
        let (bits, ends) = ((turn | other).to_bitmask(), block.simd_eq(eol).to_bitmask());
        // Each is put down, and the next one over it if nothing was found in it: no branch, no call.
        seen[count % TOGETHER] = SeenInXml { block: number as u32, lines: ended, bits, ends };
        count += usize::from(bits != 0);
        ended += ends.count_ones();
    }
    *lines = ended;
    count
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

/// Where a block lies in a text.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    /// How many of its bytes were in the block before, too.
    known: usize,
}

/// Calls `each` with every block of a text, and a one for each byte of it that is the text's: a text shorter than a
/// block ends in zeros. The last block ends with the text, so bytes before it may be in two blocks.
#[inline(always)]
fn each_block(text: &[u8], mut each: impl FnMut(Place, &[u8; BLOCK], u64)) {
    let (blocks, rest) = text.as_chunks();
    for (i, block) in blocks.iter().enumerate() {
        each(Place { at: i * BLOCK, known: 0 }, block, u64::MAX);
    }
    if rest.is_empty() {
        return;
    }
    let known = BLOCK - rest.len();
    match text.last_chunk() {
        Some(last) => each(Place { at: text.len() - BLOCK, known }, last, u64::MAX),
        None => {
            let mut last = [0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            each(Place { at: 0, known: 0 }, &last, u64::MAX >> known);
        }
    }
}

/// Looks at a text, and calls `block` with each block and which of its bytes are no ASCII.
#[inline(always)]
fn look<S: Simd>(simd: S, text: &[u8], mut block: impl FnMut(Place, u8x64<S>, u64)) -> Seen {
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

/// Which bytes JSON wants escaped in a string.
#[inline(always)]
fn ends_string<S: Simd>(simd: S, block: &[u8; BLOCK]) -> u64 {
    let block = u8x64::from_slice(simd, block);
    (block.simd_lt(b' ') | block.simd_eq(b'"') | block.simd_eq(b'\\')).to_bitmask()
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

    #[test]
    fn marks_in_xml_are_turns_in_names_and_what_is_no_tag() {
        let text = b"PubmedAr<!kAr<?meCitdx\xe4AxlA<?cCexxdC!x? < </hBok@fGiH".repeat(9);
        let mut marks = Vec::new();
        for len in (0..text.len()).rev() {
            let text = &text[..len];
            marks_in_xml(text, b'x', &mut marks);
            let wanted = |at: &usize| match text[*at..] {
                [b'<', other, ..] => matches!(other, b'!' | b'?' | b' '),
                [first, second, ..] => matches!(first, b'd'..=b'k') && matches!(second, b'@'..=b'G'),
                _ => false,
            };
            let lines = |upto: usize| text[..upto].iter().filter(|&&byte| byte == b'x').count() as u32;
            let expect = (0..len).filter(wanted).map(|at| Mark { at: at as u32, lines: lines(at) });
            assert_eq!(marks, expect.collect::<Vec<_>>(), "{len}");
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
