//! Storage of feature maps in quantised files cuts what it cannot hold: where, and exactly at which values.

mod common;

use common::onnx::{ramp, raw_tensor, Attr, Onnx};
use systole_model::{float, host, unsupported, Graph, Node, Op, Quantisation};

const SCALE: f32 = 0.0625;
/// Types of integers, by ONNX's numbers, with their least and largest value.
const TYPES: [(i64, i32, i32); 4] = [(2, 0, 255), (3, -128, 127), (4, 0, 65535), (5, -32768, 32767)];

/// One integer of a type.
fn zero_point(name: &str, kind: i64, value: i32) -> common::wire::Wire {
    let bytes = value.to_le_bytes();
    raw_tensor(name, kind, &[], &bytes[..if kind < 4 { 1 } else { 2 }])
}

/// Scale `s` and zero point `z` for what follows.
fn stored(file: Onnx, kind: i64, zero: i32) -> Onnx {
    file.floats("s", &[], &[SCALE]).initializer(zero_point("z", kind, zero))
}

/// `name` quantised and back.
fn around(file: Onnx, name: &str, out: &str) -> Onnx {
    let between = format!("{name}_integers");
    file.node("QuantizeLinear", &[name, "s", "z"], &between, &[]).node(
        "DequantizeLinear",
        &[&between, "s", "z"],
        out,
        &[],
    )
}

fn saturations(graph: &Graph) -> Vec<&Node> {
    graph.nodes.iter().filter(|node| matches!(node.op, Op::Saturate { .. })).collect()
}

/// The ends that are the same for all channels.
fn ends(node: &Node) -> [f32; 2] {
    let Op::Saturate { least, most } = &node.op else { panic!("{}", node.name) };
    assert!(least.len() == node.shape[0] && most.len() == node.shape[0]);
    assert!(least.iter().all(|end| *end == least[0]) && most.iter().all(|end| *end == most[0]));
    [least[0], most[0]]
}

fn wanted(zero: i32, least: i32, most: i32) -> [f32; 2] {
    [least, most].map(|end| (end - zero) as f32 * SCALE)
}

#[test]
fn every_zero_point_of_a_map_makes_its_ends() {
    for (kind, least, most) in TYPES {
        for zero in [least, least + 3, (least + most) / 2, most - 100] {
            let file = stored(Onnx::new(21, [3, 4, 4]), kind, zero).floats("w", &[2, 3, 2, 2], &ramp(24));
            let file = around(file.node("Conv", &["x", "w"], "c", &[]), "c", "d");
            let graph = file.node("GlobalAveragePool", &["d"], "y", &[]).load();
            let [node] = saturations(&graph)[..] else { panic!("{kind} {zero}") };
            assert_eq!(ends(node), wanted(zero, least, most), "{kind} {zero}");
            let given = Quantisation { scale: SCALE, zero_point: zero, signed: kind == 3 };
            assert_eq!(node.given.result, (kind < 4).then_some(given));
        }
    }
}

/// Values of a flat vector of two fully connected layers.
#[test]
fn a_fully_connected_layer_keeps_its_relu() {
    let file = stored(Onnx::new(13, [1, 2, 2]), 2, 0)
        .floats("w", &[4, 3], &ramp(12))
        .floats("v", &[3, 2], &ramp(6))
        .node("Flatten", &["x"], "f", &[])
        .node("Gemm", &["f", "w"], "g", &[]);
    let graph = around(file, "g", "h").node("MatMul", &["h", "v"], "y", &[]).load();
    let [node] = saturations(&graph)[..] else { panic!() };
    assert_eq!(ends(node), wanted(0, 0, 255));
    let values = float::run(&graph, &[1.0, -2.0, 3.0, 0.5]).unwrap();
    let cut = &values[graph.nodes.iter().position(|n| n.name == node.name).unwrap()];
    assert!(cut.contains(&0.0) && cut.iter().all(|&v| v >= 0.0), "{cut:?}");
    assert_eq!(unsupported(&graph), []);
}

#[test]
fn sums_joined_maps_and_pools_are_cut() {
    let pool = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[2, 2]))];
    let base = || {
        stored(Onnx::new(13, [3, 4, 4]), 3, -100)
            .floats("w", &[2, 3, 1, 1], &ramp(6))
            .node("Conv", &["x", "w"], "a", &[])
            .node("Conv", &["x", "w"], "b", &[])
    };
    let makers = [
        base().node("Add", &["a", "b"], "m", &[]),
        base().node("Concat", &["a", "b"], "m", &[("axis", Attr::Int(1))]),
        base().node("MaxPool", &["a"], "m", &pool),
        base().node("AveragePool", &["a"], "m", &pool),
    ];
    for maker in makers {
        let graph = around(maker, "m", "d").node("GlobalAveragePool", &["d"], "y", &[]).load();
        let [node] = saturations(&graph)[..] else { panic!() };
        assert_eq!(ends(node), wanted(-100, -128, 127));
    }
}

#[test]
fn operators_on_integers_cut_their_results() {
    let base = || {
        stored(Onnx::new(13, [3, 4, 4]), 2, 5)
            .int8("w", &[2, 3, 1, 1], &[1, -2, 3, -4, 5, -6])
            .floats("ws", &[1], &[0.5])
            .int8("wz", &[1], &[0])
            .node("QuantizeLinear", &["x", "s", "z"], "q", &[])
            .node("QLinearConv", &["q", "s", "z", "w", "ws", "wz", "s", "z"], "a", &[])
            .node("QLinearConv", &["q", "s", "z", "w", "ws", "wz", "s", "z"], "b", &[])
    };
    let microsoft = "com.microsoft";
    let pool = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[2, 2]))];
    let both = ["a", "s", "z", "b", "s", "z", "s", "z"];
    let files = [
        (base().node_of(microsoft, "QLinearAdd", &both, "m", &[]), 4),
        (
            base().node_of(
                microsoft,
                "QLinearConcat",
                &["s", "z", "a", "s", "z", "b", "s", "z"],
                "m",
                &[("axis", Attr::Int(1))],
            ),
            3,
        ),
        // What is averaged or pooled lies within the ends already.
        (base().node_of(microsoft, "QLinearAveragePool", &["a", "s", "z", "s", "z"], "m", &pool), 2),
        (base().node("MaxPool", &["a"], "m", &pool), 2),
    ];
    for (file, count) in files {
        let file = file.node("DequantizeLinear", &["m", "s", "z"], "d", &[]);
        let graph = file.node("GlobalAveragePool", &["d"], "y", &[]).load();
        let all = saturations(&graph);
        assert!(all.iter().all(|node| ends(node) == wanted(5, 0, 255)));
        assert_eq!(all.len(), count, "{:?}", graph.nodes.iter().map(|n| &n.name).collect::<Vec<_>>());
    }
}

#[test]
fn integer_matrices_are_fully_connected_layers() {
    let start = || {
        stored(Onnx::new(13, [1, 2, 2]), 2, 7)
            .floats("ws", &[2], &[0.5, 0.25])
            .int8("wz", &[2], &[0, 0])
            .node("QuantizeLinear", &["x", "s", "z"], "q", &[])
            .node("Flatten", &["q"], "f", &[])
    };
    let rows = [1, -2, 3, -4, 5, -6, 7, -8];
    let columns = [1, 5, -2, -6, 3, 7, -4, -8];
    let gemm = |file: Onnx, trans: i64| {
        let inputs = ["f", "s", "z", "w", "ws", "wz", "b", "s", "z"];
        let attributes = [("transB", Attr::Int(trans)), ("alpha", Attr::Float(1.0))];
        let file = file.int32("b", &[2], &[100, -3]);
        file.node_of("com.microsoft", "QGemm", &inputs, "g", &attributes)
    };
    let product = |file: Onnx| {
        let inputs = ["f", "s", "z", "w", "ws", "wz", "s", "z"];
        let constant = [100.0 * SCALE * 0.5, -3.0 * SCALE * 0.25].map(|v: f32| (v / (SCALE * 0.5)) as i8);
        file.node("QLinearMatMul", &inputs, "p", &[])
            .int8("c", &[2], &constant)
            .floats("cs", &[], &[SCALE * 0.5])
            .int8("cz", &[], &[0])
            .node_of("com.microsoft", "QLinearAdd", &["p", "s", "z", "c", "cs", "cz", "s", "z"], "g", &[])
    };
    let files = [
        gemm(start().int8("w", &[2, 4], &rows), 1),
        gemm(start().int8("w", &[4, 2], &columns), 0),
        product(start().int8("w", &[4, 2], &columns)),
    ];
    let real: Vec<f32> = rows.iter().enumerate().map(|(i, &w)| f32::from(w) * [0.5, 0.25][i / 4]).collect();
    for file in files {
        let graph = file.node("DequantizeLinear", &["g", "s", "z"], "y", &[]).load();
        let dense = graph.nodes.iter().find(|n| matches!(n.op, Op::Conv { .. })).unwrap();
        let Op::Conv { weights, bias, .. } = &dense.op else { panic!() };
        assert_eq!(weights, &real);
        let wanted = [100.0 * SCALE * 0.5, -3.0 * SCALE * 0.25];
        assert!(bias.iter().zip(wanted).all(|(b, w)| (b - w).abs() <= SCALE * 0.5), "{bias:?}");
        assert_eq!(dense.given.weights.as_ref().unwrap().weights, rows);
    }
}

/// Ends of storage move with a constant that is added behind it, and storage behind that is one with it.
#[test]
fn a_constant_behind_storage_moves_its_ends() {
    let file = stored(Onnx::new(13, [1, 2, 2]), 3, 0)
        .floats("w", &[4, 2], &ramp(8))
        .floats("k", &[2], &[1.0, -2.0])
        .node("Flatten", &["x"], "f", &[])
        .node("MatMul", &["f", "w"], "p", &[]);
    let file = around(file, "p", "d").node("Add", &["d", "k"], "e", &[]).initializer(zero_point("least", 2, 0));
    let graph = file.node("QuantizeLinear", &["e", "s", "least"], "q", &[]).node(
        "DequantizeLinear",
        &["q", "s", "least"],
        "y",
        &[],
    );
    let graph = graph.load();
    let [node] = saturations(&graph)[..] else { panic!() };
    let Op::Saturate { least, most } = &node.op else { panic!() };
    assert_eq!((least, most), (&vec![0.0, 0.0], &vec![127.0 * SCALE + 1.0, 127.0 * SCALE - 2.0]));
}

#[test]
fn storage_that_cannot_be_read_is_refused() {
    let conv = |file: Onnx| file.floats("w", &[2, 3, 1, 1], &ramp(6)).node("Conv", &["x", "w"], "c", &[]);
    let end = |file: Onnx| file.node("DequantizeLinear", &["q", "s", "z"], "y", &[]).problems();
    let quantise = |file: Onnx, attributes: &[(&str, Attr)]| {
        end(conv(file).node("QuantizeLinear", &["c", "s", "z"], "q", attributes))
    };
    let base = || Onnx::new(21, [3, 4, 4]);
    let axis = quantise(base().floats("s", &[2], &[1.0, 2.0]).int8("z", &[2], &[0, 0]), &[]);
    assert!(axis[0].why.contains("2 scales") && axis[0].nearest.contains("one scale"), "{axis:?}");
    let block = quantise(stored(base(), 2, 0), &[("block_size", Attr::Int(2))]);
    assert!(block[0].attribute.as_deref() == Some("block_size"), "{block:?}");
    for scale in [0.0, -1.0] {
        let problems = quantise(base().floats("s", &[], &[scale]).int8("z", &[], &[0]), &[]);
        assert!(problems[0].nearest.contains("positive"), "{problems:?}");
    }
    let wide = quantise(base().floats("s", &[], &[1.0]).int32("z", &[], &[0]), &[]);
    assert!(wide[0].nearest.contains("int8 or uint8"), "{wide:?}");
}

/// Storage of probabilities says nothing of the scores that they are made of.
#[test]
fn storage_behind_a_softmax_is_the_hosts() {
    let file = stored(Onnx::new(13, [1, 2, 2]), 2, 0)
        .floats("w", &[4, 2], &ramp(8))
        .node("Flatten", &["x"], "f", &[])
        .node("MatMul", &["f", "w"], "p", &[])
        .node("Softmax", &["p"], "t", &[]);
    let graph = around(file, "t", "y").load();
    assert!(graph.nodes.iter().all(|node| node.given.result.is_none()));
    assert!(saturations(&graph).is_empty());
}

/// Storage in 16 bits hardly rounds, so that what is left of it is where it saturates.
#[test]
fn scores_are_onnxruntimes_where_maps_saturate() {
    let spread = |count: usize, size: f32| ramp(count).iter().map(|v| v * size).collect::<Vec<f32>>();
    let store = |file: Onnx, name: &str, out: &str, scale: f32, zero: i32| {
        let [s, z, q] = ["s", "z", "q"].map(|part| format!("{name}_{part}"));
        let file = file.floats(&s, &[], &[scale]).initializer(zero_point(&z, 4, zero));
        file.node("QuantizeLinear", &[name, &s, &z], &q, &[]).node("DequantizeLinear", &[&q, &s, &z], out, &[])
    };
    let pads = [("pads", Attr::Ints(&[1, 1, 1, 1]))];
    let pool = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[2, 2]))];
    let file = Onnx::new(21, [3, 6, 6])
        .floats("w", &[4, 3, 3, 3], &spread(108, 0.5))
        .floats("v", &[4, 4, 3, 3], &spread(144, 0.5))
        .floats("m", &[36, 5], &spread(180, 0.2))
        .floats("k", &[5], &spread(5, 1.0))
        .floats("n", &[5, 3], &spread(15, 1.0));
    // Between the ends, at the least integer, in the middle.
    let file = store(file.node("Conv", &["x", "w"], "a", &pads), "a", "b", 4.0 / 65535.0, 20000);
    let file = store(file.node("Conv", &["b", "v"], "c", &pads), "c", "d", 3.0 / 65535.0, 0);
    let file = store(file.node("Add", &["d", "b"], "e", &[]), "e", "f", 3.0 / 65535.0, 10000);
    let file = file.node("MaxPool", &["f"], "g", &pool).node("Flatten", &["g"], "h", &[]);
    let file = store(file.node("MatMul", &["h", "m"], "i", &[]), "i", "j", 2.0 / 65535.0, 32768);
    let file = store(file.node("Add", &["j", "k"], "l", &[]), "l", "o", 1.0 / 65535.0, 0);
    let file = store(file.node("MatMul", &["o", "n"], "p", &[]), "p", "y", 2.0 / 65535.0, 30000);
    let graph = file.load();
    let image: Vec<f32> = ramp(108).iter().rev().map(|v| v * 1.5).collect();
    let values = float::run(&graph, &image).unwrap();
    for (node, values) in graph.nodes.iter().zip(&values) {
        let Op::Saturate { least, most } = &node.op else { continue };
        let pixels = values.len() / least.len();
        let ends = values.iter().enumerate().filter(|(i, v)| [least[i / pixels], most[i / pixels]].contains(v));
        assert!(ends.count() > 0, "{} cuts nothing", node.name);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, file.bytes()).unwrap();
    let Some(wanted) = common::onnxruntime::run(&path, &image) else { return };
    let found = &values[values.len() - 1];
    let square = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
    let error = square(&mut found.iter().zip(&wanted).map(|(a, b)| a - b)) / square(&mut wanted.iter().copied());
    assert!(error < 1e-3, "{found:?} {wanted:?}");
}

/// A convolution, and the mean of its results stored in 16 bits between two of them: what `end` makes of `d`.
fn stored_mean(end: impl Fn(Onnx) -> Onnx) -> Graph {
    let half: Vec<f32> = ramp(12).iter().map(|w| w * 0.5).collect();
    let file = Onnx::new(21, [3, 4, 4])
        .floats("w", &[4, 3, 1, 1], &half)
        .floats("v", &[4, 3], &ramp(12))
        .floats("k", &[4, 1, 1], &[-2.0, 1.0, 0.5, -1.0])
        .floats("s", &[], &[0.3 / 65535.0])
        .initializer(zero_point("z", 4, 20000))
        .node("Conv", &["x", "w"], "c", &[])
        .node("GlobalAveragePool", &["c"], "m", &[]);
    end(around(file, "m", "d").node("Flatten", &["d"], "f", &[])).load()
}

/// Scores of an image, and of those what the host makes.
fn scores(graph: &Graph) -> Vec<f32> {
    let image: Vec<f32> = ramp(48).iter().rev().map(|v| v * 1.5).collect();
    let scores = float::run(graph, &image).unwrap().pop().unwrap();
    host::operations(graph).iter().fold(scores, |made, operation| operation.apply(&made).unwrap())
}

fn assert_near(found: &[f32], wanted: &[f32]) {
    let near = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(found.len() == wanted.len() && near, "{found:?} {wanted:?}");
}

fn operations(graph: &Graph) -> Vec<&str> {
    host::operations(graph).iter().map(|operation| operation.operator).collect()
}

/// What onnxruntime has: of means of 0.22559, 0.08203, -0.06152 and -0.20508, and of what stands behind them.
const MEANS: &[f32] = &[0.208446, 0.082033, -0.061524, -0.091554];
const SOFTMAX: &[f32] = &[0.295380, 0.260304, 0.225494, 0.218823];
const PRODUCT: &[f32] = &[0.044570, 0.285019, 0.147620];
const FACTORS: &[f32] = &[-0.416892, 0.082033, -0.030762, 0.091554];
const RELU: &[f32] = &[0.208446, 0.082033, 0.0, 0.0];

#[test]
fn what_is_stored_of_the_last_mean_is_cut_by_the_host() {
    let graph = stored_mean(|file| file.node("Identity", &["f"], "y", &[]));
    assert_eq!(operations(&graph), ["QuantizeLinear"]);
    assert!(saturations(&graph).is_empty() && graph.nodes.len() == 3, "the machine sums the whole map");
    assert_near(&scores(&graph), MEANS);
    let graph = stored_mean(|file| file.node("Softmax", &["f"], "y", &[("axis", Attr::Int(1))]));
    assert_eq!(operations(&graph), ["QuantizeLinear", "Softmax"]);
    assert_near(&scores(&graph), SOFTMAX);
}

#[test]
fn what_is_behind_a_stored_mean_reads_what_is_stored() {
    let ends: [(&str, &[&str], &[f32]); 3] =
        [("MatMul", &["f", "v"], PRODUCT), ("Mul", &["d", "k"], FACTORS), ("Relu", &["f"], RELU)];
    for (operator, inputs, wanted) in ends {
        let end = |file: Onnx| file.node(operator, inputs, "e", &[]).node("Flatten", &["e"], "y", &[]);
        let graph = stored_mean(end);
        assert!(operations(&graph).is_empty() && saturations(&graph).len() == 1, "{operator}");
        assert_near(&scores(&graph), wanted);
        assert_eq!(unsupported(&graph), []);
    }
}

/// A window over the whole map takes a weight for every two channels and pixel; a mean that ends the network takes none.
#[test]
fn a_stored_mean_of_many_channels_is_the_last_step() {
    let file = stored(Onnx::new(13, [3, 9, 9]), 3, 0)
        .floats("w", &[512, 3, 1, 1], &ramp(1536))
        .floats("v", &[512, 4], &ramp(2048))
        .node("Conv", &["x", "w"], "c", &[])
        .node("GlobalAveragePool", &["c"], "m", &[]);
    let file = around(file, "m", "d").node("Flatten", &["d"], "f", &[]);
    let graph = file.node("MatMul", &["f", "v"], "y", &[]).load();
    assert_eq!((saturations(&graph).len(), unsupported(&graph)), (1, vec![]));
}
