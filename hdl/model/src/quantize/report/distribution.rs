//! How a layer's values lie in the range that their integers have.

use serde::{Deserialize, Serialize};

/// Bins of the range, and of what is looked at beyond each of its ends.
const INSIDE: usize = 64;
const BEYOND: usize = INSIDE / 4;

/// Values counted by where they lie: in the range, and a quarter of its width to either side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Smallest and largest integer of the range.
    pub range: (i32, i32),
    /// Lower end of the first bin and width of all bins, in counts (the real value of one integer step).
    pub from: f64,
    pub step: f64,
    /// Values per bin; the outermost bins also hold what lies farther out.
    pub counts: Vec<u64>,
    /// Values that are zero in floating point; no bin holds them.
    pub zeros: u64,
}

impl Distribution {
    /// Of nothing yet, for integers `low..=high`.
    pub(in crate::quantize) fn new((low, high): (i32, i32)) -> Self {
        let step = f64::from(high - low + 1) / INSIDE as f64;
        let from = f64::from(low) - 0.5 - step * BEYOND as f64;
        Distribution { range: (low, high), from, step, counts: vec![0; INSIDE + 2 * BEYOND], zeros: 0 }
    }

    /// Adds a value in counts.
    pub(in crate::quantize) fn add(&mut self, value: f64) {
        if value == 0.0 {
            self.zeros += 1;
            return;
        }
        let bin = ((value - self.from) / self.step).clamp(0.0, (self.counts.len() - 1) as f64);
        self.counts[bin as usize] += 1;
    }

    /// Adds what another one of the same range holds.
    pub(in crate::quantize) fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.zeros += other.zeros;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_the_range_are_ends_of_bins() {
        let mut bytes = Distribution::new((0, 255));
        for value in [0.0, 1e-9, 255.4, 255.6, 1e9, -1e9] {
            bytes.add(value);
        }
        let found = |bin: usize| bytes.counts[bin];
        assert_eq!((bytes.zeros, bytes.counts.iter().sum::<u64>()), (1, 5));
        assert_eq!([0, BEYOND, BEYOND + INSIDE - 1, BEYOND + INSIDE, INSIDE + 2 * BEYOND - 1].map(found), [1; 5]);
    }

    #[test]
    fn merging_adds() {
        let mut whole = Distribution::new((-128, 127));
        let mut parts = [whole.clone(), whole.clone()];
        for (at, value) in [-200.0, 0.0, 3.0, 126.0].into_iter().enumerate() {
            whole.add(value);
            parts[at % 2].add(value);
        }
        let [mut first, second] = parts;
        first.merge(&second);
        assert_eq!(first, whole);
    }
}
