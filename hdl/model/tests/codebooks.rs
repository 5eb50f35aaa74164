//! Codebooks of random networks: whatever the weights are, the integers are ones that a network may have.

use proptest::prelude::*;
use systole_model::{quantize, Given, Graph, Node, Op, Preprocess, QuantizeOptions, WeightFormat, WeightFormats};
use systole_net::{limits::MAX_WEIGHT, Image, LayerKind, Padding};

const SIZE: usize = 6;

fn node(name: &str, op: Op, inputs: Vec<usize>, shape: [usize; 3]) -> Node {
    Node { name: name.into(), op, inputs, shape, given: Given::default() }
}

fn conv(weights: Vec<f32>, channels: usize, kernel: usize) -> Op {
    let out_channels = weights.len() / (channels * kernel * kernel);
    let pad = kernel / 2;
    let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
    Op::Conv { out_channels, kernel: [kernel; 2], stride: [1; 2], pad, weights, bias: vec![0.1; out_channels] }
}

/// Two convolutions whose weights have a few that are far larger than the others.
fn graph(first: Vec<f32>, second: Vec<f32>) -> Graph {
    let nodes = vec![
        node("data", Op::Input, vec![], [3, SIZE, SIZE]),
        node("first", conv(first, 3, 3), vec![0], [4, SIZE, SIZE]),
        node("relu", Op::Relu, vec![1], [4, SIZE, SIZE]),
        node("second", conv(second, 4, 1), vec![2], [5, SIZE, SIZE]),
        node("scores", Op::GlobalAverage, vec![3], [5, 1, 1]),
    ];
    Graph { name: "random".into(), nodes, notes: vec![], ..Default::default() }
}

fn weight() -> impl Strategy<Value = f32> {
    prop_oneof![6 => -1f32..1.0, 1 => -40f32..40.0, 1 => Just(0.0), 1 => Just(1.0)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_weight_is_beyond_its_range(
        first in prop::collection::vec(weight(), 3 * 9 * 4),
        second in prop::collection::vec(weight(), 4 * 5),
        pixels in prop::collection::vec(any::<u8>(), 3 * SIZE * SIZE * 3),
        bits in 3u32..=6,
    ) {
        let image = |rgb: &[u8]| Image { height: SIZE, width: SIZE, rgb: rgb.to_vec() };
        let images: Vec<Image> = pixels.chunks(SIZE * SIZE * 3).map(image).collect();
        let all = WeightFormat::Codebook { bits };
        let weights = WeightFormats { all, ..WeightFormats::default() };
        let options = QuantizeOptions { weights, ..QuantizeOptions::default() };
        let (net, _) = quantize(&graph(first, second), &Preprocess::unit(), &images, &options, &mut |_| ()).unwrap();
        for layer in &net.layers {
            let LayerKind::Conv(conv) = &layer.kind else { continue };
            prop_assert!(conv.weights.iter().all(|w| (-MAX_WEIGHT..=MAX_WEIGHT).contains(w)));
            let book = net.codebook(conv).expect("every layer has one");
            prop_assert!(book.bits() <= bits, "{} values", book.values.len());
        }
    }
}
