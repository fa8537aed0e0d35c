//! Hashing tokens, and the table that finds names by their hash.

/// Hash of the token between two offsets of a text with eight spare bytes behind its end.
///
/// Eight bytes at a time: most tokens take one step.
#[inline(always)]
pub(super) fn hash_token(padded: &[u8], start: usize, end: usize) -> u64 {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let len = end - start;
    if len <= 8 {
        return mix(load(padded, start) & low_bytes(len) ^ (len as u64) << 57, SEED);
    }
    let mut hash = SEED ^ len as u64;
    let mut at = start;
    while at + 8 < end {
        hash = mix(load(padded, at) ^ hash, SEED);
        at += 8;
    }
    mix(load(padded, end - 8) ^ hash, SEED)
}

/// Hash of a token together with the `width` bytes behind it.
pub(super) fn hash_more(token: u64, padded: &[u8], end: usize, width: usize) -> u64 {
    mix(load(padded, end) & low_bytes(width) ^ token.rotate_left(23), 0xd6e8_feb8_6659_fd93 ^ width as u64)
}

#[inline(always)]
fn mix(value: u64, seed: u64) -> u64 {
    let wide = u128::from(value ^ seed) * 0xa076_1d64_78bd_642f_u128;
    (wide >> 64) as u64 ^ wide as u64
}

#[inline(always)]
fn low_bytes(count: usize) -> u64 {
    if count >= 8 { u64::MAX } else { (1 << (8 * count)) - 1 }
}

#[inline(always)]
fn load(padded: &[u8], at: usize) -> u64 {
    padded.get(at..at + 8).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
}

/// What a hash stands for: some names, and the widths that must be looked at behind the token.
///
/// Half of a hash is kept: what shares it shares an entry, and names are verified byte by byte anyway. Entries are
/// small because a table that fits the cache is worth more than a look that is spared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    key: u32,
    start: u32,
    /// Number of names << 8 | [`USED`] | one bit for each of [`WIDTHS`].
    packed: u32,
}

/// How many bytes behind a name's first token are hashed along with it, widest first.
pub(super) const WIDTHS: [usize; 4] = [8, 4, 2, 1];

/// An open-addressing table behind a filter of bits; never full, never changed once made.
#[derive(Debug)]
pub(super) struct Table {
    filter: Vec<u64>,
    filter_shift: u32,
    slots: Vec<Entry>,
    slot_shift: u32,
    names: Vec<u32>,
}

impl Table {
    /// Makes the table of (hash, widths, name) entries; a name may be none where an entry only tells widths.
    pub(super) fn new(mut entries: Vec<(u64, u8, Option<u32>)>) -> Self {
        entries.sort_unstable();
        let groups: Vec<_> = entries.chunk_by(|a, b| key(a.0) == key(b.0)).collect();
        let bits = (groups.len().max(64) * 16).next_power_of_two();
        let size = (groups.len().max(4) * 2).next_power_of_two();
        let mut table = Self {
            filter: vec![0; bits / 64],
            filter_shift: 64 - bits.trailing_zeros(),
            slots: vec![Entry::default(); size],
            slot_shift: 64 - size.trailing_zeros(),
            names: Vec::with_capacity(entries.len()),
        };
        for &(hash, ..) in &entries {
            let bit = hash >> table.filter_shift;
            table.filter[(bit / 64) as usize] |= 1 << (bit % 64);
        }
        for group in groups {
            let hash = group[0].0;
            let start = table.names.len() as u32;
            table.names.extend(group.iter().filter_map(|entry| entry.2));
            let len = table.names.len() as u32 - start;
            let widths = group.iter().fold(USED, |widths, entry| widths | entry.1);
            let mut slot = (hash >> table.slot_shift) as usize;
            while table.slots[slot].used() {
                slot = (slot + 1) % size;
            }
            table.slots[slot] = Entry { key: key(hash), start, packed: len << 8 | u32::from(widths) };
        }
        table
    }

    /// Whether a hash may be in the table; if it is, this is true.
    #[inline(always)]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let bit = hash >> self.filter_shift;
        self.filter[(bit / 64) as usize] & 1 << (bit % 64) != 0
    }

    /// Finds the entry of a hash.
    pub(super) fn get(&self, hash: u64) -> Option<Entry> {
        if !self.may_hold(hash) {
            return None;
        }
        let key = key(hash);
        let mut slot = (hash >> self.slot_shift) as usize;
        loop {
            let entry = self.slots[slot];
            if !entry.used() {
                return None;
            }
            if entry.key == key {
                return Some(entry);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    /// The names of an entry.
    pub(super) fn names(&self, entry: Entry) -> &[u32] {
        &self.names[entry.start as usize..][..(entry.packed >> 8) as usize]
    }
}

/// The half of a hash that is kept: the one that the place in the table comes from.
fn key(hash: u64) -> u32 {
    (hash >> 32) as u32
}

const USED: u8 = 0x80;

impl Entry {
    fn used(self) -> bool {
        self.packed & u32::from(USED) != 0
    }

    /// Whether names are filed under the token and so many bytes behind it, by place in [`WIDTHS`].
    pub(super) fn has_width(self, place: usize) -> bool {
        self.packed & 1 << place != 0
    }
}
