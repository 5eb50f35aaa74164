//! Exact bounds of the accumulators, from the actual weights, biases and input format.

use crate::{Conv, TensorInfo};

impl Conv {
    /// Smallest and largest value that any partial sum of output channel `channel` can take, whatever the order of
    /// bias and products and whatever the input values within `input`'s format. Padding counts as a value of 0.
    pub fn acc_range(&self, channel: usize, input: &TensorInfo) -> (i64, i64) {
        let (low, high) = input.range();
        let bias = i64::from(self.bias[channel]);
        let size = self.reduction();
        let products = self.weights[channel * size..(channel + 1) * size].iter().map(|&w| {
            let ends = [i64::from(w) * i64::from(low), i64::from(w) * i64::from(high)];
            (ends[0].min(ends[1]).min(0), ends[0].max(ends[1]).max(0))
        });
        products.fold((bias.min(0), bias.max(0)), |sum, p| (sum.0 + p.0, sum.1 + p.1))
    }

    /// Width in bits of a two's complement accumulator that never overflows, for all output channels.
    pub fn acc_bits(&self, input: &TensorInfo) -> u32 {
        (0..self.out_channels).map(|c| signed_bits(self.acc_range(c, input))).max().unwrap_or(1)
    }

    /// Width in bits of the widest rescale multiplier.
    pub fn mult_bits(&self) -> u32 {
        self.mult.iter().map(|m| u32::BITS - m.leading_zeros()).max().unwrap_or(0)
    }
}

/// Bits of the narrowest two's complement number that holds both ends of a range.
pub fn signed_bits((low, high): (i64, i64)) -> u32 {
    // `!low` is `-low - 1`: the largest positive number that needs as many bits.
    let magnitude = (!low.min(0)).max(high.max(0));
    i64::BITS - magnitude.leading_zeros() + 1
}

#[cfg(test)]
mod tests {
    use super::signed_bits;

    #[test]
    fn signed_bits_at_the_edges() {
        let cases =
            [((0, 0), 1), ((-1, 0), 1), ((0, 1), 2), ((-2, 1), 2), ((-128, 127), 8), ((-129, 0), 9), ((0, 128), 9)];
        for (range, bits) in cases {
            assert_eq!(signed_bits(range), bits, "{range:?}");
        }
    }
}
