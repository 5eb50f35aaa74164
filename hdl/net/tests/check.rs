//! Every rule of the check, broken one at a time.

use systole_net::random::{random_net, Limits};
use systole_net::Multiplier;
use systole_net::{
    Affine, Codebook, Colour, Conv, LayerKind, Net, NetError, Pool, Preprocess, Preprocessing, Residual, Resize, Sink,
};

/// A network with a concat, a pool and a signed or unsigned input; searched for, so that the rules meet real cases.
fn example() -> Net {
    let has = |net: &Net| {
        let joined = net.layers.iter().any(|l| matches!(l.writes(net), Some((_, c)) if c.start > 0));
        joined && net.layers.iter().any(|l| matches!(l.kind, LayerKind::Pool(_)))
    };
    (0..1000).map(|seed| random_net(seed, &Limits::default())).find(has).unwrap()
}

fn conv(net: &mut Net, index: usize) -> &mut Conv {
    let convs = net.layers.iter_mut().filter_map(|l| match &mut l.kind {
        LayerKind::Conv(c) => Some(c),
        LayerKind::Pool(_) => None,
    });
    convs.into_iter().nth(index).unwrap()
}

fn pool(net: &mut Net) -> &mut Pool {
    let mut pools = net.layers.iter_mut().filter_map(|l| match &mut l.kind {
        LayerKind::Pool(p) => Some(p),
        LayerKind::Conv(_) => None,
    });
    pools.next().unwrap()
}

/// The layer that sums.
fn last(net: &mut Net) -> &mut Conv {
    let convs = net.layers.iter().filter(|l| matches!(l.kind, LayerKind::Conv(_))).count();
    conv(net, convs - 1)
}

/// The second branch of a concat.
fn branch(net: &mut Net) -> &mut Conv {
    let mut convs = net.layers.iter_mut().filter_map(|l| match &mut l.kind {
        LayerKind::Conv(c) if matches!(c.sink, Sink::Tensor { channel_offset: 1.., .. }) => Some(c),
        _ => None,
    });
    convs.next().unwrap()
}

/// A convolution whose output channels see so many input channels, with weights to match.
fn seeing(conv: &mut Conv, channels: usize) {
    (conv.in_channels, conv.codebook) = (channels, None);
    conv.weights.resize(conv.out_channels * conv.reduction(), 1);
}

fn shift(sink: &mut Sink, by: isize) {
    let Sink::Tensor { channel_offset, .. } = sink else { panic!("not a branch") };
    *channel_offset = channel_offset.checked_add_signed(by).unwrap();
}

/// Gives the first layer's weights a codebook of their own, to be damaged.
fn coded(net: &mut Net, damage: fn(&mut Net)) {
    net.codebooks = vec![Codebook::of(1..=10)];
    for layer in &mut net.layers {
        if let LayerKind::Conv(conv) = &mut layer.kind {
            conv.codebook = None;
        }
    }
    let conv = conv(net, 0);
    conv.weights.iter_mut().zip((0..=10).cycle()).for_each(|(w, value)| *w = value);
    conv.codebook = Some(0);
    net.check().unwrap();
    damage(net);
}

fn remove_three(net: &mut Net) {
    net.codebooks[0].values.remove(3);
}

/// Gives the network a preprocessing of its own, changed by `damage`.
fn prepared(net: &mut Net, damage: fn(&mut Preprocessing)) {
    let [channels, height, width] = net.tensors[0].shape();
    let (colours, mean) = (net.input.colours.clone(), vec![0.0; channels]);
    let preprocess = Preprocess { name: "tried".into(), colours, mean, scale: vec![1.0; channels] };
    let inside = Some(Affine { factor: vec![2.0; channels], offset: vec![1.0; channels] });
    let resize = Resize::parse("stretch", [height, width]).ok();
    let mut preprocessing = Preprocessing { preprocess, inside, resize };
    preprocessing.check([channels, height, width]).unwrap();
    damage(&mut preprocessing);
    net.preprocessing = Some(preprocessing);
}

/// What to break, and a word of the message that must appear.
type Case = (&'static str, fn(&mut Net));

const CASES: [Case; 49] = [
    ("no layers", |n| n.layers.clear()),
    ("channels", |n| n.tensors[0].channels = usize::MAX),
    ("size", |n| (n.tensors[0].height, n.tensors[0].width) = (1 << 16, 1 << 16)),
    ("scale", |n| n.tensors[1].scale = f64::NAN),
    ("more than once", |n| n.tensors[1].name = n.tensors[0].name.clone()),
    ("more than once", |n| n.layers[0].name.clear()),
    ("colours", |n| n.input.colours.push(Colour::Red)),
    ("preprocessing: mean", |n| prepared(n, |p| p.preprocess.mean.clear())),
    ("preprocessing: scale is 0", |n| prepared(n, |p| p.preprocess.scale[0] = 0.0)),
    ("preprocessing: scale is inf", |n| prepared(n, |p| p.inside.as_mut().unwrap().factor[0] = f32::INFINITY)),
    ("preprocessing: offset", |n| prepared(n, |p| p.inside.as_mut().unwrap().offset.push(0.0))),
    ("preprocessing: name", |n| prepared(n, |p| p.preprocess.name = "a\nb".into())),
    ("preprocessing: colours", |n| prepared(n, |p| p.preprocess.colours[0] = Colour::Luma)),
    ("preprocessing: resize", |n| prepared(n, |p| p.resize.as_mut().unwrap().size[0] += 1)),
    ("lut table", |n| n.input.lut = Some(vec![vec![0; 255]; n.tensors[0].channels])),
    ("unless there is a lut", |n| (n.tensors[0].signed, n.input.lut) = (true, None)),
    ("labels", |n| n.labels = vec!["cat".into(); n.classes() + 1]),
    ("names tensor 99", |n| n.layers[0].input = 99),
    ("needs", |n| conv(n, 0).in_channels += 1),
    ("input channels of a group", |n| seeing(conv(n, 0), 5)),
    ("input channels of a group", |n| seeing(conv(n, 0), 0)),
    ("a multiple of the", |n| seeing(last(n), 1)),
    ("kernel height", |n| conv(n, 0).kernel_h = 0),
    ("vertical stride", |n| conv(n, 0).stride_y = 0),
    ("padding", |n| conv(n, 0).pad.left = 32),
    ("weights", |n| conv(n, 0).weights.push(0)),
    ("weights", |n| conv(n, 0).in_channels = usize::MAX),
    ("bias", |n| conv(n, 0).bias.push(0)),
    ("mult", |n| conv(n, 0).mult.push(Multiplier::DELTA)),
    ("-127..=127", |n| conv(n, 0).weights[0] = -128),
    ("codebook is 1, must be below 1", |n| coded(n, |n| conv(n, 0).codebook = Some(1))),
    ("weight is 11 at 2, must be a value of codebook 0", |n| coded(n, |n| conv(n, 0).weights[2] = 11)),
    ("weight is 3 at 3, must be a value of codebook 0", |n| coded(n, remove_three)),
    ("codebook 0: values is", |n| coded(n, |n| n.codebooks[0].values[0] = -1)),
    ("count of codebooks is 5", |n| coded(n, |n| n.codebooks = vec![n.codebooks[0].clone(); 5])),
    ("mult is 0", |n| conv(n, 0).mult[0] = Multiplier::ZERO),
    ("mult is 1048576", |n| conv(n, 0).mult[0] = Multiplier::ONE),
    ("output scale", |n| conv(n, 0).out_scale = 2.0),
    ("accumulator", |n| conv(n, 0).bias[0] = i32::MIN),
    ("output", |n| conv(n, 0).pad.top += 4),
    ("written by 2 layers", |n| shift(&mut branch(n).sink, -1)),
    ("within", |n| shift(&mut branch(n).sink, 1)),
    ("padding", |n| pool(n).pad = pool(n).kernel),
    ("rounded", |n| pool(n).stride = 5),
    ("must be a convolution that sums", |n| drop(n.layers.pop())),
    ("only the last", |n| conv(n, 0).sink = Sink::Sum { signed: false, border: 0 }),
    ("summed pixels", |n| last(n).sink = Sink::Sum { signed: false, border: usize::MAX }),
    ("border", |n| {
        let last = last(n);
        last.sink = Sink::Sum { signed: false, border: 1 };
        last.residual = Some(Residual { tensor: 1, channel_offset: 0, mult: Multiplier::DELTA });
    }),
    ("residual mult", |n| {
        conv(n, 0).residual = Some(Residual { tensor: 1, channel_offset: 0, mult: Multiplier::ZERO })
    }),
];

#[test]
fn each_broken_rule_is_named() {
    assert!(example().check().is_ok());
    for (index, (word, break_it)) in CASES.into_iter().enumerate() {
        let mut net = example();
        break_it(&mut net);
        let faults = net.check().expect_err(word);
        let messages: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(messages.iter().any(|m| m.contains(word)), "case {index}, {word:?} not in {messages:?}");
    }
}

#[test]
fn order_of_layers_matters() {
    let mut net = example();
    let last = net.layers.len() - 1;
    net.layers[..last].reverse();
    let faults = net.check().unwrap_err();
    assert!(faults.iter().any(|f| matches!(f, NetError::ReadBeforeWritten { .. })), "{faults:?}");
}

#[test]
fn all_faults_are_reported_at_once() {
    let mut net = example();
    conv(&mut net, 0).mult[0] = Multiplier::ZERO;
    net.labels = vec![String::new(); net.classes() + 1];
    net.input.colours.clear();
    assert!(net.check().unwrap_err().len() >= 3);
}

#[test]
fn accumulator_bounds_are_reached_and_not_passed() {
    let mut net = example();
    let input = net.tensors[0].clone();
    let (low, high) = input.range();
    let conv = conv(&mut net, 0);
    let size = conv.reduction();
    for channel in 0..conv.out_channels {
        let weights = &conv.weights[channel * size..(channel + 1) * size];
        let extreme = |sign: i64| {
            let best = weights.iter().map(|&w| {
                let w = i64::from(w) * sign;
                [0, w * i64::from(low), w * i64::from(high)].into_iter().max().unwrap()
            });
            sign * (best.sum::<i64>() + (i64::from(conv.bias[channel]) * sign).max(0))
        };
        assert_eq!(conv.acc_range(channel, &input), (extreme(-1), extreme(1)));
    }
}

#[test]
fn pooled_sizes_follow_caffe() {
    let pool = |kernel, stride, pad| {
        let LayerKind::Pool(p) =
            example().layers.into_iter().find(|l| matches!(l.kind, LayerKind::Pool(_))).unwrap().kind
        else {
            unreachable!()
        };
        Pool { kernel, stride, pad, ..p }
    };
    let cases = [
        ((3, 2, 0), 113, 56, 56),
        ((3, 2, 0), 56, 27, 28),
        ((2, 2, 0), 5, 2, 3),
        ((2, 2, 1), 3, 2, 2),
        ((3, 2, 0), 2, 0, 0),
    ];
    for ((kernel, stride, pad), size, floor, ceil) in cases {
        let pool = pool(kernel, stride, pad);
        assert_eq!(
            (pool.out_size(size, false), pool.out_size(size, true)),
            (floor, ceil),
            "{kernel} {stride} {pad} {size}"
        );
    }
}

#[test]
fn ends_of_scores_are_finite_and_in_order() {
    let faults = |ends| Net { score_ends: Some(ends), ..example() }.check();
    assert!(faults([-1.0, 2.0]).is_ok() && faults([1.0, 1.0]).is_ok());
    for ends in [[2.0, 1.0], [f64::NAN, 1.0], [0.0, f64::INFINITY]] {
        let text: Vec<String> = faults(ends).unwrap_err().iter().map(NetError::to_string).collect();
        assert!(text.len() == 1 && text[0].contains("ends of scores"), "{text:?}");
    }
}
