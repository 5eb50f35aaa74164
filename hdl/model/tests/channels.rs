//! Channels that files take, put in another order or add as zeros, and pixels that they take: held against onnxruntime, and what is
//! left of them in the graph.

mod common;

use common::judged::{refused, same};
use common::onnx::{ramp, Attr, Onnx};
use common::onnxruntime;
use std::process::Command;
use systole_model::{float, load, Graph, LoadOptions, Op};

const PADS: [(&str, Attr); 1] = [("pads", Attr::Ints(&[1, 1, 1, 1]))];
const AXIS: [(&str, Attr); 1] = [("axis", Attr::Int(1))];

/// Convolution and ReLU on an image, 6 channels of 8x6 as `r`; `c` is before the ReLU.
fn start() -> Onnx {
    let file = Onnx::new(13, [3, 8, 6]).floats("w", &[6, 3, 3, 3], &ramp(162));
    file.node("Conv", &["x", "w"], "c", &PADS).node("Relu", &["c"], "r", &[])
}

/// A 3x3 convolution of a value.
fn conv(file: Onnx, value: &str, [from, to]: [i64; 2], output: &str) -> Onnx {
    let name = format!("w_{output}");
    let weights = ramp((from * to * 9) as usize);
    file.floats(&name, &[to, from, 3, 3], &weights).node("Conv", &[value, &name], output, &PADS)
}

/// `value` through a convolution and the average.
fn closed(file: Onnx, value: &str, channels: i64) -> Onnx {
    conv(file, value, [channels, 4], "e").node("GlobalAveragePool", &["e"], "y", &[])
}

/// Channels `from..to` in steps.
fn slice(file: Onnx, value: &str, part: [i64; 3], axis: i64, output: &str) -> Onnx {
    let names = ["starts", "ends", "axes", "steps"].map(|name| format!("{output}_{name}"));
    let [start, end, step] = part;
    let lists = names.iter().zip([start, end, axis, step]);
    let file = lists.fold(file, |file, (name, value)| file.ints(name, &[value]));
    file.node("Slice", &[value, &names[0], &names[1], &names[2], &names[3]], output, &[])
}

/// Two groups of channels interleaved.
fn shuffle(file: Onnx, value: &str, [channels, height, width]: [i64; 3], output: &str) -> Onnx {
    let [grouped, turned, a, b] = ["grouped", "turned", "a", "b"].map(|name| format!("{output}_{name}"));
    let file = file.ints(&grouped, &[1, 2, channels / 2, height, width]).node("Reshape", &[value, &grouped], &a, &[]);
    let file = file.node("Transpose", &[&a], &b, &[("perm", Attr::Ints(&[0, 2, 1, 3, 4]))]);
    file.ints(&turned, &[1, channels, height, width]).node("Reshape", &[&b, &turned], output, &[])
}

fn split(file: Onnx, value: &str, sizes: &[i64], outputs: &str) -> Onnx {
    file.ints("sizes", sizes).node("Split", &[value, "sizes"], outputs, &AXIS)
}

/// Convolutions by their channels out and in.
fn convolutions(graph: &Graph) -> Vec<[usize; 2]> {
    let channels = |node: &systole_model::Node| match &node.op {
        Op::Conv { out_channels, .. } => Some([*out_channels, graph.nodes[node.inputs[0]].shape[0]]),
        _ => None,
    };
    graph.nodes.iter().filter_map(channels).collect()
}

#[test]
fn slices_of_channels_are_taken() {
    let joined = |file: Onnx| file.node("Concat", &["b", "a"], "m", &AXIS);
    let halves = |of: &str| slice(slice(start(), of, [0, 3, 1], 1, "a"), of, [3, i64::MAX, 1], 1, "b");
    let flat = |value: &str, file: Onnx| file.node("Flatten", &[value], "d", &[]).floats("v", &[144, 4], &ramp(576));
    let pool = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[2, 2]))];
    let indices = start().ints("i", &[4, -1, 4, 0]);
    let added = halves("c").node("Add", &["a", "b"], "m", &[]);
    let pooled = halves("r").node("MaxPool", &["a"], "p", &pool).node("AveragePool", &["b"], "q", &pool);
    let normed =
        ["scale", "shift", "mean"].into_iter().fold(halves("c"), |file, name| file.floats(name, &[3], &ramp(3)));
    let normed = normed.floats("var", &[3], &[0.5, 1.0, 2.0]);
    same(vec![
        ("halves", closed(joined(halves("r")), "m", 6)),
        ("before relu", closed(joined(halves("c")).node("Relu", &["m"], "n", &[]), "n", 6)),
        ("one half", closed(halves("r"), "b", 3)),
        ("backwards", closed(slice(start(), "r", [-1, i64::MIN + 1, -2], 1, "a"), "a", 3)),
        ("of the image", closed(slice(Onnx::new(13, [3, 8, 6]), "x", [2, 0, -1], 1, "a"), "a", 2)),
        ("of scores", {
            let file = start().node("GlobalAveragePool", &["r"], "g", &[]).node("Flatten", &["g"], "f", &[]);
            slice(file, "f", [1, 5, 1], 1, "a").node("Identity", &["a"], "y", &[])
        }),
        ("flattened", flat("a", halves("r")).node("Gemm", &["d", "v"], "y", &[])),
        ("gathered", closed(indices.node("Gather", &["r", "i"], "m", &AXIS), "m", 4)),
        ("added", closed(added, "m", 3)),
        ("pooled", closed(pooled.node("Concat", &["q", "p"], "m", &AXIS), "m", 6)),
        (
            "normed",
            closed(normed.node("BatchNormalization", &["b", "scale", "shift", "mean", "var"], "m", &[]), "m", 3),
        ),
        ("split", closed(joined(split(start(), "r", &[4, 2], "a,b")), "m", 6)),
        ("slice of a slice", closed(slice(halves("r"), "b", [0, 3, 2], 1, "s"), "s", 2)),
    ]);
    refused(vec![
        ("takes of 8 rows 4 from 2 on", closed(slice(start(), "r", [2, 6, 1], 2, "a"), "a", 6)),
        ("for 3 parts of 6", closed(split(start(), "r", &[4, 1, 2], "a,b,k"), "a", 4)),
        ("is 2 of [1, 6 channels, 8 rows", {
            let sizes = start().ints("sizes", &[4, 4]);
            let rows = sizes.node("Split", &["r", "sizes"], "a,b", &[("axis", Attr::Int(2))]);
            closed(rows, "a", 6)
        }),
        ("takes no channels", closed(slice(start(), "r", [3, 3, 1], 1, "a"), "a", 6)),
    ]);
}

#[test]
fn no_channel_is_made_in_vain() {
    let halves = slice(slice(start(), "r", [0, 3, 1], 1, "a"), "r", [3, 6, 1], 1, "b");
    let one = closed(halves.clone(), "a", 3).load();
    assert_eq!(convolutions(&one), [[3, 3], [4, 3]]);
    let both = conv(conv(halves, "a", [3, 2], "p"), "b", [3, 2], "q").node("Concat", &["p", "q"], "m", &AXIS);
    assert_eq!(convolutions(&closed(both, "m", 4).load()), [[3, 3], [3, 3], [2, 3], [2, 3], [4, 4]]);
    // Nothing but weights is left of an order.
    let shuffled = closed(shuffle(start(), "r", [6, 8, 6], "s"), "s", 6).load();
    assert_eq!(convolutions(&shuffled), [[6, 3], [4, 6]]);
    let image = closed(slice(Onnx::new(13, [3, 8, 6]), "x", [2, 0, -1], 1, "a"), "a", 2).load();
    assert_eq!(convolutions(&image), [[4, 3]]);
}

#[test]
fn shuffled_channels_are_taken() {
    let other = conv(start(), "r", [6, 6], "o");
    let branch = |file: Onnx| conv(file, "b", [3, 3], "k").node("Relu", &["k"], "l", &[]);
    // Two units of a ShuffleNet: half the channels go on as they are, all are shuffled.
    let first = branch(split(start(), "r", &[3, 3], "a,b")).node("Concat", &["a", "l"], "m", &AXIS);
    let first = shuffle(first, "m", [6, 8, 6], "s");
    let second = slice(slice(first, "s", [0, 3, 1], 1, "a2"), "s", [3, 6, 1], 1, "b2");
    let second = conv(second, "b2", [3, 3], "k2").node("Concat", &["a2", "k2"], "m2", &AXIS);
    let units = shuffle(second, "m2", [6, 8, 6], "s2");
    let pool = [("kernel_shape", Attr::Ints(&[3, 3])), ("strides", Attr::Ints(&[2, 2]))];
    same(vec![
        ("alone", closed(shuffle(start(), "r", [6, 8, 6], "s"), "s", 6)),
        ("added", {
            let both = shuffle(shuffle(other.clone(), "r", [6, 8, 6], "s"), "o", [6, 8, 6], "t");
            closed(both.node("Add", &["s", "t"], "m", &[]), "m", 6)
        }),
        ("added to what is not", {
            closed(shuffle(other, "r", [6, 8, 6], "s").node("Add", &["s", "o"], "m", &[]), "m", 6)
        }),
        ("pooled", closed(shuffle(start(), "r", [6, 8, 6], "s").node("MaxPool", &["s"], "m", &pool), "m", 6)),
        ("units", closed(units, "s2", 6)),
        ("mean", shuffle(start(), "r", [6, 8, 6], "s").node("GlobalAveragePool", &["s"], "y", &[])),
        ("depthwise", closed(grouped(6, false), "g", 6)),
        ("depthwise, joined", closed(grouped(6, true), "j", 12)),
        ("groups of two", closed(grouped(3, false), "g", 6)),
    ]);
    // A depthwise convolution takes the channels as they are, and the shuffle goes into what reads it.
    assert_eq!(convolutions(&closed(grouped(6, false), "g", 6).load()), [[6, 3], [6, 6], [4, 6]]);
    assert_eq!(convolutions(&closed(grouped(3, false), "g", 6).load()), [[6, 3], [6, 6], [6, 6], [4, 6]]);
}

/// A convolution of so many groups behind shuffled channels, and its result beside them.
fn grouped(groups: i64, joined: bool) -> Onnx {
    let attributes = [("pads", Attr::Ints(&[1, 1, 1, 1])), ("group", Attr::Int(groups))];
    let weights = ramp((6 * (6 / groups) * 9) as usize);
    let file = shuffle(start(), "r", [6, 8, 6], "s").floats("w_g", &[6, 6 / groups, 3, 3], &weights);
    let file = file.floats("b_g", &[6], &ramp(6)).node("Conv", &["s", "w_g", "b_g"], "g", &attributes);
    if joined {
        file.node("Concat", &["s", "g"], "j", &AXIS)
    } else {
        file
    }
}

#[test]
fn channels_of_groups_are_taken() {
    let grouped = |file: Onnx, value: &str, channels: i64, groups: i64| {
        let weights = ramp((channels * channels / groups * 9) as usize);
        let file = file.floats("wg", &[channels, channels / groups, 3, 3], &weights);
        file.node("Conv", &[value, "wg"], "g", &[("group", Attr::Int(groups)), ("pads", Attr::Ints(&[1, 1, 1, 1]))])
    };
    let shuffled = || shuffle(start(), "r", [6, 8, 6], "s");
    let odd = |file: Onnx, of: &str, output: &str| slice(file, of, [1, 6, 2], 1, output);
    let depthwise = closed(odd(grouped(start(), "r", 6, 6), "g", "a"), "a", 3);
    // Nothing is made of the channels that are left out, by either convolution.
    assert_eq!(convolutions(&depthwise.load()), [[3, 3], [3, 3], [4, 3]]);
    same(vec![
        ("groups behind a shuffle", closed(grouped(shuffled(), "s", 6, 2), "g", 6)),
        ("depthwise behind a shuffle", closed(grouped(shuffled(), "s", 6, 6), "g", 6)),
        ("depthwise behind a slice", closed(grouped(odd(start(), "r", "a"), "a", 3, 3), "g", 3)),
        ("slice of depthwise", depthwise),
        ("slice of groups", closed(odd(grouped(start(), "r", 6, 2), "g", "a"), "a", 3)),
        ("groups added", {
            let both = grouped(shuffled(), "s", 6, 3).node("Add", &["g", "s"], "m", &[]);
            closed(both, "m", 6)
        }),
    ]);
}

#[test]
fn shortcuts_that_take_every_other_pixel_are_taken() {
    let strided = || {
        let file = conv(start(), "r", [6, 12], "o");
        let pool = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[2, 2]))];
        slice(file.node("AveragePool", &["o"], "h", &pool), "r", [0, i64::MAX, 2], 2, "rows")
    };
    let both = || slice(strided(), "rows", [0, i64::MAX, 2], 3, "every");
    let padded = |file: Onnx, pads: &[i64]| file.ints("pads", pads).node("Pad", &["every", "pads"], "s", &[]);
    let shortcut = padded(both(), &[0, 3, 0, 0, 0, 3, 0, 0]).node("Add", &["h", "s"], "m", &[]);
    let graph = closed(shortcut.clone(), "m", 12).load();
    let pools = graph.nodes.iter().filter(|node| matches!(node.op, Op::MaxPool { kernel: 1, stride: 2, .. }));
    assert_eq!((pools.count(), convolutions(&graph)), (1, vec![[6, 3], [12, 6], [12, 6], [4, 12]]));
    same(vec![
        ("shortcut", closed(shortcut, "m", 12)),
        ("channels and pixels", closed(padded(both(), &[0, 1, 1, 1, 0, 0, 1, 1]), "s", 7)),
        ("pixels alone", closed(both(), "every", 6)),
        ("joined", closed(padded(both(), &[0, 3, 0, 0, 0, 3, 0, 0]).node("Concat", &["s", "h"], "m", &AXIS), "m", 24)),
    ]);
    refused(vec![
        ("takes of 8 rows 4 from 0 on, 2 apart, of 6 columns 6", closed(strided(), "rows", 6)),
        ("0 or more pixels", closed(padded(both(), &[0, 1, 0, 0, 0, -1, 0, 0]), "s", 6)),
    ]);
}

#[test]
fn a_resnet_without_parameters_in_its_shortcuts_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/networks.py");
    let made = Command::new(onnxruntime::PYTHON).arg(script).arg(folder.path()).arg("resnet20_cifar_a").output();
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("SKIPPED: onnx is absent (make setup)");
        return;
    }
    let file = folder.path().join("resnet20_cifar_a.onnx");
    let graph = load(&file, &LoadOptions::default()).unwrap();
    // 19 of the network, its classifier, and 2 that pad the channels of what is added.
    assert_eq!(convolutions(&graph).len(), 22);
    let image = ramp(3 * 32 * 32);
    let ours = float::run(&graph, &image).unwrap().pop().unwrap();
    let Some(theirs) = onnxruntime::run(&file, &image) else { return };
    let most = theirs.iter().fold(0f32, |most, score| most.max(score.abs()));
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-3 * most), "{ours:?}, wanted {theirs:?}");
}

#[test]
fn the_largest_of_a_map_is_taken() {
    let largest = |shape: [i64; 3], of: &str| {
        let file = Onnx::new(13, shape).floats("w", &[6, 3, 3, 3], &ramp(162)).node("Conv", &["x", "w"], "c", &PADS);
        file.node("Relu", &["c"], "r", &[]).node("GlobalMaxPool", &[of], "g", &[]).node("Flatten", &["g"], "f", &[])
    };
    let dense = |file: Onnx| file.floats("v", &[6, 5], &ramp(30)).node("Gemm", &["f", "v"], "y", &[]);
    same(vec![
        ("square", dense(largest([3, 13, 13], "r"))),
        ("small", dense(largest([3, 3, 3], "c"))),
        ("wide", dense(largest([3, 2, 17], "c"))),
        ("high", dense(largest([3, 9, 1], "c"))),
        ("one pixel", dense(largest([3, 1, 1], "c"))),
        ("alone", largest([3, 8, 6], "c").node("Identity", &["f"], "y", &[])),
    ]);
}

#[test]
fn smaller_and_larger_ones_of_a_map_and_a_constant_are_clips() {
    let limit = |file: Onnx, op: &str, of: &str, value: f32, to: &str| {
        let name = format!("{to}_limit");
        file.floats(&name, &[], &[value]).node(op, &[&name, of], to, &[])
    };
    let six = || limit(start(), "Min", "c", 0.75, "m");
    let no_least = start().floats("high", &[], &[0.5]).node("Clip", &["r", "", "high"], "m", &[]);
    let negative = start().floats("low", &[], &[-1.0]).floats("high", &[], &[0.5]);
    same(vec![
        ("max", closed(limit(start(), "Max", "c", 0.0, "m"), "m", 6)),
        ("max and min", closed(limit(limit(start(), "Max", "c", 0.0, "l"), "Min", "l", 0.75, "m"), "m", 6)),
        ("min and max", closed(limit(six(), "Max", "m", 0.0, "n"), "n", 6)),
        ("min and relu", closed(six().node("Relu", &["m"], "n", &[]), "n", 6)),
        ("behind relu", closed(limit(start(), "Min", "r", 0.75, "m"), "m", 6)),
        ("no lower end", closed(no_least, "m", 6)),
        ("lower end below all", closed(negative.clone().node("Clip", &["r", "low", "high"], "m", &[]), "m", 6)),
        ("lower end in vain", closed(limit(start(), "Max", "r", -1.0, "m"), "m", 6)),
    ]);
    refused(vec![
        ("has no end but 0.75", closed(six(), "m", 6)),
        ("is at least -1", closed(limit(start(), "Max", "c", -1.0, "m"), "m", 6)),
        ("is at least 1", closed(limit(start(), "Max", "c", 1.0, "m"), "m", 6)),
        ("2 of them maps", closed(start().node("Max", &["c", "r"], "m", &[]), "m", 6)),
        ("clips to -1..0.5", closed(negative.node("Clip", &["c", "low", "high"], "m", &[]), "m", 6)),
    ]);
}
