//! The words of a plain ASCII text, found eight bytes at a time.
//!
//! Looking at one byte after another costs a wrong guess of the processor at nearly every end of a word.
//! Here each byte becomes one bit, whether it belongs to a word, and words are the runs of ones.

/// Calls `word` with the start and end of each word, in order.
///
/// The text must be folded (no upper-case letters) and end with a byte that belongs to no word.
/// Complexity: linear.
#[inline(always)]
pub(super) fn ascii_words(text: &[u8], mut word: impl FnMut(usize, usize)) {
    let (mut start, mut inside, mut last) = (0, false, 0);
    for (i, block) in text.chunks(64).enumerate() {
        let mask = word_bits(block);
        // A one wherever a word begins or has ended.
        let mut borders = mask ^ (mask << 1 | last);
        last = mask >> 63;
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

#[inline(always)]
fn word_bits_of_eight(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    // Bytes are below 0x80, so a sum of a byte and at most 0x7f stays within its byte: its highest bit tells
    // whether the byte is at least so much.
    let at_least = |least: u8| bytes + ONES * u64::from(0x80 - least);
    let letter = at_least(b'a') & !at_least(b'z' + 1);
    let digit = at_least(b'0') & !at_least(b'9' + 1);
    let underscore = at_least(b'_') & !at_least(b'_' + 1);
    let word = (letter | digit | underscore) & HIGH;
    // Gathers the highest bits of the eight bytes into the highest byte.
    (word >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_tell_words_for_every_byte() {
        for byte in 0..0x80_u8 {
            let expect = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            for place in 0..64 {
                let mut block = [b' '; 64];
                block[place] = byte;
                assert_eq!(word_bits(&block), u64::from(expect) << place, "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn words_are_found_across_blocks() {
        for gap in 0..70 {
            let text = format!("{}ab_1 c{} {}\0", " ".repeat(gap), "d".repeat(gap), "e".repeat(130));
            let mut found = Vec::new();
            ascii_words(text.as_bytes(), |start, end| found.push(&text[start..end]));
            let expect: Vec<&str> = text.trim_end_matches('\0').split_whitespace().collect();
            assert_eq!(found, expect);
        }
    }
}
