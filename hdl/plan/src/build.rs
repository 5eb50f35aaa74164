//! Ordered operations to tables: program items with their waits, layer, tap and pool descriptors, parameters.

use crate::lower::{ConvShape, Dest, Lowered, PoolShape, Stream, Work};
use crate::schedule::{LineBuffers, Op};
use systole_machine::tables::{
    Item, ItemKind, LayerEntry, Param, PoolEntry, ResidualEntry, TapEntry, ITEM_TILES_MAX, WAIT_ARRAY_MAX,
    WAIT_POOL_MAX,
};
use systole_machine::Geometry;
use systole_machine::{Binding, Contents, InputMap, LineBuffer};
use systole_net::{Conv, LayerKind, Net, Sink};

/// All tables of a plan.
#[derive(Default)]
pub struct Tables {
    pub contents: Contents,
    /// Descriptor of each stream, among layers or pools.
    pub entry_of: Vec<usize>,
}

/// Builder state: the lowered network with its memory map.
pub struct Builder<'a> {
    pub net: &'a Net,
    pub low: &'a Lowered,
    pub buffers: &'a LineBuffers,
    pub base: &'a [usize],
    pub rows: usize,
    pub cols: usize,
}

impl Builder<'_> {
    /// Descriptors of all streams, and parameters.
    pub fn descriptors(&self) -> Tables {
        let mut t = Tables::default();
        for s in &self.low.streams {
            match &s.work {
                Work::Conv(c) => {
                    t.entry_of.push(t.contents.layers.len());
                    self.conv(s, c, &mut t.contents);
                }
                Work::Pool(p) => {
                    t.entry_of.push(t.contents.pools.len());
                    t.contents.pools.push(self.pool(s, p));
                    t.contents.pool_layers.push(s.layer);
                }
            }
        }
        if t.contents.residuals.iter().all(|r| r.mult == 0) {
            t.contents.residuals.clear();
        }
        t
    }

    /// Words up to the end of the last residual channel tile, whose columns are all read, those without a channel too.
    pub fn residual_end(&self) -> usize {
        let end = |s: &Stream| {
            let (Some(k), Work::Conv(c)) = (s.residual, &s.work) else { return 0 };
            self.base[k.map] + (k.channel + c.out_channels.next_multiple_of(self.cols)) * self.buffers.slots[k.map]
        };
        self.low.streams.iter().map(end).max().unwrap_or(0)
    }

    /// Words up to the end of what the last channel tile of a grouped convolution walks over, beyond the map's last channel.
    pub fn groups_end(&self) -> usize {
        let end = |s: &Stream| {
            let Work::Conv(c) = &s.work else { return 0 };
            let src = &self.low.maps[s.src];
            let before = src.words() - src.channels;
            self.base[s.src] + (before + c.window(self.cols).end()) * self.buffers.slots[s.src]
        };
        self.low.streams.iter().filter(|s| matches!(&s.work, Work::Conv(c) if c.groups > 1)).map(end).max().unwrap_or(0)
    }

    fn conv(&self, s: &Stream, c: &ConvShape, t: &mut Contents) {
        let layer = match &self.net.layers[s.layer].kind {
            LayerKind::Conv(layer) => layer,
            LayerKind::Pool(_) => unreachable!("a stream of convolutions is of a convolution"),
        };
        let (rows, cols) = (self.rows, self.cols);
        let src = &self.low.maps[s.src];
        let (n, pitch) = (self.buffers.slots[s.src], src.pitch);
        let channel_tiles = c.out_channels.div_ceil(cols);
        let window = c.window(cols);
        let (group_step, group_last) = match window.count {
            1 => (0, 0),
            _ => (window.channels * n, window.tiles - 1),
        };
        let (dst_addr, dst_n) = match s.dest {
            Dest::Map { map, channel } if s.partner.is_none() => {
                (self.base[map] + channel * self.buffers.slots[map], self.buffers.slots[map])
            }
            Dest::Map { .. } | Dest::Sum => (0, 1),
        };
        let skip = src.tiles as isize - s.ops as isize + 1;
        t.layers.push(LayerEntry {
            tap_base: t.taps.len(),
            tap_last: c.kernel[0] * c.kernel[1] - 1,
            ch_last: window.channels - 1,
            ct_last: channel_tiles - 1,
            tile_last: s.ops - 1,
            src_n: n,
            dst_addr,
            dst_n,
            dst_ct_step: cols * dst_n,
            src_adv: skip.rem_euclid(n as isize) as usize,
            wgt_base: t.bindings.iter().map(|b| b.channel_tiles * b.reduction).sum(),
            param_base: t.params.len(),
            x_step: rows % pitch,
            y_step: rows / pitch,
            x_last: pitch - 1,
            ow_last: c.out[1] - 1,
            oh_last: c.out[0] - 1,
            cols_last: (c.out_channels - 1) % cols,
            src_signed: src.signed,
            sum: s.dest == Dest::Sum,
            out_signed: layer.clamp(&self.net.tensors).0 < 0,
            relu: layer.relu,
            direct: s.partner.is_some(),
            residual: s.residual.is_some(),
            residual_addr: s.residual.map_or(0, |k| self.base[k.map] + k.channel * self.buffers.slots[k.map]),
            residual_n: s.residual.map_or(0, |k| self.buffers.slots[k.map]),
            group_step,
            group_last,
        });
        t.residuals.push(ResidualEntry {
            mult: layer.residual.as_ref().map_or(0, |r| r.mult.to_bits()),
            signed: s.residual.is_some_and(|k| self.low.maps[k.map].signed),
        });
        t.bindings.push(Binding {
            layer: s.layer,
            name: self.net.layers[s.layer].name.clone(),
            products: c.products(),
            reduction: c.reduction(cols),
            channel_tiles,
            tiles: s.ops,
            macs: (c.out_channels * c.products() * c.out[0] * c.out[1]) as u64,
        });
        self.taps(s, c, &mut t.taps);
        self.parameters(layer, channel_tiles * cols, &mut t.params);
    }

    fn taps(&self, s: &Stream, c: &ConvShape, taps: &mut Vec<TapEntry>) {
        let src = &self.low.maps[s.src];
        let (rows, n) = (self.rows as isize, self.buffers.slots[s.src]);
        for tap in c.taps(src.pitch) {
            let (y_lo, y_hi) = limits(tap.dy, c.stride[0], src.height, c.out[0]);
            let (x_lo, x_hi) = limits(tap.dx, c.stride[1], src.width, c.out[1]);
            taps.push(TapEntry {
                addr0: self.base[s.src] + tap.plane * src.channels * n,
                q: tap.shift.div_euclid(rows).rem_euclid(n as isize) as usize,
                rot: tap.shift.rem_euclid(rows) as usize,
                x_lo,
                x_hi,
                y_lo,
                y_hi,
            });
        }
    }

    fn parameters(&self, layer: &Conv, padded: usize, params: &mut Vec<Param>) {
        params.extend((0..padded).map(|o| match (layer.bias.get(o), layer.mult.get(o)) {
            (Some(&bias), Some(&mult)) => Param { bias, mult: mult.to_bits() },
            _ => Param::default(),
        }));
    }

    fn pool(&self, s: &Stream, p: &PoolShape) -> PoolEntry {
        let rows = self.rows;
        let Dest::Map { map, channel } = s.dest else { return PoolEntry::default() };
        let (src, dst) = (&self.low.maps[s.src], &self.low.maps[map]);
        let (n, m) = (self.buffers.slots[s.src], self.buffers.slots[map]);
        let plain = p.entry(src, dst, rows);
        let direct = s.partner.is_some();
        PoolEntry {
            direct,
            src_base: if direct { 0 } else { self.base[s.src] + p.first * n },
            src_n: n.max(plain.src_n),
            dst_base: self.base[map] + channel * m,
            dst_n: m,
            dst_row_slots: plain.dst_row_slots % m,
            dst_image: dst.tiles % m,
            ..plain
        }
    }

    /// Program items from ordered operations; neighbouring tiles of a layer share one.
    pub fn program(&self, ops: &[Op], t: &mut Tables) {
        let (mut array, mut pool, mut freed) = (0usize, 0usize, 0usize);
        let mut last_stream = None;
        for op in ops {
            let s = &self.low.streams[op.stream];
            let wait =
                |before: usize, needs: usize, max: usize| if needs == 0 { max } else { (before - needs).min(max) };
            if matches!(s.work, Work::Pool(_)) {
                freed += t.contents.program.last().map_or(0, |i| i.free_in);
                t.contents.program.push(Item {
                    kind: ItemKind::Pool,
                    layer: t.entry_of[op.stream],
                    wait_arr: wait(array, op.needs_array, WAIT_ARRAY_MAX),
                    ..Item::default()
                });
                pool += 1;
                last_stream = None;
                continue;
            }
            let wait_arr = wait(array, op.needs_array, WAIT_ARRAY_MAX);
            let wait_pool = match op.fills {
                true => (pool - op.needs_pool).min(WAIT_POOL_MAX),
                false => wait(pool, op.needs_pool, WAIT_POOL_MAX),
            };
            array += 1;
            let wait_in = op.needs_input.max(op.frees_input).saturating_sub(freed);
            let room = wait_in <= if s.src == Net::INPUT { self.buffers.slots[Net::INPUT] } else { 0 };
            match t.contents.program.last_mut() {
                Some(item) if last_stream == Some(op.stream) && item.tiles < ITEM_TILES_MAX && room => {
                    item.tiles += 1;
                    item.wait_arr = item.wait_arr.min(wait_arr);
                    item.wait_pool = item.wait_pool.min(wait_pool);
                    item.wait_in = item.wait_in.max(wait_in);
                    item.free_in = op.frees_input.saturating_sub(freed);
                }
                previous => {
                    freed += previous.map_or(0, |i| i.free_in);
                    let wait_in = op.needs_input.max(op.frees_input).saturating_sub(freed);
                    let free_in = op.frees_input.saturating_sub(freed);
                    let layer = t.entry_of[op.stream];
                    let kind = ItemKind::Conv;
                    t.contents.program.push(Item {
                        kind,
                        last: false,
                        layer,
                        tiles: 1,
                        wait_arr,
                        wait_pool,
                        wait_in,
                        free_in,
                    });
                    last_stream = Some(op.stream);
                }
            }
        }
        if let Some(item) = t.contents.program.last_mut() {
            item.last = true;
        }
    }

    /// The line buffers for people and checks.
    pub fn line_buffers(&self) -> Vec<LineBuffer> {
        let buffer = |(i, m): (usize, &crate::lower::Map)| LineBuffer {
            tensor: i,
            name: m.name.clone(),
            base: self.base[i],
            slots: self.buffers.slots[i],
            pitch: m.pitch,
            channels: m.words(),
            tiles: m.tiles,
        };
        self.low.maps.iter().enumerate().map(buffer).collect()
    }

    /// Layout of the input stream.
    pub fn input(&self, g: &Geometry) -> InputMap {
        let m = &self.low.maps[Net::INPUT];
        InputMap {
            height: m.height,
            width: m.width,
            image_channels: m.channels,
            signed: m.signed,
            stride_y: m.stride[0],
            stride_x: m.stride[1],
            pitch: m.pitch,
            tiles: m.tiles,
            channels: m.words(),
            slots: self.buffers.slots[Net::INPUT],
            beats: m.tiles * m.words() * g.beats_per_word(),
        }
    }
}

/// Output coordinates whose input coordinate `o * stride + d` lies inside `0..size`, inclusive; (1, 0) when there are none.
fn limits(d: isize, stride: usize, size: usize, out: usize) -> (usize, usize) {
    let s = stride as isize;
    let lo = (-d).max(0).div_euclid(s) + isize::from((-d).max(0).rem_euclid(s) != 0);
    let hi = (size as isize - 1 - d).div_euclid(s).min(out as isize - 1);
    if hi < lo {
        (1, 0)
    } else {
        (lo as usize, hi as usize)
    }
}

/// Whether the sum layer counts signed values, its scale, and the pixels of its border.
pub fn sum_sink(net: &Net) -> (bool, f64, usize) {
    match net.layers.last().map(|l| &l.kind) {
        Some(LayerKind::Conv(Conv { sink: Sink::Sum { signed, border }, out_scale, .. })) => {
            (*signed, *out_scale, *border)
        }
        Some(LayerKind::Conv(_) | LayerKind::Pool(_)) | None => (false, 1.0, 0),
    }
}
