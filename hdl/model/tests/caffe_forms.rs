//! Caffe's layers and the forms in which its files have been written over the years.

mod common;

use common::caffe::{layer, load_pair, network};
use common::onnx::ramp;
use common::wire::{caffemodel, Wire};
use systole_model::graph::Padding;
use systole_model::{float, Graph, Op};

const AVERAGE: &str = "pooling_param { pool: AVE global_pooling: true }";

fn no_weights() -> Vec<u8> {
    caffemodel(&[])
}

/// Output sizes by Caffe's own rule, worked out by hand: (size, kernel, stride, pad, round, wanted).
#[test]
fn pooling_sizes_follow_caffe() {
    let cases = [
        (113, 3, 2, 0, "", 56),
        (56, 3, 2, 0, "", 28),
        (7, 3, 2, 0, "", 3),
        (8, 3, 2, 0, "", 4),
        (8, 3, 2, 0, "round_mode: FLOOR", 3),
        (7, 3, 2, 1, "", 4),
        (6, 2, 2, 1, "", 4),
        // Rounded up there are 5 windows; the fifth would start at 8 = size + pad.
        (7, 2, 2, 1, "", 4),
        (5, 5, 1, 0, "", 1),
        (4, 2, 3, 0, "", 2),
    ];
    for (size, kernel, stride, pad, round, wanted) in cases {
        let param = format!("pooling_param {{ pool: MAX kernel_size: {kernel} stride: {stride} pad: {pad} {round} }}");
        let text = network([2, size, size], &[layer("Pooling", "p", "x", &param), layer("Pooling", "y", "p", AVERAGE)]);
        let graph = load_pair(&no_weights(), &text).unwrap();
        assert_eq!(graph.nodes[1].shape, [2, wanted, wanted], "{size} {kernel} {stride} {pad} {round}");
    }
}

#[test]
fn a_window_outside_the_map_is_a_problem() {
    // Caffe's rule gives (6 - 1) / 4 rounded up + 1 = 3 windows of stride 4: the last starts at 8, outside.
    let param = "pooling_param { kernel_size: 1 stride: 4 }";
    let text = network([1, 6, 6], &[layer("Pooling", "p", "x", param), layer("Pooling", "y", "p", AVERAGE)]);
    let problems = common::onnx::problems(load_pair(&no_weights(), &text));
    assert!(problems[0].why.contains("outside"), "{problems:?}");
}

fn conv_param(graph: &Graph) -> ([usize; 2], [usize; 2], Padding) {
    match &graph.nodes[1].op {
        Op::Conv { kernel, stride, pad, .. } => (*kernel, *stride, *pad),
        other => panic!("{other:?}"),
    }
}

#[test]
fn kernels_strides_and_pads_in_every_spelling() {
    let all = [
        "kernel_size: 3 kernel_size: 2 stride: 2 stride: 1 pad: 1 pad: 0",
        "kernel_size: [3, 2] stride: [2, 1] pad: [1, 0]",
        "kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 0",
        "kernel_h: 3, kernel_w: 2; stride_h: 2 pad_h: 1",
    ];
    let weights = caffemodel(&[("c", &[(&[2, 1, 3, 2], &ramp(12)), (&[2], &ramp(2))])]);
    for spelling in all {
        let param = format!("convolution_param {{ num_output: 2 {spelling} }}");
        let text = network([1, 8, 8], &[layer("Convolution", "c", "x", &param), layer("Pooling", "y", "c", AVERAGE)]);
        let graph = load_pair(&weights, &text).unwrap();
        let pad = Padding { top: 1, left: 0, bottom: 1, right: 0 };
        assert_eq!(conv_param(&graph), ([3, 2], [2, 1], pad), "{spelling}");
        assert_eq!(graph.nodes[1].shape, [2, 4, 7]);
    }
}

#[test]
fn inner_product_without_bias_uses_the_whole_map() {
    let weights = ramp(2 * 12);
    let text = network(
        [3, 2, 2],
        &[
            layer("Flatten", "f", "x", ""),
            layer("InnerProduct", "ip", "f", "inner_product_param { num_output: 2 bias_term: false }"),
            layer("Softmax", "prob", "ip", ""),
        ],
    );
    for dims in [&[2i64, 12][..], &[1, 1, 2, 12]] {
        let graph = load_pair(&caffemodel(&[("ip", &[(dims, &weights)])]), &text).unwrap();
        let image = ramp(12);
        let row = |o: usize| -> f32 { image.iter().zip(&weights[o * 12..]).map(|(a, b)| a * b).sum() };
        let scores = float::run(&graph, &image).unwrap().pop().unwrap();
        assert!((scores[0] - row(0)).abs() < 1e-5 && (scores[1] - row(1)).abs() < 1e-5, "{scores:?}");
    }
}

/// The same network in the spelling of 2013: `layers`, upper-case types, `input_dim`, blobs with four numbers.
#[test]
fn old_files_give_the_same_graph() {
    let (weights, bias) = (ramp(18), ramp(2));
    let new_text = network(
        [1, 8, 8],
        &[
            layer("Convolution", "c", "x", "convolution_param { num_output: 2 kernel_size: 3 }"),
            "layer { name: 'r' type: 'ReLU' bottom: 'c' top: 'c' }".to_string(),
            layer("Pooling", "y", "c", AVERAGE),
        ],
    );
    let old_text = "name: 'test' input: 'x' input_dim: 10 input_dim: 1 input_dim: 8 input_dim: 8
        layers { name: 'c' type: CONVOLUTION bottom: 'x' top: 'c' blobs_lr: 1 convolution_param { num_output: 2 kernel_size: 3 } }
        layers { name: 'r' type: RELU bottom: 'c' top: 'c' }
        layers { name: 'y' type: POOLING bottom: 'c' top: 'y' pooling_param { pool: AVE global_pooling: true } }";
    let blob = |dims: [i64; 4], values: &[f32]| {
        (1..).zip(dims).fold(Wire::default(), |w, (field, d)| w.int(field, d)).floats(5, values)
    };
    let old_layer = Wire::default().text(4, "c").int(5, 4).message(6, &blob([2, 1, 3, 3], &weights));
    let old_layer = old_layer.message(6, &blob([1, 1, 1, 2], &bias));
    let old = load_pair(&Wire::default().text(1, "test").message(2, &old_layer).0, old_text).unwrap();
    let new = caffemodel(&[("c", &[(&[2, 1, 3, 3], &weights), (&[2], &bias)])]);
    assert_eq!(old, load_pair(&new, &new_text).unwrap());
}

#[test]
fn layers_of_training_are_left_out_and_in_place_layers_rebind() {
    let text = network(
        [2, 4, 4],
        &[
            "layer { name: 'loss' type: 'Accuracy' bottom: 'x' top: 'l' include { phase: TRAIN } }".to_string(),
            "layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'x' }".to_string(),
            layer("Dropout", "d", "x", "dropout_param { dropout_ratio: 0.5 }"),
            "layer { name: 's' type: 'Eltwise' bottom: 'x' bottom: 'd' top: 's' }".to_string(),
            "layer { name: 'j' type: 'Concat' bottom: 's' bottom: 'x' top: 'j' }".to_string(),
            layer("Pooling", "y", "j", "pooling_param { pool: AVE kernel_size: 4 }"),
        ],
    );
    let graph = load_pair(&caffemodel(&[("other", &[(&[1], &[1.0])])]), &text).unwrap();
    let structure: Vec<(&Op, &[usize])> = graph.nodes.iter().map(|n| (&n.op, n.inputs.as_slice())).collect();
    let want: [(&Op, &[usize]); 5] =
        [(&Op::Input, &[]), (&Op::Relu, &[0]), (&Op::Add, &[1, 1]), (&Op::Concat, &[2, 1]), (&Op::GlobalAverage, &[3])];
    assert_eq!(structure, want);
    assert!(graph.notes.iter().any(|n| n.contains("other: weights that the network description does not use")));
}

#[test]
fn relu6_and_clip_are_clips() {
    let conv = layer("Convolution", "c", "x", "convolution_param { num_output: 1 kernel_size: 1 bias_term: false }");
    let weights = caffemodel(&[("c", &[(&[1, 1, 1, 1], &[1.0])])]);
    let with = |clip: String| load_pair(&weights, &network([1, 1, 1], &[conv.clone(), clip]));
    for (clip, max) in
        [(layer("ReLU6", "r", "c", ""), 6.0), (layer("Clip", "r", "c", "clip_param { min: 0 max: 2.5 }"), 2.5)]
    {
        let graph = with(clip).unwrap();
        assert_eq!(graph.nodes[2].op, Op::Clip { max });
        assert_eq!([-1.0, 1.5, 9.0].map(|x| float::run(&graph, &[x]).unwrap()[2][0]), [0.0, 1.5, max]);
    }
    for (param, wanted) in
        [("min: -1 max: 1", "clips to -1..1"), ("min: 0", "max: is not given"), ("min: 0 max: 0", "0..0")]
    {
        let error = with(layer("Clip", "r", "c", &format!("clip_param {{ {param} }}"))).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}
