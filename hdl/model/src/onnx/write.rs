//! A graph to the bytes of an ONNX file, in the messages that the importer reads.

use super::message::{attribute_kind, data_type, Attribute, Dim, Graph as File, Model, Node as Call};
use super::message::{OpsetId, Tensor, TensorShape, TensorType, TypeInfo, ValueInfo};
use crate::graph::{Graph, Node, Op, Padding};
use prost::Message as _;

/// Version of the file format, and operator set, of what is written: the oldest in which every operator used means what
/// the graph says.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 19;
const PRODUCER: &str = "systole";

/// The bytes of an ONNX file: one image in, the scores `[1, classes, 1, 1]` out. Reading it back gives the same graph
/// (without what is [given](crate::Given)).
pub fn to_onnx(graph: &Graph) -> Vec<u8> {
    let mut file = File { name: graph.name.clone(), ..File::default() };
    file.input.push(value_info(&graph.nodes[0]));
    file.output.extend(graph.nodes.last().map(value_info));
    let image = image(&mut file, graph);
    for node in &graph.nodes[1..] {
        let name = |&i: &usize| if i == 0 { image.clone() } else { graph.nodes[i].name.clone() };
        let inputs = node.inputs.iter().map(name).collect();
        let mut call =
            Call { input: inputs, output: vec![node.name.clone()], name: node.name.clone(), ..Call::default() };
        call.op_type = operator(&node.op).to_string();
        call.attribute = attributes(&node.op, graph.nodes[node.inputs[0]].shape[0]);
        if let Some((least, most)) = clip(&node.op) {
            for (suffix, value) in [("min", least), ("max", most)] {
                let name = format!("{}.{suffix}", node.name);
                call.input.push(name.clone());
                file.initializer.push(tensor(name, &[], &[value]));
            }
        } else if let Op::Saturate { least, most } = &node.op {
            let made = |input: &String, (op, suffix, ends): (&str, &str, &[f32])| {
                let names = [input.clone(), format!("{}.{suffix}", node.name)];
                let ends = tensor(names[1].clone(), &[ends.len(), 1, 1], ends);
                (Call { op_type: op.to_string(), input: names.to_vec(), ..Call::default() }, ends)
            };
            let (mut max, ends) = made(&call.input[0], ("Max", "least", least));
            max.output.push(format!("{}.raised", node.name));
            file.initializer.push(ends);
            let (min, ends) = made(&max.output[0], ("Min", "most", most));
            file.initializer.push(ends);
            file.node.push(max);
            call = Call { output: call.output, name: call.name, ..min };
        }
        if let Op::Conv { out_channels, kernel, weights, bias, .. } = &node.op {
            let shape = [*out_channels, weights.len() / (out_channels * kernel[0] * kernel[1]), kernel[0], kernel[1]];
            for (suffix, dims, values) in [("weight", &shape[..], weights), ("bias", &shape[..1], bias)] {
                let name = format!("{}.{suffix}", node.name);
                call.input.push(name.clone());
                file.initializer.push(tensor(name, dims, values));
            }
        }
        file.node.push(call);
    }
    let opset_import = vec![OpsetId { domain: String::new(), version: OPSET }];
    Model { ir_version: IR_VERSION, producer_name: PRODUCER.to_string(), graph: Some(file), opset_import }
        .encode_to_vec()
}

/// The ends of a clip that is the same for all channels.
fn clip(op: &Op) -> Option<(f32, f32)> {
    match op {
        Op::Clip { max } => Some((0.0, *max)),
        Op::Saturate { least, most } => {
            let same = least.iter().all(|end| *end == least[0]) && most.iter().all(|end| *end == most[0]);
            same.then_some((least[0], most[0]))
        }
        _ => None,
    }
}

/// What the file does to its image first, operation by operation; the name of the image behind them.
fn image(file: &mut File, graph: &Graph) -> String {
    let mut name = graph.nodes[0].name.clone();
    let Some(inside) = &graph.image.inside else { return name };
    for (operator, word, values) in [("Mul", "factor", &inside.factor), ("Add", "offset", &inside.offset)] {
        let (constant, made) = (format!("{name}.{word}"), format!("{name}.{}", operator.to_lowercase()));
        file.initializer.push(tensor(constant.clone(), &[values.len(), 1, 1], values));
        let (input, output) = (vec![name, constant], vec![made.clone()]);
        file.node.push(Call { input, output, name: made.clone(), op_type: operator.into(), ..Call::default() });
        name = made;
    }
    name
}

fn operator(op: &Op) -> &'static str {
    match op {
        Op::Input => "Identity",
        Op::Conv { .. } => "Conv",
        Op::Relu => "Relu",
        Op::Clip { .. } | Op::Saturate { .. } => "Clip",
        Op::MaxPool { .. } => "MaxPool",
        Op::AveragePool { .. } => "AveragePool",
        Op::Add => "Add",
        Op::Concat => "Concat",
        Op::GlobalAverage => "GlobalAveragePool",
    }
}

fn attributes(op: &Op, in_channels: usize) -> Vec<Attribute> {
    match op {
        Op::Conv { kernel, stride, pad, .. } => {
            let mut all = window(*kernel, *stride, *pad);
            let groups = op.groups(in_channels);
            all.extend((groups > 1).then(|| int("group", groups as i64)));
            all
        }
        Op::MaxPool { kernel, stride, pad, ceil } => pool([*kernel, *stride, *pad], *ceil),
        Op::AveragePool { kernel, stride, pad, ceil, count_pad } => {
            let mut all = pool([*kernel, *stride, *pad], *ceil);
            all.push(int("count_include_pad", (*count_pad).into()));
            all
        }
        Op::Concat => vec![int("axis", 1)],
        Op::Input | Op::Relu | Op::Clip { .. } | Op::Saturate { .. } | Op::Add | Op::GlobalAverage => Vec::new(),
    }
}

fn pool([kernel, stride, pad]: [usize; 3], ceil: bool) -> Vec<Attribute> {
    let mut all = window([kernel; 2], [stride; 2], Padding { top: pad, left: pad, bottom: pad, right: pad });
    all.push(int("ceil_mode", ceil.into()));
    all
}

fn window(kernel: [usize; 2], stride: [usize; 2], pad: Padding) -> Vec<Attribute> {
    let pads = [pad.top, pad.left, pad.bottom, pad.right];
    vec![ints("kernel_shape", &kernel), ints("strides", &stride), ints("pads", &pads)]
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_string(), i: value, kind: attribute_kind::INT, ..Attribute::default() }
}

fn ints(name: &str, values: &[usize]) -> Attribute {
    let ints = values.iter().map(|&v| v as i64).collect();
    Attribute { name: name.to_string(), ints, kind: attribute_kind::INTS, ..Attribute::default() }
}

fn tensor(name: String, shape: &[usize], values: &[f32]) -> Tensor {
    let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let dims = shape.iter().map(|&d| d as i64).collect();
    Tensor { name, dims, data_type: data_type::FLOAT, raw_data, ..Tensor::default() }
}

fn value_info(node: &Node) -> ValueInfo {
    let dims = std::iter::once(1).chain(node.shape).map(|value| Dim { value: value as i64 });
    let shape = Some(TensorShape { dim: dims.collect() });
    let tensor = Some(TensorType { elem_type: data_type::FLOAT, shape });
    ValueInfo { name: node.name.clone(), kind: Some(TypeInfo { tensor }) }
}
