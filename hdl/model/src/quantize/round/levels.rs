//! The values that weights may take.

use systole_net::limits::MAX_WEIGHT;

/// Halves of counts over the range of weights.
const HALVES: usize = 4 * MAX_WEIGHT as usize + 1;

/// The values that a weight may take, ascending.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::quantize) struct Levels {
    values: Vec<i8>,
    /// The nearest value, of each half of a count: from -127 on what lies at it, or in the half above it.
    nearest: Vec<[i8; 2]>,
}

impl Levels {
    /// Sorted and without repetition.
    pub fn new(mut values: Vec<i8>) -> Self {
        values.sort_unstable();
        values.dedup();
        let of = |value: f64| nearest(&values, value);
        let half = |at: usize| at as f64 / 2.0 - f64::from(MAX_WEIGHT);
        let table = (0..HALVES).map(|at| [of(half(at)), of(half(at) + 0.25)]).collect();
        Levels { nearest: table, values }
    }

    /// All that a byte has.
    pub fn bytes() -> Self {
        Levels::new((-MAX_WEIGHT..=MAX_WEIGHT).collect())
    }

    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// The nearest value, the larger of two alike.
    pub fn nearest(&self, value: f64) -> i8 {
        // Ties lie on halves alone, so that what is nearest changes nowhere else.
        let halves = ((value + f64::from(MAX_WEIGHT)) * 2.0).clamp(0.0, (HALVES - 1) as f64);
        let whole = halves as usize;
        self.nearest[whole][usize::from(halves > whole as f64)]
    }
}

fn nearest(values: &[i8], value: f64) -> i8 {
    let above = values.partition_point(|&level| f64::from(level) < value);
    let (below, above) = (values[above.saturating_sub(1)], values[above.min(values.len() - 1)]);
    if value - f64::from(below) < f64::from(above) - value {
        below
    } else {
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_what_is_nearest() {
        let levels = Levels::new(vec![-127, -20, -3, 0, 1, 8, 90]);
        for at in -2100..2100 {
            let value = f64::from(at) / 16.0;
            assert_eq!(levels.nearest(value), nearest(levels.values(), value), "{value}");
        }
    }
}
