//! ONNX files that cannot be used: every problem is named, with what would do.

mod common;

use common::onnx::{load_bytes, problems, ramp, raw_tensor, Attr, Onnx, FLOAT};
use common::wire::{le_bytes, Wire};
use std::time::{Duration, Instant};
use systole_model::{ModelError, Problem};

fn start() -> Onnx {
    Onnx::new(13, [2, 6, 6]).floats("w", &[3, 2, 3, 3], &ramp(54)).floats("b", &[3], &ramp(3))
}

fn end(file: Onnx) -> Vec<Problem> {
    file.node("GlobalAveragePool", &["c"], "y", &[]).problems()
}

fn conv(attributes: &[(&str, Attr)]) -> Vec<Problem> {
    end(start().node("Conv", &["x", "w", "b"], "c", attributes))
}

/// One operator on the image, with its attributes.
fn op(name: &str, inputs: &[&str], attributes: &[(&str, Attr)]) -> Vec<Problem> {
    let start = start().node("Relu", &["x"], "r", &[]);
    end(start.floats("five", &[5], &ramp(5)).floats("six", &[], &[6.0]).node(name, inputs, "c", attributes))
}

#[test]
fn attributes_and_operators_that_are_not_supported() {
    use Attr::{Float, Int, Ints, Text};
    let k3 = || ("kernel_shape", Ints(&[3, 3]));
    let cases = [
        (conv(&[("group", Int(2))]), "group", "is 2 for 2 input and 3 output channels"),
        (conv(&[("dilations", Ints(&[2, 2]))]), "dilations", "[2, 2]"),
        (conv(&[("kernel_shape", Ints(&[5, 5]))]), "kernel_shape", "[5, 5]"),
        (conv(&[("kernel_shape", Ints(&[3]))]), "kernel_shape", "[3]"),
        (conv(&[("kernel_shape", Int(3))]), "kernel_shape", "attribute type 2"),
        (conv(&[("strides", Ints(&[0, 1]))]), "strides", "[0, 1]"),
        (conv(&[("pads", Ints(&[0, 0, -1, 0]))]), "pads", "-1"),
        (conv(&[("pads", Ints(&[0, 0, i64::MAX, 0]))]), "pads", "9223372036854775807"),
        (conv(&[("auto_pad", Text("SAME"))]), "auto_pad", "SAME"),
        (conv(&[("wobble", Int(1))]), "wobble", "unknown attribute"),
        (op("Conv", &["x", "five"], &[]), "input 1 'five'", "[5]"),
        (op("Conv", &["x", "x"], &[]), "input 1", "not a constant"),
        (op("Conv", &["x"], &[]), "input 1", "not a constant"),
        (op("Conv", &["x", "w", "five"], &[]), "weights", "5 biases"),
        (op("Conv", &["x", "nobody"], &[]), "input", "'nobody' is made by no node"),
        (op("Conv", &["w", "w"], &[]), "", "made by an operator that is not computed here"),
        (op("MaxPool", &["x"], &[]), "kernel_shape", "missing"),
        (op("MaxPool", &["x"], &[k3(), ("dilations", Ints(&[2, 2]))]), "dilations", "[2, 2]"),
        (op("MaxPool", &["x"], &[k3(), ("pads", Ints(&[1, 0, 0, 0]))]), "pads", "padding 1 above, 0 left"),
        (op("MaxPool", &["x"], &[k3(), ("pads", Ints(&[0, 0, 3, 0]))]), "pads", "3 below"),
        (op("AveragePool", &["x"], &[k3(), ("pads", Ints(&[1, 0, 0, 0]))]), "pads", "averages windows of 3"),
        (op("LeakyRelu", &["x"], &[]), "", "unsupported operator"),
        (op("ReduceMean", &["x"], &[("axes", Ints(&[1]))]), "axes", "[1]"),
        (op("Concat", &["x", "x"], &[("axis", Int(2))]), "axis", "is 2"),
        (op("Clip", &["x", "", "six"], &[]), "", "has no end but 6"),
        (op("Softmax", &["x"], &[("axis", Int(1))]), "inputs", "works on a map of [1, 2 channels, 6 rows, 6 columns]"),
        (op("Pad", &["x"], &[("mode", Text("reflect")), ("pads", Ints(&[0; 8]))]), "mode", "reflect"),
        (op("Pad", &["x"], &[("value", Float(1.0)), ("pads", Ints(&[0; 8]))]), "mode", "value 1"),
        (op("Pad", &["x"], &[("pads", Ints(&[1, 0, 0, 0, 0, 0, 0, 0]))]), "pads", "1, 0"),
        (op("Pad", &["x"], &[("pads", Ints(&[0, 0, 1, 1, 0, 0, 1, 1]))]), "inputs", "padded map"),
        (op("Flatten", &["x"], &[("axis", Int(2))]), "inputs", "whose axes are [2 channels, 36 rows x columns]"),
        (op("Flatten", &["x"], &[("axis", Int(5))]), "axis", "is 5 of 4 axes"),
        (op("Flatten", &["x"], &[]), "inputs", "flattened map"),
        (op("Squeeze", &["x"], &[]), "inputs", "whose axes are [2 channels, 6 rows, 6 columns]"),
        (op("Squeeze", &["x"], &[("axes", Ints(&[1]))]), "axes", "is [1] of [1, 2 channels, 6 rows, 6 columns]"),
        (op("Mul", &["x", "x"], &[]), "", "works on two maps"),
        (op("Add", &["x", "five"], &[]), "input 1", "against [1, 2 channels, 6 rows, 6 columns]"),
        (op("Gemm", &["x", "w"], &[]), "input 1 'w'", "wanted a matrix"),
        (op("MatMul", &["x", "five"], &[]), "input 1 'five'", "wanted a matrix"),
        (op("Cast", &["x"], &[("to", Int(2))]), "to", "data type 2"),
        (op("LSTM", &["x"], &[]), "", "unsupported operator"),
        (op("Shape", &["x"], &[]), "", "made by an operator that is not computed here"),
    ];
    for (found, attribute, why) in cases {
        let hit = found.iter().find(|p| p.attribute.as_deref().unwrap_or("") == attribute && p.why.contains(why));
        assert!(hit.is_some(), "{attribute} {why}\n{found:#?}");
        assert!(found.iter().all(|p| !p.nearest.is_empty()));
    }
}

#[test]
fn all_problems_come_at_once() {
    let found = start()
        .node("Conv", &["x", "w"], "a", &[("group", Attr::Int(2))])
        .node("Sigmoid", &["a"], "s", &[])
        .node("Conv", &["s", "w"], "c", &[("dilations", Attr::Ints(&[2, 2]))])
        .node("HardSwish", &["c"], "d", &[])
        .node("AveragePool", &["x"], "e", &[("kernel_shape", Attr::Ints(&[2, 1]))])
        .node("Concat", &["d", "e"], "y", &[("axis", Attr::Int(1))])
        .problems();
    let blamed: Vec<(&str, &str)> = found.iter().map(|p| (p.node.as_str(), p.operator.as_str())).collect();
    assert_eq!(blamed, [("a", "Conv"), ("s", "Sigmoid"), ("c", "Conv"), ("d", "HardSwish"), ("e", "AveragePool")]);
}

#[test]
fn weights_that_do_not_fit() {
    let weights = |tensor: Wire| end(Onnx::new(13, [2, 6, 6]).initializer(tensor).node("Conv", &["x", "w"], "c", &[]));
    let mut nan = ramp(54);
    nan[17] = f32::NAN;
    let shape =
        |dims: &[i64], data_type| dims.iter().fold(Wire::default(), |w, &d| w.int(1, d)).int(2, data_type).text(8, "w");
    let cases = [
        (raw_tensor("w", FLOAT, &[3, 2, 3, 3], &le_bytes(&nan)), "value 17 is NaN"),
        (raw_tensor("w", FLOAT, &[3, 2, 3, 3], &le_bytes(&nan[..9])), "has 36 bytes"),
        (raw_tensor("w", FLOAT, &[3, -2, 3, 3], &[]), "has shape [3, -2"),
        (raw_tensor("w", FLOAT, &[1 << 40, 1 << 40, 3, 3], &[]), "has shape"),
        (raw_tensor("w", 2, &[3, 2, 3, 3], &[0; 54]), "data type 2"),
        (raw_tensor("w", FLOAT, &[3, 4, 3, 3], &le_bytes(&ramp(108))), "for an input of 2 channels"),
        (raw_tensor("w", FLOAT, &[0, 2, 3, 3], &[]), "0 outputs"),
        (raw_tensor("w", FLOAT, &[1, 2, 9, 9], &le_bytes(&ramp(162))), "kernel [9, 9] on a 6x6 map"),
        (shape(&[3, 2, 3, 3], FLOAT).floats(4, &ramp(5)), "has 5 values"),
        (
            raw_tensor("w", FLOAT, &[3, 2, 3, 3], &le_bytes(&ramp(54))).floats(4, &ramp(54)),
            "in raw_data and in float_data",
        ),
    ];
    for (tensor, why) in cases {
        let found = weights(tensor);
        assert!(found.iter().any(|p| p.why.contains(why)), "{why}: {found:?}");
    }
    let negative = start().node("Conv", &["x", "w", "b"], "n", &[]).floats("v", &[3], &[-1.0, 1.0, 1.0]);
    let found = end(negative.node("BatchNormalization", &["n", "b", "b", "b", "v"], "c", &[]));
    assert!(found[0].why.contains("not finite"), "{found:?}");
}

#[test]
fn constants_that_are_there_twice() {
    let layer = |file: Onnx| end(file.node("Conv", &["x", "w"], "c", &[]));
    let weights = || raw_tensor("w", FLOAT, &[3, 2, 3, 3], &le_bytes(&ramp(54)));
    let node = |file: Onnx| file.node("Constant", &[], "w", &[("value", Attr::Tensor(weights()))]);
    let empty = || Onnx::new(13, [2, 6, 6]);
    for file in [empty().initializer(weights()), node(empty())] {
        file.clone().node("Conv", &["x", "w"], "c", &[]).node("GlobalAveragePool", &["c"], "y", &[]).load();
        for twice in [file.clone().initializer(weights()), node(file)] {
            let found = layer(twice);
            assert!(found[0].node == "w" && found[0].why == "is there twice", "{found:?}");
        }
    }
}

#[test]
fn graphs_that_are_none() {
    let cycle =
        start().node("Add", &["x", "b2"], "a", &[]).node("Relu", &["a"], "b2", &[]).node("Relu", &["b2"], "c", &[]);
    assert!(end(cycle).iter().any(|p| p.why.contains("4 nodes wait for each other: a, b2, c, y")));
    let twice = start().node("Relu", &["x"], "c", &[]).node("Relu", &["x"], "c", &[]);
    assert!(end(twice)[0].why.contains("'c' is made twice"));
    assert!(Onnx::new(13, [1, 2, 2]).problems()[0].why.contains("made by no node"));
    assert!(Onnx::new(6, [1, 2, 2]).problems()[0].why.contains("is 6"));
    assert!(Onnx::new(13, [1, 0, 2]).problems()[0].why.contains("0 for sizes left open"));
    assert!(Onnx::new(13, [1 << 20, 1 << 20, 1 << 20]).problems()[0].why.contains("too large"));
    let map = start().node("Relu", &["x"], "y", &[]).problems();
    assert!(map[0].why.contains("ends in a map"), "{map:?}");
    assert!(problems(load_bytes(&[])).iter().any(|p| p.attribute.as_deref() == Some("output")));
    assert!(matches!(load_bytes(b"no protocol buffer"), Err(ModelError::Corrupt { format: "ONNX", .. })));
}

/// Few bytes that ask for much: the answer comes fast and is a list of problems.
/// Weights that a float convolution could not have either.
#[test]
fn integer_convolutions_fit_their_weights() {
    let file = |channels: i64, weights: [i64; 4], attributes: &[(&str, Attr)]| {
        let count = weights.iter().product::<i64>() as usize;
        let file = Onnx::new(13, [channels, 6, 6])
            .floats("s", &[], &[0.5])
            .uint8("z", &[], &[0])
            .int8("wz", &[], &[0])
            .int8("w", &weights, &vec![1; count])
            .node("QuantizeLinear", &["x", "s", "z"], "q", &[])
            .node("QLinearConv", &["q", "s", "z", "w", "s", "wz", "s", "z"], "i", attributes);
        end(file.node("DequantizeLinear", &["i", "s", "z"], "c", &[]))
    };
    let found = file(1, [8, 9, 1, 1], &[("kernel_shape", Attr::Ints(&[3, 3]))]);
    assert!(found[0].why.contains("[3, 3]") && found[0].nearest.contains("[1, 1]"), "{found:?}");
    let found = file(2, [8, 9, 1, 1], &[]);
    assert!(found[0].why.contains("for an input of 2 channels"), "{found:?}");
}

#[test]
fn normalisations_that_are_not_finite_are_refused_behind_zeros_too() {
    let file = start()
        .floats("one", &[2], &[1.0; 2])
        .floats("variance", &[2], &[-1.0; 2])
        .ints("p", &[0, 0, 1, 1, 0, 0, 1, 1])
        .node("Pad", &["x", "p"], "a", &[]);
    let found = end(file.node("BatchNormalization", &["a", "one", "one", "one", "variance"], "c", &[]));
    assert!(found[0].why.contains("not finite"), "{found:?}");
}

/// A softmax over groups of classes is another than one over all.
#[test]
fn a_shape_that_is_not_known_is_refused() {
    let file = start().node("GlobalAveragePool", &["x"], "p", &[]).node("Dropout", &["p"], "d,mask", &[]);
    let found = file.node("Reshape", &["d", "mask"], "r", &[]).node("Softmax", &["r"], "y", &[]).problems();
    assert!(found[0].why.contains("computed when the network runs"), "{found:?}");
}

#[test]
fn small_files_cannot_ask_for_much() {
    let begin = Instant::now();
    let shared = raw_tensor("w", FLOAT, &[1000, 1000, 1, 1], &vec![0; 4_000_000]);
    let mut file = Onnx::new(13, [1000, 2, 2]).initializer(shared);
    for i in 0..5000 {
        file = file.node("Conv", &["x", "w"], &format!("c{i}"), &[]);
    }
    let found = file.node("GlobalAveragePool", &["c9"], "y", &[]).problems();
    assert!(found.iter().all(|p| p.why.contains("more parameters")), "{:?}", found[0]);
    let wide = Onnx::new(13, [64, 64, 64]).node("Concat", &["x"; 64], "a", &[]).node("Concat", &["a"; 64], "b", &[]);
    let found = end(wide.node("Concat", &["b"; 64], "c", &[]));
    assert!(found[0].why.contains("too large"), "{found:?}");
    let pads = [("pads", Attr::Ints(&[0, 0, 1 << 24, 1 << 24]))];
    assert!(end(start().node("Conv", &["x", "w"], "c", &pads))[0].why.contains("too large"));
    let mut chain = start();
    for i in 0..20_000 {
        let from = if i == 0 { "x".to_string() } else { format!("r{}", i - 1) };
        chain = chain.node("MaxPool", &[&from], &format!("r{i}"), &[("kernel_shape", Attr::Ints(&[1, 1]))]);
    }
    let graph = chain.node("GlobalAveragePool", &["r19999"], "y", &[]).load();
    assert_eq!(graph.nodes.len(), 20_002);
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}
