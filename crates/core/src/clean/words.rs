//! The words of a folded text, one bit a byte.
//!
//! Looking at one byte after another costs a wrong guess of the processor at nearly every end of a word. Here each
//! byte is one bit, whether it belongs to a word, and words are the runs of ones.

use crate::simd::BLOCK;

/// One bit for each byte of a text: whether it belongs to a word.
#[derive(Debug, Default, Clone)]
pub(super) struct WordBits {
    blocks: Vec<u64>,
}

impl WordBits {
    /// Makes room for a text of so many blocks, of which nothing is known.
    pub(super) fn room(&mut self, blocks: usize) -> &mut [u64] {
        self.blocks.resize(blocks, 0);
        &mut self.blocks
    }

    /// Marks the bytes of a character, for which there is room.
    #[inline]
    pub(super) fn mark(&mut self, start: usize, end: usize) {
        for at in start..end {
            self.blocks[at / BLOCK] |= 1 << (at % BLOCK);
        }
    }

    /// Calls `word` with the start and end of each word, in order. Complexity: linear.
    #[inline(always)]
    pub(super) fn each(&self, len: usize, mut word: impl FnMut(usize, usize)) {
        let (mut start, mut inside, mut last) = (0, false, 0);
        for (i, &bits) in self.blocks.iter().enumerate() {
            // A one wherever a word begins or has ended.
            let mut borders = bits ^ (bits << 1 | last);
            last = bits >> 63;
            let mut next = || {
                let at = i * BLOCK + borders.trailing_zeros() as usize;
                let more = borders != 0;
                borders &= borders.wrapping_sub(1);
                more.then_some(at)
            };
            if inside {
                let Some(end) = next() else { continue };
                word(start, end);
            }
            inside = loop {
                let Some(begin) = next() else { break false };
                start = begin;
                let Some(end) = next() else { break true };
                word(start, end);
            };
        }
        if inside {
            word(start, len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_across_blocks() {
        for gap in 0..70 {
            let text = format!("{}ab_1 cé{} {}", " ".repeat(gap), "d".repeat(gap), "e".repeat(130));
            let mut bits = WordBits::default();
            bits.room(text.len().div_ceil(BLOCK)).fill(0);
            for (at, c) in text.char_indices().filter(|(_, c)| *c != ' ') {
                bits.mark(at, at + c.len_utf8());
            }
            let mut found = Vec::new();
            bits.each(text.len(), |start, end| found.push(&text[start..end]));
            assert_eq!(found, text.split_whitespace().collect::<Vec<_>>());
        }
    }
}
