//! Workloads of the ae-* crates, each with the least that any implementation has to do as its floor.
//!
//! A bench target times a workload and its floor in turns in one run and prints both and their ratio, since a ratio
//! says more than a time on an unknown machine. `cargo bench -p benches` measures; started any other way a target
//! runs tiny inputs once, and so do the tests of each module.

pub mod genesis;
pub mod harness;
pub mod langflow;
pub mod lifecycle;
pub mod ratio;
pub mod router;
pub mod safety;

use ae_core::Timestamp;

/// The time that every workload takes place at, 2026-11-24.
///
/// # Panics
///
/// Never: the number of seconds is in range.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_795_478_400).expect("within the range of timestamps")
}

/// Numbers that look random and are the same on every run (Knuth's 64-bit linear congruential generator).
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// Numbers that follow from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of `items`.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(self.0 >> 33).unwrap_or(0) % items.len();
        items.get(at).expect("the remainder is below the length")
    }
}
