//! Averages of windows: their integers, what takes them along, and what is refused.

use crate::builder::{images, judged, refused, Builder, SIZE};
use systole_golden::Golden;
use systole_model::{Op, Preprocess};
use systole_net::{LayerKind, Net, Tensor, MULTIPLIER_FRACTION};

/// The sum of one window; zeros around the map.
fn sum(map: &Tensor, channel: usize, [top, left]: [isize; 2], kernel: isize) -> i64 {
    let inside = |at: isize, size: usize| usize::try_from(at).ok().filter(|&at| at < size);
    let pixel =
        |y, x| Some(map.data[(channel * map.height + inside(y, map.height)?) * map.width + inside(x, map.width)?]);
    let window = (0..kernel * kernel).map(|i| pixel(top + i / kernel, left + i % kernel).unwrap_or(0));
    window.map(i64::from).sum()
}

/// Compares the integers of layer `index` with sums of those of the layer before it, divided and rounded once.
fn averages(net: &Net, index: usize, [kernel, stride, pad]: [usize; 3]) {
    let golden = Golden::new(net).unwrap();
    let LayerKind::Conv(conv) = &net.layers[index].kind else { panic!() };
    let weight = i64::from(*conv.weights.iter().max().unwrap());
    let (low, high) = conv.clamp(&net.tensors);
    for image in &images(SIZE)[..4] {
        let trace = golden.trace(&net.encode(image).unwrap()).unwrap();
        let (before, found) = (&trace.layers[index - 1], &trace.layers[index]);
        let at = |i: usize| (i * stride) as isize - pad as isize;
        let pixels = found.height * found.width;
        let wanted = |i: usize| {
            let (channel, place) = (i / pixels, [at(i % pixels / found.width), at(i % found.width)]);
            let sum = sum(before, channel, place, kernel as isize) * weight * i64::from(conv.mult[channel].to_bits());
            ((2 * sum + (1 << MULTIPLIER_FRACTION)) >> (MULTIPLIER_FRACTION + 1)).clamp(low.into(), high.into()) as i32
        };
        assert_eq!(found.data, (0..found.data.len()).map(wanted).collect::<Vec<_>>());
    }
}

#[test]
fn integers_are_the_rounded_means_of_unsigned_and_signed_maps() {
    for [kernel, stride, pad] in [[2, 2, 0], [3, 2, 0], [3, 1, 1], [5, 3, 0], [2, 1, 0]] {
        for signed in [false, true] {
            let mut b = Builder::new(3);
            let first = if signed { b.conv(0, 12, 3, 0) } else { b.conv_relu(0, 12, 3, 0) };
            let pooled = b.pool(first);
            let average = b.average(pooled, kernel, stride, pad);
            let next = b.conv_relu(average, 16, 3, 1);
            let net = judged(&b.finish(next, true), &Preprocess::torchvision());
            assert_eq!((net.layers.len(), net.tensors[3].signed), (5 + usize::from(stride > 1), signed));
            averages(&net, 2, [kernel, 1, pad]);
        }
    }
}

#[test]
fn convolutions_take_averages_along_where_that_is_smaller() {
    // Behind a 1x1 convolution and, further on, before one that has fewer outputs.
    let mut b = Builder::new(3);
    let first = b.conv(0, 8, 1, 0);
    let small = b.average(first, 2, 2, 0);
    let small = b.relu(small);
    let smaller = b.average(small, 3, 1, 1);
    let last = b.conv_relu(smaller, 8, 1, 0);
    let net = judged(&b.finish(last, true), &Preprocess::caffe());
    assert_eq!(windows(&net), [[2, 2], [3, 1], [1, 1]]);
    // A 3x3 convolution becomes 4x4 at stride 2 behind few channels (384 weights for 472) and 6x6 before few.
    let mut b = Builder::new(3);
    let first = b.conv(0, 8, 3, 0);
    let small = b.average(first, 2, 2, 0);
    let wide = b.conv_relu(small, 24, 1, 0);
    let small = b.average(wide, 2, 2, 0);
    let few = b.conv_relu(small, 2, 3, 0);
    let net = judged(&b.finish(few, true), &Preprocess::unit());
    assert_eq!(windows(&net), [[4, 2], [1, 1], [6, 1], [1, 2], [1, 1]]);
}

/// Kernel and stride of every layer.
fn windows(net: &Net) -> Vec<[usize; 2]> {
    let window = |layer: &systole_net::Layer| match &layer.kind {
        LayerKind::Conv(c) => [c.kernel_h, c.stride_x],
        LayerKind::Pool(p) => [p.kernel, p.stride],
    };
    net.layers.iter().map(window).collect()
}

#[test]
fn no_stride_is_made_where_results_are_added() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 0);
    let small = b.average(first, 2, 2, 0);
    let net = judged(&b.finish(small, true), &Preprocess::torchvision());
    assert_eq!(windows(&net), [[3, 1], [2, 1], [1, 2], [1, 1]]);
    // The strided operand is kept and the other one carries the addition, though it comes first.
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 8, 3, 0);
    let pooled = b.pool(first);
    let inner = b.conv(pooled, 8, 3, 1);
    let strided = b.average(first, 2, 2, 0);
    let sum = b.add(inner, strided);
    let net = judged(&b.finish(sum, true), &Preprocess::torchvision());
    assert_eq!(windows(&net), [[3, 1], [2, 2], [2, 1], [1, 2], [3, 1], [1, 1]]);
}

#[test]
fn averages_are_joined_added_summed_and_cut() {
    let mut b = Builder::new(3);
    let image = b.average(0, 2, 2, 0);
    let first = b.conv_relu(image, 8, 3, 1);
    let (left, right) = (b.average(first, 3, 1, 1), b.conv_relu(first, 6, 1, 0));
    let joined = b.concat(left, right);
    let signed = b.conv(joined, 5, 3, 1);
    let average = b.average(signed, 3, 1, 1);
    let sum = b.add(signed, average);
    let sum = b.relu(sum);
    let last = b.average(sum, 2, 1, 0);
    let shape = b.nodes[last].shape;
    b.push(Op::GlobalAverage, &[last], [shape[0], 1, 1]);
    let graph = systole_model::Graph { name: "averages".into(), nodes: b.nodes, notes: vec![], ..Default::default() };
    let net = judged(&graph, &Preprocess::torchvision());
    assert!(net.input.lut.is_some());
}

#[test]
fn windows_of_fewer_pixels_are_refused() {
    let with = |op: Op, size: usize| {
        let mut b = Builder::new(3);
        let first = b.conv_relu(0, 4, 3, 0);
        let average = b.push(op, &[first], [4, size, size]);
        refused(&b.finish(average, true))
    };
    let open = with(Op::AveragePool { kernel: 3, stride: 2, pad: 1, ceil: false, count_pad: false }, 7);
    assert!(open.contains("does not count") && open.contains("count_include_pad"), "{open}");
    let cut = with(Op::AveragePool { kernel: 3, stride: 2, pad: 0, ceil: true, count_pad: false }, 7);
    assert!(cut.contains("7 windows of 3, 2 apart, reach over 15 of 14 rows") && cut.contains("FLOOR"), "{cut}");
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 4, 3, 0);
    let conv = b.conv(first, 4, 1, 0);
    if let Op::Conv { stride, .. } = &mut b.nodes[conv].op {
        *stride = [2, 1];
    }
    b.nodes[conv].shape[1] = 7;
    let uneven = refused(&b.finish(conv, true));
    assert!(uneven.contains("stride 2x1 behind the first layer; supported: the same stride"), "{uneven}");
    let fits = with(Op::AveragePool { kernel: 2, stride: 2, pad: 0, ceil: true, count_pad: false }, 7);
    assert_eq!(fits, "");
}
