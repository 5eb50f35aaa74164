//! Average pools, sums of many maps, large kernels: the float executor against sums by hand and onnxruntime.

mod common;

use common::caffe::{layer, load_pair, network};
use common::onnx::{load_bytes, ramp, Attr, Onnx};
use common::onnxruntime;
use common::wire::caffemodel;
use systole_model::{float, to_onnx, Graph, Op};

fn scores(graph: &Graph) -> Vec<f32> {
    let image = ramp(graph.nodes[0].shape.iter().product());
    float::run(graph, &image).unwrap().pop().unwrap()
}

fn near(ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-4), "{ours:?}\n{theirs:?}");
}

/// Compares our scores with onnxruntime's on the same file.
fn compare(file: &Onnx) -> Option<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, file.bytes()).unwrap();
    let graph = file.load();
    near(&scores(&graph), &onnxruntime::run(&path, &ramp(graph.nodes[0].shape.iter().product()))?);
    assert!(load_bytes(&to_onnx(&graph)).unwrap().nodes == graph.nodes);
    Some(())
}

/// An average pool between two convolutions that tell every pixel from every other.
fn averaged(attributes: &[(&str, Attr)]) -> Onnx {
    Onnx::new(19, [2, 9, 8]).floats("w", &[3, 2, 1, 1], &ramp(6)).node("Conv", &["x", "w"], "c", &[]).node(
        "AveragePool",
        &["c"],
        "a",
        attributes,
    )
}

fn closed(file: Onnx, size: [i64; 2]) -> Onnx {
    let count = size.iter().product::<i64>() * 12;
    file.floats("v", &[4, 3, size[0], size[1]], &ramp(count as usize)).node("Conv", &["a", "v"], "d", &[]).node(
        "GlobalAveragePool",
        &["d"],
        "y",
        &[],
    )
}

#[test]
fn average_pools_as_onnxruntime_has_them() {
    let k = |k: &'static [i64]| ("kernel_shape", Attr::Ints(k));
    let s = || ("strides", Attr::Ints(&[2, 2]));
    let (pads, counted) = (|| ("pads", Attr::Ints(&[1, 1, 1, 1])), || ("count_include_pad", Attr::Int(1)));
    let ceil = || ("ceil_mode", Attr::Int(1));
    let cases = [
        (averaged(&[k(&[2, 2])]), [8, 7]),
        (averaged(&[k(&[2, 2]), s()]), [4, 4]),
        (averaged(&[k(&[3, 3]), s()]), [4, 3]),
        (averaged(&[k(&[3, 3]), s(), pads()]), [5, 4]),
        (averaged(&[k(&[3, 3]), s(), pads(), counted()]), [5, 4]),
        (averaged(&[k(&[3, 3]), s(), ceil()]), [4, 4]),
    ];
    for (file, size) in cases {
        let graph = closed(file.clone(), size).load();
        assert!(graph.nodes.iter().any(|n| matches!(n.op, Op::AveragePool { .. })));
        if compare(&closed(file, size)).is_none() {
            return;
        }
    }
}

#[test]
fn quantised_averages_keep_their_scale() {
    let window = [("kernel_shape", Attr::Ints(&[2, 2])), ("channels_last", Attr::Int(0))];
    let file = Onnx::new(13, [2, 9, 8]).floats("w", &[3, 2, 1, 1], &ramp(6)).floats("s", &[], &[0.5]);
    let file = file.floats("wide", &[], &[1.0]);
    let file = file.node("Conv", &["x", "w"], "c", &[]).node("Relu", &["c"], "r", &[]);
    let pool = "com.microsoft::QLinearAveragePool";
    let file = file.node("QuantizeLinear", &["r", "wide"], "q", &[]);
    let file =
        file.node(pool, &["q", "wide", "", "s", ""], "b", &window).node("DequantizeLinear", &["b", "s"], "a", &[]);
    let graph = closed(file, [8, 7]).load();
    let average = graph.nodes.iter().position(|n| matches!(n.op, Op::AveragePool { .. })).unwrap();
    // Storage cuts at its upper end, and keeps the scale.
    let stored = &graph.nodes[average + 1];
    assert!(matches!(stored.op, Op::Saturate { .. }) && stored.inputs == [average]);
    assert!(stored.given.result.is_some_and(|given| given.scale == 0.5));
}

/// onnxruntime divides windows that reach beyond the map by all of their pixels here, and by those on the map in AveragePool.
#[test]
fn quantised_averages_beyond_the_padding_are_refused() {
    let averaged = |size: i64, count_pad: i64| {
        let window = [
            ("kernel_shape", Attr::Ints(&[2, 2])),
            ("strides", Attr::Ints(&[2, 2])),
            ("ceil_mode", Attr::Int(1)),
            ("count_include_pad", Attr::Int(count_pad)),
        ];
        let file = Onnx::new(13, [2, size, size]).floats("s", &[], &[0.5]);
        let pool = "com.microsoft::QLinearAveragePool";
        let file = file.node("QuantizeLinear", &["x", "s"], "q", &[]);
        let file = file.node(pool, &["q", "s", "", "s", ""], "a", &window);
        file.node("DequantizeLinear", &["a", "s"], "d", &[]).node("GlobalAveragePool", &["d"], "y", &[])
    };
    let problems = averaged(5, 1).problems();
    let text = problems[0].to_string();
    assert!(
        text.contains("ceil_mode: is 1 with count_include_pad = 1") && text.contains("ceil_mode = 0, or"),
        "{text}"
    );
    averaged(5, 0).load();
    averaged(6, 1).load();
}

#[test]
fn windows_cut_at_the_edge_and_padding_in_sum_or_divisor() {
    let pool = |count_pad| {
        let attributes = [
            ("kernel_shape", Attr::Ints(&[2, 2])),
            ("strides", Attr::Ints(&[2, 2])),
            ("pads", Attr::Ints(&[1, 1, 1, 1])),
            ("count_include_pad", Attr::Int(count_pad)),
        ];
        let file = Onnx::new(19, [1, 2, 2]).floats("w", &[1, 1, 1, 1], &[4.0]);
        let file = file.node("Conv", &["x", "w"], "c", &[]).node("AveragePool", &["c"], "a", &attributes);
        let graph = file.floats("v", &[1, 1, 2, 2], &[1.0; 4]).node("Conv", &["a", "v"], "y", &[]).load();
        float::run(&graph, &[1.0, 2.0, 3.0, 4.0]).unwrap().swap_remove(2)
    };
    assert_eq!(pool(0), [4.0, 8.0, 12.0, 16.0]);
    assert_eq!(pool(1), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn zeros_of_a_pad_node_count_as_values() {
    let pads = [("pads", Attr::Ints(&[0, 0, 1, 1, 0, 0, 1, 1]))];
    let window = [("kernel_shape", Attr::Ints(&[3, 3])), ("strides", Attr::Ints(&[2, 2]))];
    let file = Onnx::new(10, [2, 9, 8]).node("Pad", &["x"], "p", &pads).node("AveragePool", &["p"], "a", &window);
    let graph = file.floats("v", &[1, 2, 5, 4], &ramp(40)).node("Conv", &["a", "v"], "y", &[]).load();
    assert_eq!(graph.nodes[1].op, Op::AveragePool { kernel: 3, stride: 2, pad: 1, ceil: false, count_pad: true });
}

/// The last windows have nothing but zeros; the score is onnxruntime's.
#[test]
fn windows_that_begin_in_zeros_of_a_pad_node_are_there() {
    let pads = [("pads", Attr::Ints(&[0, 0, 1, 1, 0, 0, 1, 1]))];
    let window = [("kernel_shape", Attr::Ints(&[2, 2])), ("strides", Attr::Ints(&[2, 2])), ("ceil_mode", Attr::Int(1))];
    let file = Onnx::new(10, [2, 3, 3]).node("Pad", &["x"], "p", &pads).node("AveragePool", &["p"], "a", &window);
    let graph = file.floats("v", &[1, 2, 3, 3], &ramp(18)).node("Conv", &["a", "v"], "y", &[]).load();
    near(&float::run(&graph, &ramp(18)).unwrap().pop().unwrap(), &[3.015625]);
}

/// onnxruntime's pools begin at the second pixel there, its convolutions at the first.
#[test]
fn automatic_padding_below_zero_is_refused_for_pools() {
    let window = [
        ("kernel_shape", Attr::Ints(&[1, 1])),
        ("strides", Attr::Ints(&[3, 3])),
        ("auto_pad", Attr::Text("SAME_UPPER")),
    ];
    let of = |size: i64| Onnx::new(13, [2, size, size]).floats("w", &[2, 2, 1, 1], &ramp(4));
    for pool in ["AveragePool", "MaxPool"] {
        let problems = of(9).node(pool, &["x"], "a", &window).node("GlobalAveragePool", &["a"], "y", &[]).problems();
        let text = problems[0].to_string();
        assert!(text.contains("auto_pad: is SAME_UPPER for windows of 1, 3 apart, on 9 pixels"), "{text}");
        assert!(text.contains("pads as numbers"), "{text}");
        of(8).node(pool, &["x"], "a", &window).node("GlobalAveragePool", &["a"], "y", &[]).load();
    }
    of(9).node("Conv", &["x", "w"], "a", &window).node("GlobalAveragePool", &["a"], "y", &[]).load();
}

#[test]
fn caffe_averages_with_its_padding_and_rounds_up() {
    let pool = layer("Pooling", "a", "x", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }");
    let conv = layer("Convolution", "c", "a", "convolution_param { num_output: 1 kernel_size: 3 bias_term: false }");
    let text = network([1, 5, 5], &[pool, conv]);
    let graph = load_pair(&caffemodel(&[("c", &[(&[1, 1, 3, 3], &[1.0; 9])])]), &text).unwrap();
    assert_eq!(graph.nodes[1].op, Op::AveragePool { kernel: 3, stride: 2, pad: 1, ceil: true, count_pad: true });
    let image: Vec<f32> = (0..25).map(|i| i as f32).collect();
    let averaged = &float::run(&graph, &image).unwrap()[1];
    let corner = (0.0 + 1.0 + 5.0 + 6.0) / 9.0;
    let middle = (6..=8).chain(11..=13).chain(16..=18).sum::<i32>() as f32 / 9.0;
    assert_eq!((averaged[0], averaged[4]), (corner, middle));
}

#[test]
fn caffe_batch_norm_and_scale_are_folded() {
    let layers = [
        layer("Convolution", "c", "x", "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }"),
        "layer { name: 'n' type: 'BatchNorm' bottom: 'c' top: 'c' batch_norm_param { eps: 0 } }".to_string(),
        "layer { name: 's' type: 'Scale' bottom: 'c' top: 'c' scale_param { bias_term: true } }".to_string(),
        layer("Pooling", "a", "c", "pooling_param { pool: AVE global_pooling: true }"),
    ];
    let weights = caffemodel(&[
        ("c", &[(&[2, 1, 1, 1], &[3.0, 5.0])]),
        ("n", &[(&[2], &[2.0, 8.0]), (&[2], &[8.0, 32.0]), (&[1], &[2.0])]),
        ("s", &[(&[2], &[10.0, 100.0]), (&[2], &[0.5, 0.25])]),
    ]);
    let graph = load_pair(&weights, &network([1, 1, 1], &layers)).unwrap();
    // Means 1 and 4, deviations 2 and 4.
    let wanted = [(3.0 * 7.0 - 1.0) / 2.0 * 10.0 + 0.5, (5.0 * 7.0 - 4.0) / 4.0 * 100.0 + 0.25];
    near(&float::run(&graph, &[7.0]).unwrap().pop().unwrap(), &wanted);
    let unfused = [layer("ReLU", "r", "x", ""), layer("BatchNorm", "n", "r", ""), layers[3].replace("'c'", "'n'")];
    let graph = load_pair(&weights, &network([2, 1, 1], &unfused)).unwrap();
    let found = float::run(&graph, &[7.0, -7.0]).unwrap().pop().unwrap();
    let wanted = [(7.0 - 1.0) / 2.0, (0.0 - 4.0) / 4.0];
    assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-4), "{found:?}");
}

#[test]
fn sums_of_many_maps_are_chains() {
    let file = Onnx::new(13, [2, 5, 5])
        .floats("w", &[2, 2, 1, 1], &ramp(4))
        .node("Conv", &["x", "w"], "c", &[])
        .node("Relu", &["c"], "r", &[])
        .node("Sum", &["x", "c", "r", "x"], "s", &[])
        .node("GlobalAveragePool", &["s"], "y", &[]);
    let graph = file.load();
    assert_eq!(graph.nodes.iter().filter(|n| n.op == Op::Add).count(), 3);
    compare(&file);
}

#[test]
fn large_kernels_and_strides() {
    let conv = |kernel: i64, stride: &'static [i64]| {
        let count = (3 * kernel * kernel) as usize;
        Onnx::new(13, [3, 31, 29])
            .floats("w", &[1, 3, kernel, kernel], &ramp(count))
            .node("Conv", &["x", "w"], "c", &[("strides", Attr::Ints(stride)), ("pads", Attr::Ints(&[2, 1, 2, 1]))])
            .node("GlobalAveragePool", &["c"], "y", &[])
    };
    for (kernel, stride) in [(5, &[1, 1]), (11, &[4, 4]), (7, &[2, 3])] {
        if compare(&conv(kernel, stride)).is_none() {
            return;
        }
    }
}

#[test]
fn dilated_convolutions_are_named_with_what_would_do() {
    let file = Onnx::new(13, [2, 6, 6]).floats("w", &[2, 1, 3, 3], &ramp(18)).node(
        "Conv",
        &["x", "w"],
        "c",
        &[("group", Attr::Int(2)), ("dilations", Attr::Ints(&[2, 2]))],
    );
    let problems = file.node("GlobalAveragePool", &["c"], "y", &[]).problems();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        text.len() == 1 && text.iter().any(|p| p.contains("dilations: is [2, 2]") && p.contains("larger kernel")),
        "{text:?}"
    );
}
