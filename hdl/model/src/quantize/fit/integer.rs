//! One layer of the integer network on the calibration images. (Not the judge: that is the golden model.)

use crate::float;
use crate::graph::{Node, Op};
use systole_net::Multiplier;
use systole_net::{rescale, Conv};

/// Wide enough for every rescaled value, so that saturation can be seen.
const UNCLAMPED: (i32, i32) = (i32::MIN, i32::MAX);

/// A convolution whose weights are integers held in floats: sums below 2^24 are exact, larger ones to a part in 2^24.
pub(in crate::quantize) struct IntegerConv<'a> {
    conv: &'a Conv,
    node: Node,
    input: [usize; 3],
}

impl<'a> IntegerConv<'a> {
    /// `node` is the float convolution that `conv` stands for.
    pub fn new(conv: &'a Conv, node: &Node, input: [usize; 3]) -> Self {
        let mut node = node.clone();
        if let Op::Conv { weights, bias, .. } = &mut node.op {
            *weights = conv.weights.iter().map(|&w| w.into()).collect();
            bias.fill(0.0);
        }
        IntegerConv { conv, node, input }
    }

    /// Rescaled values before clamping, `[out_channels][height][width]`. `residual` is the kept tensor's data.
    pub fn run(&self, input: &[i16], residual: Option<&[i16]>) -> Vec<i32> {
        let values: Vec<f32> = input.iter().map(|&v| v.into()).collect();
        let sums = float::evaluate(&self.node, &[(&values, self.input)]);
        let pixels = self.node.shape[1] * self.node.shape[2];
        let conv = self.conv;
        let out = |(index, &sum): (usize, &f32)| {
            let channel = index / pixels;
            let (added, mult) = match (&conv.residual, residual) {
                (Some(r), Some(kept)) => (kept[r.channel_offset * pixels + index], r.mult),
                _ => (0, Multiplier::ZERO),
            };
            let z = sum as i64 + i64::from(conv.bias[channel]);
            rescale(z, conv.mult[channel], conv.relu, added.into(), mult, UNCLAMPED.0, UNCLAMPED.1)
        };
        sums.iter().enumerate().map(out).collect()
    }
}

/// Max pooling of integers.
pub(in crate::quantize) fn pool(node: &Node, input: &[i16], shape: [usize; 3]) -> Vec<i32> {
    let values: Vec<f32> = input.iter().map(|&v| v.into()).collect();
    float::evaluate(node, &[(&values, shape)]).iter().map(|&v| v as i32).collect()
}
