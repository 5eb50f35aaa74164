//! Network to streams: what the array and the pool engine will run, with pitches, tiles and windows for a number of rows.

mod pool_tiles;
mod streams;
mod tiles;

pub use pool_tiles::PoolTiles;
pub use streams::{ConvShape, Dest, Map, PoolShape, Residual, Stream, Tap, Work};

use crate::error::PlanError;
use std::sync::OnceLock;
use systole_machine::geometry::MAX_POOL_STRIDE;
use systole_net::{Conv, LayerKind, Net, Sink};

/// The network as maps and streams for one number of rows.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub rows: usize,
    pub maps: Vec<Map>,
    pub streams: Vec<Stream>,
    /// See [`Lowered::least_tiles`].
    least_tiles: OnceLock<Vec<usize>>,
}

impl Lowered {
    /// Lowers a network for `rows` lanes.
    pub fn new(net: &Net, rows: usize) -> Result<Lowered, PlanError> {
        let mut low = Lowered::unlowered(net, rows);
        for (i, layer) in net.layers.iter().enumerate() {
            low.add_layer(net, i, layer.input, &layer.kind)?;
        }
        low.set_pitches();
        low.set_tiles();
        low.set_windows();
        for s in 0..low.streams.len() {
            let dest = low.streams[s].dest;
            for map in low.streams[s].sources().collect::<Vec<_>>() {
                low.maps[map].readers.push(s);
            }
            if let Dest::Map { map, .. } = dest {
                low.maps[map].writers.push(s);
            }
        }
        (0..low.maps.len()).for_each(|map| low.join_poolings(map));
        Ok(low)
    }

    /// Words that a result FIFO holds at least: the most of a tile that goes there, as a power of two; 0 where none does.
    pub fn pool_words(&self) -> usize {
        let words = |s: &Stream| match &s.work {
            Work::Conv(c) if s.partner.is_some() => c.out_channels.next_power_of_two().max(2),
            Work::Conv(_) | Work::Pool(_) => 0,
        };
        self.streams.iter().map(words).max().unwrap_or(0)
    }

    /// Passes of a pool operation for a channel at most, at least 1.
    pub fn pool_passes(&self) -> usize {
        self.streams.iter().flat_map(|s| s.pooled.passes.iter().copied()).max().unwrap_or(1)
    }

    /// What keeps a network from every array, whatever its size: all layers' reasons at once.
    pub fn refusals(net: &Net) -> Vec<PlanError> {
        let mut low = Lowered::unlowered(net, usize::MAX);
        let layers = net.layers.iter().enumerate();
        layers.filter_map(|(i, layer)| low.add_layer(net, i, layer.input, &layer.kind).err()).collect()
    }

    fn unlowered(net: &Net, rows: usize) -> Lowered {
        Lowered { rows, maps: Self::maps(net), streams: Vec::new(), least_tiles: OnceLock::new() }
    }

    /// Tiles that each map must be able to hold, which `work_out` is asked for once.
    pub fn least_tiles(&self, work_out: impl FnOnce(&Lowered) -> Vec<usize>) -> &[usize] {
        self.least_tiles.get_or_init(|| work_out(self))
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
                stored: true,
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
                    groups: c.groups(net.tensors[src].channels),
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
                    windows: Vec::new(),
                    pooled: PoolTiles::default(),
                    partner: None,
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
            self.streams.push(Stream {
                layer,
                src,
                residual: None,
                dest,
                work,
                ops: 0,
                reach: (0, 0),
                windows: Vec::new(),
                pooled: PoolTiles::default(),
                partner: None,
            });
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
            if let Work::Pool(p) = s.work {
                // Two rows in a tile have no window in common where the lanes do not hold a whole row.
                if p.kernel > 1 && !p.whole(self.maps[s.src].width, self.rows) {
                    need[s.src] = need[s.src].max(self.rows + p.kernel - 1);
                }
            }
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
        let maps = &self.maps;
        for s in &mut self.streams {
            match (&s.work, s.dest) {
                (Work::Conv(c), _) => {
                    let pitch = maps[s.src].pitch;
                    s.ops = (c.out[0] * pitch).div_ceil(rows);
                    let shifts = || c.taps(pitch).into_iter().map(|t| t.shift);
                    s.reach = (shifts().min().unwrap_or(0), shifts().max().unwrap_or(0));
                }
                (Work::Pool(p), Dest::Map { map, .. }) => {
                    s.ops = maps[s.src].tiles;
                    let entry = p.entry(&maps[s.src], &maps[map], rows);
                    s.pooled = PoolTiles::new(&entry, rows, s.ops, maps[map].tiles);
                }
                (Work::Pool(_), Dest::Sum) => {}
            }
        }
    }

    /// Where poolings take every channel of a map once, each just what one convolution gives, nothing of it is stored.
    fn join_poolings(&mut self, map: usize) {
        let m = &self.maps[map];
        let taker = |&w: &usize| {
            let writer = &self.streams[w];
            let takes = |&&r: &&usize| match &self.streams[r].work {
                Work::Pool(p) => writer.writes(map) == Some((p.first, p.channels)),
                Work::Conv(_) => false,
            };
            matches!(writer.work, Work::Conv(_)).then(|| m.readers.iter().find(takes).map(|&r| (w, r))).flatten()
        };
        let pairs: Option<Vec<(usize, usize)>> = m.writers.iter().map(taker).collect();
        let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty() && pairs.len() == m.readers.len()) else { return };
        for (writer, reader) in pairs {
            self.streams[writer].partner = Some(reader);
            self.streams[reader].partner = Some(writer);
        }
        self.maps[map].stored = false;
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
    use crate::line_buffers::{initial, Spare};
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
        let low = Lowered::new(net, 8).unwrap();
        let g = geometry(&Needs::of(net), &board, &low, 8);
        order(&low, &g, initial(&low, Spare::ROOMY)).unwrap();
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
