//! Network to streams: what the array and the pool engine will run, with pitches, tiles and windows for a number of rows.

use crate::error::PlanError;
use systole_machine::geometry::{min_interval, MAX_POOL_STRIDE};
use systole_net::{Conv, LayerKind, Net, Padding, Sink};

/// A feature map as the machine keeps it.
#[derive(Clone, Debug)]
pub struct Map {
    pub name: String,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub signed: bool,
    /// Phase planes: vertical and horizontal stride of its readers (1, 1 but for the input).
    pub stride: [usize; 2],
    pub pitch: usize,
    /// Tiles of an image.
    pub tiles: usize,
    pub readers: Vec<usize>,
    pub writers: Vec<usize>,
}

impl Map {
    /// Words of a tile.
    pub fn words(&self) -> usize {
        self.channels * self.stride[0] * self.stride[1]
    }
}

/// Where a stream's results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dest {
    Map { map: usize, channel: usize },
    Sum,
}

/// A convolution with its geometry.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    pub in_channels: usize,
    pub out_channels: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: Padding,
    pub out: [usize; 2],
}

/// A pooling of some of a map's channels, from `first` on, with its geometry.
#[derive(Clone, Copy, Debug)]
pub struct PoolShape {
    pub first: usize,
    pub channels: usize,
    pub kernel: usize,
    pub stride: usize,
    pub pad: usize,
    pub out: [usize; 2],
    /// Rows of a window that one operation takes.
    pub group: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Work {
    Conv(ConvShape),
    Pool(PoolShape),
}

/// A map of an earlier layer that a convolution's results are added to, from a channel on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Residual {
    pub map: usize,
    pub channel: usize,
}

/// One layer as a sequence of operations: pixel tiles of a convolution, groups of rows of a pooling's windows.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Layer of the network.
    pub layer: usize,
    pub src: usize,
    /// Read beside `src`, tile by tile, pixel by pixel.
    pub residual: Option<Residual>,
    pub dest: Dest,
    pub work: Work,
    /// Operations of an image.
    pub ops: usize,
    /// Least and largest shift of a convolution's taps, in source pixels.
    pub reach: (isize, isize),
}

/// The network as maps and streams for one number of rows.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub rows: usize,
    /// Rows of a pooling's window that one operation takes at most.
    pub pool_rows: usize,
    pub maps: Vec<Map>,
    pub streams: Vec<Stream>,
}

/// A shift of the whole tile for one tap, in pixels of the source's planes, and the plane it reads.
#[derive(Clone, Copy, Debug)]
pub struct Tap {
    pub plane: usize,
    pub shift: isize,
    /// Offset of the input pixel from the output pixel times the stride.
    pub dy: isize,
    pub dx: isize,
}

impl ConvShape {
    /// The taps in kernel order, for a source of the given pitch.
    pub fn taps(&self, pitch: usize) -> Vec<Tap> {
        let [sy, sx] = self.stride.map(|s| s as isize);
        let mut taps = Vec::with_capacity(self.kernel[0] * self.kernel[1]);
        for ky in 0..self.kernel[0] {
            for kx in 0..self.kernel[1] {
                let (dy, dx) = (ky as isize - self.pad.top as isize, kx as isize - self.pad.left as isize);
                let plane = (dy.rem_euclid(sy) * sx + dx.rem_euclid(sx)) as usize;
                let shift = dy.div_euclid(sy) * pitch as isize + dx.div_euclid(sx);
                taps.push(Tap { plane, shift, dy, dx });
            }
        }
        taps
    }

    /// Steps of a channel tile that do work.
    pub fn reduction(&self) -> usize {
        self.in_channels * self.kernel[0] * self.kernel[1]
    }

    /// Steps of all channel tiles of a pixel tile: words of weights.
    pub fn steps(&self, cols: usize) -> usize {
        self.out_channels.div_ceil(cols) * self.reduction()
    }
}

impl Stream {
    /// Maps that it reads, each once.
    pub fn sources(&self) -> impl Iterator<Item = usize> {
        let residual = self.residual.map(|k| k.map).filter(|&k| k != self.src);
        std::iter::once(self.src).chain(residual)
    }

    /// First channel and channels that it gives to a map.
    fn writes(&self, to: usize) -> Option<(usize, usize)> {
        let channels = match &self.work {
            Work::Conv(c) => c.out_channels,
            Work::Pool(p) => p.channels,
        };
        match self.dest {
            Dest::Map { map, channel } if map == to => Some((channel, channels)),
            _ => None,
        }
    }

    /// Whether some of what `writer` gives to a map is what this stream takes from it.
    pub fn takes_from(&self, writer: &Stream, map: usize) -> bool {
        match (&self.work, writer.writes(map)) {
            (Work::Pool(p), Some((first, channels))) => first < p.first + p.channels && p.first < first + channels,
            (Work::Conv(_), _) | (Work::Pool(_), None) => true,
        }
    }

    /// Words of weights on an array of `cols` columns.
    pub fn steps(&self, cols: usize) -> usize {
        match &self.work {
            Work::Conv(c) => c.steps(cols),
            Work::Pool(_) => 0,
        }
    }

    /// Cycles that a pixel tile holds the array: a step each, at least what the drain takes, and as long again to read the residual.
    pub fn array_cycles(&self, cols: usize) -> usize {
        let Work::Conv(c) = &self.work else { return 0 };
        let cycles = match self.residual {
            Some(_) => c.reduction() + min_interval(cols),
            None => c.reduction().max(min_interval(cols)),
        };
        c.out_channels.div_ceil(cols) * cycles
    }
}

impl PoolShape {
    /// Pooled pixels that `rows` neighbouring source pixels give.
    pub fn outputs(&self, rows: usize) -> usize {
        ((rows - self.kernel) / self.stride + 1).min(rows / self.stride)
    }

    /// Operations that make a pooled row, one for each group of its window's rows.
    pub fn parts(&self) -> usize {
        self.kernel.div_ceil(self.group)
    }

    /// First and last source row of an operation, of `height` rows. A group that lies outside the map takes its nearest row.
    pub fn source_rows(&self, op: usize, height: usize) -> (usize, usize) {
        let (row, first) = (op / self.parts(), op % self.parts() * self.group);
        let last = (first + self.group).min(self.kernel) - 1;
        let inside = |k: usize| (row * self.stride + k).saturating_sub(self.pad).min(height - 1);
        (inside(first), inside(last))
    }

    /// Accesses of port B for a chunk of a channel: the rows, what is there of the pooled row, and the write.
    pub fn accesses(&self, op: usize, height: usize) -> usize {
        let (first, last) = self.source_rows(op, height);
        last - first + 2 + usize::from(op % self.parts() > 0)
    }
}

impl Lowered {
    /// Lowers a network for `rows` lanes, poolings by at most `pool_rows` rows at a time.
    pub fn new(net: &Net, rows: usize, pool_rows: usize) -> Result<Lowered, PlanError> {
        let mut low = Lowered { rows, pool_rows, maps: Self::maps(net), streams: Vec::new() };
        for (i, layer) in net.layers.iter().enumerate() {
            low.add_layer(net, i, layer.input, &layer.kind)?;
        }
        low.set_pitches();
        low.set_tiles();
        for s in 0..low.streams.len() {
            let dest = low.streams[s].dest;
            for map in low.streams[s].sources().collect::<Vec<_>>() {
                low.maps[map].readers.push(s);
            }
            if let Dest::Map { map, .. } = dest {
                low.maps[map].writers.push(s);
            }
        }
        Ok(low)
    }

    /// What keeps a network from every array, whatever its size: all layers' reasons at once.
    pub fn refusals(net: &Net) -> Vec<PlanError> {
        let (rows, pool_rows) = (usize::MAX, usize::MAX);
        let mut low = Lowered { rows, pool_rows, maps: Self::maps(net), streams: Vec::new() };
        let layers = net.layers.iter().enumerate();
        layers.filter_map(|(i, layer)| low.add_layer(net, i, layer.input, &layer.kind).err()).collect()
    }

    fn maps(net: &Net) -> Vec<Map> {
        net.tensors
            .iter()
            .map(|t| Map {
                name: t.name.clone(),
                channels: t.channels,
                height: t.height,
                width: t.width,
                signed: t.signed,
                stride: [1, 1],
                pitch: 0,
                tiles: 0,
                readers: Vec::new(),
                writers: Vec::new(),
            })
            .collect()
    }

    fn add_layer(&mut self, net: &Net, layer: usize, src: usize, kind: &LayerKind) -> Result<(), PlanError> {
        match kind {
            LayerKind::Conv(c) => {
                let (oh, ow) = net.layers[layer].out_size(&net.tensors);
                let dest = match c.sink {
                    Sink::Tensor { id, channel_offset } => Dest::Map { map: id, channel: channel_offset },
                    Sink::Sum { .. } => Dest::Sum,
                };
                let mut shape = ConvShape {
                    in_channels: c.in_channels,
                    out_channels: c.out_channels,
                    kernel: [c.kernel_h, c.kernel_w],
                    stride: [c.stride_y, c.stride_x],
                    pad: c.pad,
                    out: [oh, ow],
                };
                if shape.stride != [1, 1] && src != Net::INPUT {
                    return Err(PlanError::Unsupported {
                        layer: net.layers[layer].name.clone(),
                        what: format!("stride {}x{} behind the first layer", c.stride_y, c.stride_x),
                        instead: "stride 1 and a pooling of 1x1 windows with that stride behind it".into(),
                    });
                }
                if src == Net::INPUT {
                    self.set_input_stride(net, layer, &mut shape)?;
                }
                let residual = self.residual(net, layer, c)?;
                self.streams.push(Stream {
                    layer,
                    src,
                    residual,
                    dest,
                    work: Work::Conv(shape),
                    ops: 0,
                    reach: (0, 0),
                });
            }
            LayerKind::Pool(p) => {
                let (oh, ow) = net.layers[layer].out_size(&net.tensors);
                let shape = PoolShape {
                    first: 0,
                    channels: net.tensors[src].channels,
                    kernel: p.kernel,
                    stride: p.stride,
                    pad: p.pad,
                    out: [oh, ow],
                    group: self.pool_rows.clamp(1, p.kernel),
                };
                let dest = Dest::Map { map: p.output, channel: 0 };
                self.add_pool(net, layer, src, shape, dest)?;
            }
        }
        Ok(())
    }

    /// The map that a convolution adds. The image is kept in another order than its results, so it cannot be one.
    fn residual(&self, net: &Net, layer: usize, c: &Conv) -> Result<Option<Residual>, PlanError> {
        let Some(r) = &c.residual else { return Ok(None) };
        if r.tensor == Net::INPUT {
            return Err(PlanError::Unsupported {
                layer: net.layers[layer].name.clone(),
                what: "addition of the image itself".into(),
                instead: "addition of a layer's output".into(),
            });
        }
        Ok(Some(Residual { map: r.tensor, channel: r.channel_offset }))
    }

    fn add_pool(&mut self, net: &Net, layer: usize, src: usize, p: PoolShape, dest: Dest) -> Result<(), PlanError> {
        let fail = |what: String, instead: String| {
            Err(PlanError::Unsupported { layer: net.layers[layer].name.clone(), what, instead })
        };
        if src == Net::INPUT {
            return fail("pooling of the image itself".into(), "a convolution as the first layer".into());
        }
        if p.kernel > self.rows {
            return fail(
                format!("pooling over {} pixels on an array of {} rows", p.kernel, self.rows),
                "an array with at least as many rows as the window is wide".into(),
            );
        }
        if p.stride > MAX_POOL_STRIDE.min(self.rows) || p.pad >= p.kernel {
            return fail(
                format!("pooling with stride {} and pad {}", p.stride, p.pad),
                "stride 1 to 4, pad < kernel".into(),
            );
        }
        let Dest::Map { map, channel } = dest else { return Ok(()) };
        for (first, channels) in self.parts(src, p.channels) {
            let dest = Dest::Map { map, channel: channel + first };
            let work = Work::Pool(PoolShape { first, channels, ..p });
            let ops = p.out[0] * p.parts();
            self.streams.push(Stream { layer, src, residual: None, dest, work, ops, reach: (0, 0) });
        }
        Ok(())
    }

    /// First channel and channels of what each writer gives to a map. A pooling takes them one by one: it need not wait for the
    /// branch of a concatenation that comes last.
    fn parts(&self, map: usize, channels: usize) -> Vec<(usize, usize)> {
        let written = self.streams.iter().filter_map(|s| s.writes(map));
        let mut parts: Vec<(usize, usize)> = written.collect();
        parts.sort_unstable();
        let joined = parts.iter().try_fold(0, |next, &(first, count)| (first == next).then_some(first + count));
        match joined {
            Some(all) if all == channels => parts,
            _ => vec![(0, channels)],
        }
    }

    fn set_input_stride(&mut self, net: &Net, layer: usize, c: &mut ConvShape) -> Result<(), PlanError> {
        let others = self.streams.iter().any(|s| s.src == Net::INPUT);
        let input = &mut self.maps[Net::INPUT];
        if others && input.stride != c.stride {
            return Err(PlanError::Unsupported {
                layer: net.layers[layer].name.clone(),
                what: "a second stride on the image".into(),
                instead: "one stride for all layers that read the image".into(),
            });
        }
        input.stride = c.stride;
        Ok(())
    }

    /// Convolutions keep the pitch; so maps joined by them share one, wide enough for all.
    fn set_pitches(&mut self) {
        let mut group: Vec<usize> = (0..self.maps.len()).collect();
        let mut need: Vec<usize> = self.maps.iter().map(|m| m.width.div_ceil(m.stride[1])).collect();
        for s in &self.streams {
            if let Work::Conv(c) = s.work {
                need[s.src] = need[s.src].max(c.out[1]);
                let dest = if let Dest::Map { map, .. } = s.dest { Some(map) } else { None };
                for map in dest.into_iter().chain(s.residual.map(|k| k.map)) {
                    let (a, b) = (first_of(&mut group, s.src), first_of(&mut group, map));
                    group[b] = a;
                }
            }
        }
        let mut widest = vec![1; self.maps.len()];
        for (m, &pixels) in need.iter().enumerate() {
            let first = first_of(&mut group, m);
            widest[first] = pixels.max(widest[first]);
        }
        for (m, map) in self.maps.iter_mut().enumerate() {
            map.pitch = widest[first_of(&mut group, m)];
        }
    }

    fn set_tiles(&mut self) {
        let rows = self.rows;
        for m in &mut self.maps {
            m.tiles = (m.height.div_ceil(m.stride[0]) * m.pitch).div_ceil(rows);
        }
        for s in &mut self.streams {
            if let Work::Conv(c) = s.work {
                let pitch = self.maps[s.src].pitch;
                s.ops = (c.out[0] * pitch).div_ceil(rows);
                let shifts = || c.taps(pitch).into_iter().map(|t| t.shift);
                s.reach = (shifts().min().unwrap_or(0), shifts().max().unwrap_or(0));
            }
        }
    }

    /// Tiles of one of its sources that an operation reads: `[lo, hi]`, clipped to the image.
    pub fn window(&self, stream: &Stream, map: usize, op: usize) -> (usize, usize) {
        let residual = stream.residual.is_some_and(|k| k.map == map).then(|| op.min(self.maps[map].tiles - 1));
        match (residual, map == stream.src) {
            (Some(tile), false) => (tile, tile),
            (None, _) => self.src_window(stream, op),
            (Some(tile), true) => {
                let (lo, hi) = self.src_window(stream, op);
                (lo.min(tile), hi.max(tile))
            }
        }
    }

    fn src_window(&self, stream: &Stream, op: usize) -> (usize, usize) {
        #[cfg(test)]
        tests::WINDOWS.with(|windows| windows.set(windows.get() + 1));
        let src = &self.maps[stream.src];
        let (rows, top) = (self.rows as isize, src.tiles as isize - 1);
        let (lo, hi) = match &stream.work {
            Work::Conv(_) => {
                let (min, max) = stream.reach;
                let base = op as isize * rows;
                ((base + min).div_euclid(rows), (base + max + rows - 1).div_euclid(rows))
            }
            Work::Pool(p) => {
                let (y0, y1) = p.source_rows(op, src.height);
                ((y0 * src.pitch) as isize / rows, (y1 * src.pitch + src.width - 1) as isize / rows)
            }
        };
        (lo.clamp(0, top) as usize, hi.clamp(0, top) as usize)
    }

    /// Destination tiles that an operation writes into: `[first, last]`.
    pub fn written(&self, stream: &Stream, op: usize) -> (usize, usize) {
        match (&stream.work, stream.dest) {
            (Work::Pool(p), Dest::Map { map, .. }) => {
                let first = op / p.parts() * self.maps[map].pitch;
                (first / self.rows, (first + p.out[1] - 1) / self.rows)
            }
            (Work::Conv(_), _) | (Work::Pool(_), Dest::Sum) => (op, op),
        }
    }

    /// Operations of a writer after which the tile is complete.
    pub fn ops_for_tile(&self, stream: &Stream, tile: usize) -> usize {
        match (&stream.work, stream.dest) {
            (Work::Pool(p), Dest::Map { map, .. }) => {
                let pitch = self.maps[map].pitch;
                (((tile + 1) * self.rows - 1) / pitch + 1).min(p.out[0]) * p.parts()
            }
            (Work::Conv(_), _) | (Work::Pool(_), Dest::Sum) => tile + 1,
        }
    }
}

/// The map that stands for all of a map's group; `group` leads every map there, by ways that become shorter.
fn first_of(group: &mut [usize], mut map: usize) -> usize {
    while group[map] != map {
        group[map] = group[group[map]];
        map = group[map];
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_buffers::initial;
    use crate::planner::{geometry, order, Needs};
    use std::cell::Cell;
    use systole_machine::Board;
    use systole_net::repeated::{chain, concats, diamonds};

    thread_local! {
        /// Windows that this thread has worked out: what planning a shape is made of.
        pub static WINDOWS: Cell<usize> = const { Cell::new(0) };
    }

    /// Windows of lowering, sizing and ordering a network.
    fn windows(net: &Net) -> usize {
        let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
        let before = WINDOWS.get();
        let low = Lowered::new(net, 8, 1).unwrap();
        let g = geometry(Needs::of(net), &board, &low, 8);
        order(&low, &g, initial(&low, 2, 2)).unwrap();
        WINDOWS.get() - before
    }

    #[test]
    fn work_grows_with_layers_and_not_with_paths() {
        let makers: [fn(usize) -> Net; 3] = [chain, diamonds, |modules| concats(modules, 2)];
        for net in makers {
            let (few, many) = (windows(&net(24)), windows(&net(96)));
            assert!(many < 5 * few, "{}: {few} windows of 24 modules, {many} of 96", net(24).name);
        }
    }
}
