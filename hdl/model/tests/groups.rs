//! Grouped and depthwise convolutions: every reader of them, against onnxruntime, and what is refused.

mod common;

use common::caffe::{layer, load_pair, network};
use common::onnx::{ramp, Attr, Onnx};
use common::onnxruntime::run_all;
use common::wire::caffemodel;
use std::path::Path;
use systole_model::{describe, float, load, to_onnx, Graph, LoadOptions, Op};

const SIDE: usize = 9;

/// A convolution of `[channels, outputs, groups]` on an image of 9x9.
#[derive(Clone, Copy)]
struct Case {
    channels: [usize; 3],
    kernel: [i64; 2],
    stride: [i64; 2],
    pads: [i64; 4],
}

fn case(channels: [usize; 3], kernel: i64, stride: i64, pad: i64) -> Case {
    Case { channels, kernel: [kernel; 2], stride: [stride; 2], pads: [pad; 4] }
}

fn cases() -> Vec<Case> {
    let uneven = Case { kernel: [3, 5], stride: [2, 1], pads: [0, 1, 2, 3], ..case([6, 6, 6], 3, 1, 1) };
    vec![
        case([8, 6, 2], 3, 1, 1),
        case([8, 32, 2], 3, 2, 1),
        case([8, 12, 4], 5, 1, 2),
        case([8, 8, 4], 1, 1, 0),
        case([8, 40, 4], 1, 1, 0),
        case([8, 8, 8], 3, 1, 1),
        case([8, 8, 8], 3, 2, 1),
        case([8, 8, 8], 5, 3, 0),
        case([8, 16, 8], 3, 1, 1),
        case([3, 27, 3], 3, 2, 1),
        case([8, 8, 8], 1, 1, 0),
        case([8, 8, 8], 9, 1, 0),
        case([2, 2, 2], 3, 4, 8),
        uneven,
    ]
}

/// The convolution, its batch norm, ReLU6, and the average of each channel.
fn file(case: Case) -> Onnx {
    let Case { channels: [channels, outputs, groups], kernel, stride, pads } = case;
    let [c, o, g] = [channels, outputs, groups].map(|n| n as i64);
    let dims = [o, c / g, kernel[0], kernel[1]];
    let weights: Vec<f32> = ramp(dims.iter().product::<i64>() as usize).iter().map(|w| w * 0.5).collect();
    let attributes = [("group", Attr::Int(g)), ("strides", Attr::Ints(&stride)), ("pads", Attr::Ints(&pads))];
    Onnx::new(13, [c, SIDE as i64, SIDE as i64])
        .floats("w", &dims, &weights)
        .floats("b", &[o], &ramp(outputs))
        .floats("scale", &[o], &ramp(outputs + 5)[5..])
        .floats("shift", &[o], &ramp(outputs + 2)[2..])
        .floats("variance", &[o], &vec![0.7; outputs])
        .floats("least", &[], &[0.0])
        .floats("most", &[], &[6.0])
        .node("Conv", &["x", "w", "b"], "c", &attributes)
        .node("BatchNormalization", &["c", "scale", "shift", "b", "variance"], "n", &[])
        .node("Clip", &["n", "least", "most"], "r", &[])
}

fn image(channels: usize) -> Vec<f32> {
    (0..channels * SIDE * SIDE).map(|i| ((i * 13 + i / 7) % 31) as f32 / 8.0 - 1.7).collect()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Scores of files by onnxruntime and by what is read of them, for an image of so many channels each.
fn judged(files: &[(Onnx, usize)]) {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..files.len()).map(|i| folder.path().join(format!("{i}.onnx"))).collect();
    let images: Vec<Vec<f32>> = files.iter().map(|&(_, channels)| image(channels)).collect();
    paths.iter().zip(files).for_each(|(path, (file, _))| std::fs::write(path, file.bytes()).unwrap());
    let models: Vec<(&Path, &[f32])> =
        paths.iter().map(|p| p.as_path()).zip(images.iter().map(Vec::as_slice)).collect();
    let Some(wanted) = run_all(&models) else { return };
    for (at, (path, image)) in models.iter().enumerate() {
        let graph = load(path, &LoadOptions::default()).unwrap_or_else(|e| panic!("{at}: {e}"));
        let found = float::run(&graph, image).unwrap().pop().unwrap();
        assert!(difference(&found, &wanted[at]) < 1e-4, "{at}: {found:?}\n{:?}", wanted[at]);
    }
}

#[test]
fn groups_compute_what_onnxruntime_does() {
    let pixels = |case| file(case).node("GlobalAveragePool", &["r"], "y", &[]);
    // Not the average alone: one pixel of every channel as well.
    let corner = |case: Case| {
        let attributes = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[31, 31]))];
        file(case).node("MaxPool", &["r"], "p", &attributes).node("GlobalAveragePool", &["p"], "y", &[])
    };
    let small = |case: &Case| case.kernel[0] == 9 || case.stride[0] > 2;
    let all = cases().into_iter().map(|case| (pixels(case), case.channels[0]));
    let corners = cases().into_iter().filter(|c| !small(c)).map(|case| (corner(case), case.channels[0]));
    judged(&all.chain(corners).collect::<Vec<_>>());
}

/// Batch norms that no convolution precedes: DenseNet's and pre-activation networks'.
#[test]
fn a_scale_per_channel_without_a_convolution_is_a_depthwise_one() {
    let start = |c: i64| {
        Onnx::new(13, [4, SIDE as i64, SIDE as i64])
            .floats("w", &[c, c, 1, 1], &ramp((c * c) as usize))
            .floats("v", &[4], &[0.5, 2.0, -1.5, 0.25])
            .floats("one", &[4], &[1.0; 4])
            .node("Relu", &["x"], "r", &[])
    };
    let norm = |file: Onnx, from: &str| file.node("BatchNormalization", &[from, "v", "v", "v", "one"], "n", &[]);
    let end = |file: Onnx| file.node("Conv", &["n", "w"], "c", &[]).node("GlobalAveragePool", &["c"], "y", &[]);
    let added = start(4).node("Add", &["r", "x"], "a", &[]);
    let pads = [0, 0, 1, 1, 0, 0, 1, 1];
    let padded = start(4).ints("pads", &pads).node("Pad", &["r", "pads"], "p", &[]);
    let scaled = start(4).ints("pads", &pads).node("Pad", &["r", "pads"], "p", &[]).floats("m", &[4, 1, 1], &ramp(4));
    let files = [
        end(norm(start(4), "r")),
        end(norm(added, "a")),
        end(norm(padded, "p")),
        end(scaled.node("Mul", &["p", "m"], "n", &[])),
    ];
    let graph = files[1].load();
    let depthwise = graph.nodes.iter().find(|n| n.name == "n").unwrap();
    assert_eq!((depthwise.op.groups(4), depthwise.op.group_channels()), (4, Some(1)));
    judged(&files.map(|file| (file, 4)));
}

fn scores(graph: &Graph) -> Vec<f32> {
    float::run(graph, &image(graph.nodes[0].shape[0])).unwrap().pop().unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases() {
        let graph = file(case).node("GlobalAveragePool", &["r"], "y", &[]).load();
        let path = folder.path().join("again.onnx");
        std::fs::write(&path, to_onnx(&graph)).unwrap();
        let again = load(&path, &LoadOptions::default()).unwrap();
        assert_eq!(again.nodes, graph.nodes);
    }
}

#[test]
fn groups_are_named() {
    let summary = |case| describe(&file(case).node("GlobalAveragePool", &["r"], "y", &[]).load());
    let [grouped, plain] = [[8, 16, 8], [8, 16, 1]].map(|channels| summary(case(channels, 3, 2, 1)));
    assert_eq!(grouped.layers[1].operation, "conv 3x3 /2 pad 1, 8 groups");
    assert_eq!(plain.layers[1].operation, "conv 3x3 /2 pad 1");
    assert_eq!([grouped.layers[1].macs, plain.layers[1].macs], [16 * 9 * 25, 8 * 16 * 9 * 25]);
}

/// One convolution of 4 channels, what is blamed, and words of the reason and of what would do.
#[test]
fn groups_that_part_nothing_are_refused() {
    let conv = |group: i64, dims: &[i64]| {
        let count = dims.iter().product::<i64>() as usize;
        let file = Onnx::new(13, [4, 6, 6]).floats("w", dims, &ramp(count));
        let file = file.node("Conv", &["x", "w"], "c", &[("group", Attr::Int(group))]);
        file.node("HardSwish", &["c"], "h", &[]).node("GlobalAveragePool", &["h"], "y", &[]).problems()
    };
    let cases = [
        (conv(3, &[6, 1, 3, 3]), "group", "is 3 for 4 input and 6 output channels", "part both evenly"),
        (conv(4, &[6, 1, 3, 3]), "group", "is 4 for 4 input and 6 output channels", "part both evenly"),
        (conv(0, &[4, 1, 3, 3]), "group", "[0]", "group = 1"),
        (conv(-2, &[4, 1, 3, 3]), "group", "[-2]", "group = 1"),
        (conv(i64::MAX, &[4, 1, 3, 3]), "group", "for 4 input", "part both evenly"),
    ];
    for (found, attribute, why, nearest) in cases {
        assert_eq!(found.len(), 2, "what is behind is looked at as well: {found:?}");
        assert_eq!(found[0].attribute.as_deref(), Some(attribute));
        assert!(found[0].why.contains(why) && found[0].nearest.contains(nearest), "{}", found[0]);
    }
    let wrong = conv(2, &[4, 4, 3, 3]);
    assert_eq!(wrong[0].attribute.as_deref(), Some("input 1"));
    assert!(wrong[0].why.contains("4 channels in 2 groups") && wrong[0].nearest == "[4, 2, ...]", "{}", wrong[0]);
}

#[test]
fn caffe_has_the_same_groups() {
    for Case { channels: [channels, outputs, groups], .. } in cases() {
        let weights = ramp(outputs * channels / groups * 9);
        let dims = [outputs, channels / groups, 3, 3].map(|n| n as i64);
        let read = |kind: &str, group: &str| {
            let blobs = caffemodel(&[("c", &[(&dims, &weights), (&[outputs as i64], &ramp(outputs))])]);
            let param = format!("convolution_param {{ num_output: {outputs} kernel_size: 3 pad: 1 {group} }}");
            let average = layer("Pooling", "y", "c", "pooling_param { pool: AVE global_pooling: true }");
            load_pair(&blobs, &network([channels, SIDE, SIDE], &[layer(kind, "c", "x", &param), average]))
        };
        let group = format!("group: {groups}");
        let grouped = read("Convolution", &group).unwrap();
        let [c, o, g] = [channels, outputs, groups].map(|n| n as i64);
        let same = Onnx::new(13, [c, SIDE as i64, SIDE as i64]).floats("w", &dims, &weights);
        let same = same.floats("b", &[o], &ramp(outputs));
        let attributes = [("group", Attr::Int(g)), ("pads", Attr::Ints(&[1; 4]))];
        let same = same.node("Conv", &["x", "w", "b"], "c", &attributes);
        let same = same.node("GlobalAveragePool", &["c"], "y", &[]).load();
        assert_eq!(grouped.nodes[1].op, same.nodes[1].op);
        assert_eq!(scores(&grouped), scores(&same));
        for kind in ["ConvolutionDepthwise", "DepthwiseConvolution"] {
            for group in [group.as_str(), ""] {
                match read(kind, group) {
                    Ok(depthwise) => assert_eq!(depthwise.nodes[1].op, same.nodes[1].op),
                    Err(error) => assert!(groups != channels, "{kind} {group}: {error}"),
                }
            }
        }
    }
}

#[test]
fn quantised_files_keep_the_integers_of_their_groups() {
    for name in ["mobilenet_v1_qdq", "mobilenet_v2_qdq"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).with_extension("onnx");
        let graph = load(&path, &LoadOptions::default()).unwrap();
        let channels = |node: &systole_model::Node| graph.nodes[node.inputs[0]].shape[0];
        let convs = || graph.nodes.iter().filter(|n| matches!(n.op, Op::Conv { .. }));
        assert!(convs().filter(|n| n.op.groups(channels(n)) > 1).count() >= 4, "{name}");
        assert!(convs().all(|n| n.given.weights.is_some()), "{name}");
    }
}
