//! Every structure that the quantiser fuses: golden's scores against the float executor's.

use crate::builder::{images, judged, Builder, SIZE};
use systole_model::{quantize, Graph, IntegerWeights, Op, Preprocess, Quantisation, QuantizeError, QuantizeOptions};
use systole_net::{Image, LayerKind, Net};

fn residuals(net: &Net) -> usize {
    net.layers.iter().filter(|l| matches!(&l.kind, LayerKind::Conv(c) if c.residual.is_some())).count()
}

#[test]
fn raw_bytes_through_an_unpadded_first_layer() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 0);
    let net = judged(&b.finish(first, true), &Preprocess::torchvision());
    assert!(net.input.lut.is_none() && !net.tensors[0].signed);
}

#[test]
fn raw_bytes_through_a_padded_first_layer_without_mean() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 1);
    let net = judged(&b.finish(first, true), &Preprocess::unit());
    assert!(net.input.lut.is_none() && !net.tensors[0].signed);
}

#[test]
fn tables_through_a_padded_first_layer_with_mean() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 1);
    let net = judged(&b.finish(first, true), &Preprocess::torchvision());
    assert!(net.input.lut.is_some() && net.tensors[0].signed);
}

#[test]
fn fire_with_bypass_adds_behind_relu() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 16, 3, 0);
    let kept = b.pool(first);
    let squeeze = b.conv_relu(kept, 6, 1, 0);
    let (left, right) = (b.conv_relu(squeeze, 8, 1, 0), b.conv_relu(squeeze, 8, 3, 1));
    let joined = b.concat(left, right);
    let sum = b.add(joined, kept);
    let pooled = b.pool(sum);
    let net = judged(&b.finish(pooled, true), &Preprocess::caffe());
    assert_eq!(residuals(&net), 2);
    assert!(net.tensors.iter().all(|t| !t.signed));
}

#[test]
fn residual_block_with_relu_behind_the_addition() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 8, 3, 0);
    let shortcut = b.conv(first, 12, 1, 0);
    let inner = b.conv_relu(first, 12, 3, 1);
    let outer = b.conv(inner, 12, 3, 1);
    let sum = b.add(outer, shortcut);
    let sum = b.relu(sum);
    let net = judged(&b.finish(sum, false), &Preprocess::caffe());
    assert_eq!(residuals(&net), 1);
    assert_eq!(net.tensors.iter().filter(|t| t.signed).count(), 1, "the shortcut alone");
}

#[test]
fn relu_behind_concat_and_behind_pool() {
    let mut b = Builder::new(3);
    let (left, right) = (b.conv(0, 5, 1, 0), b.conv(0, 7, 1, 0));
    let joined = b.concat(left, right);
    let joined = b.relu(joined);
    let next = b.conv(joined, 9, 3, 1);
    let pooled = b.pool(next);
    let pooled = b.relu(pooled);
    let net = judged(&b.finish(pooled, true), &Preprocess::caffe());
    assert!(net.tensors.iter().all(|t| !t.signed));
    assert_eq!(net.layers.len(), 5);
}

#[test]
fn channels_without_weights_are_their_bias() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 6, 3, 0);
    if let Op::Conv { weights, bias, .. } = &mut b.nodes[first - 1].op {
        weights[..27].fill(0.0);
        bias[0] = 0.7;
        weights[27..54].fill(1e-9);
        bias[1] = 0.3;
    }
    judged(&b.finish(first, true), &Preprocess::torchvision());
}

#[test]
fn parts_that_are_no_convolutions_are_joined_and_added() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 6, 3, 0);
    // As Inception reduces maps; the pool is read twice.
    let pooled = b.pool(first);
    let side = b.conv_relu(pooled, 5, 3, 1);
    let joined = b.concat(side, pooled);
    // As DenseNet grows: a map, what is computed from it, and all of both again.
    let more = b.conv_relu(joined, 4, 3, 1);
    let grown = b.concat(joined, more);
    let (left, right) = (b.pool(grown), b.pool(grown));
    let sum = b.add(left, right);
    let net = judged(&b.finish(sum, true), &Preprocess::torchvision());
    assert!(net.tensors.iter().all(|t| !t.signed));
    assert_eq!(residuals(&net), 1);
}

#[test]
fn everything_without_a_step_is_listed() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 4, 3, 0);
    let shape @ [_, height, width] = b.nodes[first].shape;
    let uncounted = Op::AveragePool { kernel: 3, stride: 1, pad: 1, ceil: false, count_pad: false };
    let average = b.push(uncounted, &[first], shape);
    let last = b.conv(average, 6, 1, 0);
    let Op::Conv { stride, .. } = &mut b.nodes[last].op else { panic!() };
    *stride = [1, 2];
    b.nodes[last].shape = [6, height, width.div_ceil(2)];
    b.push(Op::GlobalAverage, &[last], [6, 1, 1]);
    let graph = Graph { name: "small".into(), nodes: b.nodes, notes: vec![], ..Default::default() };
    let images = images(SIZE);
    let run = |p: &Preprocess, i: &[Image]| quantize(&graph, p, i, &QuantizeOptions::default(), &mut |_| ());
    let Err(QuantizeError::Unsupported(problems)) = run(&Preprocess::unit(), &images) else { panic!() };
    let operators: Vec<&str> = problems.iter().map(|p| p.operator.as_str()).collect();
    assert_eq!(operators, ["AveragePool", "Conv", "GlobalAverage"]);
    assert!(matches!(run(&Preprocess::unit(), &[]), Err(QuantizeError::NoImages)));
}

#[test]
fn bad_arguments_are_named() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 4, 3, 0);
    let graph = b.finish(first, true);
    let run = |p: &Preprocess, i: &[Image]| {
        let result = quantize(&graph, p, i, &QuantizeOptions::default(), &mut |_| ());
        result.unwrap_err().to_string()
    };
    let mut small = images(SIZE);
    small[3].height = 4;
    assert!(run(&Preprocess::unit(), &small).starts_with("calibration image 3: image is 4 x 16"));
    let mut short = Preprocess::unit();
    short.mean.pop();
    assert!(run(&short, &images(SIZE)).contains("mean has 2 entries"));
    let constant = Preprocess { scale: vec![1.0, 0.0, 1.0], ..Preprocess::unit() };
    assert!(run(&constant, &images(SIZE)).contains("scale is 0"));
    let labels = QuantizeOptions { labels: vec!["one".into()], ..QuantizeOptions::default() };
    let result = quantize(&graph, &Preprocess::unit(), &images(SIZE), &labels, &mut |_| ());
    assert!(result.unwrap_err().to_string().contains("labels"));
}

#[test]
fn weights_that_a_file_gives_as_integers_are_kept_between_any_maps() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 0);
    b.conv_relu(first, 8, 1, 0);
    for node in &mut b.nodes {
        let Op::Conv { weights, .. } = &mut node.op else { continue };
        let scale = weights.iter().fold(0f32, |m, w| m.max(w.abs())) / 127.0;
        let integers: Vec<i8> = weights.iter().map(|w| (w / scale).round() as i8).collect();
        weights.iter_mut().zip(&integers).for_each(|(w, &i)| *w = f32::from(i) * scale);
        node.given.weights = Some(IntegerWeights { weights: integers, scales: vec![scale] });
    }
    let last = b.nodes.len() - 1;
    let graph = b.finish(last, true);
    for preprocess in [Preprocess::caffe(), Preprocess::unit()] {
        let net = judged(&graph, &preprocess);
        let given = graph.nodes[1].given.weights.as_ref().unwrap();
        assert!(matches!(&net.layers[0].kind, LayerKind::Conv(c) if c.weights == given.weights));
    }
}

#[test]
fn scales_that_a_file_gives_pass_strides_and_pools() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 0);
    let strided = b.conv(first, 8, 2, 0);
    if let Op::Conv { stride, .. } = &mut b.nodes[strided].op {
        *stride = [2, 2];
    }
    b.nodes[strided].shape = [8, 7, 7];
    let pooled = b.pool(strided);
    let relu = b.relu(pooled);
    let scale = 0.0125;
    b.nodes[relu].given.result = Some(Quantisation { scale, zero_point: 0, signed: false });
    let net = judged(&b.finish(relu, true), &Preprocess::torchvision());
    let scales: Vec<f64> = net.tensors[2..].iter().map(|t| t.scale).collect();
    assert_eq!(scales, [f64::from(scale); 3], "every pixel, every second one, the largest of these");
}
