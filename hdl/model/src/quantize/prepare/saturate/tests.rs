//! Saturations of which each cuts less than a count, but which change the scores together.

use super::*;
use crate::graph::{Node, Padding};

/// Ends of a map of two channels, and a value that lies beyond them by less than half a count.
const ENDS: [f32; 2] = [-1.0, 1.0];
const BEYOND: f32 = 1.003;
const SIZE: usize = 4;

fn node(name: &str, op: Op, input: usize, shape: [usize; 3]) -> Node {
    Node { name: name.into(), op, inputs: vec![input], shape, given: Default::default() }
}

/// `y = x * factor + bias` of each of the two channels.
fn line(factor: f32, bias: f32) -> Op {
    let (kernel, stride, pad) = ([1; 2], [1; 2], Padding::default());
    Op::Conv { out_channels: 2, kernel, stride, pad, weights: vec![factor, 0.0, 0.0, factor], bias: vec![bias; 2] }
}

fn saturate([least, most]: [f32; 2]) -> Op {
    Op::Saturate { least: vec![least; 2], most: vec![most; 2] }
}

/// The image, these operations, and the mean.
fn graph(ops: Vec<Op>) -> Graph {
    let shape = [2, SIZE, SIZE];
    let image = Node { inputs: Vec::new(), ..node("x", Op::Input, 0, shape) };
    let mut nodes = vec![image];
    for (at, op) in ops.into_iter().enumerate() {
        nodes.push(node(&format!("n{}", at + 1), op, at, shape));
    }
    let last = nodes.len() - 1;
    nodes.push(node("mean", Op::GlobalAverage, last, [2, 1, 1]));
    Graph { name: "small".into(), nodes, ..Graph::default() }
}

/// What is settled with images of values from 0 to 1, two channels of the three.
fn settled(graph: &Graph) -> Result<Settled, QuantizeError> {
    let unit = Preprocess::unit();
    let preprocess = Preprocess {
        colours: unit.colours[..2].to_vec(),
        mean: unit.mean[..2].to_vec(),
        scale: unit.scale[..2].to_vec(),
        ..unit
    };
    settle(graph, &preprocess, &images(), &[0, 1])
}

fn images() -> Vec<Image> {
    let image = |k: usize| Image {
        height: SIZE,
        width: SIZE,
        rgb: (0..SIZE * SIZE * 3).map(|i| if (i + k) % 2 == 0 { 255 } else { 250 }).collect(),
    };
    vec![image(0), image(1)]
}

#[test]
fn what_cuts_less_than_a_count_is_kept_where_the_scores_want_it() {
    // What is left of the map behind it lies in what was cut.
    let cut = [line(1e-4, BEYOND - 1e-4), saturate(ENDS), line(1.0, -0.9)].to_vec();
    let graph = graph(cut);
    let plain = difference_of(&graph, &without_images(&graph));
    assert!(plain > 2.0 * MOST_MOVED, "{plain}");
    let settled = settled(&graph).unwrap();
    let notes = &settled.notes;
    assert!(notes.len() == 1 && notes[0].contains("0.000 % of the values"), "{notes:?}");
    assert!(notes[0].contains("at the cost of a 1x1 layer"), "{notes:?}");
    assert!(settled.graph.nodes.len() > graph.nodes.len());
    let moved = difference_of(&graph, &settled.graph);
    assert!(moved < 1e-4, "{moved}");
}

#[test]
fn what_costs_nothing_is_kept_before_what_takes_a_layer() {
    // Of the image, whose table takes its ends along.
    let graph = graph([saturate([0.0, 0.9985]), line(1.0, -0.95)].to_vec());
    let settled = settled(&graph).unwrap();
    assert_eq!(settled.graph.nodes, graph.nodes);
    assert!(settled.notes.len() == 1 && settled.notes[0].contains("the map saturates there"), "{:?}", settled.notes);
}

#[test]
fn what_cannot_be_had_and_changes_the_scores_is_refused() {
    // The image is also read as it is, and a map of its own is had behind layers alone.
    let mut graph = graph([saturate([0.0, 0.9985]), line(1.0, -0.95), Op::Add].to_vec());
    graph.nodes.insert(3, node("raw", line(1e-3, 0.0), 0, [2, SIZE, SIZE]));
    graph.nodes[4].inputs = vec![2, 3];
    graph.nodes[5].inputs = vec![4];
    let Err(error) = settled(&graph) else { panic!("not refused") };
    assert!(matches!(&error, QuantizeError::Saturation { node, .. } if node == "n1"), "{error}");
}

/// How far the scores of the images lie apart.
fn difference_of(wanted: &Graph, found: &Graph) -> f64 {
    let inputs: Vec<Vec<f32>> = images()
        .iter()
        .map(|image| image.pixels().flat_map(|pixel| [pixel[0], pixel[1]]).map(|b| f32::from(b) / 255.0).collect())
        .collect();
    let scores: Vec<Vec<f32>> = inputs.iter().map(|x| float::run(wanted, x).unwrap().pop().unwrap()).collect();
    difference(found, &inputs, &scores).unwrap()
}
