//! Short texts, each behind a few numbers, in one piece of memory.
//!
//! What a hash table leads to is looked at once for each row, or for each word: a miss of the cache costs more than
//! all else there. Here what belongs together lies together, so a look at it is one miss.

/// Texts with `N` numbers each.
#[derive(Debug, Default)]
pub(crate) struct Packed<const N: usize> {
    bytes: Vec<u8>,
}

impl<const N: usize> Packed<N> {
    /// Adds a text; returns where it lies. What is added next lies right behind it.
    pub(crate) fn push(&mut self, numbers: [u32; N], text: &str) -> u32 {
        let at = u32::try_from(self.bytes.len()).expect("texts in one piece stay below 4 GB");
        let len = u32::try_from(text.len()).expect("a text stays below 4 GB");
        for number in numbers.into_iter().chain([len]) {
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
        self.bytes.extend_from_slice(text.as_bytes());
        at
    }

    /// The numbers and the UTF-8 of the text that lies at `at`, and where the next one lies.
    ///
    /// # Panics
    ///
    /// Where nothing lies there.
    #[inline(always)]
    pub(crate) fn get(&self, at: u32) -> ([u32; N], &[u8], u32) {
        let (start, head) = (at as usize, 4 * N + 4);
        let bytes = &self.bytes[start..start + head];
        let number = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        let end = start + head + number(4 * N) as usize;
        (std::array::from_fn(|i| number(4 * i)), &self.bytes[start + head..end], end as u32)
    }

    /// Makes the processor fetch what lies at `at`, and not wait for it.
    #[inline(always)]
    pub(crate) fn expect(&self, at: u32) {
        std::hint::black_box(self.bytes[at as usize]);
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lie_one_behind_the_other() {
        let mut packed = Packed::default();
        let places = [packed.push([1, 2], "one"), packed.push([3, u32::MAX], ""), packed.push([5, 6], "é")];
        let read = places.map(|at| packed.get(at));
        let texts = ["one", "", "é"].map(str::as_bytes);
        assert_eq!(read.map(|(numbers, ..)| numbers), [[1, 2], [3, u32::MAX], [5, 6]]);
        assert_eq!(read.map(|(_, text, _)| text), texts);
        assert_eq!(read.map(|(.., next)| next)[..2], places[1..]);
    }
}
