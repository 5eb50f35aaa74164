//! The pool engine between banks that others use too: against its model, and pooled maps against plain loops.

use crate::cosim::{Pair, PortBits};
use crate::shape::{geometry, widths, BANK};
use std::collections::VecDeque;
use systole_machine::geometry::Geometry;
use systole_machine::tables::PoolEntry;
use systole_machine::words::{Widths, Word};
use systole_net::random::Rng;
use systole_rtl::primitives::pool::Pool;

/// Rows and largest kernel.
const ENGINES: [(usize, usize); 7] = [(2, 1), (2, 2), (3, 3), (4, 3), (5, 5), (8, 3), (28, 3)];
const IMAGES: usize = 5;
/// Cycles from a grant to the banks' words.
const READ_LAT: usize = 3;

/// A map in a line buffer of the banks.
#[derive(Clone, Debug)]
struct Map {
    height: usize,
    width: usize,
    pitch: usize,
    base: usize,
    /// Tiles in the line buffer, and of an image.
    n: usize,
    tiles: usize,
}

impl Map {
    fn new(random: &mut Rng, rows: usize, height: usize, width: usize, base: usize) -> Self {
        let pitch = width + random.below(3);
        let tiles = (height * pitch).div_ceil(rows);
        Map { height, width, pitch, base, n: tiles + random.below(4), tiles }
    }

    /// Bank and address of a pixel of an image's channel.
    fn place(&self, rows: usize, image: usize, channel: usize, y: usize, x: usize) -> (usize, usize) {
        let p = y * self.pitch + x;
        (p % rows, self.base + channel * self.n + (image * self.tiles + p / rows) % self.n)
    }
}

/// A pooling layer with its source and its result.
#[derive(Clone, Debug)]
struct Layer {
    kernel: usize,
    stride: usize,
    pad: usize,
    channels: usize,
    signed: bool,
    /// Kernel rows of an operation.
    group: usize,
    src: Map,
    dst: Map,
    entry: PoolEntry,
}

impl Layer {
    /// Rng, with its maps from bank address `base` on; the address behind it is returned too.
    fn new(random: &mut Rng, g: &Geometry, base: usize) -> (Self, usize) {
        let rows = g.rows;
        let kernel = 1 + random.below(g.pool_kernel);
        let stride = 1 + random.below(kernel.min(4));
        let pad = random.below(kernel.div_ceil(2).min(kernel));
        let size = |random: &mut Rng| kernel + random.below(3 * kernel + 4);
        let (height, width) = (size(random), size(random));
        let channels = 1 + random.below(4);
        let ceil = random.one_in(2);
        let out = |size: usize| {
            let room = size + 2 * pad - kernel;
            let count = if ceil { room.div_ceil(stride) } else { room / stride } + 1;
            count - usize::from((count - 1) * stride >= size + pad)
        };
        let src = Map::new(random, rows, height, width, base);
        let dst = Map::new(random, rows, out(height), out(width), base + channels * src.n);
        let end = dst.base + channels * dst.n;
        let (signed, group) = (random.one_in(2), g.pool_rows.min(kernel));
        let entry = PoolEntry::default();
        let mut layer = Layer { kernel, stride, pad, channels, signed, group, src, dst, entry };
        layer.entry = layer.entry(rows);
        (layer, end)
    }

    /// Whether a chunk's windows, clipped at the map's edge, lie inside the lanes.
    fn fits(&self, rows: usize, first: usize, count: usize) -> bool {
        let x0 = (first * self.stride) as isize - self.pad as isize;
        let last = (count - 1) * self.stride;
        let reach = (self.src.width as isize - 1 - x0).min((last + self.kernel - 1) as isize);
        last < rows && reach < rows as isize
    }

    /// Operations of an image.
    fn ops(&self) -> usize {
        self.dst.height * self.kernel.div_ceil(self.group)
    }

    fn entry(&self, rows: usize) -> PoolEntry {
        let (src, dst) = (&self.src, &self.dst);
        let out = (rows - self.kernel) / self.stride + 1;
        let mut chunk_last = 0;
        while !self.fits(rows, chunk_last * out, dst.width - chunk_last * out) {
            chunk_last += 1;
        }
        let origin = -((self.pad * src.pitch + self.pad) as isize);
        PoolEntry {
            src_base: src.base,
            src_n: src.n,
            row_slots: src.pitch / rows % src.n,
            row_lanes: src.pitch % rows,
            step_slots: self.stride * src.pitch / rows % src.n,
            step_lanes: self.stride * src.pitch % rows,
            chunk_lanes: out * self.stride,
            origin_slots: origin.div_euclid(rows as isize).rem_euclid(src.n as isize) as usize,
            origin_lanes: origin.rem_euclid(rows as isize) as usize,
            src_image: src.tiles % src.n,
            dst_base: dst.base,
            dst_n: dst.n,
            dst_row_slots: dst.pitch / rows % dst.n,
            dst_row_lanes: dst.pitch % rows,
            dst_image: dst.tiles % dst.n,
            ch_last: self.channels - 1,
            chunk_last,
            out,
            out_final: dst.width - chunk_last * out,
            kernel_last: self.kernel - 1,
            group: self.group,
            stride: self.stride,
            pad: self.pad,
            h_last: src.height - 1,
            w_last: src.width - 1,
            oh_last: dst.height - 1,
            signed: self.signed,
        }
    }
}

/// Banks, the others who use port B, and the queue of operations.
struct Surroundings {
    random: Rng,
    widths: Widths,
    rows: usize,
    layers: Vec<Layer>,
    banks: Vec<Vec<u8>>,
    /// Words on their way out of the banks.
    read: VecDeque<Option<Vec<u64>>>,
    pool_addr: usize,
    /// Of 8 cycles, how many the others take.
    others: usize,
    /// Array tiles retired, and operations complete.
    retired: u16,
    done: usize,
}

impl Surroundings {
    fn new(random: Rng, widths: &Widths, rows: usize, layers: Vec<Layer>, others: usize) -> Self {
        let (banks, read) = (vec![vec![0; BANK]; rows], VecDeque::from(vec![None; READ_LAT]));
        Surroundings {
            random,
            widths: widths.clone(),
            rows,
            layers,
            banks,
            read,
            pool_addr: 0,
            others,
            retired: 0,
            done: 0,
        }
    }

    /// One cycle: the ROM, port B, the banks. `push`: an operation of a layer, and its dependency.
    fn cycle(&mut self, pair: &mut Pair, push: Option<(usize, u16)>, reset: bool) {
        self.rom(pair);
        let (pool, dep) = push.unwrap_or((self.random.below(self.layers.len()), self.random.port(16) as u16));
        pair.set("push_i", &[push.is_some().into()]);
        pair.set("push_pool_i", &[pool as u64]);
        pair.set("push_dep_i", &[dep.into()]);
        let retire = self.random.one_in(5);
        pair.set("retire_i", &[retire.into()]);
        self.retired = self.retired.wrapping_add(retire.into());
        let free = self.random.below(8) >= self.others;
        let write = pair.look("write_o")[0] == 1;
        let read = pair.look("read_o")[0] == 1 && !write;
        pair.set("write_grant_i", &[u64::from(write && free)]);
        pair.set("read_grant_i", &[u64::from(read && free)]);
        let noise = (0..self.rows).map(|_| self.random.port(8)).collect();
        let data = self.read.pop_front().flatten().unwrap_or(noise);
        pair.set("read_data_i", &data);
        pair.cycle(reset);
        self.pool_addr = pair.seen("pool_addr_o")[0] as usize;
        self.done += pair.seen("pool_retire_o")[0] as usize;
        let word = self.port(pair, write && free, read && free);
        self.read.push_back(word);
    }

    /// What the granted request does to the banks.
    fn port(&mut self, pair: &Pair, write: bool, read: bool) -> Option<Vec<u64>> {
        let one = |name: &str| pair.seen(name)[0] as usize;
        let kind = if write { "write" } else { "read" };
        let [a, b, lane] = ["addr_a_o", "addr_b_o", "lane_o"].map(|port| one(&format!("{kind}_{port}")));
        let address = |bank: usize| if bank < lane { b } else { a };
        if write {
            for bank in (0..self.rows).filter(|&bank| pair.seen("write_mask_o")[bank] == 1) {
                self.banks[bank][address(bank)] = pair.seen("write_data_o")[bank] as u8;
            }
        }
        read.then(|| (0..self.rows).map(|bank| self.banks[bank][address(bank)].into()).collect())
    }

    fn rom(&mut self, pair: &mut Pair) {
        let e = self.layers.get(self.pool_addr).map(|l| l.entry).unwrap_or_default();
        pair.set("word_i", &e.pack(&self.widths));
    }

    /// Fills a layer's source with an image and the rest of its line buffer with noise.
    fn fill(&mut self, l: &Layer, image: usize) -> Vec<Vec<Vec<u8>>> {
        for bank in &mut self.banks {
            let buffer = l.src.base..l.src.base + l.channels * l.src.n;
            bank[buffer].iter_mut().for_each(|word| *word = self.random.port(8) as u8);
        }
        let mut map = vec![vec![vec![0; l.src.width]; l.src.height]; l.channels];
        for (c, channel) in map.iter_mut().enumerate() {
            for (y, row) in channel.iter_mut().enumerate() {
                for (x, pixel) in row.iter_mut().enumerate() {
                    *pixel = self.random.port(8) as u8;
                    let (bank, addr) = l.src.place(self.rows, image, c, y, x);
                    self.banks[bank][addr] = *pixel;
                }
            }
        }
        map
    }

    /// Compares a layer's result with plain loops over the source.
    fn check(&self, l: &Layer, image: usize, map: &[Vec<Vec<u8>>]) {
        let span = |o: usize, size: usize| {
            let first = (o * l.stride) as isize - l.pad as isize;
            first.max(0) as usize..(first + l.kernel as isize).min(size as isize) as usize
        };
        for (c, channel) in map.iter().enumerate() {
            for y in 0..l.dst.height {
                for x in 0..l.dst.width {
                    let rows = channel[span(y, l.src.height)].iter();
                    let window = rows.flat_map(|row| row[span(x, l.src.width)].iter().copied());
                    let max = if l.signed { window.max_by_key(|&v| v as i8) } else { window.max() };
                    let (bank, addr) = l.dst.place(self.rows, image, c, y, x);
                    assert_eq!(Some(self.banks[bank][addr]), max, "image {image}, {c} {y} {x} of {l:?}");
                }
            }
        }
    }
}

fn pair(pool: Pool) -> Pair {
    let mut pair = Pair::new(pool, &[]);
    pair.payload("read_o", &["read_addr_a_o", "read_addr_b_o", "read_lane_o"]);
    let write = ["write_addr_a_o", "write_addr_b_o", "write_lane_o", "write_mask_o", "write_data_o"];
    pair.payload("write_o", &write);
    pair.cycle(true);
    pair
}

fn layers(random: &mut Rng, g: &Geometry, count: usize) -> Vec<Layer> {
    let mut base = 11;
    let mut layers = Vec::new();
    while layers.len() < count {
        let (layer, end) = Layer::new(random, g, base);
        let w = widths(g);
        let fits = layer.src.n.max(layer.dst.n) < 1 << w.slot && end <= BANK && layer.dst.width > 0;
        if fits {
            base = end;
            layers.push(layer);
        }
    }
    layers
}

#[test]
fn pooled_maps_are_right() {
    for (i, (rows, kernel)) in ENGINES.into_iter().enumerate() {
        for seed in 0..8 {
            let mut random = Rng::new(73 + 100 * seed + i as u64);
            // Whole windows at a time, and some rows of them.
            let pool_rows = if seed % 2 == 0 { kernel } else { 1 + random.below(kernel) };
            let g = Geometry { pool_rows, ..geometry(rows, 4, 4, kernel) };
            let w = widths(&g);
            let layers = layers(&mut random, &g, (1 << w.pool).min(4));
            let pool = Pool::new(&g, &w);
            let mut pair = pair(pool);
            let mut around = Surroundings::new(random, &w, rows, layers.clone(), seed as usize * 3 / 4);
            for image in 0..IMAGES {
                let maps: Vec<_> = layers.iter().map(|l| around.fill(l, image)).collect();
                // The layers' rows take turns.
                let mut rows: Vec<usize> = layers.iter().map(Layer::ops).collect();
                let goal = around.done + rows.iter().sum::<usize>();
                let mut cycles = 0;
                while around.done < goal {
                    let open: Vec<usize> = (0..rows.len()).filter(|&l| rows[l] > 0).collect();
                    let full = pair.look("full_o")[0] == 1;
                    let push = !open.is_empty() && !full && around.random.one_in(3);
                    let push = push.then(|| open[around.random.below(open.len())]);
                    push.iter().for_each(|&l| rows[l] -= 1);
                    let ahead = around.random.below(8) as u16;
                    let dep = around.retired.wrapping_add(ahead).wrapping_sub(3);
                    around.cycle(&mut pair, push.map(|l| (l, dep)), false);
                    cycles += 1;
                    assert!(cycles < 200_000, "the engine hangs");
                }
                layers.iter().zip(&maps).for_each(|(l, map)| around.check(l, image, map));
            }
        }
    }
}

#[test]
fn a_reset_starts_the_pools_anew() {
    let (rows, kernel) = (5, 3);
    let g = Geometry { pool_rows: 2, ..geometry(rows, 4, 4, kernel) };
    let mut random = Rng::new(79);
    let layers = layers(&mut random, &g, 3);
    let pool = Pool::new(&g, &widths(&g));
    let mut pair = pair(pool);
    let mut around = Surroundings::new(random, &widths(&g), rows, layers, 3);
    for _ in 0..50 {
        for cycle in 0..300 {
            let push = pair.look("full_o")[0] == 0 && around.random.one_in(9);
            let pool = around.random.below(3);
            let dep = around.retired.wrapping_sub(1);
            around.cycle(&mut pair, push.then_some((pool, dep)), cycle == 299);
        }
        around.retired = 0;
    }
    assert!(around.done > 100, "progress: {} operations", around.done);
}
