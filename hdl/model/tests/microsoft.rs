//! Operators of onnxruntime's own domain: what is read as ONNX's of the same name, and what is told of one that is not read.

mod common;

use common::onnx::{load_bytes, problems, ramp, raw_tensor, Attr, Onnx};
use common::wire::Wire;
use systole_model::{float, Graph, Op};

const MICROSOFT: &str = "com.microsoft";
const SIDE: i64 = 5;
/// Of the scores' storage in 8 bits.
const SCALE: f32 = 1.0 / 32.0;

/// The file, which names that domain's operators too.
fn bytes(file: &Onnx) -> Vec<u8> {
    let opset = Wire::default().text(1, MICROSOFT).int(2, 1);
    [file.bytes(), Wire::default().message(8, &opset).0].concat()
}

fn image() -> Vec<f32> {
    ramp((3 * SIDE * SIDE) as usize).iter().rev().copied().collect()
}

fn scores(graph: &Graph) -> Vec<f32> {
    float::run(graph, &image()).unwrap().pop().unwrap()
}

/// What onnxruntime makes of the file, where it is installed.
fn theirs(file: &Onnx) -> Option<Vec<f32>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, bytes(file)).unwrap();
    common::onnxruntime::run(&path, &image())
}

fn near(found: &[f32], wanted: &[f32], most: f32) {
    assert_eq!(found.len(), wanted.len());
    assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() <= most), "{found:?} {wanted:?}");
}

/// Weights in 8 bits by output channel, biases in 32, the map between in 16, all by the domain's operators.
fn stored(domain: &str) -> Onnx {
    let weights: Vec<i8> = (0..108).map(|i| (i * 37 % 251 - 125) as i8).collect();
    let scales: Vec<f32> = (1..5).map(|c| c as f32 / 500.0).collect();
    let zeros = [3i8, 0, -2, 0];
    let axis = [("axis", Attr::Int(0))];
    let of_channels = [("axis", Attr::Int(0))];
    Onnx::new(13, [3, SIDE, SIDE])
        .int8("k", &[4, 3, 3, 3], &weights)
        .floats("ks", &[4], &scales)
        .int8("kz", &[4], &zeros)
        .int32("b", &[4], &[40, -70, 900, 0])
        .floats("s", &[], &[8.0 / 65535.0])
        .initializer(raw_tensor("z", 4, &[], &30000u16.to_le_bytes()))
        .node_of(domain, "DequantizeLinear", &["k", "ks", "kz"], "w", &axis)
        .node_of(domain, "DequantizeLinear", &["b", "ks"], "o", &of_channels)
        .node("Conv", &["x", "w", "o"], "c", &[])
        .node_of(domain, "QuantizeLinear", &["c", "s", "z"], "q", &[])
        .node_of(domain, "DequantizeLinear", &["q", "s", "z"], "d", &[])
        .node("GlobalAveragePool", &["d"], "y", &[])
}

#[test]
fn storage_of_both_domains_is_the_same() {
    let (plain, microsoft) = (stored(""), stored(MICROSOFT));
    let graph = load_bytes(&bytes(&microsoft)).unwrap();
    assert_eq!(graph.nodes, plain.load().nodes);
    let kept = graph.nodes.iter().find(|node| matches!(node.op, Op::Conv { .. })).unwrap();
    assert!(kept.given.weights.is_some(), "the integers of the file are kept");
    assert!(graph.nodes.iter().any(|node| matches!(node.op, Op::Saturate { .. })), "the map is stored");
    // In this domain 16 bits are older than in ONNX's.
    if let Some(wanted) = theirs(&microsoft) {
        near(&scores(&graph), &wanted, 1e-3);
    }
}

#[test]
fn attributes_that_the_other_domain_alone_has_are_refused() {
    let file = |domain: &str| {
        let attributes = [("saturate", Attr::Int(1))];
        let file = Onnx::new(21, [3, SIDE, SIDE]).floats("s", &[], &[SCALE]).int8("z", &[], &[0]);
        file.node("Relu", &["x"], "c", &[])
            .node_of(domain, "QuantizeLinear", &["c", "s", "z"], "q", &attributes)
            .node("DequantizeLinear", &["q", "s", "z"], "d", &[])
            .node("GlobalAveragePool", &["d"], "y", &[])
    };
    file("").load();
    let refused = problems(load_bytes(&bytes(&file(MICROSOFT))));
    assert_eq!(refused[0].attribute.as_deref(), Some("saturate"), "{refused:?}");
}

/// A map in 8 bits, whatever multiplies it, and its mean.
fn multiplied(by: impl FnOnce(Onnx) -> Onnx) -> Onnx {
    let file = Onnx::new(13, [3, SIDE, SIDE])
        .floats("w", &[4, 3, 1, 1], &ramp(12))
        .floats("s", &[], &[SCALE])
        .int8("z", &[], &[0])
        .int8("m", &[1, 4, 1, 1], &[64, 32, -16, 8])
        .node("Conv", &["x", "w"], "c", &[])
        .node("QuantizeLinear", &["c", "s", "z"], "q", &[]);
    by(file).node("DequantizeLinear", &["r", "s", "z"], "d", &[]).node("GlobalAveragePool", &["d"], "y", &[])
}

#[test]
fn a_product_of_integers_is_refused_in_few_words_that_are_true() {
    let file =
        multiplied(|file| file.node_of(MICROSOFT, "QLinearMul", &["q", "s", "z", "m", "s", "z", "s", "z"], "r", &[]));
    let refused = problems(load_bytes(&bytes(&file)));
    assert_eq!(refused.len(), 1, "{refused:?}");
    let nearest = "Mul by a constant per channel, between DequantizeLinear and QuantizeLinear";
    assert_eq!((refused[0].operator.as_str(), refused[0].nearest.as_str()), ("com.microsoft::QLinearMul", nearest));
    let advised = multiplied(|file| {
        file.floats("f", &[1, 4, 1, 1], &[64.0, 32.0, -16.0, 8.0].map(|m| m * SCALE))
            .node("DequantizeLinear", &["q", "s", "z"], "real", &[])
            .node("Mul", &["real", "f"], "product", &[])
            .node("QuantizeLinear", &["product", "s", "z"], "r", &[])
    });
    let found = scores(&advised.load());
    for file in [file, advised] {
        if let Some(wanted) = theirs(&file) {
            // Integers are rounded twice, the mean of many hardly.
            near(&found, &wanted, 2.0 * SCALE);
        }
    }
}
