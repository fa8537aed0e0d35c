//! XML: the positions of what may be a tag, a comment, CDATA or an instruction.

use fearless_simd::prelude::*;
use fearless_simd::{dispatch, u8x64};

use crate::simd::{BLOCK, level};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
