//! Every rewrite of the importer beside its nearest neighbours: what is taken is held against onnxruntime, what is not is refused.

mod common;

use common::judged::{refused, same};
use common::onnx::{ramp, Attr, Onnx};
use systole_model::host;

const SHAPE: [i64; 3] = [3, 8, 6];

/// Convolution and ReLU on an image, 6 channels of 8x6 as `r`; `c` is before the ReLU.
fn start() -> Onnx {
    let pads = [("pads", Attr::Ints(&[1, 1, 1, 1]))];
    Onnx::new(13, SHAPE).floats("w", &[6, 3, 3, 3], &ramp(162)).node("Conv", &["x", "w"], "c", &pads).node(
        "Relu",
        &["c"],
        "r",
        &[],
    )
}

/// The same, and its global average as `g`.
fn averaged() -> Onnx {
    start().node("GlobalAveragePool", &["r"], "g", &[])
}

/// Scores of a fully connected layer behind the average, as `s`.
fn scored() -> Onnx {
    averaged().node("Flatten", &["g"], "f", &[]).floats("wf", &[6, 5], &ramp(30)).node("Gemm", &["f", "wf"], "s", &[])
}

/// `value` through a 1x1 convolution and the average.
fn closed(file: Onnx, value: &str, channels: i64) -> Onnx {
    let weights = ramp(4 * channels as usize);
    let file = file.floats("we", &[4, channels, 1, 1], &weights).node("Conv", &[value, "we"], "e", &[]);
    file.node("GlobalAveragePool", &["e"], "y", &[])
}

fn perm(order: &'static [i64]) -> [(&'static str, Attr<'static>); 1] {
    [("perm", Attr::Ints(order))]
}

/// The average's values in groups, these in another order, in one row as `d`.
fn regrouped() -> Onnx {
    let file = averaged().ints("groups", &[1, 2, 3]).node("Reshape", &["g", "groups"], "a", &[]);
    file.node("Transpose", &["a"], "b", &perm(&[0, 2, 1])).node("Flatten", &["b"], "d", &[])
}

#[test]
fn regrouped_pixels_keep_their_meaning() {
    let named = |file: Onnx| file.node("Identity", &["d"], "y", &[]);
    let dense = |file: Onnx| file.floats("v", &[6, 4], &ramp(24)).node("Gemm", &["d", "v"], "y", &[]);
    let shuffled = start().ints("s", &[1, 2, 3, 8, 6]).node("Reshape", &["r", "s"], "a", &[]);
    let shuffled = shuffled.node("Transpose", &["a"], "b", &perm(&[0, 2, 1, 3, 4]));
    let parted = start().ints("s", &[1, 6, 48]).node("Reshape", &["r", "s"], "a", &[]);
    let of_pixels = [("axes", Attr::Ints(&[2])), ("keepdims", Attr::Int(0))];
    same(vec![
        ("scores", named(regrouped())),
        ("dense", dense(regrouped())),
        ("shuffled", dense_map(shuffled.clone().node("Flatten", &["b"], "d", &[]))),
        ("shuffled map", closed(shuffled.ints("t", &[1, 6, 8, 6]).node("Reshape", &["b", "t"], "d", &[]), "d", 6)),
        ("mean of flat pixels", dense(parted.clone().node("ReduceMean", &["a"], "d", &of_pixels))),
    ]);
    let mixed = start().ints("s", &[1, 9, 32]).node("Reshape", &["r", "s"], "a", &[]).node("Flatten", &["a"], "d", &[]);
    let eight = start().ints("s", &[1, 8, 36]).node("Reshape", &["r", "s"], "a", &[]);
    refused(vec![
        ("are not mixed", dense_map(mixed)),
        ("are not mixed", named(eight.node("ReduceMean", &["a"], "d", &of_pixels))),
        ("is not all of an image", parted.floats("v", &[48, 4], &ramp(192)).node("MatMul", &["a", "v"], "y", &[])),
    ]);
}

/// All values of a map of 6 channels through a fully connected layer.
fn dense_map(file: Onnx) -> Onnx {
    file.floats("v", &[288, 4], &ramp(1152)).node("Gemm", &["d", "v"], "y", &[])
}

#[test]
fn channels_last_is_followed_or_refused() {
    let last = || start().node("Transpose", &["r"], "l", &perm(&[0, 2, 3, 1]));
    let back = |file: Onnx| closed(file.node("Transpose", &["m"], "n", &perm(&[0, 3, 1, 2])), "n", 6);
    let offsets = ramp(6);
    let behind_conv = start().node("Transpose", &["c"], "l", &perm(&[0, 2, 3, 1])).floats("o", &[6], &offsets);
    let mean = [("axes", Attr::Ints(&[1, 2])), ("keepdims", Attr::Int(0))];
    let other_mean = [("axes", Attr::Ints(&[2, 3])), ("keepdims", Attr::Int(0))];
    let join = |axis| [("axis", Attr::Int(axis))];
    let joined = last().node("Concat", &["l", "l"], "m", &join(3)).node("Transpose", &["m"], "n", &perm(&[0, 3, 1, 2]));
    same(vec![
        ("flattened", dense_map(last().node("Flatten", &["l"], "d", &[]))),
        ("there and back", back(last().node("Relu", &["l"], "m", &[]))),
        ("offset", back(behind_conv.clone().node("Add", &["l", "o"], "m", &[]))),
        ("mean", last().node("ReduceMean", &["l"], "d", &mean).node("Identity", &["d"], "y", &[])),
        ("joined", closed(joined, "n", 12)),
        (
            "rows for columns",
            dense_map(start().node("Transpose", &["r"], "t", &perm(&[0, 1, 3, 2])).node("Flatten", &["t"], "d", &[])),
        ),
    ]);
    let along_columns = behind_conv.floats("q", &[6, 1], &offsets).node("Add", &["l", "q"], "m", &[]);
    refused(vec![
        ("one per channel (6)", back(along_columns)),
        ("is [2, 3] of [1, 8 rows, 6 columns, 6 channels]", last().node("ReduceMean", &["l"], "y", &other_mean)),
        ("joins axis 1", closed(last().node("Concat", &["l", "l"], "m", &join(1)), "m", 6)),
        ("works on a map whose axes are", closed(start().node("Transpose", &["r"], "t", &perm(&[0, 1, 3, 2])), "t", 6)),
        ("works on a map whose axes are", closed(last(), "l", 6)),
        ("works on a map whose axes are", closed(last().node("MaxPool", &["l"], "m", &uneven()), "m", 6)),
        ("works on a map whose axes are", closed(last().node("AveragePool", &["l"], "m", &uneven()), "m", 6)),
    ]);
}

fn uneven() -> [(&'static str, Attr<'static>); 2] {
    [("kernel_shape", Attr::Ints(&[3, 3])), ("pads", Attr::Ints(&[1, 0, 0, 0]))]
}

#[test]
fn images_with_channels_last_are_taken_as_they_are() {
    let image = |order| {
        let file = Onnx::new(13, [8, 6, 3]).node("Transpose", &["x"], "t", &perm(order));
        file.floats("w", &[6, 3, 3, 3], &ramp(162)).node("Conv", &["t", "w"], "c", &[]).node(
            "GlobalAveragePool",
            &["c"],
            "y",
            &[],
        )
    };
    let graph = image(&[0, 3, 1, 2]).load();
    let plain = Onnx::new(13, SHAPE).floats("w", &[6, 3, 3, 3], &ramp(162)).node("Conv", &["x", "w"], "c", &[]);
    assert!(graph.nodes[..2] == plain.node("GlobalAveragePool", &["c"], "y", &[]).load().nodes[..2]);
    refused(vec![("works on a map whose axes are", image(&[0, 3, 2, 1]))]);
}

/// A padded map as `q`.
fn padded(of: &str) -> Onnx {
    start().ints("p", &[0, 0, 1, 2, 0, 0, 2, 1]).node("Pad", &[of, "p"], "q", &[])
}

#[test]
fn zeros_around_a_map_stay_zeros_or_become_offsets() {
    let ramps =
        ["scale", "shift", "mean"].into_iter().fold(padded("c"), |file, name| file.floats(name, &[6], &ramp(6)));
    let norm = ramps.floats("v", &[6], &[0.5, 1.0, 2.0, 0.25, 3.0, 1.5]);
    let norm = norm.node("BatchNormalization", &["q", "scale", "shift", "mean", "v"], "m", &[]);
    let constant = |op: &str, of: &str| padded(of).floats("o", &[6, 1, 1], &ramp(6)).node(op, &["q", "o"], "m", &[]);
    let from = padded("c").floats("o", &[6, 1, 1], &ramp(6)).node("Sub", &["o", "q"], "m", &[]);
    let k = |kernel: &'static [i64]| [("kernel_shape", Attr::Ints(kernel))];
    let pooled = |kind: &str, of: &str| padded(of).node(kind, &["q"], "m", &k(&[3, 3]));
    same(vec![
        ("norm", closed(norm, "m", 6)),
        ("add", closed(constant("Add", "c"), "m", 6)),
        ("add behind relu", closed(constant("Add", "r"), "m", 6)),
        ("sub", closed(constant("Sub", "c"), "m", 6)),
        ("from", closed(from, "m", 6)),
        ("mul", closed(constant("Mul", "c"), "m", 6)),
        ("relu", closed(padded("c").node("Relu", &["q"], "m", &[]), "m", 6)),
        ("maximum of any sign", closed(pooled("MaxPool", "c"), "m", 6)),
        ("maximum", closed(pooled("MaxPool", "r"), "m", 6)),
        ("mean", closed(pooled("AveragePool", "c"), "m", 6)),
    ]);
    let limits = padded("c").floats("low", &[], &[0.5]).floats("high", &[], &[1.0]);
    refused(vec![
        ("clips to 0.5", closed(limits.node("Clip", &["q", "low", "high"], "m", &[]), "m", 6)),
        ("works on a padded map", padded("r").node("GlobalAveragePool", &["q"], "y", &[])),
        ("works on a padded map", closed(padded("r").node("Add", &["q", "q"], "m", &[]), "m", 6)),
        ("works on a padded map", dense_map(padded("r").node("Flatten", &["q"], "d", &[]))),
        ("works on a padded map", padded("r").node("Transpose", &["q"], "m", &perm(&[0, 2, 3, 1]))),
    ]);
}

#[test]
fn constants_belong_to_the_axis_of_the_channels() {
    let norm = |file: Onnx, from: &str| {
        let file = ["scale", "shift", "mean"].into_iter().fold(file, |file, name| file.floats(name, &[6], &ramp(6)));
        let file = file.floats("v", &[6], &[0.5, 1.0, 2.0, 0.25, 3.0, 1.5]);
        file.node("BatchNormalization", &[from, "scale", "shift", "mean", "v"], "m", &[])
    };
    let square = || {
        let file = Onnx::new(13, [3, 8, 8]).floats("w", &[6, 3, 3, 3], &ramp(162)).node("Conv", &["x", "w"], "c", &[]);
        file.node("Transpose", &["c"], "l", &perm(&[0, 2, 3, 1]))
    };
    let dense = |file: Onnx| file.floats("wn", &[6, 4], &ramp(24)).node("Gemm", &["m", "wn"], "y", &[]);
    let scored = regrouped().floats("u", &[6, 6], &ramp(36)).node("Gemm", &["d", "u"], "s", &[]);
    let groups = scored.clone().ints("t", &[1, 2, 3]).node("Reshape", &["s", "t"], "s1", &[]);
    let groups = groups.node("Transpose", &["s1"], "s2", &perm(&[0, 2, 1])).node("Flatten", &["s2"], "s3", &[]);
    let factors = start().floats("o", &[6, 1, 1], &ramp(6)).node("Mul", &["r", "o"], "m", &[]);
    same(vec![
        ("behind a layer", dense(norm(scored, "s"))),
        ("in another order", dense(norm(groups, "s3"))),
        ("behind a ReLU", closed(norm(start(), "r"), "m", 6)),
        ("factors behind a ReLU", closed(factors, "m", 6)),
    ]);
    refused(vec![(
        "the channels on axis 1",
        closed(norm(square(), "l").node("Transpose", &["m"], "n", &perm(&[0, 3, 1, 2])), "n", 6),
    )]);
}

#[test]
fn pools_of_uneven_padding() {
    let pool = |of: &str, kernel: &'static [i64], stride: &'static [i64], auto: &'static str| {
        let window =
            [("kernel_shape", Attr::Ints(kernel)), ("strides", Attr::Ints(stride)), ("auto_pad", Attr::Text(auto))];
        let file = Onnx::new(13, [3, 11, 14]).floats("w", &[6, 3, 3, 3], &ramp(162));
        let file = file.node("Conv", &["x", "w"], "c", &[("pads", Attr::Ints(&[1, 1, 1, 1]))]);
        closed(file.node("Relu", &["c"], "r", &[]).node("MaxPool", &[of], "m", &window), "m", 6)
    };
    let mut taken = Vec::new();
    for auto in ["SAME_UPPER", "SAME_LOWER"] {
        for (name, kernel, stride) in [
            ("2x2/1", &[2i64, 2][..], &[1i64, 1][..]),
            ("2x2/2", &[2, 2], &[2, 2]),
            ("3x3/1", &[3, 3], &[1, 1]),
            ("3x3/2", &[3, 3], &[2, 2]),
            ("4x4/3", &[4, 4], &[3, 3]),
        ] {
            let (kernel, stride): (&'static [i64], &'static [i64]) = (kernel, stride);
            taken.push((format!("{auto} {name}").replace('/', " by "), pool("r", kernel, stride, auto)));
        }
    }
    taken.push(("3x3 of any sign".to_string(), pool("c", &[3, 3], &[1, 1], "SAME_UPPER")));
    same(taken.iter().map(|(name, file)| (name.as_str(), file.clone())).collect());
    refused(vec![
        ("behind a ReLU", pool("c", &[3, 3], &[2, 2], "SAME_UPPER")),
        ("the same vertically and horizontally", pool("r", &[3, 2], &[1, 1], "SAME_UPPER")),
    ]);
}

#[test]
fn softmax_is_over_all_classes() {
    let soft = |op: &'static str, target: &'static [i64], axis| {
        let file = averaged().ints("t", target).node("Reshape", &["g", "t"], "a", &[]);
        file.node(op, &["a"], "y", &[("axis", Attr::Int(axis))])
    };
    for file in [soft("Softmax", &[1, 6], 1), soft("LogSoftmax", &[6], 0), soft("ArgMax", &[1, 1, 6], -1)] {
        let graph = file.load();
        assert!(graph.notes.iter().any(|n| n.contains("left to the host")), "{:?}", graph.notes);
        assert!(graph.nodes == averaged().node("Identity", &["g"], "y", &[]).load().nodes);
    }
    refused(vec![
        ("is over axis 2 of [1, 2 channels, 3 channels]", soft("Softmax", &[1, 2, 3], -1)),
        ("is over axis 1 of [1, 2 channels, 3 channels]", soft("Softmax", &[1, 2, 3], 1)),
        ("is over axis 0 of [1, 6 channels]", soft("ArgMax", &[1, 6], 0)),
        ("is over axis 1 of [6 channels, 1]", soft("LogSoftmax", &[6, 1], 1)),
    ]);
}

#[test]
fn softmax_of_older_operator_sets_has_the_classes_in_its_own_order() {
    let file = |opset, order| {
        let file = Onnx::new(opset, SHAPE).floats("w", &[6, 3, 1, 1], &ramp(18)).node("Conv", &["x", "w"], "c", &[]);
        let file = file.node("GlobalAveragePool", &["c"], "g", &[]).ints("groups", &[1, 2, 3]);
        let file = file.node("Reshape", &["g", "groups"], "a", &[]).node("Transpose", &["a"], "b", &perm(order));
        let file = file.ints("row", &[1, 6]).node("Reshape", &["b", "row"], "d", &[]);
        file.node("Softmax", &["d"], "y", &[("axis", Attr::Int(1))]).load().nodes
    };
    assert!(file(9, &[0, 2, 1]) == file(13, &[0, 2, 1]));
    assert!(file(9, &[0, 2, 1]) != file(9, &[0, 1, 2]));
}

#[test]
fn what_the_host_does_keeps_the_order_of_classes() {
    let plain = scored().node("Identity", &["s"], "y", &[]).load().nodes;
    let softmax = || scored().node("Softmax", &["s"], "p", &[]);
    let host = [
        scored().node("Sigmoid", &["s"], "y", &[]),
        scored().node("HardSigmoid", &["s"], "y", &[]),
        softmax().floats("t", &[], &[100.0]).node("Mul", &["p", "t"], "y", &[]),
        softmax().floats("t", &[1], &[4.0]).node("Div", &["p", "t"], "y", &[]),
        softmax().node("Transpose", &["p"], "y", &perm(&[1, 0])),
        softmax().node("ArgMax", &["p"], "y", &[("axis", Attr::Int(-1)), ("keepdims", Attr::Int(0))]),
    ];
    for file in host {
        assert!(file.load().nodes == plain);
    }
    same(vec![
        ("temperature", scored().floats("t", &[], &[2.5]).node("Div", &["s", "t"], "y", &[])),
        ("negative", scored().floats("t", &[], &[-2.5]).node("Mul", &["s", "t"], "y", &[])),
        ("temperature behind relu", averaged().floats("t", &[], &[2.5]).node("Div", &["g", "t"], "y", &[])),
        ("offsets", scored().floats("t", &[5], &ramp(5)).node("Sub", &["t", "s"], "y", &[])),
    ]);
    refused(vec![
        ("changes the order", softmax().floats("t", &[], &[-1.0]).node("Mul", &["p", "t"], "y", &[])),
        ("changes the order", softmax().floats("t", &[5], &ramp(5)).node("Mul", &["p", "t"], "y", &[])),
        ("alpha: is -1", scored().node("HardSigmoid", &["s"], "y", &[("alpha", Attr::Float(-1.0))])),
        (
            "works on the result of p (Softmax)",
            softmax().floats("v", &[5, 4], &ramp(20)).node("Gemm", &["p", "v"], "y", &[]),
        ),
        ("within a network, ReLU", closed(start().node("Sigmoid", &["r"], "m", &[]), "m", 6)),
    ]);
}

#[test]
fn a_hard_sigmoid_saturates_at_both_ends() {
    let of = |attributes: &[(&str, Attr)]| scored().node("HardSigmoid", &["s"], "y", attributes);
    let scores = [-4.0, -1.0, 0.5, 4.0];
    let given = vec![("alpha", Attr::Float(0.5)), ("beta", Attr::Float(0.25))];
    let cases = [(vec![], [-2.5, 2.5], [0.0, 0.3, 0.6, 1.0f32]), (given, [-0.5, 1.5], [0.0, 0.0, 0.5, 1.0])];
    for (attributes, ends, wanted) in cases {
        let graph = of(&attributes).load();
        let [operation] = host::operations(&graph)[..] else { panic!("{:?}", graph.notes) };
        assert_eq!((operation.operator, operation.ends), ("HardSigmoid", Some(ends)));
        let made = operation.apply(&scores).unwrap();
        assert!(made.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{made:?}");
        assert!(graph.notes.iter().any(|n| n.contains("those beyond an end are equal")), "{:?}", graph.notes);
    }
    let steep = [("alpha", Attr::Float(0.5)), ("beta", Attr::Float(f32::INFINITY))];
    assert!(of(&steep).problems()[0].attribute.as_deref() == Some("alpha"));
}

#[test]
fn layers_behind_the_global_average() {
    let of_pixel = |shape: [i64; 3], of: &str| {
        let file = Onnx::new(13, shape).floats("w", &[6, 3, 3, 3], &ramp(162)).node("Conv", &["x", "w"], "c", &[]);
        let file = file.node("Relu", &["c"], "r", &[]).node("GlobalAveragePool", &[of], "g", &[]);
        file.node("Flatten", &["g"], "f", &[]).floats("wf", &[6, 5], &ramp(30)).node("Gemm", &["f", "wf"], "s", &[])
    };
    let twice = |file: Onnx| {
        let file =
            file.node("Relu", &["s"], "h", &[]).node("Dropout", &["h"], "i", &[]).floats("v", &[5, 7], &ramp(35));
        file.node("Gemm", &["i", "v"], "j", &[]).node("Relu", &["j"], "y", &[])
    };
    let strided = averaged().floats("v", &[4, 6, 1, 1], &ramp(24));
    let strided = strided.node("Conv", &["g", "v"], "y", &[("strides", Attr::Ints(&[2, 2]))]);
    let own = averaged().floats("v", &[6, 6, 1, 1], &ramp(36)).node("Conv", &["g", "v"], "h", &[]);
    same(vec![
        ("square", twice(of_pixel([3, 8, 8], "r"))),
        ("wide", twice(of_pixel([3, 6, 9], "c"))),
        ("one pixel", twice(of_pixel([3, 3, 3], "c"))),
        ("strided", strided),
        ("added", own.node("Add", &["g", "h"], "y", &[])),
        ("relu alone", start().node("GlobalAveragePool", &["c"], "g", &[]).node("Relu", &["g"], "y", &[])),
    ]);
}

#[test]
fn sums_and_joins_need_the_same_axes() {
    let both = |target: &'static [i64]| scored().ints("t", target).node("Reshape", &["s", "t"], "u", &[]);
    let join = |axis| [("axis", Attr::Int(axis))];
    same(vec![
        ("joined", scored().node("Concat", &["s", "f"], "y", &join(1))),
        ("added", both(&[1, 5]).node("Add", &["s", "u"], "y", &[])),
    ]);
    refused(vec![
        ("joins [1, 5 channels] and [1, 5 channels, 1]", both(&[1, 5, 1]).node("Add", &["s", "u"], "y", &[])),
        ("joins axis 0", scored().node("Concat", &["s", "s"], "y", &join(0))),
        ("one per channel (5)", scored().floats("t", &[2, 1], &ramp(2)).node("Add", &["s", "t"], "y", &[])),
    ]);
}
