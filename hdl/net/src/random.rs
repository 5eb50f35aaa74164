//! Small random networks and images, the same for the same seed: cases for every engine's tests.

mod codes;
mod parameters;
mod rng;
mod waves;

use crate::limits::MAX_WEIGHT;
use crate::{
    Colour, Conv, InputEncoding, Layer, LayerKind, Net, Padding, Pool, PoolKind, Residual, Sink, Tensor, TensorId,
};
use crate::{Multiplier, TensorInfo, MULTIPLIER_FRACTION};
use parameters::{Parameters, Spread};
pub use rng::Rng;
pub use waves::waves;

/// How large and how strange a random network may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Most layers; at least 1.
    pub layers: usize,
    /// Most channels of a layer's output; at least 1.
    pub channels: usize,
    /// Smallest and largest height and width of the input; at least 4.
    pub size: (usize, usize),
    /// Whether a layer may add an earlier map in the output stage, and maps may be signed.
    pub residuals: bool,
    /// Whether the last layer may be 1x1 with one pixel of padding, computed or folded into its sums.
    pub padded_head: bool,
    /// Whether a stride may follow a layer, as a pooling of 1x1 windows: it leaves rows that nobody reads.
    pub picks: bool,
    /// Whether poolings may have any small window, stride and padding, and follow one another.
    pub windows: bool,
    /// Whether convolutions may have groups, up to one for every channel.
    pub groups: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            layers: 6,
            channels: 24,
            size: (4, 24),
            residuals: false,
            padded_head: false,
            picks: false,
            windows: false,
            groups: false,
        }
    }
}

/// A network that passes [`Net::check`]: 1x1, 3x3 and 5x5 convolutions (stride 2 in the first only), pairs of branches
/// concatenated, max pools 3x3/2 and 2x2/2 in both roundings, and a sum. Its outputs are neither all zero nor all saturated.
pub fn random_net(seed: u64, limits: &Limits) -> Net {
    let mut builder = Builder::new(seed, limits);
    let layers = builder.rng.within(1, limits.layers.max(1));
    while builder.layers.len() + 1 < layers {
        builder.stage(layers - 1 - builder.layers.len());
    }
    builder.head()
}

/// A convolution, an addition to it, a convolution without padding of which every second pixel is taken, and a sum, for an image
/// of `size` (height, width): its last rows are computed and read by nobody.
pub fn net_with_unread_rows(seed: u64, size: (usize, usize)) -> Net {
    let limits = Limits { channels: 16, residuals: true, ..Limits::default() };
    let mut builder = Builder::new(seed, &limits);
    (builder.tensors[Net::INPUT].height, builder.tensors[Net::INPUT].width) = size;
    let same = Window { kernel: 3, stride: 1, pad: 1 };
    builder.layer(&same, None);
    builder.layer(&same, Some(Net::INPUT + 1));
    builder.layer(&Window { kernel: 3, stride: 1, pad: 0 }, None);
    builder.pool_by(1, 2, 0);
    Net { name: format!("unread_{seed}"), ..builder.head() }
}

/// The network with its weights in a few codebooks, some of them and of the layers with many zeros: what a store of codes takes.
pub fn with_codebooks(net: &Net, seed: u64) -> Net {
    let mut rng = Rng::new(seed);
    let mut books: Vec<Vec<i8>> = Vec::new();
    for _ in 0..rng.within(1, 3) {
        let entries = *rng.pick(&[3, 8, 13, 16, 32, 50, 64]);
        // 0 and its neighbours are dense, as quantised weights are.
        let value = |rng: &mut Rng| (rng.byte() - 128) as i8 / rng.within(1, 4) as i8;
        let mut book: Vec<i8> = (1..entries).map(|_| value(&mut rng).max(-MAX_WEIGHT)).chain([0]).collect();
        book.sort_unstable();
        book.dedup();
        books.push(book);
    }
    let mut coded = Net { codebooks: Vec::new(), ..net.clone() };
    for layer in &mut coded.layers {
        let LayerKind::Conv(conv) = &mut layer.kind else { continue };
        let (book, least) = (rng.pick(&books).clone(), *rng.pick(&[0, 0, 20, 60]));
        for weight in &mut conv.weights {
            let near = |value: &&i8| (i16::from(**value) - i16::from(*weight)).abs();
            *weight = if weight.unsigned_abs() < least { 0 } else { *book.iter().min_by_key(near).unwrap_or(&0) };
        }
        conv.codebook = None;
    }
    coded
}

/// A convolution, a pooling that keeps its size, an addition of what was pooled, two poolings one behind the other, and a sum, for an
/// image of `size` (height, width): of the maps pooled the first is read beside, and the last is of a pooling.
pub fn net_with_shared_pools(seed: u64, size: (usize, usize)) -> Net {
    let limits = Limits { channels: 20, residuals: true, ..Limits::default() };
    let mut builder = Builder::new(seed, &limits);
    (builder.tensors[Net::INPUT].height, builder.tensors[Net::INPUT].width) = size;
    builder.layer(&Window { kernel: 3, stride: 1, pad: 1 }, None);
    builder.pool_by(3, 1, 1);
    builder.layer(&Window { kernel: 1, stride: 1, pad: 0 }, Some(Net::INPUT + 1));
    let stride = builder.rng.within(1, 3);
    builder.pool_by(3, stride, 2);
    builder.pool_by(2, 1, 1);
    Net { name: format!("shared_{seed}"), ..builder.head() }
}

/// An input tensor for `net`, uniform over its format's range.
pub fn random_image(net: &Net, seed: u64) -> Tensor {
    let (info, mut rng) = (&net.tensors[Net::INPUT], Rng::new(seed));
    let low = info.range().0;
    let data = (0..info.len()).map(|_| rng.byte() + low).collect();
    Tensor { channels: info.channels, height: info.height, width: info.width, data }
}

/// Kernel, stride and padding of a convolution to be made.
struct Window {
    kernel: usize,
    stride: usize,
    pad: usize,
}

struct Builder<'a> {
    limits: &'a Limits,
    rng: Rng,
    tensors: Vec<TensorInfo>,
    layers: Vec<Layer>,
    /// Expected spread of the values of each tensor.
    spreads: Vec<Spread>,
    seed: u64,
}

impl<'a> Builder<'a> {
    fn new(seed: u64, limits: &'a Limits) -> Self {
        let mut rng = Rng::new(seed);
        let (low, high) = limits.size;
        let (channels, height, width) = (rng.within(1, 4), rng.within(low, high), rng.within(low, high));
        let signed = rng.one_in(4);
        let input = TensorInfo { name: "input".into(), channels, height, width, signed, scale: 1.0 };
        let spreads = vec![Spread::uniform(&input)];
        Builder { limits, rng, tensors: vec![input], layers: Vec::new(), spreads, seed }
    }

    /// The tensor that the next layer reads: the newest.
    fn current(&self) -> (TensorId, TensorInfo) {
        let id = self.tensors.len() - 1;
        (id, self.tensors[id].clone())
    }

    /// Adds one or two layers, no more than `room`.
    fn stage(&mut self, room: usize) {
        let (id, input) = self.current();
        let after_pool = matches!(self.layers.last(), Some(Layer { kind: LayerKind::Pool(_), .. }));
        let poolable = input.height.min(input.width) >= 4 && (!after_pool || self.limits.windows && id != Net::INPUT);
        match self.rng.below(4) {
            0 if poolable => self.pool(),
            1 if room >= 2 => self.branches(),
            _ => self.single(),
        }
    }

    /// Adds a convolution of the newest map, and to its results what is kept.
    fn layer(&mut self, window: &Window, kept: Option<TensorId>) {
        let (id, input) = self.current();
        let channels = match kept {
            Some(kept) => self.tensors[kept].channels,
            None => self.channels(),
        };
        let mut conv = self.conv(id, channels, window);
        conv.residual = kept.map(|kept| self.residual(kept, 0));
        let (height, width) = conv.out_size(input.height, input.width);
        let output = self.output(channels, height, width);
        self.push_conv(id, conv, output, 0);
    }

    fn single(&mut self) {
        let (id, input) = self.current();
        let window = self.window(&input);
        let channels = match self.limits.groups && self.rng.one_in(2) {
            true => input.channels * self.rng.within(1, 2),
            false => self.channels(),
        };
        let mut conv = self.conv(id, channels, &window);
        let (height, width) = conv.out_size(input.height, input.width);
        if let Some(kept) = self.kept(height, width) {
            let offset = self.rng.below(self.tensors[kept].channels);
            let channels = self.rng.within(1, self.tensors[kept].channels - offset);
            conv = self.conv(id, channels, &window);
            conv.residual = Some(self.residual(kept, offset));
        }
        let channels = conv.out_channels;
        let output = self.output(channels, height, width);
        self.push_conv(id, conv, output, 0);
    }

    /// An earlier map of this size to be added, or none.
    fn kept(&mut self, height: usize, width: usize) -> Option<TensorId> {
        if !self.limits.residuals || self.rng.one_in(3) {
            return None;
        }
        let fits = |t: &TensorInfo| (t.height, t.width) == (height, width);
        let fitting: Vec<TensorId> = (0..self.tensors.len()).filter(|&id| fits(&self.tensors[id])).collect();
        let layers: Vec<TensorId> = fitting.iter().copied().filter(|&id| id != Net::INPUT).collect();
        match (layers.is_empty(), fitting.is_empty()) {
            (false, _) => Some(*self.rng.pick(&layers)),
            (true, false) if self.rng.one_in(4) => Some(fitting[0]),
            _ => None,
        }
    }

    fn residual(&mut self, tensor: TensorId, channel_offset: usize) -> Residual {
        Residual {
            tensor,
            channel_offset,
            mult: Multiplier::from_bits(self.rng.within(1, 1 << MULTIPLIER_FRACTION) as u32),
        }
    }

    /// Two branches side by side in one tensor, as in a fire module's expand.
    fn branches(&mut self) {
        let (id, input) = self.current();
        let kernels = [1, *self.rng.pick(&[3, 5])];
        let kept = self.kept(input.height, input.width).filter(|&k| self.tensors[k].channels > 1);
        // Each branch adds its own channels of what is kept.
        let split = kept.map(|k| self.rng.within(1, self.tensors[k].channels - 1));
        let convs = [0, 1].map(|branch| {
            let kernel = kernels[branch];
            let channels = match (kept, split) {
                (Some(kept), Some(split)) => [split, self.tensors[kept].channels - split][branch],
                _ => self.channels(),
            };
            let mut conv = self.conv(id, channels, &Window { kernel, stride: 1, pad: kernel / 2 });
            conv.residual = kept.map(|k| self.residual(k, branch * split.unwrap_or(0)));
            conv
        });
        let channels = convs.iter().map(|c| c.out_channels).sum();
        let output = self.output(channels, input.height, input.width);
        let mut offset = 0;
        for conv in convs {
            let channels = conv.out_channels;
            self.push_conv(id, conv, output, offset);
            offset += channels;
        }
    }

    fn pool(&mut self) {
        if self.limits.windows {
            let kernel = self.rng.within(1, 4);
            let (stride, pad) = (self.rng.within(1, 4), self.rng.below(kernel));
            return self.pool_by(kernel, stride, pad);
        }
        let kernels: &[usize] = if self.limits.picks { &[1, 1, 2, 3] } else { &[2, 3] };
        let kernel = *self.rng.pick(kernels);
        self.pool_by(kernel, 2, 0);
    }

    fn pool_by(&mut self, kernel: usize, stride: usize, pad: usize) {
        let (id, input) = self.current();
        let mut pool = Pool { kind: PoolKind::Max, kernel, stride, pad, output: 0 };
        let ceil = self.rng.one_in(2);
        let (height, width) = (pool.out_size(input.height, ceil), pool.out_size(input.width, ceil));
        pool.output = self.tensors.len();
        let name = format!("pool{}", self.layers.len());
        self.spreads.push(self.spreads[id].pooled());
        self.tensors.push(TensorInfo { name: format!("{name}_out"), height, width, ..input });
        self.layers.push(Layer { name, input: id, kind: LayerKind::Pool(pool) });
    }

    /// The last layer and the finished network.
    fn head(mut self) -> Net {
        let (id, input) = self.current();
        let padded = self.limits.padded_head && self.rng.one_in(2);
        let window = if padded { Window { kernel: 1, stride: 1, pad: 1 } } else { self.window(&input) };
        let channels = self.channels();
        let mut conv = self.conv(id, channels, &window);
        let signed = self.rng.one_in(4);
        conv.sink = Sink::Sum { signed, border: 0 };
        conv.relu = !signed;
        conv.mult =
            conv.mult.iter().map(|m| m.saturating_mul_int(parameters::SUM_GAIN).min(parameters::MULT_CAP)).collect();
        self.layers.push(Layer { name: "head".into(), input: id, kind: LayerKind::Conv(conv) });
        let input = &self.tensors[Net::INPUT];
        let lut = input.signed.then(|| vec![(0..=u8::MAX).map(|b| b ^ 0x80).collect(); input.channels]);
        let colours = [Colour::Red, Colour::Green, Colour::Blue].into_iter().cycle().take(input.channels).collect();
        let encoding = InputEncoding { colours, lut };
        let name = format!("random_{}", self.seed);
        let (tensors, mut layers) = (self.tensors, self.layers);
        let codebooks = codes::code(&mut layers);
        let (labels, preprocessing, score_ends) = (Vec::new(), None, None);
        let net = Net { name, input: encoding, tensors, layers, codebooks, labels, preprocessing, score_ends };
        // Both forms of the same sums.
        if padded && self.rng.one_in(2) {
            net.fold_border()
        } else {
            net
        }
    }

    fn window(&mut self, input: &TensorInfo) -> Window {
        let kernel = *self.rng.pick(&[1, 3, 3, 5]);
        let stride = if self.layers.is_empty() { self.rng.within(1, 2) } else { 1 };
        let half = kernel / 2;
        // A kernel wider than the map needs all the padding it may have.
        let least = if input.height.min(input.width) < kernel { half } else { 0 };
        let pad = self.rng.within(least, half);
        Window { kernel, stride, pad }
    }

    fn channels(&mut self) -> usize {
        self.rng.within(1, self.limits.channels.max(1))
    }

    /// A convolution of the newest tensor with parameters drawn; sink and residual are the caller's.
    fn conv(&mut self, input: TensorId, out_channels: usize, window: &Window) -> Conv {
        let channels = self.tensors[input].channels;
        let in_channels = channels / self.groups(channels, out_channels);
        let reduction = in_channels * window.kernel * window.kernel;
        let Parameters { weights, bias, mult } =
            Parameters::draw(&mut self.rng, out_channels, reduction, &self.spreads[input]);
        let Window { kernel, stride, pad } = *window;
        Conv {
            in_channels,
            out_channels,
            kernel_h: kernel,
            kernel_w: kernel,
            stride_y: stride,
            stride_x: stride,
            pad: Padding { top: pad, left: pad, bottom: pad, right: pad },
            codebook: None,
            weights,
            bias,
            mult,
            relu: true,
            residual: None,
            sink: Sink::Sum { signed: false, border: 0 },
            out_scale: 1.0,
        }
    }

    /// As many groups as these channels can have, or fewer; mostly the most.
    fn groups(&mut self, inputs: usize, outputs: usize) -> usize {
        if !self.limits.groups {
            return 1;
        }
        let possible: Vec<usize> = (1..=inputs).filter(|g| inputs % g == 0 && outputs % g == 0).collect();
        let most = possible[possible.len() - 1];
        if self.rng.one_in(3) {
            *self.rng.pick(&possible)
        } else {
            most
        }
    }

    fn output(&mut self, channels: usize, height: usize, width: usize) -> TensorId {
        let name = format!("map{}", self.layers.len());
        let signed = self.limits.residuals && self.rng.one_in(4);
        let info = TensorInfo { name, channels, height, width, signed, scale: 1.0 };
        self.spreads.push(if signed { Spread::uniform(&info) } else { Spread::rectified() });
        self.tensors.push(info);
        self.tensors.len() - 1
    }

    fn push_conv(&mut self, input: TensorId, mut conv: Conv, id: TensorId, channel_offset: usize) {
        conv.sink = Sink::Tensor { id, channel_offset };
        // Signed maps mostly take negative values too, unsigned ones may leave the cut to the clamp.
        let usual = !self.tensors[id].signed;
        conv.relu = if self.limits.residuals && self.rng.one_in(4) { !usual } else { usual };
        let name = format!("conv{}", self.layers.len());
        self.layers.push(Layer { name, input, kind: LayerKind::Conv(conv) });
    }
}
