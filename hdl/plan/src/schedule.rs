//! Order of the program: a list scheduler that takes the shallowest convolution whose inputs are there, line buffer space permitting.
//!
//! Shallow first keeps the pool engine, which only the early layers load, busy all through the image; the deep layers
//! fill the gaps. (Deepest first bunches the early layers together and then waits for pooling: 91 % instead of 99 % of
//! the array on SqueezeNet v1.1.) Line buffer sizes keep the order depth-first in bands either way.

mod frontier;
mod pooling;
mod progress;
mod result_fifo;

use crate::lower::{Dest, Lowered, PoolShape, Stream, Work};
use frontier::Frontier;
use pooling::Pooling;
pub use progress::LineBuffers;
use progress::{Obstacle, Progress};
use result_fifo::ResultFifo;
use systole_machine::geometry::{Geometry, POOL_FIFO, POOL_QUEUE, SEQ_LAT};
use systole_net::Net;

/// One operation in program order, with the operations that it must see retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    pub stream: usize,
    pub index: usize,
    /// Array tiles (pool operations), counted from the image's first, that must be retired before it begins.
    pub needs_array: usize,
    pub needs_pool: usize,
    /// Its results go to the result FIFO: all pool operations of images before must be retired too.
    pub fills: bool,
    /// Input tiles that must have arrived, and that are free afterwards (both counted from the image's first).
    pub needs_input: usize,
    pub frees_input: usize,
}

/// Operations that the line buffers kept from being ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// Maps without room.
    pub full: Vec<usize>,
}

/// Cycles of a pool operation in which it asks for nothing: its states before and after its passes.
const POOL_STATES: usize = 6;

/// Cycles of a stream's operations.
enum Cycles {
    /// Of every one.
    Alike(u64),
    Each(Vec<u64>),
}

impl Cycles {
    fn of(g: &Geometry, s: &Stream) -> Cycles {
        match &s.work {
            Work::Conv(_) => Cycles::Alike(s.array_cycles(g.cols) as u64),
            Work::Pool(p) => Cycles::Each((0..s.ops).map(|op| pool_cycles(g, s, p, op)).collect()),
        }
    }

    fn at(&self, op: usize) -> u64 {
        match self {
            Cycles::Alike(cycles) => *cycles,
            Cycles::Each(all) => all[op],
        }
    }
}

/// Operations of other streams that must be retired.
#[derive(Default)]
struct Waits {
    /// Cycle at which those of the array are, as foreseen.
    ready: u64,
    /// Array tiles and pool operations up to the last of them.
    array: usize,
    pool: usize,
    /// Pool operations among them.
    pools: Vec<usize>,
}

struct Scheduler<'a> {
    low: &'a Lowered,
    progress: Progress<'a>,
    /// Per stream and operation: position among array tiles or pool operations; estimated cycle of retirement of the former.
    when: Vec<Vec<(usize, u64)>>,
    cycles: Vec<Cycles>,
    /// Per stream that may go on, what its next operation waits for, but for room in the result FIFO.
    waits: Vec<Waits>,
    /// Per stream, what kept it from going on when it was looked at last.
    obstacles: Vec<Option<Obstacle>>,
    /// Words that an array tile writes.
    writes: Vec<u64>,
    latency: u64,
    write_latency: u64,
    now: u64,
    pooling: Pooling,
    fifo: ResultFifo,
    array_ops: usize,
    all_array_ops: usize,
    pool_ops: usize,
    input_beats: u64,
    /// Estimated arrival of each input tile.
    arrivals: Vec<u64>,
    /// Streams that may go on but for what else their overlaid buffer holds.
    frontier: Frontier,
    program: Vec<Op>,
}

/// All operations of an image, and the cycles that they take the array, as foreseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub ops: Vec<Op>,
    pub cycles: u64,
}

/// Orders all operations of an image.
pub fn schedule(low: &Lowered, g: &Geometry, buffers: &LineBuffers) -> Result<Order, Deadlock> {
    Scheduler::new(low, g, buffers.clone()).run()
}

/// Line buffers with a tile more wherever an order comes to a standstill, up to the end of the image; none if room does not help.
pub fn widened(low: &Lowered, g: &Geometry, buffers: LineBuffers) -> Option<LineBuffers> {
    let mut scheduler = Scheduler::new(low, g, buffers);
    while let Err(Deadlock { full }) = scheduler.go_on() {
        let room = |&m: &usize| scheduler.progress.buffers.slots[m] < low.maps[m].tiles;
        let full: Vec<usize> = full.into_iter().filter(room).collect();
        if full.is_empty() {
            return None;
        }
        full.iter().for_each(|&m| scheduler.progress.buffers.slots[m] += 1);
        scheduler.look_at_all();
    }
    Some(scheduler.progress.buffers)
}

/// Cycles of a pool operation: port accesses of its rows and what they take beside them.
fn pool_cycles(g: &Geometry, s: &Stream, p: &PoolShape, op: usize) -> u64 {
    let passes = s.pooled.passes[op];
    let reads = if s.partner.is_some() { 0 } else { passes };
    let port = s.pooled.accesses(op) + reads;
    let drains = if p.channels > POOL_FIFO { 0 } else { g.pool_lat() };
    let beside = POOL_STATES + drains + passes;
    (p.channels * port.max(s.pooled.merges[op] + passes) + beside) as u64
}

/// Words of a convolution's tile.
fn words(s: &Stream) -> usize {
    match &s.work {
        Work::Conv(c) => c.out_channels,
        Work::Pool(_) => 0,
    }
}

/// Words that a tile of a convolution writes into the banks.
fn writes(s: &Stream) -> u64 {
    match (&s.work, s.dest, s.partner) {
        (Work::Conv(c), Dest::Map { .. }, None) => c.out_channels as u64,
        (Work::Conv(_), _, _) | (Work::Pool(_), _, _) => 0,
    }
}

impl<'a> Scheduler<'a> {
    fn new(low: &'a Lowered, g: &Geometry, buffers: LineBuffers) -> Scheduler<'a> {
        let mut s = Scheduler {
            low,
            when: low.streams.iter().map(|s| Vec::with_capacity(s.ops)).collect(),
            cycles: low.streams.iter().map(|s| Cycles::of(g, s)).collect(),
            waits: low.streams.iter().map(|_| Waits::default()).collect(),
            obstacles: vec![None; low.streams.len()],
            writes: low.streams.iter().map(writes).collect(),
            latency: (SEQ_LAT + g.retire_lat() + 1) as u64,
            write_latency: (SEQ_LAT + g.write_lat(0)) as u64,
            now: 0,
            pooling: Pooling::default(),
            fifo: ResultFifo::new(g.pool_words),
            array_ops: 0,
            all_array_ops: low.streams.iter().filter(|s| matches!(s.work, Work::Conv(_))).map(|s| s.ops).sum(),
            pool_ops: 0,
            input_beats: (low.maps[Net::INPUT].words() * g.beats_per_word()) as u64,
            arrivals: Vec::new(),
            frontier: Frontier::new(low, &buffers),
            program: Vec::with_capacity(low.streams.iter().map(|s| s.ops).sum()),
            progress: Progress::new(low, buffers),
        };
        s.look_at_all();
        s
    }

    /// Which of all streams may go on.
    fn look_at_all(&mut self) {
        self.obstacles.fill(None);
        (0..self.low.streams.len()).for_each(|stream| self.look_again(stream));
    }

    fn run(mut self) -> Result<Order, Deadlock> {
        self.go_on()?;
        Ok(Order { ops: self.program, cycles: self.now })
    }

    /// Places operations up to the end of the image, or to a standstill.
    fn go_on(&mut self) -> Result<(), Deadlock> {
        let total: usize = self.low.streams.iter().map(|s| s.ops).sum();
        while self.program.len() < total {
            if self.place_pool(POOL_QUEUE - 1) || self.place_conv() || self.place_pool(usize::MAX) {
                continue;
            }
            return Err(Deadlock { full: self.progress.full_maps() });
        }
        Ok(())
    }

    fn place_pool(&mut self, backlog: usize) -> bool {
        if self.pooling.waiting() >= backlog {
            return false;
        }
        let last = self.frontier.pools.iter().rev().find(|&s| self.progress.overlay_free(s));
        last.inspect(|&s| self.place(s)).is_some()
    }

    /// The earliest that is ready, the shallowest of several; nothing is earlier than now.
    fn place_conv(&mut self) -> bool {
        let mut best: Option<(u64, usize)> = None;
        for s in self.frontier.convs.iter() {
            if !self.progress.overlay_free(s) || self.ends_too_early(s) {
                continue;
            }
            let ready = self.ready(s).max(self.now);
            if best.is_none_or(|(b, _)| ready < b) {
                best = Some((ready, s));
            }
            if ready == self.now {
                break;
            }
        }
        best.inspect(|&(_, s)| self.place(s)).is_some()
    }

    /// Whether a stream belongs to the frontier may have changed.
    fn look_again(&mut self, s: usize) {
        if self.obstacles[s].is_some_and(|obstacle| self.progress.is_there(obstacle)) {
            return;
        }
        let obstacle = self.progress.may_go_on(s).err();
        self.obstacles[s] = obstacle;
        self.frontier.set(s, self.is_pool(s), obstacle.is_none());
        if obstacle.is_none() {
            let mut waits = std::mem::take(&mut self.waits[s]);
            (waits.ready, waits.array, waits.pool) = (0, 0, 0);
            waits.pools.clear();
            self.find_waits(s, &mut waits);
            self.waits[s] = waits;
        }
    }

    fn is_pool(&self, s: usize) -> bool {
        matches!(self.low.streams[s].work, Work::Pool(_))
    }

    /// What an operation that was placed changes: what its maps hold, and who may go on.
    fn follow_up(&mut self, s: usize) {
        self.progress.count_alive_of(s);
        for at in 0..self.frontier.affected[s].len() {
            let affected = self.frontier.affected[s][at];
            // What lets a stream go on, and what it waits for, stays until it does.
            if affected == s || !self.frontier.has(affected, self.is_pool(affected)) {
                self.look_again(affected);
            }
        }
    }

    /// The last tile of the sums completes the image's result and checksums: all other tiles come before it, those too that nobody
    /// reads.
    fn ends_too_early(&self, s: usize) -> bool {
        let st = &self.low.streams[s];
        st.dest == Dest::Sum && self.progress.done[s] + 1 == st.ops && self.array_ops + 1 < self.all_array_ops
    }

    /// The pool operation that must be over before an operation's results find room in the result FIFO.
    fn makes_room(&self, s: usize) -> Option<usize> {
        let st = &self.low.streams[s];
        let fills = st.partner.is_some() && !self.is_pool(s);
        let (stream, op) = if fills { self.fifo.makes_room(words(st)) } else { None }?;
        Some(self.when[stream][op].0)
    }

    /// What the next operation of a stream waits for that may go on.
    fn find_waits(&self, s: usize, waits: &mut Waits) {
        let st = &self.low.streams[s];
        let op = self.progress.done[s];
        if let (Some(_), Work::Pool(_)) = (st.partner, &st.work) {
            // It follows its words, and those all steps before them.
            return;
        }
        for map in st.sources() {
            let (_, hi) = self.low.window(st, map, op);
            for &w in self.low.maps[map].writers.iter().filter(|&&w| st.takes_from(&self.low.streams[w], map)) {
                self.wait_for(waits, w, self.low.ops_for_tile(&self.low.streams[w], hi) - 1);
            }
        }
        if st.partner.is_some() {
            return;
        }
        let Dest::Map { map, .. } = st.dest else { return };
        let last = self.low.written(st, op);
        let is_conv = matches!(st.work, Work::Conv(_));
        let Some(reused) = last.checked_sub(self.progress.buffers.slots[map]) else { return };
        for &r in &self.low.maps[map].readers {
            let reader = &self.low.streams[r];
            if is_conv && matches!(reader.work, Work::Conv(_)) {
                continue;
            }
            let read = (0..self.progress.done[r]).rev().find(|&o| self.low.window(reader, map, o).0 <= reused);
            if let Some(read) = read {
                self.wait_for(waits, r, read);
            }
        }
    }

    fn wait_for(&self, waits: &mut Waits, stream: usize, op: usize) {
        let (at, cycle) = self.when[stream][op];
        if self.is_pool(stream) {
            waits.pool = waits.pool.max(at + 1);
            waits.pools.push(at);
        } else {
            waits.array = waits.array.max(at + 1);
            waits.ready = waits.ready.max(cycle);
        }
    }

    fn ready(&self, s: usize) -> u64 {
        let (st, waits) = (&self.low.streams[s], &self.waits[s]);
        let pools = waits.pools.iter().copied().chain(self.makes_room(s));
        let on_chip = pools.map(|at| self.pooling.end(at)).fold(waits.ready, u64::max);
        if st.src != Net::INPUT {
            return on_chip;
        }
        let (_, hi) = self.low.window(st, Net::INPUT, self.progress.done[s]);
        on_chip.max(self.arrival(hi))
    }

    /// Estimated cycle at which an input tile is there.
    fn arrival(&self, tile: usize) -> u64 {
        match self.arrivals.get(tile) {
            Some(&t) => t,
            None => self.arrivals.last().copied().unwrap_or(0) + self.input_beats,
        }
    }

    /// Input tiles stream in as space allows; called after operations on the image.
    fn stream_input(&mut self) {
        let limit = (self.progress.oldest[Net::INPUT] + self.progress.buffers.slots[Net::INPUT])
            .min(self.low.maps[Net::INPUT].tiles);
        let preloaded = self.progress.buffers.slots[Net::INPUT];
        while self.arrivals.len() < limit {
            let tile = self.arrivals.len();
            let last = self.arrivals.last().copied().unwrap_or(0);
            let t = if tile < preloaded {
                0
            } else {
                last.max(self.now.saturating_sub(self.input_beats)) + self.input_beats
            };
            self.arrivals.push(t);
        }
    }

    fn place(&mut self, s: usize) {
        if self.arrivals.is_empty() {
            self.stream_input();
        }
        let ready = self.ready(s);
        self.place_at(s, ready);
    }

    fn place_at(&mut self, s: usize, ready: u64) {
        let needs_array = self.waits[s].array;
        let needs_pool = self.waits[s].pool.max(self.makes_room(s).map_or(0, |at| at + 1));
        let st = &self.low.streams[s];
        let reads_input = st.src == Net::INPUT;
        let needs_input = if reads_input { self.low.window(st, Net::INPUT, self.progress.done[s]).1 + 1 } else { 0 };
        let index = self.progress.done[s];
        let mut words_from = ready;
        if matches!(st.work, Work::Conv(_)) {
            let begin = self.now.max(ready);
            self.now = begin + self.cycles[s].at(index);
            let (from, to) = (begin + self.write_latency, self.now + self.write_latency);
            self.pooling.drain(from, to, self.writes[s]);
            self.pooling.advance(self.now);
            self.when[s].push((self.array_ops, self.now + self.latency));
            self.array_ops += 1;
            // A pooling is no faster than its words come.
            words_from = st.partner.map_or(from, |p| from.max(to.saturating_sub(self.cycles[p].at(index))));
        } else {
            self.pooling.push(ready, self.cycles[s].at(index));
            self.when[s].push((self.pool_ops, 0));
            self.pool_ops += 1;
        }
        self.progress.place(s);
        self.obstacles[s] = None;
        let frees_input = if reads_input { self.progress.oldest[Net::INPUT] } else { 0 };
        if reads_input {
            self.stream_input();
        }
        let (is_conv, partner) = (matches!(st.work, Work::Conv(_)), st.partner);
        let fills = is_conv && partner.is_some();
        self.program.push(Op { stream: s, index, needs_array, needs_pool, fills, needs_input, frees_input });
        if let Some(pooling) = partner.filter(|_| is_conv) {
            self.fifo.push(words(st), (pooling, index));
            self.place_at(pooling, words_from);
        }
        self.follow_up(s);
    }
}
