//! The pool engine between banks that others use too: against its model, and pooled maps against plain loops.

use crate::cosim::{Pair, PortBits};
use crate::shape::{geometry, widths, BANK};
use std::collections::VecDeque;
use systole_machine::control::pool_passes::passes;
use systole_machine::control::pool_state::PoolState;
use systole_machine::geometry::{Geometry, POOL_FIFO};
use systole_machine::tables::PoolEntry;
use systole_machine::words::{Widths, Word};
use systole_net::random::Rng;
use systole_rtl::primitives::pool::Pool;

/// Rows and largest kernel.
const ENGINES: [(usize, usize); 8] = [(8, 1), (2, 1), (2, 2), (3, 3), (4, 3), (5, 5), (8, 3), (28, 3)];
const IMAGES: usize = 5;
/// Cycles from a grant to the banks' words.
const READ_LAT: usize = 3;
/// Words of the result FIFO.
const WORDS: usize = 32;

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
    fn new(random: &mut Rng, rows: usize, (height, width): (usize, usize), least: usize, base: usize) -> Self {
        let pitch = (width + random.below(3)).max(least);
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
    /// Its source's words come through the result FIFO.
    direct: bool,
    src: Map,
    dst: Map,
    entry: PoolEntry,
}

impl Layer {
    /// Random, with its maps from bank address `base` on; the address behind it is returned too.
    fn new(random: &mut Rng, g: &Geometry, base: usize) -> (Self, usize) {
        let rows = g.rows;
        let kernel = 1 + random.below(g.pool_kernel);
        let stride = 1 + random.below(4.min(rows));
        let pad = random.below(kernel);
        let size = |random: &mut Rng| kernel + random.below(3 * kernel + 4 + rows);
        let (height, width) = (size(random), size(random));
        let channels = if random.one_in(4) { POOL_FIFO + random.below(4) } else { 1 + random.below(4) };
        let ceil = random.one_in(2);
        let out = |size: usize| {
            let room = size + 2 * pad - kernel;
            let count = if ceil { room.div_ceil(stride) } else { room / stride } + 1;
            count - usize::from((count - 1) * stride >= size + pad)
        };
        let whole = kernel > 1 && width + pad < rows + kernel && out(width) <= rows;
        let least = if whole || kernel == 1 { 0 } else { rows + kernel - 1 };
        let src = Map::new(random, rows, (height, width), least, base);
        let dst = Map::new(random, rows, (out(height), out(width)), 0, base + channels * src.n);
        let end = dst.base + channels * dst.n;
        let (signed, direct) = (random.one_in(2), random.one_in(2));
        let entry = PoolEntry {
            direct,
            src_base: src.base,
            src_n: src.n,
            dst_base: dst.base,
            dst_n: dst.n,
            dst_row_slots: dst.pitch / rows % dst.n,
            dst_row_lanes: dst.pitch % rows,
            dst_image: dst.tiles % dst.n,
            ch_last: channels - 1,
            pitch: src.pitch,
            gap: src.pitch - src.width,
            height,
            kernel_last: kernel - 1,
            stride,
            pad,
            out_width: dst.width,
            out_height: dst.height,
            whole,
            signed,
        };
        (Layer { kernel, stride, pad, channels, signed, direct, src, dst, entry }, end)
    }

    /// Passes of an operation at most.
    fn passes(&self, rows: usize) -> usize {
        let mut state = PoolState::first(&self.entry);
        let mut most = 0;
        for _ in 0..self.src.tiles {
            most = most.max(passes(&self.entry, rows, &state).0.len());
            state = state.next(&self.entry, rows).0;
        }
        most
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
    /// Operations that are not over: layer, and words of its tile that are not in the result FIFO yet.
    open: VecDeque<(usize, VecDeque<Vec<u64>>)>,
    /// Words of the tiles of which some are in the FIFO.
    held: usize,
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
            open: VecDeque::new(),
            held: 0,
        }
    }

    /// One cycle: the ROM, port B, the banks, the result FIFO. `push`: an operation of a layer, and its dependency; `words`: of its
    /// tile.
    fn cycle(&mut self, pair: &mut Pair, push: Option<(usize, u16)>, words: VecDeque<Vec<u64>>, reset: bool) {
        self.rom(pair);
        self.fill(pair);
        if let Some((layer, _)) = push {
            self.open.push_back((layer, words));
        }
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
        if pair.seen("pool_retire_o")[0] == 1 {
            self.done += 1;
            let (layer, _) = self.open.pop_front().expect("an operation that is not over");
            let l = &self.layers[layer];
            self.held -= if l.direct { l.channels } else { 0 };
        }
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

    /// The next word of the oldest tile that still has some, if there is room for all of that tile's.
    fn fill(&mut self, pair: &mut Pair) {
        let mut word = None;
        let waits = self.open.iter_mut().find(|(_, words)| !words.is_empty());
        if let Some((layer, words)) = waits.filter(|_| self.random.one_in(2)) {
            let channels = self.layers[*layer].channels;
            let begun = words.len() < channels;
            if begun || self.held + channels <= WORDS {
                self.held += if begun { 0 } else { channels };
                word = words.pop_front();
            }
        }
        pair.set("fill_i", &[word.is_some().into()]);
        let noise = (0..self.rows).map(|_| self.random.port(8)).collect();
        pair.set("fill_data_i", &word.unwrap_or(noise));
    }

    /// A tile's words of an image of a layer; none where they come from the banks.
    fn words(&mut self, l: &Layer, map: &[Vec<Vec<u8>>], tile: usize) -> VecDeque<Vec<u64>> {
        let mut pixel = |channel: &[Vec<u8>], lane: usize| {
            let p = tile * self.rows + lane;
            let known = channel.get(p / l.src.pitch).and_then(|row| row.get(p % l.src.pitch));
            known.map_or_else(|| self.random.port(8), |&pixel| pixel.into())
        };
        let channels = map.iter().filter(|_| l.direct);
        channels.map(|channel| (0..self.rows).map(|lane| pixel(channel, lane)).collect()).collect()
    }

    /// Fills a layer's source with an image and the rest of its line buffer with noise.
    fn store(&mut self, l: &Layer, image: usize) -> Vec<Vec<Vec<u8>>> {
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

/// A geometry for layers, and its engine.
fn engine(g: &Geometry, layers: &[Layer]) -> Pool {
    let pool_passes = layers.iter().map(|l| l.passes(g.rows)).max().unwrap_or(1);
    let g = Geometry { pool_passes, pool_words: WORDS, ..g.clone() };
    Pool::new(&g, &widths(&g), g.rows % 2 == 0)
}

#[test]
fn pooled_maps_are_right() {
    for (i, (rows, kernel)) in ENGINES.into_iter().enumerate() {
        for seed in 0..8 {
            let mut random = Rng::new(73 + 100 * seed + i as u64);
            let g = geometry(rows, 4, 4, kernel);
            let w = widths(&g);
            let layers = layers(&mut random, &g, (1 << w.pool).min(4));
            let mut pair = pair(engine(&g, &layers));
            let mut around = Surroundings::new(random, &w, rows, layers.clone(), seed as usize * 3 / 4);
            for image in 0..IMAGES {
                let maps: Vec<_> = layers.iter().map(|l| around.store(l, image)).collect();
                // The layers' tiles take turns.
                let mut left: Vec<usize> = layers.iter().map(|l| l.src.tiles).collect();
                let goal = around.done + left.iter().sum::<usize>();
                let mut cycles = 0;
                while around.done < goal {
                    let open: Vec<usize> = (0..left.len()).filter(|&l| left[l] > 0).collect();
                    let full = pair.look("full_o")[0] == 1;
                    let push = !open.is_empty() && !full && around.random.one_in(3);
                    let push = push.then(|| open[around.random.below(open.len())]);
                    let mut words = VecDeque::new();
                    if let Some(l) = push {
                        words = around.words(&layers[l], &maps[l], layers[l].src.tiles - left[l]);
                        left[l] -= 1;
                    }
                    let ahead = around.random.below(8) as u16;
                    let dep = around.retired.wrapping_add(ahead).wrapping_sub(3);
                    around.cycle(&mut pair, push.map(|l| (l, dep)), words, false);
                    cycles += 1;
                    assert!(cycles < 400_000, "the engine hangs");
                }
                layers.iter().zip(&maps).for_each(|(l, map)| around.check(l, image, map));
            }
        }
    }
}

#[test]
fn a_reset_starts_the_pools_anew() {
    let (rows, kernel) = (5, 3);
    let g = geometry(rows, 4, 4, kernel);
    let mut random = Rng::new(79);
    let layers = layers(&mut random, &g, 3);
    let mut pair = pair(engine(&g, &layers));
    let mut around = Surroundings::new(random, &widths(&g), rows, layers.clone(), 3);
    for _ in 0..50 {
        for cycle in 0..300 {
            let push = pair.look("full_o")[0] == 0 && around.random.one_in(9);
            let pool = around.random.below(3);
            let dep = around.retired.wrapping_sub(1);
            let l = &layers[pool];
            let maps = vec![Vec::new(); l.channels];
            let words = if push { around.words(l, &maps, 0) } else { VecDeque::new() };
            around.cycle(&mut pair, push.then_some((pool, dep)), words, cycle == 299);
        }
        (around.retired, around.held) = (0, 0);
        around.open.clear();
    }
    assert!(around.done > 100, "progress: {} operations", around.done);
}
