//! Golden against the definition at one pixel, and the random networks' own promises.

use systole_golden::Golden;
use systole_net::random::{random_image, random_net, Limits};
use systole_net::{Conv, Engine, LayerKind, Net, Padding, Pool, Residual, Sink, Tensor, Trace};

const SEEDS: u64 = 300;

fn limits() -> Limits {
    Limits { residuals: true, padded_head: true, groups: true, ..Limits::default() }
}

/// 0 outside the map.
fn padded(map: &Tensor, c: usize, y: i64, x: i64) -> i128 {
    let inside = (0..map.height as i64).contains(&y) && (0..map.width as i64).contains(&x);
    if inside {
        map.at(c, y as usize, x as usize).into()
    } else {
        0
    }
}

/// One rescaled value by the definition, in rationals over 2^20.
fn conv_at(conv: &Conv, maps: &[Tensor], input: usize, range: (i32, i32), [o, y, x]: [usize; 3]) -> i32 {
    let mut z = i128::from(conv.bias[o]);
    // Of a group, the outputs and the inputs lie at the same part of all.
    let group = o * (maps[input].channels / conv.in_channels) / conv.out_channels;
    for i in 0..conv.in_channels {
        for ky in 0..conv.kernel_h {
            for kx in 0..conv.kernel_w {
                let row = (y * conv.stride_y + ky) as i64 - conv.pad.top as i64;
                let column = (x * conv.stride_x + kx) as i64 - conv.pad.left as i64;
                let w = conv.weights[((o * conv.in_channels + i) * conv.kernel_h + ky) * conv.kernel_w + kx];
                z += i128::from(w) * padded(&maps[input], group * conv.in_channels + i, row, column);
            }
        }
    }
    let added = match &conv.residual {
        Some(Residual { tensor, channel_offset, mult }) => {
            i128::from(maps[*tensor].at(channel_offset + o, y, x)) * i128::from(mult.to_bits())
        }
        None => 0,
    };
    rescaled(conv, o, z, added, range)
}

fn rescaled(conv: &Conv, o: usize, z: i128, added: i128, range: (i32, i32)) -> i32 {
    let mut product = z * i128::from(conv.mult[o].to_bits());
    if conv.relu && product < 0 {
        product = 0;
    }
    product += added;
    let rounded = (2 * product + (1 << 20)).div_euclid(1 << 21);
    rounded.clamp(range.0.into(), range.1.into()) as i32
}

fn pool_at(pool: &Pool, map: &Tensor, [c, y, x]: [usize; 3]) -> i32 {
    let mut largest = i32::MIN;
    for ky in 0..pool.kernel {
        for kx in 0..pool.kernel {
            let (row, column) =
                ((y * pool.stride + ky).checked_sub(pool.pad), (x * pool.stride + kx).checked_sub(pool.pad));
            let (Some(row), Some(column)) = (row, column) else { continue };
            if row < map.height && column < map.width {
                largest = largest.max(map.at(c, row, column));
            }
        }
    }
    largest
}

/// The whole trace, every pixel by definition.
fn by_definition(net: &Net, image: &Tensor) -> Trace {
    let mut maps: Vec<Tensor> = net.tensors.iter().map(|t| Tensor::zeros(t.channels, t.height, t.width)).collect();
    maps[Net::INPUT] = image.clone();
    let mut trace = Trace { layers: Vec::new(), sums: Vec::new() };
    for layer in &net.layers {
        let (height, width) = layer.out_size(&net.tensors);
        let channels = match &layer.kind {
            LayerKind::Conv(c) => c.out_channels,
            LayerKind::Pool(_) => net.tensors[layer.input].channels,
        };
        let mut result = Tensor::zeros(channels, height, width);
        for c in 0..channels {
            for y in 0..height {
                for x in 0..width {
                    *result.at_mut(c, y, x) = match &layer.kind {
                        LayerKind::Conv(v) => conv_at(v, &maps, layer.input, v.clamp(&net.tensors), [c, y, x]),
                        LayerKind::Pool(p) => pool_at(p, &maps[layer.input], [c, y, x]),
                    };
                    if let Some((id, written)) = layer.writes(net) {
                        *maps[id].at_mut(written.start + c, y, x) = result.at(c, y, x);
                    }
                }
            }
        }
        if let LayerKind::Conv(conv @ Conv { sink: Sink::Sum { border, .. }, .. }) = &layer.kind {
            let pixel = |c: usize, p: usize| match p < height * width {
                true => result.at(c, p / width, p % width),
                false => rescaled(conv, c, conv.bias[c].into(), 0, conv.clamp(&net.tensors)),
            };
            let channel = |c| (0..height * width + border).map(|p| i64::from(pixel(c, p))).sum();
            trace.sums = (0..channels).map(channel).collect();
        }
        trace.layers.push(result);
    }
    trace
}

#[test]
fn golden_is_the_definition() {
    for seed in 0..SEEDS {
        let net = random_net(seed, &limits());
        let image = random_image(&net, seed);
        let trace = Golden::new(&net).unwrap().run(&image).unwrap();
        assert_eq!(trace, by_definition(&net, &image), "seed {seed}");
    }
}

#[test]
fn random_nets_are_the_same_for_the_same_seed_and_cover_every_kind() {
    let (mut strided, mut pooled, mut joined, mut signed, mut residual) = (0, 0, 0, 0, 0);
    let (mut grouped, mut depthwise) = (0, 0);
    for seed in 0..SEEDS {
        let net = random_net(seed, &limits());
        assert_eq!(net, random_net(seed, &limits()));
        signed += usize::from(net.tensors[Net::INPUT].signed);
        for layer in &net.layers {
            match &layer.kind {
                LayerKind::Pool(_) => pooled += 1,
                LayerKind::Conv(c) => {
                    strided += usize::from(c.stride_y == 2);
                    residual += usize::from(c.residual.is_some());
                    let groups = c.groups(net.tensors[layer.input].channels);
                    grouped += usize::from(groups > 1 && c.in_channels > 1);
                    depthwise += usize::from(groups > 1 && c.in_channels == 1);
                    joined += usize::from(matches!(c.sink, Sink::Tensor { channel_offset: 1.., .. }));
                }
            }
        }
    }
    for (what, count) in [
        ("stride", strided),
        ("pool", pooled),
        ("concat", joined),
        ("signed", signed),
        ("residual", residual),
        ("groups", grouped),
        ("depthwise", depthwise),
    ] {
        assert!(count > 10, "{what}: only {count} of {SEEDS} networks");
    }
}

#[test]
fn random_nets_use_their_range() {
    let (mut dull, mut layers) = (0, 0);
    for seed in 0..SEEDS {
        let net = random_net(seed, &Limits::default());
        let trace = Golden::new(&net).unwrap().run(&random_image(&net, seed)).unwrap();
        for (layer, result) in net.layers.iter().zip(&trace.layers) {
            let LayerKind::Conv(conv) = &layer.kind else { continue };
            let (low, high) = conv.clamp(&net.tensors);
            let share = |f: &dyn Fn(i32) -> bool| {
                result.data.iter().filter(|&&v| f(v)).count() as f64 / result.data.len() as f64
            };
            layers += 1;
            if share(&|v| v == 0) > 0.95 || share(&|v| v == low.min(-1) || v == high) > 0.5 {
                dull += 1;
            }
        }
    }
    println!("{dull} of {layers} layers are nearly all zero or mostly saturated");
    assert!(dull * 50 <= layers, "{dull} of {layers} layers are nearly all zero or mostly saturated");
}

#[test]
fn refuses_wrong_images_and_unsound_nets() {
    let mut net = random_net(1, &limits());
    let good = random_image(&net, 1);
    let mut wide = good.clone();
    wide.width += 1;
    let mut bright = good.clone();
    bright.data[0] = 256;
    let golden = Golden::new(&net).unwrap();
    assert!(golden.trace(&good).is_ok());
    assert!(golden.trace(&wide).unwrap_err().to_string().contains("shape"));
    assert!(golden.trace(&bright).unwrap_err().to_string().contains("256"));
    net.layers.pop();
    assert!(Golden::new(&net).is_err());
}

/// Whether a last layer reads one pixel at a time and adds nothing, so that its padding can be folded.
fn head(net: &mut Net) -> Option<&mut Conv> {
    match net.layers.last_mut().map(|l| &mut l.kind) {
        Some(LayerKind::Conv(conv)) if conv.kernel_h == 1 && conv.residual.is_none() => Some(conv),
        _ => None,
    }
}

#[test]
fn a_folded_border_changes_no_sum() {
    let (mut folded, mut partly, mut changed) = (0, 0, 0);
    for seed in 0..SEEDS {
        let mut net = random_net(seed, &Limits { padded_head: false, ..limits() });
        let Some(conv) = head(&mut net) else { continue };
        let side = |n: u64| (seed / n % 4) as usize;
        conv.pad = Padding { top: side(1), left: side(2), bottom: side(3), right: side(5) };
        (conv.stride_y, conv.stride_x) = (1 + side(7) / 2, 1 + side(11) % 3);
        let other = net.clone().fold_border();
        let image = random_image(&net, seed);
        let [whole, inside] = [&net, &other].map(|n| Golden::new(n).unwrap().run(&image).unwrap());
        assert_eq!(whole.sums, inside.sums, "seed {seed}");
        assert_eq!((net.sum_pixels(), other.clone().fold_border()), (other.sum_pixels(), other.clone()));
        let pixels = |trace: &Trace| trace.layers.last().map_or(0, |t| t.height * t.width);
        assert_eq!(pixels(&whole) > pixels(&inside), other != net && net.sum_pixels() > pixels(&inside), "seed {seed}");
        folded += usize::from(pixels(&whole) > pixels(&inside));
        partly += usize::from(
            other.layers != net.layers && inside.layers.last() != whole.layers.last() && {
                let mut other = other.clone();
                head(&mut other).is_some_and(|c| c.pad != Padding::default())
            },
        );
        changed += usize::from(other.border_sums().iter().any(|&sum| sum != 0));
    }
    println!("{folded} borders folded, {partly} in part, {changed} with values");
    assert!(folded > 20 && partly > 3 && changed > 15);
}
