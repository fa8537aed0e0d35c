//! Hashing tokens, and the table that finds names by their hash.

use crate::packed::Packed;

/// Hash of the token between two offsets of a text with eight spare bytes behind its end.
///
/// Made of its first and last eight bytes and its length: without a branch, since no processor can guess the length
/// of the next word. Few words have more than sixteen bytes; of those the bytes between count, too, so that names which
/// differ in the middle only do not all share a slot.
#[inline(always)]
pub(super) fn hash_token(padded: &[u8], start: usize, end: usize) -> u64 {
    let len = end - start;
    let bytes = low_bytes(len.min(8));
    let first = load(padded, start) & bytes;
    let last = load(padded, start + len.saturating_sub(8)) & bytes;
    let mut hash = mix(first, last ^ (len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut at = start + 8;
    while at + 8 < end {
        hash = mix(load(padded, at), hash ^ 0x9e37_79b9_7f4a_7c15);
        at += 8;
    }
    hash
}

/// Hash of a token together with the `width` bytes behind it.
#[inline(always)]
pub(super) fn hash_more(token: u64, padded: &[u8], end: usize, width: usize) -> u64 {
    mix(load(padded, end) & low_bytes(width), token ^ 0xd6e8_feb8_6659_fd93 ^ width as u64)
}

#[inline(always)]
fn mix(a: u64, b: u64) -> u64 {
    let wide = u128::from(a ^ 0xa076_1d64_78bd_642f) * u128::from(b);
    (wide >> 64) as u64 ^ wide as u64
}

/// A mask of the first `count` bytes, of which there is at least one and at most eight.
#[inline(always)]
fn low_bytes(count: usize) -> u64 {
    u64::MAX >> (64 - 8 * count)
}

#[inline(always)]
fn load(padded: &[u8], at: usize) -> u64 {
    padded.get(at..at + 8).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
}

/// How many bytes behind a name's first token are hashed along with it, widest first.
pub(super) const WIDTHS: [usize; 4] = [8, 4, 2, 1];

/// An open-addressing table behind a filter of bits; never full, never changed once made.
///
/// What a title's words lead to is small and close together, because a table that fits the cache is worth more than
/// a look that is spared: few bits of a hash are kept (what shares them shares a slot, and names are verified byte by
/// byte anyway), and the names of a slot lie one behind the other.
#[derive(Debug)]
pub(super) struct Table {
    filter: Vec<u64>,
    filter_shift: u32,
    slots: Vec<Slot>,
    slot_shift: u32,
    /// The names, those of a slot one behind the other: number, first word, and how many more the slot has.
    names: Packed<4>,
}

/// What a hash stands for: some names, and the widths that must be looked at behind the token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    /// The kept bits of the hash | [`USED`] | [`NAMED`] | one bit for each of [`WIDTHS`].
    packed: u32,
    /// Where the first of its names lies, if it has any.
    at: u32,
}

const USED: u32 = 1 << 4;
const NAMED: u32 = 1 << 5;

/// A name, as the table files it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'t> {
    /// Its number.
    pub(super) number: u32,
    pub(super) text: &'t str,
    /// Its first word, as offsets in `text`.
    pub(super) word: (u32, u32),
}

/// Something to be filed: a name, or that names are filed under a hash and some bytes more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filed<'t> {
    pub(super) hash: u64,
    /// One bit for each of [`WIDTHS`].
    pub(super) widths: u32,
    pub(super) name: Option<Name<'t>>,
}

impl Table {
    /// Complexity: linear in the names' length, plus a sort of the hashes.
    ///
    /// # Panics
    ///
    /// Where there are more names than the kept bits of a hash can tell apart.
    pub(super) fn new(mut filed: Vec<Filed<'_>>) -> Self {
        filed.sort_unstable_by_key(|filed| (filed.hash, filed.name.map(|name| name.number)));
        let groups: Vec<_> = filed.chunk_by(|a, b| key(a.hash) == key(b.hash)).collect();
        let lines = (groups.len().max(16) / 4).next_power_of_two();
        let size = (groups.len().max(4) * 2).next_power_of_two();
        assert!(size <= 1 << KEY.count_ones(), "a vocabulary leads to fewer than 33 million hashes");
        let mut table = Self {
            filter: vec![0; lines],
            filter_shift: 64 - lines.trailing_zeros(),
            slots: vec![Slot::default(); size],
            slot_shift: 64 - size.trailing_zeros(),
            names: Packed::default(),
        };
        for Filed { hash, .. } in &filed {
            table.filter[(hash >> table.filter_shift) as usize] |= two_bits(*hash);
        }
        for group in groups {
            let hash = group[0].hash;
            let mut place = table.place(hash);
            while table.slots[place].used() {
                place = (place + 1) % size;
            }
            let mut packed = group.iter().fold(key(hash) | USED, |packed, filed| packed | filed.widths);
            let mut at = None;
            let mut more = group.iter().filter(|filed| filed.name.is_some()).count() as u32;
            for Name { number, text, word } in group.iter().filter_map(|filed| filed.name) {
                more -= 1;
                at.get_or_insert(table.names.push([number, word.0, word.1, more], text));
                packed |= NAMED;
            }
            table.slots[place] = Slot { packed, at: at.unwrap_or(0) };
        }
        table.names.shrink_to_fit();
        table
    }

    /// Whether a hash may be in the table; if it is, this is true.
    #[inline(always)]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        !self.filter[(hash >> self.filter_shift) as usize] & two_bits(hash) == 0
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        (hash >> self.slot_shift) as usize
    }

    /// The slot where the search for a hash begins.
    #[inline(always)]
    pub(super) fn first_slot(&self, hash: u64) -> Slot {
        self.slots[self.place(hash)]
    }

    /// Finds the slot of a hash, of which the first one is known; one that leads to nothing where there is none.
    #[inline]
    pub(super) fn get(&self, hash: u64, mut slot: Slot) -> Slot {
        let mut place = self.place(hash);
        while slot.used() && slot.packed & KEY != key(hash) {
            place = (place + 1) % self.slots.len();
            slot = self.slots[place];
        }
        slot
    }

    /// Makes the processor fetch the names of a slot, and not wait for them.
    #[inline]
    pub(super) fn expect(&self, slot: Slot) {
        if slot.packed & NAMED != 0 {
            self.names.expect(slot.at);
        }
    }

    /// Calls `name` with each name of a slot: its number, its text, and its first word as offsets in it.
    #[inline(always)]
    pub(super) fn each_name(&self, slot: Slot, mut name: impl FnMut(u32, &[u8], (usize, usize))) {
        let (mut at, mut go_on) = (slot.at, slot.packed & NAMED != 0);
        while go_on {
            let ([number, start, end, more], text, next) = self.names.get(at);
            name(number, text, (start as usize, end as usize));
            (at, go_on) = (next, more > 0);
        }
    }
}

impl Slot {
    #[inline(always)]
    fn used(self) -> bool {
        self.packed & USED != 0
    }

    /// How many bytes behind the token names are filed under, too.
    #[inline(always)]
    pub(super) fn widths(self) -> impl Iterator<Item = usize> {
        let mut left = self.packed & ((1 << WIDTHS.len()) - 1);
        std::iter::from_fn(move || {
            let place = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            WIDTHS.get(place).copied()
        })
    }
}

/// What the filter holds of a hash: two of sixty-four bits, or one.
#[inline(always)]
fn two_bits(hash: u64) -> u64 {
    1 << (hash % 64) | 1 << (hash / 64 % 64)
}

/// The bits of a hash that are kept: of the half that the place in the table comes from.
const KEY: u32 = !(USED | NAMED | ((1 << WIDTHS.len()) - 1));

#[inline(always)]
fn key(hash: u64) -> u32 {
    (hash >> 32) as u32 & KEY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_the_middle_do_not_share_a_hash() {
        let hash = |text: &str| hash_token(format!("{text}\0\0\0\0\0\0\0\0").as_bytes(), 0, text.len());
        let of =
            |middle: &str| (0..20_000).map(|i| hash(&format!("compound{i:08}{middle}inhibitor"))).collect();
        for middle in ["", "x", "1234567", "12345678", "0123456789abcdef"] {
            let hashes: std::collections::HashSet<u64> = of(middle);
            assert_eq!(hashes.len(), 20_000, "{middle}");
        }
    }
}
