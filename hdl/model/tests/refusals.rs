//! What is said of models that cannot be used: in words, once, with the true reason, and all of it at once.

mod common;

use common::caffe::{layer, load_pair, network};
use common::onnx::{ramp, Attr, Onnx};
use common::wire::caffemodel;
use systole_model::quantize::unsupported;
use systole_model::{grouped, kinds as kinds_of, ModelError, Problem};

fn conv(file: Onnx, from: &str, to: &str, channels: [i64; 2], attributes: &[(&str, Attr)]) -> Onnx {
    let (name, weights) = (format!("w_{to}"), ramp((channels[0] * channels[1] * 9) as usize));
    file.floats(&name, &[channels[1], channels[0], 3, 3], &weights).node("Conv", &[from, &name], to, attributes)
}

/// What the importer says, or what the machine has no step for.
fn said(file: &Onnx) -> Vec<Problem> {
    match file.try_load() {
        Ok(graph) => unsupported(&graph),
        Err(ModelError::Problems(problems)) => problems,
        Err(other) => panic!("{other}"),
    }
}

fn texts(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_refused_convolution_is_blamed_once() {
    for (attributes, attribute) in [
        (vec![("dilations", Attr::Ints(&[2, 2])), ("pads", Attr::Ints(&[2, 2, 2, 2]))], "dilations"),
        (vec![("group", Attr::Int(3))], "group"),
    ] {
        let channels = if attribute == "group" { [2, 4] } else { [4, 4] };
        let file = conv(Onnx::new(13, [4, 5, 5]), "x", "a", channels, &attributes);
        let file = file.floats("v", &[4], &[1.0; 4]).node("BatchNormalization", &["a", "v", "v", "v", "v"], "n", &[]);
        let file = file.node("Relu", &["n"], "r", &[]);
        let found = said(&conv(file, "r", "c", [4, 4], &[]).node("GlobalAveragePool", &["c"], "y", &[]));
        assert_eq!(found.len(), 1, "{:?}", texts(&found));
        assert_eq!(found[0].attribute.as_deref(), Some(attribute));
    }
}

#[test]
fn what_is_behind_a_refused_operator_is_looked_at() {
    let mut file = conv(Onnx::new(13, [3, 9, 9]), "x", "c0", [3, 4], &[]);
    for i in 0..5 {
        let (from, swished, to) = (format!("c{i}"), format!("h{i}"), format!("c{}", i + 1));
        let pads = [("pads", Attr::Ints(&[1, 1, 1, 1]))];
        file = conv(file.node("HardSwish", &[&from], &swished, &[]), &swished, &to, [4, 4], &pads);
    }
    let file = file.node("Sigmoid", &["c5"], "s", &[]).node("Mul", &["c5", "s"], "m", &[]);
    let found = said(&file.node("MaxPool", &["m"], "y", &[("kernel_shape", Attr::Ints(&[2, 3]))]));
    let kinds: Vec<&str> = found.iter().map(|p| p.operator.as_str()).collect();
    let blocks = ["HardSwish"; 5];
    assert_eq!(kinds[..5], blocks);
    assert_eq!(kinds[5..], ["Sigmoid", "Mul", "MaxPool", "network output"]);
    let lines = grouped(&found);
    assert_eq!(lines.len(), 5, "{lines:?}");
    let kinds = kinds_of(&found);
    assert_eq!((kinds[0].operator, kinds[0].count, kinds[0].first), ("HardSwish", 5, "h0"));
    assert!(lines[0].starts_with("HardSwish: 5 nodes (first: h0 (HardSwish): unsupported operator"), "{lines:?}");
    assert!(lines.iter().all(|line| line.len() < 250), "{lines:?}");
}

/// The operators that are refused, whatever else is said of them.
fn operators(file: &Onnx) -> Vec<String> {
    said(file).into_iter().map(|problem| problem.operator).collect()
}

#[test]
fn refused_operators_leave_maps_of_their_shape() {
    let pads = [("pads", Attr::Ints(&[1, 1, 1, 1]))];
    // A U-Net: what enlarges, the kernel behind it that cannot be, and the map at the end.
    let net = conv(Onnx::new(13, [3, 8, 8]), "x", "a", [3, 4], &pads);
    let pool = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[2, 2]))];
    let net = net.node("MaxPool", &["a"], "p", &pool).floats("k", &[4, 4, 2, 2], &ramp(64));
    let net = net.node("ConvTranspose", &["p", "k"], "u", &[("strides", Attr::Ints(&[2, 2]))]);
    let net = net.floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]).node("Resize", &["p", "", "scales"], "q", &[]);
    let net = net.node("Concat", &["u", "a", "q"], "j", &[("axis", Attr::Int(1))]);
    let net = conv(net, "j", "d", [12, 4], &pads).node("LRN", &["d"], "l", &[("size", Attr::Int(5))]);
    let net = net.node("MaxPool", &["l"], "y", &[("kernel_shape", Attr::Ints(&[3, 1]))]);
    assert_eq!(operators(&net), ["ConvTranspose", "Resize", "LRN", "MaxPool", "network output"]);
}

#[test]
fn limits_of_the_machine_are_known_before_any_image() {
    let average = |file: Onnx| file.node("GlobalAveragePool", &["c"], "y", &[]);
    let padded = conv(Onnx::new(13, [1, 9, 9]), "x", "c", [1, 2], &[("pads", Attr::Ints(&[40, 40, 40, 40]))]);
    let found = said(&average(padded.node("Relu", &["c"], "d", &[])));
    assert_eq!(found.len(), 1, "{:?}", texts(&found));
    assert!(found[0].to_string().contains("padding: is 40; supported: 0 to 31"), "{}", found[0]);
    let wide = Onnx::new(13, [1, 40, 40]).floats("w", &[2, 1, 33, 32], &ramp(2112)).node("Conv", &["x", "w"], "c", &[]);
    let found = texts(&said(&average(wide)));
    assert!(found.len() == 2 && found[0].contains("kernel height: is 33"), "{found:?}");
    let many = Onnx::new(13, [1, 256, 256]).floats("w", &[2, 1, 1, 1], &ramp(2)).node("Conv", &["x", "w"], "c", &[]);
    let found = texts(&said(&average(many)));
    assert!(found.len() == 1 && found[0].contains("summed pixels: is 65536; supported: 0 to 32768"), "{found:?}");
    let flat = Onnx::new(13, [1, 32, 40]).node("Flatten", &["x"], "f", &[]).floats("w", &[1280, 2], &ramp(2560));
    let found = texts(&said(&flat.node("Gemm", &["f", "w"], "y", &[])));
    assert!(found.len() == 2 && found[0].contains("kernel height: is 32"), "{found:?}");
}

#[test]
fn names_from_files_cannot_steer_a_terminal() {
    let file =
        Onnx::new(13, [1, 4, 4]).floats("w", &[1, 1, 1, 1], &[1.0]).node("Conv", &["x", "w"], "c\u{1b}[31m", &[]);
    let graph = file.clone().node("Relu", &["c\u{1b}[31m"], "\u{202e}r", &[]).node(
        "GlobalAveragePool",
        &["\u{202e}r"],
        "y",
        &[],
    );
    let graph = graph.load();
    let shown = systole_model::describe(&graph).to_string() + &graph.notes.join("\n");
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{shown:?}");
    let found = said(&file.node("No\u{7}Such", &["c\u{1b}[31m"], "y", &[("a\u{8}", Attr::Int(1))]));
    assert!(texts(&found).join("").chars().all(|c| !c.is_control()), "{found:?}");
}

#[test]
fn the_same_chain_is_walked_without_recursion() {
    let mut file = conv(Onnx::new(13, [1, 6, 6]), "x", "r0", [1, 2], &[]);
    for i in 0..100_000 {
        file = file.node("Relu", &[&format!("r{i}")], &format!("r{}", i + 1), &[]);
    }
    let graph = file.node("GlobalAveragePool", &["r100000"], "y", &[]).load();
    let image = systole_net::Image { height: 6, width: 6, rgb: (0..108).map(|i| i * 2).collect() };
    let preprocess = systole_model::Preprocess::grey();
    let options = systole_model::QuantizeOptions::default();
    let ran = systole_model::quantize(&graph, &preprocess, &[image.clone(), image], &options, &mut |_| {});
    assert_eq!(ran.unwrap().0.layers.len(), 1);
}

/// Forms that are wrong in every way that a message can be about.
fn wrong() -> Vec<Vec<Problem>> {
    use Attr::{Float, Int, Ints, Text};
    let values = |file: Onnx| {
        let file =
            file.floats("w", &[3, 2, 3, 3], &ramp(54)).floats("m", &[2, 3], &ramp(6)).floats("five", &[5], &ramp(5));
        file.floats("neg", &[], &[-1.0]).ints("dims", &[7, -1]).floats("none", &[-1, 2], &[])
    };
    let k = || ("kernel_shape", Ints(&[3, 3]));
    type Written<'a> = (&'a str, &'a [&'a str], Vec<(&'a str, Attr<'a>)>);
    let nodes: Vec<Written> = vec![
        ("Conv", &["x", "w"], vec![("group", Int(2)), ("dilations", Ints(&[2, 1]))]),
        ("Conv", &["x", "w"], vec![("pads", Ints(&[-1, 0, 0, 0])), ("strides", Ints(&[0, 0]))]),
        ("Conv", &["x", "w"], vec![("kernel_shape", Ints(&[5, 5])), ("auto_pad", Text("ODD"))]),
        ("Conv", &["x", "five"], vec![("wobble", Float(1.0))]),
        ("Conv", &["x", "none"], vec![]),
        ("Conv", &["x", "x"], vec![]),
        ("Gemm", &["x", "w"], vec![("transA", Int(1))]),
        ("Gemm", &["x", "none"], vec![]),
        ("Gemm", &["x", "m"], vec![]),
        ("MatMul", &["x", "m"], vec![]),
        ("MaxPool", &["x"], vec![k(), ("pads", Ints(&[1, 0, 0, 1]))]),
        ("MaxPool", &["x"], vec![("kernel_shape", Ints(&[9, 9]))]),
        ("MaxPool", &["x"], vec![("kernel_shape", Ints(&[3, 2]))]),
        ("AveragePool", &["x"], vec![k(), ("pads", Ints(&[1, 0, 0, 1]))]),
        ("AveragePool", &["x"], vec![("kernel_shape", Ints(&[3, 2])), ("strides", Ints(&[2, 1]))]),
        ("Pad", &["x"], vec![("mode", Text("edge")), ("pads", Ints(&[0; 8]))]),
        ("Pad", &["x"], vec![("pads", Ints(&[1, 0, 0, 0, 0, 0, 0, 0]))]),
        ("Flatten", &["x"], vec![("axis", Int(9))]),
        ("Reshape", &["x", "dims"], vec![]),
        ("Transpose", &["x"], vec![("perm", Ints(&[0, 1]))]),
        ("Transpose", &["x"], vec![("perm", Ints(&[0, 2, 3, 1]))]),
        ("Squeeze", &["x"], vec![("axes", Ints(&[1]))]),
        ("Unsqueeze", &["x"], vec![("axes", Ints(&[9]))]),
        ("ReduceMean", &["x"], vec![("axes", Ints(&[1]))]),
        ("Concat", &["x", "x"], vec![("axis", Int(3))]),
        ("Softmax", &["x"], vec![]),
        ("ArgMax", &["x"], vec![("axis", Int(7))]),
        ("Sigmoid", &["x"], vec![]),
        ("HardSigmoid", &["x"], vec![("alpha", Float(-1.0))]),
        ("Clip", &["x", "neg"], vec![]),
        ("Add", &["x", "five"], vec![]),
        ("Add", &["x", "neg"], vec![]),
        ("Mul", &["x", "x"], vec![]),
        ("Div", &["neg", "x"], vec![]),
        ("BatchNormalization", &["x", "five", "five", "five", "five"], vec![("training_mode", Int(1))]),
        ("Cast", &["x"], vec![("to", Int(7))]),
        ("LSTM", &["x"], vec![]),
        ("HardSwish", &["x"], vec![]),
        ("Relu", &["nobody"], vec![]),
        ("QuantizeLinear", &["x", "five"], vec![]),
        ("Relu", &["x"], vec![]),
    ];
    let mut all: Vec<Vec<Problem>> = Vec::new();
    for (op, inputs, attributes) in nodes {
        let one = values(Onnx::new(13, [2, 6, 6])).node(op, inputs, "y", &attributes);
        all.push(said(&one));
        all.push(said(&one.node("GlobalAveragePool", &["y"], "z", &[]).node("Relu", &["z"], "zz", &[])));
    }
    all.push(said(&Onnx::new(3, [0, 0, 0])));
    all
}

fn wrong_in_caffe() -> Vec<Vec<Problem>> {
    let layers = [
        ("Convolution", "convolution_param { num_output: 2 kernel_h: 3 stride: 1 stride: 2 stride: 3 }"),
        ("Convolution", "convolution_param { num_output: 2 kernel_size: 3 group: 2 dilation: 2 wobble: 1 }"),
        ("Convolution", "convolution_param { kernel_size: many }"),
        ("Convolution", "convolution_param { num_output: 3 kernel_size: 5 }"),
        ("InnerProduct", "inner_product_param { num_output: 2 transpose: true axis: 2 }"),
        ("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"),
        ("Pooling", "pooling_param { kernel_size: 1 stride: 3 }"),
        ("Pooling", "pooling_param { kernel_h: 2 kernel_w: 3 pool: AVE }"),
        ("Flatten", "flatten_param { axis: 2 }"),
        ("Softmax", "softmax_param { axis: 2 }"),
        ("Concat", "concat_param { axis: 2 }"),
        ("Eltwise", "eltwise_param { operation: PROD coeff: 2 }"),
        ("Scale", "scale_param { axis: 2 }"),
        ("BatchNorm", "batch_norm_param { eps: none }"),
        ("ReLU", "relu_param { negative_slope: 0.1 }"),
        ("Clip", "clip_param { min: -1 max: 1 }"),
        ("LRN", ""),
        ("Sigmoid", ""),
        ("Wobble", ""),
    ];
    let said = |(kind, rest): &(&str, &str)| {
        let weights = caffemodel(&[("l", &[(&[2, 2, 3, 3], &[1.0; 36])])]);
        match load_pair(&weights, &network([2, 6, 6], &[layer(kind, "l", "x", rest)])) {
            Err(ModelError::Problems(problems)) => problems,
            other => panic!("{kind}: {:?}", other.map(|_| ())),
        }
    };
    layers.iter().map(said).collect()
}

/// No message prints what only a programmer reads, nor a list that nobody reads.
#[test]
fn messages_are_words() {
    let all: Vec<Vec<Problem>> = wrong().into_iter().chain(wrong_in_caffe()).collect();
    assert!(all.iter().filter(|problems| !problems.is_empty()).count() > 80);
    for text in all.iter().flatten().map(ToString::to_string).chain(all.iter().flat_map(|problems| grouped(problems))) {
        for sign in ["{", "Some(", "Ok(", "Err(", "None", "Padding", "usize", "\\"] {
            assert!(!text.contains(sign), "{text}");
        }
        let names = text.split("supported:").nth(1).unwrap_or("").matches(", ").count();
        assert!(names < 18, "{text}");
    }
}
