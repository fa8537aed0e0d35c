//! The words of a folded text, one bit a byte.
//!
//! Looking at one byte after another costs a wrong guess of the processor at nearly every end of a word.
//! Here sixty-four bytes are looked at together, without a branch, so that the compiler can use the processor's wide
//! registers; each byte becomes one bit, whether it belongs to a word, and words are the runs of ones.

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 64;

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

    /// Puts the ASCII letters of a text, which is padded to whole blocks, into lower case, and marks the ASCII bytes
    /// of words.
    pub(super) fn fold_ascii(&mut self, padded: &mut [u8]) {
        self.blocks.resize(padded.len() / BLOCK, 0);
        for (bits, block) in self.blocks.iter_mut().zip(padded.chunks_exact_mut(BLOCK)) {
            if let Ok(block) = block.try_into() {
                *bits |= fold_block(block);
            }
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

/// Lower case for the ASCII letters of a block; gives one bit for each byte, the first byte's the lowest: whether it
/// is now one of `[0-9a-z_]`.
#[inline(always)]
fn fold_block(block: &mut [u8; BLOCK]) -> u64 {
    let mut word = [0_u8; BLOCK];
    for (byte, word) in block.iter_mut().zip(&mut word) {
        *byte |= u8::from(byte.wrapping_sub(b'A') < 26) << 5;
        let letter = byte.wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        *word = u8::from(letter | digit | (*byte == b'_'));
    }
    let mut bits = 0;
    for (i, eight) in word.chunks_exact(8).enumerate() {
        let eight = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        // Gathers the eight lowest bits into the highest byte.
        bits |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    bits
}

const HIGH: u64 = 0x8080_8080_8080_8080;

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
            let folded = byte.to_ascii_lowercase();
            let expect = folded.is_ascii_lowercase() || folded.is_ascii_digit() || folded == b'_';
            for around in [b' ', 0xff, b'a'] {
                for place in 0..BLOCK {
                    let mut block = [around; BLOCK];
                    block[place] = byte;
                    let bits = fold_block(&mut block);
                    assert_eq!((bits >> place & 1, block[place]), (u64::from(expect), folded), "{byte:#x}");
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
            let mut padded = text.clone().into_bytes();
            padded.resize(text.len().next_multiple_of(BLOCK), 0);
            bits.fold_ascii(&mut padded);
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
