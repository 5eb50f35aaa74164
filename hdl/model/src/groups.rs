//! Groups of a convolution's channels: an output sees the inputs of its own group alone.

use crate::graph::Op;
use std::ops::Range;

/// How a convolution's channels are parted: both inputs and outputs into as many equal runs, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Groups {
    pub count: usize,
    /// Input channels of a group, which each of its outputs sees.
    pub inputs: usize,
    /// Output channels of a group.
    pub outputs: usize,
}

impl Groups {
    /// Those of `out_channels` outputs that see `inputs` each of `in_channels`; `None` where they are not equal runs.
    pub fn new(in_channels: usize, inputs: usize, out_channels: usize) -> Option<Self> {
        let count = in_channels.checked_div(inputs)?;
        let even = count > 0 && count * inputs == in_channels && out_channels.is_multiple_of(count);
        even.then(|| Groups { count, inputs, outputs: out_channels / count })
    }

    /// Those of a convolution of a map of `in_channels`; one of all channels for other operations.
    pub fn of(op: &Op, in_channels: usize) -> Self {
        let all = Groups { count: 1, inputs: in_channels, outputs: in_channels };
        let Op::Conv { out_channels, .. } = op else { return all };
        let parted = op.group_channels().and_then(|inputs| Groups::new(in_channels, inputs, *out_channels));
        parted.unwrap_or(Groups { outputs: *out_channels, ..all })
    }

    /// The input channels that an output channel sees.
    pub fn sources(&self, output: usize) -> Range<usize> {
        let first = output / self.outputs * self.inputs;
        first..first + self.inputs
    }
}

impl Op {
    /// Input channels that each output of a convolution sees: all of its input's, or those of its group. `None` for other
    /// operations.
    pub fn group_channels(&self) -> Option<usize> {
        let Op::Conv { out_channels, kernel, weights, .. } = self else { return None };
        weights.len().checked_div(out_channels * kernel[0] * kernel[1])
    }

    /// Groups of a convolution of a map of `in_channels`; 1 for other operations.
    pub fn groups(&self, in_channels: usize) -> usize {
        Groups::of(self, in_channels).count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_see_their_own_group() {
        let groups = Groups::new(6, 2, 9).unwrap();
        assert_eq!((groups.count, groups.outputs), (3, 3));
        assert_eq!([0, 2, 3, 8].map(|output| groups.sources(output)), [0..2, 0..2, 2..4, 4..6]);
        assert_eq!([Groups::new(6, 4, 6), Groups::new(6, 2, 8), Groups::new(6, 0, 6), Groups::new(2, 4, 2)], [None; 4]);
    }
}
