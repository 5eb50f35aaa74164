//! What every operator makes of small constants, and what is refused. The wanted values are onnxruntime's.

use super::{find, Array, Budget, Task, Values, COMPUTED};
use crate::onnx::message::{data_type, Attribute, Node};
use std::path::Path;

fn floats(dims: &[usize], values: &[f32]) -> Array {
    Array::floats(dims.to_vec(), values.to_vec())
}

fn ints(dims: &[usize], values: &[i64]) -> Array {
    Array::integers(dims.to_vec(), values.to_vec(), data_type::INT64)
}

fn of(kind: i32, dims: &[usize], values: &[i64]) -> Array {
    Array::integers(dims.to_vec(), values.to_vec(), kind)
}

fn truths(values: &[i64]) -> Array {
    of(data_type::BOOL, &[values.len()], values)
}

fn int(name: &str, i: i64) -> Attribute {
    Attribute { name: name.to_string(), i, ..Attribute::default() }
}

fn list(name: &str, ints: &[i64]) -> Attribute {
    Attribute { name: name.to_string(), ints: ints.to_vec(), ..Attribute::default() }
}

fn compute(operator: &str, attributes: &[Attribute], inputs: &[Array], room: usize) -> Result<Array, String> {
    let node = Node { op_type: operator.to_string(), attribute: attributes.to_vec(), ..Node::default() };
    let inputs = inputs.iter().cloned().map(Some).collect();
    find(operator).unwrap()(&Task { node: &node, inputs, room, folder: Path::new("") })
}

type Row<'a> = (&'a str, Vec<Attribute>, Vec<Array>, Array);

fn arithmetic() -> Vec<Row<'static>> {
    let (x, y) = (floats(&[2], &[-1.5, 2.5]), floats(&[2, 1], &[2.0, 4.0]));
    let (i, j) = (ints(&[2], &[-7, 7]), ints(&[], &[2]));
    let square = |values: [f32; 4]| floats(&[2, 2], &values);
    vec![
        ("Abs", vec![], vec![x.clone()], floats(&[2], &[1.5, 2.5])),
        ("Add", vec![], vec![x.clone(), y.clone()], square([0.5, 4.5, 2.5, 6.5])),
        ("And", vec![], vec![truths(&[0, 1, 1]), truths(&[1, 0, 1])], truths(&[0, 0, 1])),
        ("Ceil", vec![], vec![x.clone()], floats(&[2], &[-1.0, 3.0])),
        ("Clip", vec![], vec![x.clone(), floats(&[], &[0.0])], floats(&[2], &[0.0, 2.5])),
        ("Clip", vec![], vec![i.clone(), ints(&[], &[-2]), ints(&[], &[3])], ints(&[2], &[-2, 3])),
        ("Div", vec![], vec![x.clone(), y.clone()], square([-0.75, 1.25, -0.375, 0.625])),
        ("Div", vec![], vec![i.clone(), j.clone()], ints(&[2], &[-3, 3])),
        ("Equal", vec![], vec![i.clone(), ints(&[1], &[7])], truths(&[0, 1])),
        ("Exp", vec![], vec![floats(&[1], &[0.0])], floats(&[1], &[1.0])),
        ("Floor", vec![], vec![x.clone()], floats(&[2], &[-2.0, 2.0])),
        ("Greater", vec![], vec![x.clone(), floats(&[], &[0.0])], truths(&[0, 1])),
        ("GreaterOrEqual", vec![], vec![i.clone(), ints(&[], &[7])], truths(&[0, 1])),
        ("Less", vec![], vec![x.clone(), floats(&[], &[0.0])], truths(&[1, 0])),
        ("LessOrEqual", vec![], vec![i.clone(), ints(&[], &[-7])], truths(&[1, 0])),
        ("Log", vec![], vec![floats(&[1], &[1.0])], floats(&[1], &[0.0])),
        ("Max", vec![], vec![x.clone(), floats(&[1], &[1.0])], floats(&[2], &[1.0, 2.5])),
        ("Min", vec![], vec![i.clone(), ints(&[1], &[1]), ints(&[1], &[0])], ints(&[2], &[-7, 0])),
        ("Mod", vec![], vec![i.clone(), ints(&[1], &[4])], ints(&[2], &[1, 3])),
        ("Mod", vec![int("fmod", 1)], vec![i.clone(), ints(&[1], &[4])], ints(&[2], &[-3, 3])),
        ("Mul", vec![], vec![x.clone(), x.clone()], floats(&[2], &[2.25, 6.25])),
        ("Neg", vec![], vec![i.clone()], ints(&[2], &[7, -7])),
        ("Not", vec![], vec![truths(&[0, 1])], truths(&[1, 0])),
        ("Or", vec![], vec![truths(&[0, 1, 0]), truths(&[1, 0, 0])], truths(&[1, 1, 0])),
        ("Pow", vec![], vec![x.clone(), ints(&[], &[2])], floats(&[2], &[2.25, 6.25])),
        ("Pow", vec![], vec![i.clone(), j.clone()], ints(&[2], &[49, 49])),
        ("Reciprocal", vec![], vec![floats(&[1], &[4.0])], floats(&[1], &[0.25])),
        ("Round", vec![], vec![floats(&[3], &[0.5, 1.5, -2.5])], floats(&[3], &[0.0, 2.0, -2.0])),
        ("Sign", vec![], vec![floats(&[3], &[-3.0, 0.0, 2.0])], floats(&[3], &[-1.0, 0.0, 1.0])),
        ("Sqrt", vec![], vec![floats(&[1], &[9.0])], floats(&[1], &[3.0])),
        ("Sub", vec![], vec![i.clone(), j.clone()], ints(&[2], &[-9, 5])),
        ("Sum", vec![], vec![i.clone(), j, i], ints(&[2], &[-12, 16])),
        ("Where", vec![], vec![truths(&[1, 0]), x, floats(&[], &[9.0])], floats(&[2], &[-1.5, 9.0])),
    ]
}

fn shapes() -> Vec<Row<'static>> {
    let x = floats(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let turned = floats(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let shaped = |dims: &[usize]| x.shaped(dims.to_vec());
    vec![
        ("Concat", vec![int("axis", 0)], vec![ints(&[1], &[4]), ints(&[2], &[5, 6])], ints(&[3], &[4, 5, 6])),
        (
            "Concat",
            vec![int("axis", -1)],
            vec![x.clone(), floats(&[2, 1], &[7.0, 8.0])],
            floats(&[2, 4], &[1.0, 2.0, 3.0, 7.0, 4.0, 5.0, 6.0, 8.0]),
        ),
        ("ConstantOfShape", vec![], vec![ints(&[2], &[1, 2])], floats(&[1, 2], &[0.0, 0.0])),
        (
            "Expand",
            vec![],
            vec![floats(&[2, 1], &[1.0, 2.0]), ints(&[2], &[1, 2])],
            floats(&[2, 2], &[1.0, 1.0, 2.0, 2.0]),
        ),
        ("Flatten", vec![int("axis", 0)], vec![x.clone()], shaped(&[1, 6])),
        ("Gather", vec![int("axis", 1)], vec![x.clone(), ints(&[], &[-1])], floats(&[2], &[3.0, 6.0])),
        ("Gather", vec![], vec![x.clone(), ints(&[1], &[1])], floats(&[1, 3], &[4.0, 5.0, 6.0])),
        ("Identity", vec![], vec![x.clone()], x.clone()),
        ("Range", vec![], vec![ints(&[], &[5]), ints(&[], &[0]), ints(&[], &[-2])], ints(&[3], &[5, 3, 1])),
        ("Reshape", vec![], vec![x.clone(), ints(&[3], &[0, -1, 1])], shaped(&[2, 3, 1])),
        ("Reshape", vec![list("shape", &[6])], vec![x.clone()], shaped(&[6])),
        ("Shape", vec![], vec![x.clone()], ints(&[2], &[2, 3])),
        ("Shape", vec![int("start", -1)], vec![x.clone()], ints(&[1], &[3])),
        ("Size", vec![], vec![x.clone()], ints(&[], &[6])),
        (
            "Slice",
            vec![],
            vec![x.clone(), ints(&[1], &[-1]), ints(&[1], &[i64::MIN]), ints(&[1], &[1]), ints(&[1], &[-2])],
            floats(&[2, 2], &[3.0, 1.0, 6.0, 4.0]),
        ),
        (
            "Slice",
            vec![list("starts", &[1]), list("ends", &[i64::MAX])],
            vec![x.clone()],
            floats(&[1, 3], &[4.0, 5.0, 6.0]),
        ),
        ("Slice", vec![list("starts", &[2]), list("ends", &[1])], vec![x.clone()], floats(&[0, 3], &[])),
        ("Squeeze", vec![list("axes", &[-1])], vec![shaped(&[1, 6, 1])], shaped(&[1, 6])),
        ("Squeeze", vec![], vec![shaped(&[1, 6, 1])], shaped(&[6])),
        ("Tile", vec![], vec![ints(&[2], &[1, 2]), ints(&[1], &[2])], ints(&[4], &[1, 2, 1, 2])),
        ("Tile", vec![], vec![ints(&[2, 1], &[1, 2]), ints(&[2], &[2, 2])], ints(&[4, 2], &[1, 1, 2, 2, 1, 1, 2, 2])),
        ("Transpose", vec![], vec![x.clone()], turned.clone()),
        ("Transpose", vec![list("perm", &[1, 0])], vec![turned], x.clone()),
        ("Unsqueeze", vec![], vec![x.clone(), ints(&[2], &[0, -1])], shaped(&[1, 2, 3, 1])),
        (
            "MatMul",
            vec![],
            vec![floats(&[1, 2], &[1.0, 2.0]), x.shaped(vec![2, 3])],
            floats(&[1, 3], &[9.0, 12.0, 15.0]),
        ),
        ("ReduceL1", vec![int("keepdims", 0)], vec![floats(&[2], &[-3.0, 4.0])], floats(&[], &[7.0])),
        ("ReduceL2", vec![], vec![floats(&[2], &[-3.0, 4.0])], floats(&[1], &[5.0])),
        ("ReduceMax", vec![list("axes", &[0])], vec![x.clone()], floats(&[1, 3], &[4.0, 5.0, 6.0])),
        ("ReduceMean", vec![list("axes", &[-1])], vec![x.clone()], floats(&[2, 1], &[2.0, 5.0])),
        ("ReduceMin", vec![int("keepdims", 0)], vec![x.clone(), ints(&[1], &[1])], floats(&[2], &[1.0, 4.0])),
        ("ReduceProd", vec![int("keepdims", 0)], vec![ints(&[3], &[2, 3, 4])], ints(&[], &[24])),
        ("ReduceSum", vec![list("axes", &[0])], vec![x.clone()], floats(&[1, 3], &[5.0, 7.0, 9.0])),
        ("ReduceSum", vec![int("noop_with_empty_axes", 1)], vec![x.clone()], x.clone()),
        ("ReduceSumSquare", vec![], vec![floats(&[2], &[-3.0, 4.0])], floats(&[1], &[25.0])),
    ]
}

fn types() -> Vec<Row<'static>> {
    let (int8, uint8) = (data_type::INT8, data_type::UINT8);
    let rows = of(int8, &[2, 2], &[-128, 127, 3, -4]);
    let scales = floats(&[2], &[0.5, 2.0]);
    vec![
        ("Cast", vec![int("to", uint8.into())], vec![floats(&[2], &[3.9, 255.0])], of(uint8, &[2], &[3, 255])),
        ("Cast", vec![int("to", int8.into())], vec![ints(&[2], &[200, -3])], of(int8, &[2], &[-56, -3])),
        ("Cast", vec![int("to", 1)], vec![ints(&[1], &[3])], floats(&[1], &[3.0])),
        ("Cast", vec![int("to", 10)], vec![floats(&[1], &[1.0001])], floats(&[1], &[1.0])),
        ("Cast", vec![int("to", 9)], vec![floats(&[2], &[0.5, 0.0])], truths(&[1, 0])),
        ("CastLike", vec![], vec![floats(&[1], &[-2.5]), ints(&[], &[0])], ints(&[1], &[-2])),
        // Halves go to the even count, and what is too large saturates.
        (
            "QuantizeLinear",
            vec![],
            vec![floats(&[4], &[0.5, 1.5, -300.0, 300.0]), floats(&[], &[1.0]), of(int8, &[], &[1])],
            of(int8, &[4], &[1, 3, -128, 127]),
        ),
        ("QuantizeLinear", vec![], vec![floats(&[1], &[2.0]), floats(&[1], &[0.5])], of(uint8, &[1], &[4])),
        (
            "QuantizeLinear",
            vec![int("axis", 0)],
            vec![floats(&[2, 2], &[1.0, 2.0, 4.0, 8.0]), scales.clone(), of(int8, &[2], &[0, 1])],
            of(int8, &[2, 2], &[2, 4, 3, 5]),
        ),
        (
            "DequantizeLinear",
            vec![int("axis", 0)],
            vec![rows.clone(), scales.clone()],
            floats(&[2, 2], &[-64.0, 63.5, 6.0, -8.0]),
        ),
        // Along axis 1 by default.
        (
            "DequantizeLinear",
            vec![],
            vec![rows.clone(), scales, of(int8, &[2], &[0, -1])],
            floats(&[2, 2], &[-64.0, 256.0, 1.5, -6.0]),
        ),
        // Blocks of two rows, the last one short.
        (
            "DequantizeLinear",
            vec![int("axis", 0), int("block_size", 2)],
            vec![of(int8, &[3, 2], &[1, 2, 3, 4, 5, 6]), floats(&[2, 2], &[1.0, 10.0, 100.0, 1000.0])],
            floats(&[3, 2], &[1.0, 20.0, 3.0, 40.0, 500.0, 6000.0]),
        ),
        (
            "DequantizeLinear",
            vec![int("axis", 1), int("block_size", 2)],
            vec![of(int8, &[2, 4], &[1, 2, 3, 4, 5, 6, 7, 8]), floats(&[2, 2], &[1.0, 10.0, 100.0, 1000.0])],
            floats(&[2, 4], &[1.0, 2.0, 30.0, 40.0, 500.0, 600.0, 7000.0, 8000.0]),
        ),
    ]
}

#[test]
fn every_operator_makes_what_it_should() {
    let rows: Vec<Row> = [arithmetic(), shapes(), types()].into_iter().flatten().collect();
    for (operator, attributes, inputs, wanted) in &rows {
        let found = compute(operator, attributes, inputs, 1 << 20);
        assert_eq!(found.as_ref(), Ok(wanted), "{operator} {attributes:?}");
        let empty = compute(operator, attributes, inputs, wanted.values.len().saturating_sub(1));
        let small = ["Shape", "Size"].contains(operator)
            || wanted.values.len() == 0
            || attributes.iter().any(|a| a.name.starts_with("noop"));
        assert!(small || empty.is_err(), "{operator} takes more room than it has");
    }
    for (operator, _) in COMPUTED {
        assert!(rows.iter().any(|(name, ..)| name == operator), "{operator} has no row");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let x = floats(&[2, 2], &[1.0; 4]);
    let wide = |n: i64| ints(&[3], &[n, n, n]);
    let rows: Vec<(&str, Vec<Attribute>, Vec<Array>)> = vec![
        ("Add", vec![], vec![x.clone(), floats(&[3], &[0.0; 3])]),
        ("Add", vec![], vec![x.clone(), ints(&[], &[1])]),
        ("Add", vec![], vec![ints(&[], &[i64::MAX]), ints(&[], &[1])]),
        ("Div", vec![], vec![ints(&[], &[1]), ints(&[], &[0])]),
        ("Concat", vec![int("axis", 2)], vec![x.clone()]),
        ("Concat", vec![int("axis", 0)], vec![x.clone(), floats(&[1, 3], &[0.0; 3])]),
        ("Concat", vec![int("axis", 0)], vec![]),
        ("ConstantOfShape", vec![], vec![wide(1 << 30)]),
        ("ConstantOfShape", vec![], vec![ints(&[2], &[0, i64::MAX])]),
        ("ConstantOfShape", vec![], vec![ints(&[1], &[-1])]),
        ("Expand", vec![], vec![x.clone(), wide(1 << 20)]),
        ("Tile", vec![], vec![x.clone(), ints(&[2], &[i64::MAX, i64::MAX])]),
        ("Gather", vec![], vec![x.clone(), ints(&[], &[2])]),
        ("Slice", vec![], vec![x.clone(), ints(&[2], &[1, 1]), ints(&[2], &[2, 2]), ints(&[2], &[0, 0])]),
        ("Slice", vec![], vec![x.clone(), ints(&[1], &[0]), ints(&[1], &[1]), ints(&[1], &[0]), ints(&[1], &[0])]),
        ("Reshape", vec![], vec![x.clone(), ints(&[1], &[3])]),
        ("Reshape", vec![], vec![x.clone(), ints(&[2], &[-1, -1])]),
        ("Reshape", vec![], vec![x.clone(), ints(&[3], &[1, 1, 0])]),
        ("Unsqueeze", vec![], vec![x.clone(), ints(&[2], &[0, 0])]),
        ("Squeeze", vec![], vec![x.clone(), ints(&[1], &[0])]),
        ("Transpose", vec![list("perm", &[0, 0])], vec![x.clone()]),
        ("Range", vec![], vec![ints(&[], &[0]), ints(&[], &[i64::MAX]), ints(&[], &[1])]),
        ("Range", vec![], vec![ints(&[], &[0]), ints(&[], &[1]), ints(&[], &[0])]),
        ("Cast", vec![int("to", 8)], vec![x.clone()]),
        ("ReduceMax", vec![], vec![floats(&[0], &[])]),
        ("MatMul", vec![], vec![x.clone(), floats(&[3, 1], &[0.0; 3])]),
        // As many scales as rows, but of another shape; blocks that do not fill the axis; zero points that are too many.
        ("DequantizeLinear", vec![int("axis", 0)], vec![of(3, &[4, 2], &[0; 8]), floats(&[2, 2], &[1.0; 4])]),
        ("DequantizeLinear", vec![int("axis", 0)], vec![of(3, &[4, 2], &[0; 8]), floats(&[2], &[1.0; 2])]),
        ("DequantizeLinear", vec![int("block_size", 3)], vec![of(3, &[4, 2], &[0; 8]), floats(&[4, 2], &[1.0; 8])]),
        ("DequantizeLinear", vec![int("block_size", -1)], vec![of(3, &[4, 2], &[0; 8]), floats(&[4, 2], &[1.0; 8])]),
        ("DequantizeLinear", vec![], vec![of(3, &[1], &[0]), floats(&[], &[1.0]), of(3, &[2], &[0; 2])]),
        ("Add", vec![], vec![x]),
    ];
    for (operator, attributes, inputs) in rows {
        let found = compute(operator, &attributes, &inputs, 1 << 20);
        assert!(found.is_err(), "{operator} {attributes:?} {inputs:?}: {found:?}");
    }
}

#[test]
fn four_bits_are_packed_and_unpacked() {
    for (kind, values) in [(data_type::INT4, vec![-8, 7, -1]), (data_type::UINT4, vec![15, 0, 9])] {
        let array = of(kind, &[3], &values);
        let tensor = array.clone().into_tensor();
        assert_eq!(tensor.raw_data.len(), 2);
        assert_eq!(Array::read(&tensor, Path::new("")), Ok(array));
    }
}

#[test]
fn a_budget_ends() {
    let mut budget = Budget::new(10);
    let room = budget.room();
    assert!(budget.keep(room + 1).is_err());
    assert!(budget.keep(room).is_ok() && budget.keep(1).is_err());
    assert!(matches!(floats(&[1], &[0.0]).values, Values::Floats(_)));
}
