//! Scales and integers that the file brings (quantised ONNX), taken over where the machine can hold them exactly.

use super::weights::{Row, Scales};
use crate::graph::{Node, Op};
use systole_net::limits::MAX_WEIGHT;
use systole_net::MULTIPLIER_FRACTION;

/// Multipliers of the machine are below this.
const MULT_END: f64 = (1u64 << MULTIPLIER_FRACTION) as f64;

/// Real value of one count of the node's result, where the file's storage is the machine's: zero at the least integer for
/// maps without negative values, zero in the middle for others.
pub(super) fn scale(node: &Node, signed: bool) -> Option<f64> {
    let given = node.given.result.filter(|given| given.zero_in_place(signed))?;
    Some(f64::from(given.scale)).filter(|scale| scale.is_finite() && *scale > 0.0)
}

/// The file's integers as rows, and biases in their counts. `gains` are those of the input's channels. `None` where the file
/// has none, or the machine cannot hold them.
pub(super) fn rows(node: &Node, scales: Scales, gains: &[f64]) -> Option<(Vec<Row>, Vec<i32>)> {
    let given = node.given.weights.as_ref()?;
    let Op::Conv { out_channels, bias, .. } = &node.op else { return None };
    let gain = gains.first().copied().filter(|first| gains.iter().all(|gain| gain == first))?;
    let limit = i32::from(MAX_WEIGHT);
    if given.weights.iter().any(|&w| i32::from(w).abs() > limit) {
        return None;
    }
    let row = |(channel, weights): (usize, &[i8])| {
        let scale = f64::from(given.scales[if given.scales.len() == 1 { 0 } else { channel }]);
        let count = scales.input * gain * scale;
        let mult = (count / scales.output * MULT_END).round();
        let bias = (f64::from(bias[channel]) / count).round();
        let held = (1.0..MULT_END).contains(&mult) && bias.abs() < MULT_END;
        held.then(|| (Row { weights: weights.to_vec(), mult: mult as u32, scale: scale * gain }, bias as i32))
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
