//! Constants without values, however large their other sizes are.

mod common;

use common::onnx::{Attr, Onnx};

const HUGE: i64 = 1 << 39;

fn network(file: Onnx) -> Onnx {
    file.node("GlobalAveragePool", &["x"], "y", &[])
}

#[test]
fn empty_integers_are_no_weights() {
    let file = Onnx::new(13, [5, 2, 2])
        .int8("e", &[0, 5], &[])
        .floats("s", &[], &[0.5])
        .node("DequantizeLinear", &["e", "s"], "f", &[])
        .node("Transpose", &["f"], "t", &[])
        .node("GlobalAveragePool", &["x"], "p", &[])
        .node("Flatten", &["p"], "v", &[])
        .node("MatMul", &["v", "t"], "y", &[]);
    let problems = file.problems();
    assert!(problems[0].why.contains("wanted a matrix"), "{problems:?}");
}

#[test]
fn nothing_is_computed_at_once() {
    let empty = || Onnx::new(13, [2, 2, 2]).floats("e", &[HUGE, 1, 0], &[]);
    let axis = [("axis", Attr::Int(1))];
    let gathered = empty().ints("i", &[0]).node("Gather", &["e", "i"], "g", &axis);
    let joined = empty().node("Concat", &["e", "e"], "g", &axis);
    let matrices = empty().floats("a", &[HUGE, 0], &[]).floats("b", &[0, 0], &[]);
    for file in [gathered, joined, matrices.node("MatMul", &["a", "b"], "g", &[])] {
        assert_eq!(network(file).load().nodes.len(), 2);
    }
}
