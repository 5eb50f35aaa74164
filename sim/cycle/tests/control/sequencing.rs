//! The sequencer on random programs: its Verilog against the plan's clocked model, with everything around it late at random.

use crate::cosim::{Pair, PortBits};
use crate::shape::{geometry, widths};
use crate::SHAPES;
use std::collections::{BTreeMap, VecDeque};
use systole_machine::geometry::POOL_QUEUE;
use systole_machine::tables::{Item, ItemKind, LayerEntry, TapEntry};
use systole_machine::words::{Widths, Word};
use systole_net::random::Rng;
use systole_rtl::primitives::sequencer::Sequencer;

const TAPS: usize = 40;
const INPUT_TILES: usize = 6;
/// Result banks.
const BANKS: usize = 2;

/// A program with its tables; any numbers that keep the machine's rules.
struct Program {
    items: Vec<Item>,
    layers: Vec<LayerEntry>,
    taps: Vec<TapEntry>,
}

fn layer(random: &mut Rng, w: &Widths, rows: usize, cols: usize, sum: bool) -> LayerEntry {
    let pitch = 1 + random.below(3 * rows);
    let src_n = 1 + random.below(30);
    let tap_last = random.below(9);
    let y_step = rows / pitch;
    LayerEntry {
        tap_base: random.below(TAPS - tap_last),
        tap_last,
        ch_last: random.below(5),
        ct_last: random.below(4),
        // The rows of all tiles fit a coordinate.
        tile_last: random.below(12).min((1 << w.coord) / (y_step + 2) - 1),
        src_n,
        dst_addr: random.port(w.addr) as usize,
        dst_n: random.below(20),
        dst_ct_step: random.port(w.addr) as usize,
        src_adv: random.below(src_n + 1),
        wgt_base: random.port(w.weight) as usize,
        param_base: random.port(w.param) as usize,
        x_step: rows % pitch,
        y_step,
        x_last: pitch - 1,
        ow_last: random.below(pitch),
        oh_last: random.below(30),
        cols_last: random.below(cols),
        src_signed: random.one_in(2),
        sum,
        out_signed: random.one_in(2),
        relu: random.one_in(2),
        direct: random.one_in(2),
        residual: random.one_in(3),
        residual_addr: random.port(w.residual_addr) as usize,
        residual_n: random.below(20),
        group_step: if w.group_step > 1 { random.port(w.group_step) as usize } else { 0 },
        group_last: random.below(1 << w.group_tile),
    }
}

fn tap(random: &mut Rng, w: &Widths, rows: usize) -> TapEntry {
    let mut coord = || random.port(w.coord) as usize;
    let (x_lo, x_hi, y_lo, y_hi) = (coord(), coord(), coord(), coord());
    TapEntry { addr0: random.port(w.addr) as usize, q: 0, rot: random.below(rows), x_lo, x_hi, y_lo, y_hi }
}

fn conv(random: &mut Rng, layer: usize, tiles: usize) -> Item {
    let wait_in = if random.one_in(2) { 0 } else { random.below(INPUT_TILES + 1) };
    Item {
        kind: ItemKind::Conv,
        last: false,
        layer,
        tiles,
        wait_arr: if random.one_in(3) { random.below(3) } else { 20 },
        wait_pool: random.below(5),
        wait_in,
        free_in: random.below(wait_in + 1),
    }
}

impl Program {
    fn new(random: &mut Rng, w: &Widths, rows: usize, cols: usize) -> Self {
        let count = 1 + random.below(1 << w.layer);
        let sum = random.one_in(2);
        let layers: Vec<LayerEntry> = (0..count).map(|l| layer(random, w, rows, cols, sum && l + 1 == count)).collect();
        let taps: Vec<TapEntry> = (0..TAPS).map(|_| tap(random, w, rows)).collect();
        // A tap's tile offset lies inside every line buffer.
        let least = layers.iter().map(|l| l.src_n).min().unwrap_or(1);
        let taps = taps.into_iter().map(|t| TapEntry { q: random.below(least), ..t }).collect();
        let mut items = Vec::new();
        let length = 4 + random.below(20);
        while items.len() < length {
            if random.one_in(3) {
                let layer = random.below(1 << w.pool);
                let wait_arr = if random.one_in(2) { random.below(4) } else { 20 };
                items.push(Item { kind: ItemKind::Pool, layer, wait_arr, ..Item::default() });
                continue;
            }
            // The sum layer's image lies in one stretch of the program.
            let layer = random.below(count);
            let sum = layers[layer].sum;
            let mut left = if sum { layers[layer].tile_last + 1 } else { 1 + random.below(6) };
            while left > 0 {
                let tiles = 1 + random.below(left);
                items.push(conv(random, layer, tiles));
                left -= tiles;
            }
        }
        items.push(conv(random, 0, if layers[0].sum { layers[0].tile_last + 1 } else { 1 }));
        if let Some(item) = items.last_mut() {
            item.last = true;
        }
        Program { items, layers, taps }
    }
}

/// What lies around the sequencer: array, pool engine, input, results; each answers late at random.
struct Surroundings {
    random: Rng,
    widths: Widths,
    program: Program,
    /// The address that the program's ROM reads.
    prog_addr: usize,
    /// Calm surroundings answer at once.
    calm: bool,
    now: usize,
    /// Cycles at which tiles retire, and sums are sent.
    retires: VecDeque<usize>,
    sums: VecDeque<usize>,
    pools: VecDeque<u16>,
    pool_at: Option<usize>,
    retired: u16,
    held: usize,
    /// Tiles begun, to see that there is progress.
    tiles: usize,
    stalls: BTreeMap<&'static str, usize>,
}

const STALLS: [&str; 5] = ["stall_fetch_o", "stall_array_o", "stall_pool_o", "stall_input_o", "stall_output_o"];

impl Surroundings {
    fn new(random: Rng, program: Program, widths: &Widths, calm: bool) -> Self {
        Surroundings {
            random,
            widths: widths.clone(),
            prog_addr: 0,
            program,
            calm,
            now: 0,
            retires: VecDeque::new(),
            sums: VecDeque::new(),
            pools: VecDeque::new(),
            pool_at: None,
            retired: 0,
            held: 0,
            tiles: 0,
            stalls: BTreeMap::new(),
        }
    }

    /// As after a reset, with the same program.
    fn reset(&mut self) {
        (self.retires, self.sums, self.pools) = Default::default();
        (self.pool_at, self.retired, self.held) = (None, 0, 0);
    }

    fn late(&mut self, most: usize) -> usize {
        if self.calm {
            1
        } else {
            1 + self.random.below(most)
        }
    }

    /// Inputs of the coming cycle, after what was seen in the last one.
    fn drive(&mut self, pair: &mut Pair) {
        self.tables(pair);
        self.now += 1;
        let due = |queue: &mut VecDeque<usize>, now: usize| {
            let due = queue.front().is_some_and(|&at| at <= now);
            due.then(|| queue.pop_front());
            u64::from(due)
        };
        let retire = due(&mut self.retires, self.now);
        pair.set("retire_i", &[retire]);
        pair.set("sum_done_i", &[due(&mut self.sums, self.now)]);
        let room = self.held < INPUT_TILES && (self.calm || self.random.one_in(20));
        self.held += usize::from(room);
        pair.set("in_tile_i", &[room.into()]);
        let pool_done = self.pool_at == Some(self.now);
        if pool_done {
            self.pool_at = None;
        }
        pair.set("pool_retire_i", &[pool_done.into()]);
        pair.set("pool_full_i", &[u64::from(self.pools.len() == POOL_QUEUE)]);
        pair.set("enable_i", &[u64::from(self.calm || !self.random.one_in(30))]);
        pair.set("hold_i", &[u64::from(!self.calm && self.random.one_in(30))]);
        let ready = self.pools.front().is_some_and(|dep| self.retired.wrapping_sub(*dep) as i16 >= 0);
        if self.pool_at.is_none() && !pool_done && ready {
            self.pools.pop_front();
            self.pool_at = Some(self.now + self.late(60));
        }
        self.retired = self.retired.wrapping_add(retire as u16);
    }

    /// The ROMs: the words of the last cycle's addresses, of the program's address of the cycle before that.
    fn tables(&mut self, pair: &mut Pair) {
        let addr = |name: &str| pair.seen(name)[0] as usize;
        let prog_addr = std::mem::replace(&mut self.prog_addr, addr("prog_addr_o"));
        let item = self.program.items.get(prog_addr).copied().unwrap_or_default();
        let entry = self.program.layers.get(addr("layer_addr_o")).copied().unwrap_or_default();
        let tap = self.program.taps.get(addr("tap_addr_o")).copied().unwrap_or_default();
        pair.set("item_i", &item.pack(&self.widths));
        pair.set("layer_i", &entry.pack(&self.widths));
        pair.set("tap_i", &tap.pack(&self.widths));
    }

    /// What the cycle that ended asks of the surroundings.
    fn follow(&mut self, pair: &Pair) {
        let is = |name: &str| pair.seen(name)[0] == 1;
        if is("step_last_o") && is("desc_ct_last_o") {
            self.tiles += 1;
            let after = self.retires.back().map_or(self.now, |&at| at.max(self.now));
            let at = after + self.late(30);
            self.retires.push_back(at);
            if is("desc_sum_o") && is("desc_tile_last_o") {
                let at = self.sums.back().map_or(at, |&last| last.max(at)) + self.late(400);
                self.sums.push_back(at);
            }
        }
        assert!(self.sums.len() <= BANKS, "no more sums than there are banks");
        if is("pool_push_o") {
            self.pools.push_back(pair.seen("pool_dep_o")[0] as u16);
        }
        self.held -= pair.seen("release_o")[0] as usize;
        for name in STALLS {
            *self.stalls.entry(name).or_default() += usize::from(is(name));
        }
    }
}

#[test]
fn sequencer_executes_any_program() {
    let mut stalls: BTreeMap<&str, usize> = BTreeMap::new();
    for (rows, cols) in SHAPES {
        let g = geometry(rows, cols, 4, 2);
        let w = widths(&g);
        for seed in 0..12 {
            let mut random = Rng::new(67 + 1000 * seed + rows as u64);
            let program = Program::new(&mut random, &w, rows, cols);
            let sequencer = Sequencer::new(&g, &w);
            let mut pair = Pair::new(sequencer, &[]);
            pair.cycle(true);
            let mut around = Surroundings::new(random, program, &w, seed == 0);
            for _ in 0..20_000 {
                around.drive(&mut pair);
                pair.cycle(false);
                around.follow(&pair);
            }
            assert!(around.tiles > 50, "progress: {} tiles on {rows}x{cols}, seed {seed}", around.tiles);
            around.stalls.iter().for_each(|(name, count)| *stalls.entry(name).or_default() += count);
        }
    }
    for name in STALLS {
        assert!(stalls[name] > 100, "every cause was met: {stalls:?}");
    }
}

#[test]
fn a_reset_starts_the_program_anew() {
    let g = geometry(3, 5, 4, 2);
    let w = widths(&g);
    let mut random = Rng::new(71);
    let program = Program::new(&mut random, &w, g.rows, g.cols);
    let sequencer = Sequencer::new(&g, &w);
    let mut pair = Pair::new(sequencer, &[]);
    pair.cycle(true);
    let mut around = Surroundings::new(random, program, &w, false);
    for _ in 0..60 {
        let length = 1 + around.random.below(600);
        for cycle in 0..length {
            around.drive(&mut pair);
            pair.cycle(cycle + 1 == length);
            around.follow(&pair);
        }
        around.reset();
    }
    assert!(around.tiles > 100, "progress: {} tiles", around.tiles);
}
