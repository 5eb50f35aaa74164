//! Storage of a quantised file: the integers saturate where it does, or what they do otherwise is told.

use crate::builder::{images, judged, Builder, CALIBRATION, SIZE};
use systole_model::{float, quantize, Graph, NodeId, Op, Preprocess, QuantizeError, Report};

/// Cuts a tenth or more of the values on either side.
const ENDS: [f32; 2] = [-0.35, 0.5];

fn saturate(b: &mut Builder, input: NodeId, [least, most]: [f32; 2]) -> NodeId {
    let shape = b.nodes[input].shape;
    b.push(Op::Saturate { least: vec![least; shape[0]], most: vec![most; shape[0]] }, &[input], shape)
}

fn report(graph: &Graph) -> Result<Report, QuantizeError> {
    let images = &images(SIZE)[..CALIBRATION];
    quantize(graph, &Preprocess::torchvision(), images, &Default::default(), &mut |_| ()).map(|(_, report)| report)
}

/// The notes, once golden has been compared with floating point.
fn notes(graph: &Graph) -> Vec<String> {
    judged(graph, &Preprocess::torchvision());
    report(graph).unwrap().notes
}

fn flat_end(mut b: Builder, last: NodeId) -> Graph {
    let [channels, ..] = b.nodes[last].shape;
    b.push(Op::GlobalAverage, &[last], [channels, 1, 1]);
    Graph { name: "saturations".into(), nodes: b.nodes, notes: vec![], ..Default::default() }
}

#[test]
fn ends_that_a_map_has_are_the_maps() {
    for (ends, signed) in [([0.0, 0.4], false), ([-0.4 * 128.0 / 127.0, 0.4], true)] {
        let mut b = Builder::new(3);
        let first = b.conv(0, 8, 3, 0);
        let first = saturate(&mut b, first, ends);
        let next = b.conv(first, 8, 3, 1);
        let pooled = b.pool(next);
        let next = saturate(&mut b, pooled, ends);
        let graph = b.finish(next, true);
        let net = judged(&graph, &Preprocess::torchvision());
        assert_eq!(net.layers.len(), 4, "one for each convolution and pool");
        for tensor in &net.tensors[1..] {
            assert_eq!(tensor.signed, signed);
            assert!(tensor.scale * f64::from(tensor.range().1) <= f64::from(ends[1]) * 1.000_001, "{}", tensor.name);
        }
        let notes = report(&graph).unwrap().notes;
        assert!(notes.len() == 2 && notes.iter().all(|note| note.contains("the map saturates there")), "{notes:?}");
    }
}

#[test]
fn other_ends_take_a_layer_of_their_own() {
    let mut b = Builder::new(3);
    let first = b.conv(0, 8, 3, 0);
    let first = saturate(&mut b, first, ENDS);
    let next = b.conv(first, 8, 3, 1);
    let notes = notes(&b.finish(next, true));
    assert!(notes.len() == 1 && notes[0].contains("at the cost of a 1x1 layer"), "{notes:?}");
    assert!(notes[0].contains("saturates at -0.35..0.5") && notes[0].contains("% of the values"), "{notes:?}");
}

#[test]
fn operands_joined_maps_pools_and_scores_are_cut() {
    let mut b = Builder::new(3);
    let (left, right) = (b.conv(0, 6, 3, 1), b.conv(0, 6, 1, 0));
    let (left, right) = (saturate(&mut b, left, ENDS), saturate(&mut b, right, [0.0, 0.35]));
    let sum = b.add(left, right);
    let sum = saturate(&mut b, sum, [-0.65 * 128.0 / 127.0, 0.65]);
    let (one, other) = (b.conv(sum, 4, 1, 0), b.conv_relu(sum, 4, 3, 1));
    let one = saturate(&mut b, one, ENDS);
    let joined = b.concat(one, other);
    let pooled = b.pool(joined);
    let pooled = saturate(&mut b, pooled, [-0.1, 0.4]);
    let last = b.conv(pooled, 10, 1, 0);
    let last = saturate(&mut b, last, [-0.2, 0.3]);
    notes(&flat_end(b, last));
}

#[test]
fn branches_of_one_map_have_ends_of_their_own() {
    let mut b = Builder::new(3);
    let (left, right) = (b.conv(0, 5, 3, 1), b.conv(0, 7, 1, 0));
    let (left, right) = (saturate(&mut b, left, [0.0, 0.2]), saturate(&mut b, right, [0.0, 0.7]));
    let joined = b.concat(left, right);
    let net = judged(&b.finish(joined, true), &Preprocess::torchvision());
    assert_eq!(net.layers.len(), 3);
}

#[test]
fn the_image_is_cut_in_its_table() {
    let mut b = Builder::new(3);
    let image = saturate(&mut b, 0, [-0.5, 0.5]);
    let next = b.conv_relu(image, 8, 3, 1);
    let graph = b.finish(next, true);
    let net = judged(&graph, &Preprocess::torchvision());
    assert!(net.input.lut.is_some() && net.layers.len() == 2);
    assert!(report(&graph).unwrap().notes[0].contains("--preprocess"));
}

#[test]
fn what_cuts_nothing_costs_nothing() {
    let build = |stored: bool| {
        let mut b = Builder::new(3);
        let image = if stored { saturate(&mut b, 0, [-9.0, 9.0]) } else { 0 };
        let mut first = b.conv(image, 8, 3, 0);
        first = if stored { saturate(&mut b, first, [-50.0, 60.0]) } else { first };
        let next = b.conv(first, 8, 3, 1);
        let next = if stored { saturate(&mut b, next, [0.0, 99.0]) } else { b.relu(next) };
        b.finish(next, false)
    };
    let layers = |graph: &Graph| {
        let net = judged(graph, &Preprocess::torchvision());
        net.layers.into_iter().map(|layer| layer.kind).collect::<Vec<_>>()
    };
    assert!(layers(&build(true)) == layers(&build(false)));
    assert_eq!(report(&build(true)).unwrap().notes, [""; 0]);
}

/// A mean over the whole map, stored between `ends`, and two layers behind it.
fn behind_a_stored_mean(ends: [f32; 2]) -> Graph {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 8, 3, 1);
    let mean = b.average(first, SIZE, 1, 0);
    let mean = saturate(&mut b, mean, ends);
    let next = b.conv(mean, 6, 1, 0);
    b.finish(next, false)
}

#[test]
fn a_stored_mean_saturates_on_its_pixel() {
    let graph = behind_a_stored_mean([0.0, 0.12]);
    let net = judged(&graph, &Preprocess::torchvision());
    assert_eq!(net.layers.len(), 4, "the average is a layer of its own");
    assert!(report(&graph).unwrap().notes[0].contains("the map saturates there"));
}

#[test]
fn a_stored_mean_that_cuts_nothing_is_the_last_step() {
    let graph = behind_a_stored_mean([-1.0, 99.0]);
    let net = judged(&graph, &Preprocess::torchvision());
    assert_eq!(net.layers.len(), 3, "the average is the last layer's sum");
    assert_eq!(report(&graph).unwrap().notes, [""; 0]);
}

#[test]
fn what_hardly_moves_the_scores_is_left_out_and_told() {
    let graph = |ends| {
        let mut b = Builder::new(3);
        let first = b.conv_relu(0, 8, 3, 0);
        let last = b.conv(first, 10, 1, 0);
        let last = saturate(&mut b, last, ends);
        flat_end(b, last)
    };
    let sample = images(SIZE);
    let values = sample[..CALIBRATION].iter().flat_map(|image| {
        let input = Preprocess::torchvision().apply(image).unwrap();
        float::run(&graph([-1e9, 1e9]), &input).unwrap().swap_remove(3)
    });
    let (low, high) = values.fold((0f32, 0f32), |(low, high), v| (low.min(v), high.max(v)));
    // Some few values lie beyond, by little.
    let [note] = &notes(&graph([1.5 * low, 0.97 * high]))[..] else { panic!() };
    assert!(note.contains("left out, which moves the scores by"), "{note}");
}

/// Half of the channels are negative everywhere and stored as the least value, which is above zero; the others are above it.
#[test]
fn ends_above_zero_are_more_than_a_relu() {
    let mut b = Builder::new(3);
    let first = b.conv(0, 8, 3, 0);
    let Op::Conv { weights, bias, .. } = &mut b.nodes[first].op else { panic!() };
    weights.iter_mut().for_each(|w| *w *= 0.1);
    bias.iter_mut().enumerate().for_each(|(channel, bias)| *bias = if channel % 2 == 0 { 2.0 } else { -2.0 });
    let first = saturate(&mut b, first, [0.5, 4.0]);
    let next = b.conv(first, 8, 3, 1);
    let notes = notes(&b.finish(next, true));
    assert!(notes.len() == 1 && notes[0].contains("at the cost of a 1x1 layer"), "{notes:?}");
    assert!(!notes[0].contains("; 0.000 % of the values"), "{notes:?}");
}

#[test]
fn what_would_change_the_scores_and_takes_too_much_is_refused() {
    let mut b = Builder::new(3);
    let first = b.conv(0, 1100, 1, 0);
    let first = saturate(&mut b, first, [-0.1, 0.3]);
    let error = report(&b.finish(first, true)).unwrap_err().to_string();
    assert!(error.contains("node2") && error.contains("saturates at -0.1..0.3"), "{error}");
    assert!(error.contains("the scores move by") && error.contains("MinMax"), "{error}");
}
