//! Shapes: what each operation makes of its inputs' shapes, and when it cannot.

use crate::graph::Op;
use crate::groups::Groups;
use systole_net::Padding;

/// Channels, height, width.
pub(crate) type Shape = [usize; 3];

/// Why an operation cannot be applied: the attribute to blame, the reason, the nearest supported form.
pub(crate) struct Fault {
    pub attribute: &'static str,
    pub why: String,
    pub nearest: String,
}

fn fault<T>(attribute: &'static str, why: String, nearest: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { attribute, why, nearest: nearest.into() })
}

/// Windows along one axis of `size` values with `pads` before and after. Rounded up (`ceil`), the last window is left out
/// if it would start behind the values and the padding before them. `None` when the kernel does not fit.
pub(crate) fn window_count(size: usize, kernel: usize, stride: usize, pads: [usize; 2], ceil: bool) -> Option<usize> {
    let span = (size + pads[0] + pads[1]).checked_sub(kernel)?;
    let floor = span.checked_div(stride)? + 1;
    if !ceil {
        return Some(floor);
    }
    let count = span.div_ceil(stride) + 1;
    Some(if (count - 1) * stride >= size + pads[0] { count - 1 } else { count })
}

/// Shape of the result of `op` on inputs of the given shapes.
pub(crate) fn infer(op: &Op, inputs: &[Shape]) -> Result<Shape, Fault> {
    match (op, inputs) {
        (Op::Conv { out_channels, kernel, stride, pad, weights, bias }, [input]) => {
            let counts = (weights.len(), bias.len());
            conv(*input, *out_channels, *kernel, *stride, *pad, counts)
        }
        (Op::MaxPool { kernel, stride, pad, ceil } | Op::AveragePool { kernel, stride, pad, ceil, .. }, [input]) => {
            pool(*input, *kernel, *stride, *pad, *ceil)
        }
        (Op::Relu | Op::Clip { .. }, [input]) => Ok(*input),
        (Op::Saturate { least, most }, [input]) if [least.len(), most.len()] == [input[0]; 2] => Ok(*input),
        (Op::Saturate { least, .. }, [input]) => {
            fault("scale", format!("{} ends for {input:?}", least.len()), "as many as there are channels")
        }
        (Op::GlobalAverage, [input]) => Ok([input[0], 1, 1]),
        (Op::Add, [a, b]) if a == b => Ok(*a),
        (Op::Add, [a, b]) => fault("inputs", format!("adds {a:?} to {b:?}"), "two maps of the same shape"),
        (Op::Concat, [_, ..]) => concat(inputs),
        _ => fault("inputs", format!("{} maps go in", inputs.len()), "one map, or two for a sum"),
    }
}

fn conv(
    [channels, height, width]: Shape,
    out_channels: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    pad: Padding,
    (weights, bias): (usize, usize),
) -> Result<Shape, Fault> {
    if kernel.contains(&0) || stride.contains(&0) || out_channels == 0 {
        return fault("kernel", format!("kernel {kernel:?}, stride {stride:?}, {out_channels} outputs"), "at least 1");
    }
    let each = [out_channels, kernel[0], kernel[1]].into_iter().try_fold(1usize, usize::checked_mul);
    let inputs = each.filter(|each| weights.is_multiple_of(*each)).map(|each| weights / each);
    if inputs.and_then(|inputs| Groups::new(channels, inputs, out_channels)).is_none() || bias != out_channels {
        let shape = format!("[{out_channels}, {channels}, {}, {}] and [{out_channels}]", kernel[0], kernel[1]);
        return fault("weights", format!("{weights} weights and {bias} biases"), format!("{shape}, or a group's"));
    }
    let size = (
        window_count(height, kernel[0], stride[0], [pad.top, pad.bottom], false),
        window_count(width, kernel[1], stride[1], [pad.left, pad.right], false),
    );
    match size {
        (Some(h), Some(w)) => Ok([out_channels, h, w]),
        _ => fault(
            "kernel",
            format!("kernel {kernel:?} on a {height}x{width} map"),
            "a kernel no larger than the padded map",
        ),
    }
}

fn pool([channels, height, width]: Shape, k: usize, s: usize, p: usize, ceil: bool) -> Result<Shape, Fault> {
    if k == 0 || s == 0 || p >= k {
        return fault(
            "kernel",
            format!("kernel {k}, stride {s}, padding {p}"),
            "stride of 1 or more, padding below the kernel",
        );
    }
    match [height, width].map(|n| window_count(n, k, s, [p, p], ceil)) {
        [Some(h), Some(w)] => Ok([channels, h, w]),
        _ => fault("kernel", format!("kernel {k} on a {height}x{width} map"), "a kernel no larger than the padded map"),
    }
}

fn concat(inputs: &[Shape]) -> Result<Shape, Fault> {
    let [_, height, width] = inputs[0];
    if inputs.iter().any(|s| s[1..] != inputs[0][1..]) {
        return fault("inputs", format!("joins {inputs:?}"), "maps of the same height and width");
    }
    Ok([inputs.iter().map(|s| s[0]).sum(), height, width])
}
