//! Maps of integers are read with the type, scale and zero point that they were written with, or refused.

mod common;

use common::onnx::{ramp, Attr, Onnx};
use systole_model::{float, Problem};

const MICROSOFT: &str = "com.microsoft";
/// Names of scale and zero point.
type Storage<'a> = [&'a str; 2];
const WRITTEN: Storage = ["s", "z"];
const OTHERS: [(Storage, &str); 4] = [
    (["t", "z"], "read as uint8 of scale 0.25 and zero point 40"),
    (["s", "o"], "read as uint8 of scale 0.5 and zero point 41"),
    (["s", "i"], "read as int8 of scale 0.5 and zero point 40"),
    (["s", ""], "read as uint8 of scale 0.5 and zero point 0"),
];

/// One pixel `q` of a convolution, of scale 0.5 and zero point 40, beside other scales and zero points.
fn start() -> Onnx {
    let file = Onnx::new(14, [3, 1, 1])
        .floats("s", &[], &[0.5])
        .floats("t", &[], &[0.25])
        .floats("both", &[2], &[0.5, 0.5])
        .uint8("z", &[], &[40])
        .uint8("o", &[], &[41])
        .uint8("n", &[], &[0])
        .int8("i", &[], &[40])
        .int8("j", &[], &[0])
        .int8("twice", &[2], &[0, 0])
        .floats("w", &[2, 3, 1, 1], &ramp(6))
        .int8("k", &[2, 2, 1, 1], &[1, -2, 3, -4])
        .int8("m", &[2, 2], &[1; 4])
        .node("Conv", &["x", "w"], "c", &[]);
    write(file, "q", WRITTEN)
}

fn write(file: Onnx, name: &str, [scale, zero]: Storage) -> Onnx {
    file.node("QuantizeLinear", &["c", scale, zero], name, &[])
}

fn read(file: Onnx, name: &str, [scale, zero]: Storage) -> Onnx {
    file.node("DequantizeLinear", &[name, scale, zero], "y", &[])
}

fn the_problem(file: &Onnx) -> Problem {
    let mut problems = file.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

/// What reads `q` as stored so, and what it writes with scale `s` and zero point `z` as `y`.
fn readers([scale, zero]: Storage) -> Vec<Onnx> {
    let end = |file: Onnx| read(file, "r", WRITTEN);
    let microsoft = |operator: &str, inputs: &[&str], attributes: &[(&str, Attr)]| {
        end(start().node_of(MICROSOFT, operator, inputs, "r", attributes))
    };
    let flat = || start().node("Flatten", &["q"], "f", &[]);
    let product = ["f", scale, zero, "m", "s", "j", "s", "z"];
    let gemm = ["f", scale, zero, "m", "s", "j", "", "s", "z"];
    let pool = [("kernel_shape", Attr::Ints(&[1, 1]))];
    vec![
        read(start(), "q", [scale, zero]),
        end(start().node("QLinearConv", &["q", scale, zero, "k", "s", "j", "s", "z"], "r", &[])),
        end(flat().node("QLinearMatMul", &product, "r", &[])),
        end(flat().node_of(MICROSOFT, "QGemm", &gemm, "r", &[])),
        microsoft("QLinearAdd", &["q", scale, zero, "q", "s", "z", "s", "z"], &[]),
        microsoft("QLinearAdd", &["q", "s", "z", "q", scale, zero, "s", "z"], &[]),
        microsoft("QLinearConcat", &["s", "z", "q", "s", "z", "q", scale, zero], &[("axis", Attr::Int(1))]),
        microsoft("QLinearAveragePool", &["q", scale, zero, "s", "z"], &pool),
        microsoft("QLinearGlobalAveragePool", &["q", scale, zero, "s", "z"], &[]),
    ]
}

#[test]
fn every_reader_compares() {
    for file in readers(WRITTEN) {
        file.load();
    }
    for (storage, found) in OTHERS {
        for file in readers(storage) {
            let problem = the_problem(&file);
            let attribute = problem.attribute.as_deref().unwrap_or_default();
            assert!(attribute.starts_with("input ") && problem.nearest.contains("the same type"), "{problem:?}");
            assert!(problem.why.contains("written as uint8 of scale 0.5 and zero point 40"), "{problem:?}");
            assert!(problem.why.contains(found), "{problem:?}");
        }
    }
    let each = the_problem(&read(start(), "q", ["both", "twice"]));
    assert!(each.why.contains("2 scales"), "{each:?}");
    let real = the_problem(&read(start(), "c", WRITTEN));
    assert!(real.why.contains("real numbers") && real.nearest.contains("QuantizeLinear"), "{real:?}");
}

/// Every operator on integers that writes them has its own scale and zero point read.
#[test]
fn every_writer_is_compared() {
    let own = |operator: &str, inputs: &[&str]| {
        let domain = if operator == "QLinearConv" { "" } else { MICROSOFT };
        start().node_of(domain, operator, inputs, "r", &[])
    };
    let files = [
        own("QLinearConv", &["q", "s", "z", "k", "s", "j", "t", "o"]),
        own("QLinearAdd", &["q", "s", "z", "q", "s", "z", "t", "o"]),
        own("QLinearGlobalAveragePool", &["q", "s", "z", "t", "o"]),
    ];
    for file in files {
        read(file.clone(), "r", ["t", "o"]).load();
        assert!(the_problem(&read(file, "r", WRITTEN)).why.contains("scale 0.25 and zero point 41, and read"));
    }
}

/// Without a zero point, integers are of the type that the operator reads.
#[test]
fn results_have_the_type_of_what_is_read() {
    for (zero, other) in [("j", "n"), ("n", "j")] {
        let file = write(start(), "p", ["s", zero]);
        let file = file.node_of(MICROSOFT, "QLinearGlobalAveragePool", &["p", "s", zero, "s", ""], "r", &[]);
        read(file.clone(), "r", ["s", zero]).load();
        read(file.clone(), "r", ["s", ""]).load();
        assert!(the_problem(&read(file, "r", ["s", other])).why.contains("and read as"));
    }
}

#[test]
fn what_moves_values_passes_their_scale_on() {
    let row = || start().ints("row", &[1, -1]).ints("front", &[0]);
    let files = [
        row().node("Identity", &["q"], "r", &[]),
        row().node("MaxPool", &["q"], "r", &[("kernel_shape", Attr::Ints(&[1, 1]))]),
        row().node("Flatten", &["q"], "r", &[]),
        row().node("Reshape", &["q", "row"], "r", &[]),
        row().node("Transpose", &["q"], "r", &[("perm", Attr::Ints(&[0, 2, 3, 1]))]),
        row().node("Unsqueeze", &["q", "front"], "u", &[]).node("Squeeze", &["u", "front"], "r", &[]),
        write(row(), "p", WRITTEN).node("Concat", &["q", "p"], "r", &[("axis", Attr::Int(1))]),
    ];
    let end = |file: &Onnx, storage| {
        let file = file.clone().node("DequantizeLinear", &["r", storage, "z"], "d", &[]);
        file.node("Flatten", &["d"], "y", &[])
    };
    for file in files {
        end(&file, "s").load();
        assert!(the_problem(&end(&file, "t")).why.contains("read as uint8 of scale 0.25"));
    }
}

#[test]
fn parts_of_different_scales_are_not_joined() {
    for storage in [["t", "z"], ["s", "o"], ["s", "i"]] {
        let file = write(start(), "p", storage).node("Concat", &["q", "p"], "r", &[("axis", Attr::Int(1))]);
        let problem = the_problem(&read(file, "r", WRITTEN));
        assert!(problem.why.starts_with("joins uint8 of scale 0.5") && problem.nearest.contains("QLinearConcat"));
    }
    let mixed = start().node("Concat", &["c", "q"], "r", &[("axis", Attr::Int(1))]);
    assert!(the_problem(&read(mixed, "r", WRITTEN)).why.contains("real numbers"));
}

/// The result for an image whose convolution needs no rounding.
fn as_onnxruntime(file: &Onnx) {
    let image = [2.0, 4.0, 2.0];
    let found = float::run(&file.load(), &image).unwrap().pop().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, file.bytes()).unwrap();
    let Some(wanted) = common::onnxruntime::run(&path, &image) else { return };
    assert!(wanted.iter().any(|value| *value != 0.0));
    assert!(found.iter().zip(&wanted).all(|(f, w)| (f - w).abs() < 1e-4), "{found:?} {wanted:?}");
}

#[test]
fn padding_is_the_zero_point() {
    let pads = |file: Onnx, inputs: &[&str], storage| {
        let file = file.ints("pads", &[0, 0, 1, 1, 0, 0, 1, 1]).node("Pad", inputs, "r", &[]);
        let file = file.node("DequantizeLinear", &["r", storage, "z"], "d", &[]);
        file.floats("v", &[2, 2, 3, 3], &ramp(36)).node("Conv", &["d", "v"], "y", &[])
    };
    as_onnxruntime(&pads(start(), &["q", "pads", "z"], "s"));
    for inputs in [&["q", "pads"][..], &["q", "pads", "o"]] {
        let problem = the_problem(&pads(start(), inputs, "s"));
        let advised = "constant with value 40, the zero point of the map";
        assert_eq!((problem.operator.as_str(), problem.nearest.as_str()), ("Pad", advised));
    }
    assert!(the_problem(&pads(start(), &["q", "pads", "z"], "t")).why.contains("read as uint8 of scale 0.25"));
    let zero = |inputs: &[&str]| {
        let file =
            write(start(), "p", ["s", "n"]).ints("pads", &[0, 0, 1, 1, 0, 0, 1, 1]).node("Pad", inputs, "r", &[]);
        let file = file.node("DequantizeLinear", &["r", "s", "n"], "d", &[]);
        file.floats("v", &[2, 2, 3, 3], &ramp(36)).node("Conv", &["d", "v"], "y", &[])
    };
    zero(&["p", "pads"]).load();
    zero(&["p", "pads", "n"]).load();
}

#[test]
fn a_relu_cuts_where_integer_zero_is_zero() {
    let file = |storage: Storage| {
        let file = write(start(), "p", storage).node("Relu", &["p"], "r", &[]);
        let [scale, zero] = storage;
        file.node("DequantizeLinear", &["r", scale, zero], "y", &[])
    };
    file(["s", "j"]).load();
    let problem = the_problem(&file(["s", "i"]));
    assert!(problem.why.contains("cuts int8 of scale 0.5 and zero point 40"), "{problem:?}");
    assert!(problem.nearest.contains("Relu before QuantizeLinear"), "{problem:?}");
}

#[test]
fn other_operators_on_integers_are_refused_by_name() {
    let pool = [("kernel_shape", Attr::Ints(&[1, 1]))];
    let files = [
        start().node("Cast", &["q"], "y", &[("to", Attr::Int(1))]),
        start().node("Add", &["q", "q"], "y", &[]),
        start().node("Mul", &["q", "s"], "y", &[]),
        start().node("Conv", &["q", "k"], "y", &[]),
        start().node("Clip", &["q"], "y", &[]),
        start().node("AveragePool", &["q"], "y", &pool),
        start().node("GlobalAveragePool", &["q"], "y", &[]),
        start().node("QuantizeLinear", &["q", "s", "z"], "y", &[]),
    ];
    for file in files {
        let problem = the_problem(&file);
        assert!(problem.node == "y" && problem.why.contains("works on integers, uint8 of scale 0.5"), "{problem:?}");
        assert!(problem.nearest.contains("DequantizeLinear before it"), "{problem:?}");
    }
}

#[test]
fn scores_are_real_numbers() {
    let pixel = || start().node_of(MICROSOFT, "QLinearGlobalAveragePool", &["q", "s", "z", "s", "z"], "r", &[]);
    let problem = the_problem(&pixel().node("Flatten", &["r"], "y", &[]));
    assert!(problem.why.contains("is a map of integers, uint8") && problem.nearest.contains("DequantizeLinear at"));
    let index = pixel().node("Flatten", &["r"], "f", &[]).node("ArgMax", &["f"], "y", &[("axis", Attr::Int(1))]);
    index.load();
}
