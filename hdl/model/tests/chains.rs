//! Chains so long that nothing may go down them step by step on the stack.

use systole_model::{quantize, Given, Graph, Node, Op, Preprocess};
use systole_net::{Image, Padding};

const SIZE: usize = 2;
const LENGTH: usize = 100_000;

#[test]
fn a_hundred_thousand_relus_are_one() {
    let mut nodes = Vec::new();
    let mut push = |op: Op, inputs: Vec<usize>, shape: [usize; 3]| {
        nodes.push(Node { name: format!("node{}", nodes.len()), op, inputs, shape, given: Given::default() });
        nodes.len() - 1
    };
    let conv = |channels: usize| Op::Conv {
        out_channels: 2,
        kernel: [1; 2],
        stride: [1; 2],
        pad: Padding::default(),
        weights: (0..2 * channels).map(|at| 0.5 + at as f32 * 0.1).collect(),
        bias: vec![0.1; 2],
    };
    let mut last = push(Op::Input, vec![], [3, SIZE, SIZE]);
    last = push(conv(3), vec![last], [2, SIZE, SIZE]);
    for _ in 0..LENGTH {
        last = push(Op::Relu, vec![last], [2, SIZE, SIZE]);
    }
    last = push(conv(2), vec![last], [2, SIZE, SIZE]);
    push(Op::GlobalAverage, vec![last], [2, 1, 1]);
    let graph = Graph { name: "chain".into(), nodes, notes: vec![], ..Default::default() };
    let image = |shade: u8| Image { height: SIZE, width: SIZE, rgb: (0..12).map(|at| shade + at * 7).collect() };
    let images: Vec<Image> = (0..10).map(|at| image(at * 15)).collect();
    let (net, report) = quantize(&graph, &Preprocess::unit(), &images, &Default::default(), &mut |_| ()).unwrap();
    assert!(net.layers.len() == 2 && report.score_error < 0.02, "{}", report.score_error);
}
