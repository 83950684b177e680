//! A generator of numbers: from one seed always the same.

use std::time::Duration;

/// SplitMix64: small, and good enough to choose faults with.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let drawn = self.next() % u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(drawn).unwrap_or_default()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Between the two, in milliseconds, the second left out.
    pub(crate) fn time(&mut self, from: u64, to: u64) -> Duration {
        let more = self.below(usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX));
        Duration::from_millis(from.saturating_add(u64::try_from(more).unwrap_or_default()))
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// One of them, by their weights.
    pub(crate) fn weighted<T: Copy>(&mut self, of: &[(usize, T)]) -> T {
        let mut left = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, value) in of {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *value,
            }
        }
        of[0].1
    }
}
