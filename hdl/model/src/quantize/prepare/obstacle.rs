//! Averages of windows that cannot be convolutions.

use crate::graph::{Node, Op};
use crate::shape::Shape;
use systole_net::limits::MAX_WINDOW;

/// Weights that one average may take, zeros counted: more than any part holds.
const MOST_WEIGHTS: usize = 1 << 24;

/// Why an average of windows of a map is not the convolution that the machine computes it by, and the nearest form that is.
pub(in crate::quantize) fn obstacle(node: &Node, source: Shape) -> Option<(String, &'static str)> {
    changed_edge(node, source).or_else(|| too_large(node, source))
}

/// Why windows at the edge do not divide by what all others do.
pub(in crate::quantize) fn changed_edge(node: &Node, [_, height, width]: Shape) -> Option<(String, &'static str)> {
    let Op::AveragePool { kernel, stride, pad, count_pad, .. } = node.op else { return None };
    if pad > 0 && !count_pad {
        let why = format!("padding of {pad} that does not count: means at the edge are of fewer pixels");
        return Some((why, "padding that counts as zeros (count_include_pad = 1), or none"));
    }
    for (axis, size, count) in [("rows", height, node.shape[1]), ("columns", width, node.shape[2])] {
        let (reach, there) = ((count - 1) * stride + kernel, size + 2 * pad);
        if reach > there {
            let why = format!("{count} windows of {kernel}, {stride} apart, reach over {reach} of {there} {axis}");
            return Some((why, "sizes rounded down (ceil_mode = 0, round_mode: FLOOR), or windows that fill the map"));
        }
    }
    None
}

/// Windows or weights beyond what the machine has.
fn too_large(node: &Node, [channels, height, width]: Shape) -> Option<(String, &'static str)> {
    let Op::AveragePool { kernel, stride, .. } = node.op else { return None };
    if kernel.max(stride) > MAX_WINDOW {
        let why = format!("windows of {kernel}, {stride} apart; at most {MAX_WINDOW}");
        // Only what follows it keeps an average over the whole map from being the last step, which has no such limit.
        return Some(match [height, width] == [kernel; 2] {
            true => (why, "a smaller map, or no ReLU between the layers behind the global average"),
            false => (why, "smaller windows, or an average over the whole map at the end"),
        });
    }
    let weights = [channels, channels, kernel, kernel].into_iter().try_fold(1usize, usize::checked_mul);
    (weights.is_none_or(|weights| weights > MOST_WEIGHTS)).then(|| {
        let why = format!("{channels} channels, {kernel}x{kernel} windows: more than {MOST_WEIGHTS} weights");
        (why, "fewer channels, or directly before or behind a convolution, which takes the average along")
    })
}
