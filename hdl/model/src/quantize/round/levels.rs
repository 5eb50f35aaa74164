//! The values that weights may take.

/// The values that a weight may take, ascending.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::quantize) struct Levels(Vec<i8>);

impl Levels {
    /// Sorted and without repetition.
    pub fn new(mut values: Vec<i8>) -> Self {
        values.sort_unstable();
        values.dedup();
        Levels(values)
    }

    pub fn values(&self) -> &[i8] {
        &self.0
    }

    pub fn nearest(&self, value: f64) -> i8 {
        let above = self.0.partition_point(|&level| f64::from(level) < value);
        let (below, above) = (self.0[above.saturating_sub(1)], self.0[above.min(self.0.len() - 1)]);
        if value - f64::from(below) < f64::from(above) - value {
            below
        } else {
            above
        }
    }
}
