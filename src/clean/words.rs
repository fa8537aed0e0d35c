//! The words of a folded text, one bit a byte.
//!
//! Looking at one byte after another costs a wrong guess of the processor at nearly every end of a word.
//! Here eight bytes are looked at together, each becomes one bit, whether it belongs to a word, and words are
//! the runs of ones.

/// One bit for each byte of a text: whether it belongs to a word.
#[derive(Debug, Default, Clone)]
pub(super) struct WordBits {
    blocks: Vec<u64>,
}

impl WordBits {
    pub(super) fn clear(&mut self) {
        self.blocks.clear();
    }

    /// Marks the bytes of a character beyond ASCII.
    pub(super) fn mark(&mut self, start: usize, end: usize) {
        for at in start..end {
            let block = at / 64;
            if self.blocks.len() <= block {
                self.blocks.resize(block + 1, 0);
            }
            self.blocks[block] |= 1 << (at % 64);
        }
    }

    /// Marks the ASCII bytes of words in a text, which must be folded: no upper-case letters.
    pub(super) fn mark_ascii(&mut self, text: &[u8]) {
        self.blocks.resize(text.len().div_ceil(64), 0);
        for (bits, block) in self.blocks.iter_mut().zip(text.chunks(64)) {
            *bits |= word_bits(block);
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
            while borders != 0 {
                let at = i * 64 + borders.trailing_zeros() as usize;
                borders &= borders - 1;
                if inside {
                    word(start, at);
                } else {
                    start = at;
                }
                inside = !inside;
            }
        }
        if inside {
            word(start, len);
        }
    }
}

/// One bit for each of up to 64 bytes, the first byte's the lowest: whether it is one of `[0-9a-z_]`.
#[inline(always)]
fn word_bits(block: &[u8]) -> u64 {
    let mut bits = 0;
    for (i, bytes) in block.chunks(8).enumerate() {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        bits |= word_bits_of_eight(u64::from_le_bytes(eight)) << (8 * i);
    }
    bits
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

#[inline(always)]
fn word_bits_of_eight(bytes: u64) -> u64 {
    // Without its highest bit, the sum of a byte and at most 0x80 stays within its byte, and the highest bit of
    // the sum tells whether the byte is at least so much.
    let low = bytes & !HIGH;
    let at_least = |least: u8| low + ONES * u64::from(0x80 - least);
    let letter = at_least(b'a') & !at_least(b'z' + 1);
    let digit = at_least(b'0') & !at_least(b'9' + 1);
    let underscore = at_least(b'_') & !at_least(b'_' + 1);
    let word = (letter | digit | underscore) & !bytes & HIGH;
    // Gathers the highest bits of the eight bytes into the highest byte.
    (word >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The number of ASCII bytes that a text begins with.
#[inline]
pub(super) fn ascii_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    for eight in bytes.chunks_exact(8) {
        let high = u64::from_le_bytes(eight.try_into().unwrap_or_default()) & HIGH;
        if high != 0 {
            return at + high.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    bytes[at..].iter().position(|b| !b.is_ascii()).map_or(bytes.len(), |i| at + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_tell_words_for_every_byte() {
        for byte in 0..=255_u8 {
            let expect = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            for around in [b' ', 0xff, b'a'] {
                for place in 0..64 {
                    let mut block = [around; 64];
                    block[place] = byte;
                    assert_eq!(word_bits(&block) >> place & 1, u64::from(expect), "{byte:#x} at {place}");
                }
            }
        }
    }

    #[test]
    fn words_are_found_across_blocks() {
        for gap in 0..70 {
            let text = format!("{}ab_1 cé{} {}", " ".repeat(gap), "d".repeat(gap), "e".repeat(130));
            let mut bits = WordBits::default();
            let accent = text.find('é').unwrap();
            bits.mark(accent, accent + 2);
            bits.mark_ascii(text.as_bytes());
            let mut found = Vec::new();
            bits.each(text.len(), |start, end| found.push(&text[start..end]));
            assert_eq!(found, text.split_whitespace().collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_byte_beyond_ascii_is_found() {
        for len in 0..40 {
            let plain = "a".repeat(len);
            assert_eq!(ascii_prefix(plain.as_bytes()), len);
            assert_eq!(ascii_prefix(format!("{plain}é and more, and more").as_bytes()), len);
        }
    }
}
