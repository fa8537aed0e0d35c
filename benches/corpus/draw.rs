//! Numbers that look random and are the same in every run.

/// SplitMix64: one multiplication chain a number, and good enough for words.
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

impl Draw {
    /// A stream of its own for each pair of numbers.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut draw = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        draw.0 = draw.next() ^ stream;
        draw
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    /// Whether something of this chance happens.
    pub(crate) fn chance(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// A number from 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Roughly a normal distribution: the sum of four numbers.
    pub(crate) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        mean + (sum - 2.0) * deviation * 3.0_f64.sqrt()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Ranks of which the n-th is drawn with a frequency like that of words: 1 / (n + shift)^exponent.
#[derive(Debug)]
pub(crate) struct Zipf(Vec<u32>);

impl Zipf {
    /// Quarter-millionths are fine enough for the tail to be drawn at all.
    const STEPS: usize = 1 << 18;

    pub(crate) fn new(count: usize, shift: f64, exponent: f64) -> Self {
        let weight = |rank: usize| (rank as f64 + shift).powf(-exponent);
        let total: f64 = (0..count).map(weight).sum();
        let (mut rank, mut sum) = (0, weight(0));
        let step = |i: usize| {
            while sum < (i as f64 + 0.5) / Self::STEPS as f64 * total && rank + 1 < count {
                rank += 1;
                sum += weight(rank);
            }
            rank as u32
        };
        Self((0..Self::STEPS).map(step).collect())
    }

    pub(crate) fn draw(&self, draw: &mut Draw) -> usize {
        self.0[draw.below(Self::STEPS)] as usize
    }
}
