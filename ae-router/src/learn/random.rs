//! Draws that are the same on every machine.

/// SplitMix64: small, seeded, and good enough to draw samples.
#[derive(Debug, Clone)]
pub(super) struct Draws(u64);

impl Draws {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `below`, exclusive; 0 when `below` is 0.
    pub(super) fn below(&mut self, below: usize) -> usize {
        // The high half of the product: without division, and with a bias below 2^-32 for any sample that fits in memory.
        let product = u128::from(self.next()) * below as u128;
        usize::try_from(product >> 64).unwrap_or_default()
    }
}
