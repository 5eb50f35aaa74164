//! Every form in which ONNX files say the same thing gives the same graph.

mod common;

use common::onnx::{ramp, raw_tensor, Attr, Onnx, BFLOAT16, DOUBLE, FLOAT16};
use common::wire::{le_bytes, Wire};
use systole_model::graph::Padding;
use systole_model::{float, load, Graph, LoadOptions, Op};

fn ops(graph: &Graph) -> Vec<Op> {
    graph.nodes.iter().map(|n| n.op.clone()).collect()
}

fn scores(graph: &Graph) -> Vec<f32> {
    let image = ramp(graph.nodes[0].shape.iter().product());
    float::run(graph, &image).unwrap().pop().unwrap()
}

fn assert_close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4), "{a:?}\n{b:?}");
}

/// A small network as torchvision's SqueezeNet is exported, up to its classifier's average.
fn squeeze(opset: i64) -> Onnx {
    let conv = |k: &'static [i64], pads: &'static [i64]| {
        [
            ("kernel_shape", Attr::Ints(k)),
            ("pads", Attr::Ints(pads)),
            ("group", Attr::Int(1)),
            ("dilations", Attr::Ints(&[1, 1])),
            ("strides", Attr::Ints(&[1, 1])),
        ]
    };
    let pool = [("kernel_shape", Attr::Ints(&[3, 3])), ("strides", Attr::Ints(&[2, 2])), ("ceil_mode", Attr::Int(1))];
    Onnx::new(opset, [3, 10, 10])
        .floats("w1", &[4, 3, 3, 3], &ramp(108))
        .floats("w2", &[2, 4, 1, 1], &ramp(8))
        .floats("w3", &[3, 4, 3, 3], &ramp(108))
        .floats("w4", &[5, 5, 1, 1], &ramp(25))
        .floats("b4", &[5], &ramp(5))
        .node("Conv", &["x", "w1"], "c1", &conv(&[3, 3], &[0, 0, 0, 0]))
        .node("Relu", &["c1"], "r1", &[])
        .node("MaxPool", &["r1"], "p1", &pool)
        .node("Conv", &["p1", "w2"], "e1", &conv(&[1, 1], &[0, 0, 0, 0]))
        .node("Conv", &["p1", "w3"], "e3", &conv(&[3, 3], &[1, 1, 1, 1]))
        .node("Concat", &["e1", "e3"], "cat", &[("axis", Attr::Int(1))])
        .node("Dropout", &["cat"], "drop", if opset < 12 { &[("ratio", Attr::Float(0.5))] } else { &[] })
        .node("Conv", &["drop", "w4", "b4"], "c4", &conv(&[1, 1], &[0, 0, 0, 0]))
        .node("Relu", &["c4"], "r4", &[])
}

#[test]
fn torchvision_tails_are_one_graph() {
    let hw = &[2, 3];
    let tails = [
        squeeze(7).node("GlobalAveragePool", &["r4"], "a", &[]).node("Flatten", &["a"], "y", &[("axis", Attr::Int(1))]),
        squeeze(9).node("GlobalAveragePool", &["r4"], "a", &[]).ints("s", &[1, 5]).node(
            "Reshape",
            &["a", "s"],
            "y",
            &[],
        ),
        squeeze(9).node("AveragePool", &["r4"], "a", &[("kernel_shape", Attr::Ints(&[4, 4]))]).node(
            "Squeeze",
            &["a"],
            "y",
            &[],
        ),
        squeeze(13).node("ReduceMean", &["r4"], "a", &[("axes", Attr::Ints(hw))]).node("Flatten", &["a"], "y", &[]),
        squeeze(13).node("ReduceMean", &["r4"], "y", &[("axes", Attr::Ints(&[-1, -2])), ("keepdims", Attr::Int(0))]),
        squeeze(18).ints("axes", hw).node("ReduceMean", &["r4", "axes"], "a", &[]).node(
            "Softmax",
            &["a"],
            "y",
            &[("axis", Attr::Int(1))],
        ),
        squeeze(22).node("GlobalAveragePool", &["r4"], "a", &[]).node("Identity", &["a"], "y", &[]),
        // x.view(x.size(0), -1)
        squeeze(9)
            .node("GlobalAveragePool", &["r4"], "a", &[])
            .node("Shape", &["a"], "shape", &[])
            .node("Constant", &[], "zero", &[("value", Attr::Tensor(raw_tensor("", 7, &[], &[0; 8])))])
            .node("Gather", &["shape", "zero"], "n", &[])
            .node("Unsqueeze", &["n"], "n1", &[("axes", Attr::Ints(&[0]))])
            .ints("rest", &[-1])
            .node("Concat", &["n1", "rest"], "target", &[("axis", Attr::Int(0))])
            .node("Reshape", &["a", "target"], "y", &[]),
    ];
    let graphs: Vec<Graph> = tails.iter().map(Onnx::load).collect();
    let shapes: Vec<[usize; 3]> = graphs[0].nodes.iter().map(|n| n.shape).collect();
    let want = [
        [3, 10, 10],
        [4, 8, 8],
        [4, 8, 8],
        [4, 4, 4],
        [2, 4, 4],
        [3, 4, 4],
        [5, 4, 4],
        [5, 4, 4],
        [5, 4, 4],
        [5, 1, 1],
    ];
    assert_eq!(shapes, want);
    for graph in &graphs {
        assert!(ops(graph) == ops(&graphs[0]));
        assert_eq!(graph.nodes.last().unwrap().op, Op::GlobalAverage);
    }
}

/// One 1x1 convolution of a 2-channel image with the given weight tensor, then the average.
fn one_conv(weights: Wire) -> Onnx {
    Onnx::new(13, [2, 2, 2]).initializer(weights).node("Conv", &["x", "w"], "c", &[]).node(
        "GlobalAveragePool",
        &["c"],
        "y",
        &[],
    )
}

fn weights_of(graph: &Graph, node: usize) -> &[f32] {
    match &graph.nodes[node].op {
        Op::Conv { weights, .. } => weights,
        other => panic!("{other:?}"),
    }
}

#[test]
fn weights_in_every_number_format() {
    let values = [1.5f32, -0.25];
    let halves: Vec<u16> = values.iter().map(|&v| half::f16::from_f32(v).to_bits()).collect();
    let brains: Vec<u16> = values.iter().map(|&v| half::bf16::from_f32(v).to_bits()).collect();
    let raw16 = |bits: &[u16]| bits.iter().flat_map(|b| b.to_le_bytes()).collect::<Vec<u8>>();
    let dims = &[1, 2, 1, 1];
    let shape = |data_type: i64| dims.iter().fold(Wire::default(), |w, &d| w.int(1, d)).int(2, data_type).text(8, "w");
    let doubles: Vec<u8> = values.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect();
    let forms = [
        shape(1).floats(4, &values),
        shape(1).float(4, values[0]).float(4, values[1]),
        raw_tensor("w", FLOAT16, dims, &raw16(&halves)),
        shape(FLOAT16).int(5, halves[0].into()).int(5, halves[1].into()),
        raw_tensor("w", BFLOAT16, dims, &raw16(&brains)),
        shape(BFLOAT16).int(5, brains[0].into()).int(5, brains[1].into()),
        raw_tensor("w", DOUBLE, dims, &doubles),
        shape(DOUBLE).bytes(10, &doubles),
    ];
    for form in forms {
        assert_eq!(weights_of(&one_conv(form).load(), 1), values);
    }
}

#[test]
fn weights_beside_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let entry = |key: &str, value: &str| Wire::default().text(1, key).text(2, value);
    let external = |location: &str, offset: &str| {
        let tensor = [1, 2, 1, 1].iter().fold(Wire::default(), |w, &d| w.int(1, d)).int(2, 1).text(8, "w").int(14, 1);
        one_conv(tensor.message(13, &entry("location", location)).message(13, &entry("offset", offset)))
    };
    let load_in_folder = |file: &Onnx| {
        let path = folder.path().join("m.onnx");
        std::fs::write(&path, file.bytes()).unwrap();
        load(&path, &LoadOptions::default())
    };
    std::fs::write(folder.path().join("m.data"), le_bytes(&[9.0, 1.5, -0.25])).unwrap();
    assert_eq!(weights_of(&load_in_folder(&external("m.data", "4")).unwrap(), 1), [1.5, -0.25]);
    for (location, offset, why) in [
        ("m.data", "8", "has 12 bytes"),
        ("m.data", "18446744073709551615", "has 12 bytes"),
        ("m.data", "x", "bad offset"),
        ("gone.data", "0", "cannot be read"),
        ("../m.data", "0", "wanted a file beside the model"),
        ("/etc/hostname", "0", "wanted a file beside the model"),
    ] {
        let problems = common::onnx::problems(load_in_folder(&external(location, offset)));
        assert!(problems[0].why.contains(why), "{problems:?}");
    }
}

/// An image of 2x6x6, a 3x3 convolution to three channels, and what follows.
fn conv_first(opset: i64) -> Onnx {
    Onnx::new(opset, [2, 6, 6]).floats("w", &[3, 2, 3, 3], &ramp(54)).floats("b", &[3], &[0.5, -1.0, 2.0]).node(
        "Conv",
        &["x", "w", "b"],
        "c",
        &[],
    )
}

#[test]
fn batch_norm_scale_and_offset_fold_into_the_convolution() {
    let (scale, shift, mean, variance) = ([2.0, 0.5, -1.0], [0.25, 0.0, 1.0], [0.5, -0.5, 0.0], [4.0, 1.0, 0.25]);
    let folded = conv_first(15)
        .floats("s", &[3], &scale)
        .floats("o", &[3], &shift)
        .floats("m", &[3], &mean)
        .floats("v", &[3], &variance)
        .node("BatchNormalization", &["c", "s", "o", "m", "v"], "n", &[("epsilon", Attr::Float(0.0))])
        .floats("times", &[3, 1, 1], &[1.0, 3.0, 1.0])
        .node("Mul", &["n", "times"], "t", &[])
        .floats("plus", &[1, 3, 1, 1], &[0.0, 0.0, 7.0])
        .node("Add", &["plus", "t"], "p", &[])
        .node("GlobalAveragePool", &["p"], "y", &[]);
    let plain = conv_first(15).node("GlobalAveragePool", &["c"], "y", &[]).load();
    let folded = folded.load();
    assert_eq!(folded.nodes.len(), 3);
    let (times, plus) = ([1.0, 3.0, 1.0], [0.0, 0.0, 7.0]);
    let normal = |c: usize, v: f32| (v - mean[c]) / f32::sqrt(variance[c]) * scale[c] + shift[c];
    let want: Vec<f32> = scores(&plain).iter().enumerate().map(|(c, &v)| normal(c, v) * times[c] + plus[c]).collect();
    assert_close(&scores(&folded), &want);
}

#[test]
fn fully_connected_layers_are_convolutions_over_the_whole_map() {
    let weights = ramp(2 * 48);
    let turned: Vec<f32> = (0..48).flat_map(|i| [weights[i], weights[48 + i]]).collect();
    let flat = |opset| conv_first(opset).node("Relu", &["c"], "r", &[]).node("Flatten", &["r"], "f", &[]);
    let forms = [
        flat(11).floats("fw", &[2, 48], &weights).floats("fb", &[2], &[0.5, 1.0]).node(
            "Gemm",
            &["f", "fw", "fb"],
            "y",
            &[("transB", Attr::Int(1))],
        ),
        flat(11).floats("fw", &[48, 2], &turned).floats("fb", &[1, 2], &[1.0, 2.0]).node(
            "Gemm",
            &["f", "fw", "fb"],
            "y",
            &[("beta", Attr::Float(0.5))],
        ),
        flat(13)
            .floats("fw", &[48, 2], &turned)
            .floats("fb", &[2], &[0.5, 1.0])
            .node("MatMul", &["f", "fw"], "g", &[])
            .node("Add", &["g", "fb"], "y", &[]),
        conv_first(13)
            .node("Relu", &["c"], "r", &[])
            .ints("to", &[-1, 48])
            .node("Reshape", &["r", "to"], "f", &[])
            .floats("fw", &[2, 48], &weights)
            .floats("fb", &[2], &[0.5, 1.0])
            .node("Gemm", &["f", "fw", "fb"], "y", &[("transB", Attr::Int(1))]),
    ];
    for form in forms {
        // 6x6 minus 3x3 leaves 4x4.
        let graph = form.load();
        let results = float::run(&graph, &ramp(72)).unwrap();
        let map = &results[2];
        let row = |o: usize| -> f32 { map.iter().zip(&weights[o * 48..]).map(|(a, b)| a * b).sum() };
        assert_close(results.last().unwrap(), &[row(0) + 0.5, row(1) + 1.0]);
        assert_eq!(graph.nodes.last().unwrap().op, Op::GlobalAverage);
    }
}

#[test]
fn a_fully_connected_layer_behind_the_average_moves_before_it() {
    let graph = conv_first(13)
        .node("Relu", &["c"], "r", &[])
        .node("GlobalAveragePool", &["r"], "a", &[])
        .node("Flatten", &["a"], "f", &[])
        .floats("fw", &[3, 2], &ramp(6))
        .node("MatMul", &["f", "fw"], "g", &[])
        .floats("fb", &[2], &[0.5, -3.0])
        .node("Add", &["g", "fb"], "y", &[])
        .load();
    let results = float::run(&graph, &ramp(72)).unwrap();
    let means: Vec<f32> = results[2].chunks(16).map(|map| map.iter().sum::<f32>() / 16.0).collect();
    let w = ramp(6);
    let out = |o: usize| -> f32 { (0..3).map(|c| means[c] * w[c * 2 + o]).sum() };
    assert_close(results.last().unwrap(), &[out(0) + 0.5, out(1) - 3.0]);
    let averages = graph.nodes.iter().filter(|n| n.op == Op::GlobalAverage).count();
    assert_eq!((averages, &graph.nodes.last().unwrap().op), (1, &Op::GlobalAverage));
}

fn pad_of(op: &Op) -> Padding {
    match op {
        Op::Conv { pad, .. } => *pad,
        other => panic!("{other:?}"),
    }
}

#[test]
fn explicit_padding_and_auto_pad_become_the_convolutions_own() {
    let around = Padding { top: 0, left: 1, bottom: 2, right: 1 };
    let start = |opset| Onnx::new(opset, [1, 5, 7]).floats("w", &[1, 1, 2, 2], &ramp(4));
    let end = |file: Onnx| file.node("GlobalAveragePool", &["c"], "y", &[]).load();
    let attribute = start(9).node("Pad", &["x"], "p", &[("pads", Attr::Ints(&[0, 0, 0, 1, 0, 0, 2, 1]))]);
    let input = start(13).ints("pads", &[0, 0, 0, 1, 0, 0, 2, 1]).node("Pad", &["x", "pads"], "p", &[]);
    let axes =
        start(19).ints("pads", &[0, 1, 2, 1]).ints("axes", &[2, -1]).node("Pad", &["x", "pads", "", "axes"], "p", &[]);
    for file in [attribute, input, axes] {
        assert_eq!(pad_of(&end(file.node("Conv", &["p", "w"], "c", &[])).nodes[1].op), around);
    }
    let auto = |mode, stride: &[i64]| {
        let strides = [("auto_pad", Attr::Text(mode)), ("strides", Attr::Ints(stride))];
        pad_of(&end(start(9).node("Conv", &["x", "w"], "c", &strides)).nodes[1].op)
    };
    assert_eq!(auto("SAME_UPPER", &[1, 2]), Padding { top: 0, left: 0, bottom: 1, right: 1 });
    assert_eq!(auto("SAME_LOWER", &[1, 2]), Padding { top: 1, left: 1, bottom: 0, right: 0 });
    assert_eq!(auto("VALID", &[2, 2]), Padding::default());
}

#[test]
fn max_pools_of_one_meaning_are_one_node() {
    let pool = |file: Onnx, from: &str, pads: &[i64], ceil: i64| {
        let attributes = [
            ("kernel_shape", Attr::Ints(&[3, 3])),
            ("strides", Attr::Ints(&[2, 2])),
            ("pads", Attr::Ints(pads)),
            ("ceil_mode", Attr::Int(ceil)),
        ];
        let graph = file.node("MaxPool", &[from], "m", &attributes).node("GlobalAveragePool", &["m"], "y", &[]).load();
        let node = graph.nodes[graph.nodes.len() - 2].clone();
        (node.op, node.shape)
    };
    let start = || conv_first(11).node("Relu", &["c"], "r", &[]);
    let ceil = Op::MaxPool { kernel: 3, stride: 2, pad: 0, ceil: true };
    assert_eq!(pool(start(), "r", &[0, 0, 0, 0], 1), (ceil.clone(), [3, 2, 2]));
    assert_eq!(pool(start(), "r", &[0, 0, 1, 1], 0), (ceil.clone(), [3, 2, 2]));
    let padded = start().ints("pads", &[0, 0, 0, 0, 0, 0, 1, 1]).node("Pad", &["r", "pads"], "p", &[]);
    assert_eq!(pool(padded, "p", &[0, 0, 0, 0], 0), (ceil, [3, 2, 2]));
    let padded = start().ints("pads", &[0, 0, 1, 1, 0, 0, 1, 1]).node("Pad", &["r", "pads"], "p", &[]);
    assert_eq!(pool(padded, "p", &[0, 0, 0, 0], 0).0, Op::MaxPool { kernel: 3, stride: 2, pad: 1, ceil: false });
}

#[test]
fn clip_at_zero_is_a_relu_and_residuals_add() {
    let attribute = conv_first(9).node("Clip", &["c"], "r", &[("min", Attr::Float(0.0))]);
    let input = conv_first(13).floats("zero", &[], &[0.0]).node("Clip", &["c", "zero"], "r", &[]);
    let relu = conv_first(13).node("Relu", &["c"], "r", &[]);
    let end = |f: Onnx, op| f.node(op, &["r", "c"], "s", &[]).node("GlobalAveragePool", &["s"], "y", &[]).load();
    let want = ops(&end(relu, "Add"));
    assert_eq!(want[3], Op::Add);
    assert!(ops(&end(attribute, "Sum")) == want && ops(&end(input, "Add")) == want);
}

#[test]
fn nodes_may_come_in_any_order() {
    let sorted = conv_first(13).node("Relu", &["c"], "r", &[]).node("GlobalAveragePool", &["r"], "y", &[]).load();
    let turned = Onnx::new(13, [2, 6, 6])
        .node("GlobalAveragePool", &["r"], "y", &[])
        .node("Relu", &["c"], "r", &[])
        .floats("w", &[3, 2, 3, 3], &ramp(54))
        .floats("b", &[3], &[0.5, -1.0, 2.0])
        .node("Conv", &["x", "w", "b"], "c", &[]);
    assert_eq!(turned.load().nodes, sorted.nodes);
}

#[test]
fn nodes_that_the_output_does_not_need_are_left_out_and_names_are_unique() {
    let graph = conv_first(13)
        .node("Relu", &["c"], "unused", &[])
        .node("Relu", &["c"], "r", &[])
        .node("GlobalAveragePool", &["r"], "y", &[])
        .load();
    let names: Vec<&str> = graph.nodes.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["x", "c", "r", "y"]);
}
