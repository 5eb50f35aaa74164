//! ReLU6 and its kin: results saturate at the clip's upper end.

use crate::builder::{images, judged, refused, Builder, SIZE};
use systole_golden::Golden;
use systole_model::{quantize, Op, Preprocess, Quantisation, QuantizeError};
use systole_net::Net;

const MAX: f32 = 0.4;

/// Largest real value that a tensor holds.
fn most(net: &Net, tensor: usize) -> f64 {
    net.tensors[tensor].scale * f64::from(net.tensors[tensor].range().1)
}

#[test]
fn a_clip_is_the_upper_end_of_the_range() {
    let mut b = Builder::new(3);
    let first = b.conv(0, 12, 3, 0);
    let first = b.clip(first, MAX);
    let next = b.conv(first, 10, 3, 1);
    let last = b.clip(next, MAX);
    b.push(Op::GlobalAverage, &[last], [10, 1, 1]);
    let graph = systole_model::Graph { name: "clips".into(), nodes: b.nodes, notes: vec![], ..Default::default() };
    let net = judged(&graph, &Preprocess::torchvision());
    assert_eq!(most(&net, 1), f64::from(MAX));
    assert_eq!(most(&net, 2), f64::from(MAX));
    let golden = Golden::new(&net).unwrap();
    let trace = golden.trace(&net.encode(&images(SIZE)[0]).unwrap()).unwrap();
    assert!(trace.layers[..2].iter().all(|map| map.data.contains(&255)));
}

#[test]
fn clips_behind_concatenation_addition_pool_and_each_other() {
    let mut b = Builder::new(3);
    let (left, right) = (b.conv(0, 5, 1, 0), b.conv(0, 7, 1, 0));
    let joined = b.concat(left, right);
    let joined = b.clip(joined, MAX);
    let pooled = b.pool(joined);
    let again = b.clip(pooled, 2.0 * MAX);
    let inner = b.conv(again, 12, 3, 1);
    let sum = b.add(inner, again);
    let sum = b.clip(sum, MAX);
    let average = b.average(sum, 3, 1, 1);
    let outer = b.conv(average, 9, 3, 1);
    let pooled = b.pool(outer);
    let last = b.clip(pooled, MAX);
    let net = judged(&b.finish(last, true), &Preprocess::torchvision());
    for tensor in 1..net.tensors.len() {
        assert!(most(&net, tensor) <= f64::from(MAX) && !net.tensors[tensor].signed, "{}", net.tensors[tensor].name);
    }
}

#[test]
fn branches_have_upper_ends_of_their_own() {
    let mut b = Builder::new(3);
    let (left, right) = (b.conv(0, 5, 1, 0), b.conv_relu(0, 7, 1, 0));
    let left = b.clip(left, MAX);
    let joined = b.concat(left, right);
    let net = judged(&b.finish(joined, true), &Preprocess::torchvision());
    let golden = Golden::new(&net).unwrap();
    let trace = golden.trace(&net.encode(&images(SIZE)[0]).unwrap()).unwrap();
    assert!(trace.layers[0].data.contains(&255));
}

#[test]
fn what_saturation_cannot_clip_is_refused() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 5, 1, 0);
    let (left, right) = (b.conv(first, 5, 1, 0), b.conv_relu(first, 7, 1, 0));
    let left = b.add(left, first);
    let left = b.clip(left, MAX);
    let joined = b.concat(left, right);
    let text = refused(&b.finish(joined, true));
    assert!(text.contains("different upper ends") && text.contains("the same ReLU or clip"), "{text}");
}

#[test]
fn clipped_operands_of_an_addition_are_carried_by_a_layer() {
    let mut b = Builder::new(3);
    let (left, right) = (b.conv(0, 5, 1, 0), b.conv(0, 5, 3, 1));
    let (left, right) = (b.clip(left, MAX), b.clip(right, MAX));
    let sum = b.add(left, right);
    let net = judged(&b.finish(sum, true), &Preprocess::torchvision());
    assert_eq!(net.layers.len(), 4);
}

/// A channel whose large weights cancel is pulled up no further than the clip lets the multipliers go.
#[test]
fn quiet_channels_of_large_weights_are_no_obstacle() {
    let mut b = Builder::new(3);
    let first = b.conv(0, 4, 1, 0);
    let Op::Conv { weights, bias, .. } = &mut b.nodes[first].op else { panic!() };
    weights[9..].copy_from_slice(&[0.9, -0.9, 0.0]);
    bias[3] = 0.002;
    let clipped = b.clip(first, MAX);
    let graph = b.finish(clipped, true);
    let mut images = images(SIZE);
    images.iter_mut().for_each(|image| image.rgb.chunks_exact_mut(3).for_each(|pixel| pixel.fill(pixel[0])));
    let quantised = quantize::quantize(&graph, &Preprocess::unit(), &images, &Default::default(), &mut |_| ());
    assert!(most(&quantised.unwrap().0, 1) <= f64::from(MAX));
}

#[test]
fn weights_too_large_for_the_clip_are_named() {
    let error = clipped(Some(1e-3), false).unwrap_err();
    assert!(matches!(&error, QuantizeError::Clip { node, times, .. } if node == "node2" && *times > 1.0), "{error}");
    assert!(error.to_string().contains("times that limit or higher, or use ReLU"), "{error}");
    // As advised.
    clipped(Some(1e-3 * advised(&error)), false).unwrap();
    clipped(None, false).unwrap();
}

/// A quantised file has the clip of its scale: another scale, or none, is what helps.
#[test]
fn a_scale_too_small_for_the_weights_says_which_would_do() {
    let error = clipped(Some(1e-3), true).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("give the float model") && !text.contains("ReLU"), "{text}");
    clipped(Some(1e-3 * advised(&error)), true).unwrap();
    clipped(None, false).unwrap();
}

/// The number of times that the message asks for.
fn advised(error: &QuantizeError) -> f32 {
    let text = error.to_string();
    let words: Vec<&str> = text.split(' ').collect();
    let at = words.windows(2).rposition(|two| two[1] == "times").unwrap_or_else(|| panic!("{text}"));
    words[at].parse().unwrap()
}

/// A convolution whose map ends at `most`, by a clip or as the file stores it; or has no end.
fn clipped(most: Option<f32>, stored: bool) -> Result<(), QuantizeError> {
    let mut b = Builder::new(3);
    let first = b.conv(0, 4, 3, 0);
    let shape = b.nodes[first].shape;
    let first = match most {
        Some(most) if stored => {
            let cut = b.push(Op::Saturate { least: vec![0.0; 4], most: vec![most; 4] }, &[first], shape);
            b.nodes[cut].given.result = Some(Quantisation { scale: most / 255.0, zero_point: 0, signed: false });
            cut
        }
        Some(most) => b.clip(first, most),
        None => b.relu(first),
    };
    let graph = b.finish(first, true);
    let images = images(SIZE);
    quantize::quantize(&graph, &Preprocess::torchvision(), &images, &Default::default(), &mut |_| ()).map(|_| ())
}
