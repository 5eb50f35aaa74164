//! Scales and integers that the file brings (quantised ONNX), taken over where the machine can hold them exactly.

use crate::graph::{Node, Op};
use crate::groups::Groups;
use crate::quantize::round::weights::{Row, Scales};
use systole_net::limits::MAX_WEIGHT;
use systole_net::Multiplier;

/// Multipliers of the machine are below this.
const MULT_END: f64 = Multiplier::ONE.to_bits() as f64;

/// Real value of one count of the node's result, where the file's storage is the machine's: zero at the least integer for
/// maps without negative values, zero in the middle for others.
pub(in crate::quantize) fn scale(node: &Node, signed: bool) -> Option<f64> {
    let given = node.given.result.filter(|given| given.zero_in_place(signed))?;
    Some(f64::from(given.scale)).filter(|scale| scale.is_finite() && *scale > 0.0)
}

/// Channels of the maps that a convolution reads and writes.
pub(in crate::quantize) struct Channels<'a> {
    /// Gains of the input's.
    pub input: &'a [f64],
    /// What the input's integers are too high by; empty where they are right.
    pub offset: &'a [f64],
    /// Gains of the convolution's own.
    pub output: &'a [f64],
}

/// The file's integers as rows, and biases in their counts. `None` where the file has none, or the machine cannot hold them.
pub(in crate::quantize) fn rows(node: &Node, scales: Scales, channels: Channels) -> Option<(Vec<Row>, Vec<i32>)> {
    let gains = channels.input;
    let given = node.given.weights.as_ref()?;
    let Op::Conv { out_channels, bias, .. } = &node.op else { return None };
    let groups = Groups::of(&node.op, gains.len());
    let gain = gains.first().copied().filter(|first| gains.iter().all(|gain| gain == first))?;
    let limit = i32::from(MAX_WEIGHT);
    if given.weights.iter().any(|&w| i32::from(w).abs() > limit) {
        return None;
    }
    let row = |(channel, weights): (usize, &[i8])| {
        let offset = channels.offset.get(groups.sources(channel)).unwrap_or(&[]);
        let absorbed = |(index, &w): (usize, &i8)| f64::from(w) * offset[index * offset.len() / weights.len()];
        let absorbed: f64 = if offset.is_empty() { 0.0 } else { weights.iter().enumerate().map(absorbed).sum() };
        let scale = f64::from(given.scales[if given.scales.len() == 1 { 0 } else { channel }]);
        let count = scales.input * gain * scale;
        let mult = (count / (scales.output * channels.output[channel]) * MULT_END).round();
        let bias = (f64::from(bias[channel]) / count - absorbed).round();
        let held = (1.0..MULT_END).contains(&mult) && bias.abs() < MULT_END;
        held.then(|| {
            (
                Row {
                    weights: weights.to_vec(),
                    mult: Multiplier::from_bits(mult as u32),
                    scale: scale * gain / channels.output[channel],
                },
                bias as i32,
            )
        })
    };
    let size = given.weights.len() / out_channels;
    given
        .weights
        .chunks_exact(size)
        .enumerate()
        .map(row)
        .collect::<Option<Vec<_>>>()
        .map(|rows| rows.into_iter().unzip())
}
