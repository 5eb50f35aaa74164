//! Weights and sizes that a file computes from constants are what they would be if it had stored them.

mod common;

use common::onnx::{ramp, Attr, Onnx};
use systole_model::{float, Graph, Op};

fn scores(graph: &Graph) -> Vec<f32> {
    float::run(graph, &ramp(graph.nodes[0].shape.iter().product())).unwrap().pop().unwrap()
}

/// A convolution and a fully connected layer of 4 outputs on 8 values.
fn network(file: Onnx, kernel: &str, matrix: &str) -> Onnx {
    file.node("Conv", &["x", kernel], "c", &[]).node("Flatten", &["c"], "f", &[]).node(
        "MatMul",
        &["f", matrix],
        "y",
        &[],
    )
}

const MATRIX: [i64; 2] = [8, 4];

fn kernel() -> Vec<f32> {
    ramp(2 * 3 * 2 * 2)
}

/// `[rows][columns]` as `[columns][rows]`.
fn turned(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|c| values[c..].iter().step_by(columns).copied()).collect()
}

fn plain() -> Graph {
    let file = Onnx::new(13, [3, 3, 3]).floats("k", &[2, 3, 2, 2], &kernel()).floats("m", &MATRIX, &ramp(32));
    network(file, "k", "m").load()
}

#[test]
fn computed_weights_are_the_stored_ones() {
    let image = [3, 3, 3];
    let wanted = plain();
    let base = |opset| Onnx::new(opset, image).floats("k", &[2, 3, 2, 2], &kernel()).floats("m", &MATRIX, &ramp(32));
    let transposed = Onnx::new(13, image)
        .floats("k", &[2, 3, 2, 2], &kernel())
        .floats("t", &[4, 8], &turned(&ramp(32), 4))
        .node("Transpose", &["t"], "m", &[("perm", Attr::Ints(&[1, 0]))]);
    let reshaped = Onnx::new(13, image)
        .floats("flat", &[24], &kernel())
        .ints("shape", &[2, 3, -1, 2])
        .node("Reshape", &["flat", "shape"], "k", &[])
        .floats("wide", &[1, 8, 4], &ramp(32))
        .node("Squeeze", &["wide"], "m", &[]);
    let halves: Vec<f32> = ramp(32).iter().map(|v| v / 2.0 - 1.0).collect();
    let arithmetic = Onnx::new(13, image)
        .floats("k", &[2, 3, 2, 2], &kernel())
        .floats("half", &MATRIX, &halves)
        .floats("one", &[1], &[1.0])
        .floats("four", &[4], &[4.0; 4])
        .node("Add", &["half", "one"], "whole", &[])
        .node("Sqrt", &["four"], "two", &[])
        .node("Mul", &["whole", "two"], "m", &[]);
    let parts = Onnx::new(13, image)
        .floats("k", &[2, 3, 2, 2], &kernel())
        .floats("top", &[3, 4], &ramp(32)[..12])
        .floats("rest", &[6, 4], &ramp(36)[8..32])
        .ints("from", &[1])
        .ints("to", &[9223372036854775807])
        .ints("axis", &[0])
        .node("Slice", &["rest", "from", "to", "axis"], "bottom", &[])
        .node("Concat", &["top", "bottom"], "m", &[("axis", Attr::Int(0))]);
    let files = [
        ("transposed", network(transposed, "k", "m")),
        ("reshaped", network(reshaped, "k", "m")),
        ("arithmetic", network(arithmetic, "k", "m")),
        ("parts", network(parts, "k", "m")),
        ("cast", network(base(13).node("Cast", &["m"], "n", &[("to", Attr::Int(1))]), "k", "n")),
        ("identity", network(base(13).node("Identity", &["k"], "n", &[]), "n", "m")),
        ("domain", network(base(13).node_of("ai.onnx", "Identity", &["k"], "n", &[]), "n", "m")),
    ];
    for (name, file) in files {
        assert_eq!(scores(&file.load()), scores(&wanted), "{name}");
    }
}

#[test]
fn constant_nodes_may_write_out_the_default_domain() {
    let matrix = common::onnx::raw_tensor("", 1, &MATRIX, &common::wire::le_bytes(&ramp(32)));
    let file = Onnx::new(13, [3, 3, 3]).floats("k", &[2, 3, 2, 2], &kernel()).node_of(
        "ai.onnx",
        "Constant",
        &[],
        "m",
        &[("value", Attr::Tensor(matrix))],
    );
    assert_eq!(scores(&network(file, "k", "m").load()), scores(&plain()));
}

/// Integers of the quantised matrix, its scales along the columns.
const COLUMNS: [f32; 4] = [0.5, 0.25, 1.0, 0.125];

fn integers() -> Vec<i8> {
    (0..32).map(|i| (i * 5 % 23) as i8 - 11).collect()
}

#[test]
fn weights_have_scales_along_any_axis() {
    let real: Vec<f32> = integers().iter().enumerate().map(|(i, &v)| f32::from(v) * COLUMNS[i % 4]).collect();
    let base = || Onnx::new(13, [3, 3, 3]).floats("k", &[2, 3, 2, 2], &kernel()).floats("s", &[4], &COLUMNS);
    let wanted = network(base().floats("m", &MATRIX, &real), "k", "m").load();
    let rows: Vec<i8> = (0..4).flat_map(|c| integers()[c..].iter().step_by(4).copied().collect::<Vec<_>>()).collect();
    let axis = |axis| [("axis", Attr::Int(axis))];
    let columns = base().int8("q", &MATRIX, &integers()).node("DequantizeLinear", &["q", "s"], "m", &axis(1));
    let quantised = base()
        .floats("real", &MATRIX, &real)
        .int8("z", &[4], &[0; 4])
        .node("QuantizeLinear", &["real", "s", "z"], "q", &axis(-1))
        .node("DequantizeLinear", &["q", "s", "z"], "m", &axis(-1));
    let turned = base().int8("q", &[4, 8], &rows).node("DequantizeLinear", &["q", "s"], "t", &axis(0)).node(
        "Transpose",
        &["t"],
        "m",
        &[],
    );
    for (name, file) in [("columns", columns), ("quantised here", quantised), ("turned", turned)] {
        let graph = network(file, "k", "m").load();
        assert_eq!(scores(&graph), scores(&wanted), "{name}");
        let dense = graph.nodes.iter().rev().find(|n| matches!(n.op, Op::Conv { .. })).unwrap();
        let kept = dense.given.weights.as_ref().unwrap_or_else(|| panic!("{name}: the integers are lost"));
        assert_eq!((&kept.weights, kept.scales.as_slice()), (&rows, &COLUMNS[..]), "{name}");
    }
}

#[test]
fn blocks_of_weights_have_their_own_scales() {
    let image = [3, 3, 3];
    // Rows 0 to 5, then 6 and 7, of each column.
    let scales: Vec<f32> = (1..=8).map(|i| i as f32 / 8.0).collect();
    let real: Vec<f32> =
        integers().iter().enumerate().map(|(i, &v)| f32::from(v) * scales[i / 24 * 4 + i % 4]).collect();
    let base = |dims: &[i64]| Onnx::new(21, image).floats("k", &[2, 3, 2, 2], &kernel()).floats("s", dims, &scales);
    let wanted = network(base(&[8]).floats("m", &MATRIX, &real), "k", "m").load();
    let blocked = |dims: &[i64], size| {
        let attributes = [("axis", Attr::Int(0)), ("block_size", Attr::Int(size))];
        let file = base(dims).int8("q", &MATRIX, &integers()).node("DequantizeLinear", &["q", "s"], "m", &attributes);
        network(file, "k", "m")
    };
    assert_eq!(scores(&blocked(&[2, 4], 6).load()), scores(&wanted));
    for (dims, size) in [(&[8][..], 1), (&[4, 2], 6), (&[2, 4], 3)] {
        let [problem, ..] = &blocked(dims, size).problems()[..] else { panic!() };
        assert!(problem.why.contains("block_size"), "{}", problem.why);
    }
    // As many scales as there are rows, but of another shape.
    let file = base(&[2, 4]).int8("q", &MATRIX, &integers()).node("DequantizeLinear", &["q", "s"], "m", &[]);
    let [problem, ..] = &network(file, "k", "m").problems()[..] else { panic!() };
    assert!(problem.why.contains("'m'") && problem.why.contains("[2, 4]"), "{}", problem.why);
}

#[test]
fn sizes_of_maps_are_constants() {
    let wanted = plain();
    // x.view(x.size(0), -1), with Gather, Unsqueeze and Concat.
    let file = Onnx::new(13, [3, 3, 3])
        .floats("k", &[2, 3, 2, 2], &kernel())
        .floats("m", &MATRIX, &ramp(32))
        .node("Conv", &["x", "k"], "c", &[])
        .node("Shape", &["c"], "s", &[])
        .initializer(common::onnx::raw_tensor("first", 7, &[], &[0; 8]))
        .ints("front", &[0])
        .ints("rest", &[-1])
        .node("Gather", &["s", "first"], "n", &[])
        .node("Unsqueeze", &["n", "front"], "n1", &[])
        .node("Concat", &["n1", "rest"], "target", &[("axis", Attr::Int(0))])
        .node("Reshape", &["c", "target"], "f", &[])
        .node("MatMul", &["f", "m"], "y", &[]);
    assert_eq!(scores(&file.load()), scores(&wanted));
}

#[test]
fn a_constant_that_cannot_be_computed_is_named() {
    let base = || Onnx::new(13, [3, 3, 3]).floats("k", &[2, 3, 2, 2], &kernel()).floats("n", &MATRIX, &ramp(32));
    let unknown = network(base().node("Cumulate", &["n"], "m", &[]), "k", "m").problems();
    let wrong = network(base().node("Transpose", &["n"], "m", &[("perm", Attr::Ints(&[0, 0]))]), "k", "m").problems();
    for problems in [unknown, wrong] {
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.why.contains("the constant 'm'") && problem.nearest.contains("onnxsim"), "{problem:?}");
    }
}

#[test]
fn few_bytes_do_not_become_many() {
    let mut file = Onnx::new(13, [3, 3, 3]).ints("shape", &[1 << 20]);
    let names: Vec<String> = (0..64).map(|i| format!("z{i}")).collect();
    for name in &names {
        file = file.node("ConstantOfShape", &["shape"], name, &[]);
    }
    let problems = network(file, "z0", "z1").problems();
    assert!(problems.iter().any(|p| p.why.contains("more than the file's size allows")), "{problems:?}");
}
