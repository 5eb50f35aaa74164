//! All control machines together, with port B's arbitration: one call per clock cycle.

use super::input::{Collector, Skid};
use super::pool::{PoolEngine, PoolRead};
use super::results::Results;
use super::sequencer::{LayerState, PoolPush, Sequencer, SequencerIn, Wait};
use crate::geometry::SEQ_LAT;
use crate::plan::Draft;
use crate::tables::{Item, LayerEntry, PoolEntry};
use std::collections::VecDeque;

/// Handshakes at the machine's ports in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// `s_axis` beat accepted in this cycle.
    pub in_beat: bool,
    pub s_ready: bool,
    /// The collector took a beat out of the skid buffer.
    pub collected: bool,
    pub m_valid: bool,
    /// `m_axis` beat accepted in this cycle, and whether it was the last of a result.
    pub out_beat: bool,
    pub out_last: bool,
}

/// What the machine may do in a cycle.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    /// Take beats and begin tiles.
    pub enable: bool,
    /// Not fetch: its tables are being read back.
    pub hold: bool,
}

impl Permit {
    pub const ALL: Permit = Permit { enable: true, hold: false };
}

/// Follows what the machine does; every method has an empty default.
pub trait Observer {
    /// A tile's first step is issued in the cycle after `cycle`.
    fn begin(&mut self, _cycle: u64, _layer: usize, _state: &LayerState) {}
    /// A tile's results are all in their banks.
    fn retire(&mut self, _cycle: u64, _layer: usize) {}
    /// The pool engine's read was granted, or a word taken from the result FIFO.
    fn pool_read(&mut self, _cycle: u64, _read: &PoolRead) {}
    /// A pool operation is complete.
    fn pool_done(&mut self, _cycle: u64) {}
    /// So many cycles from `cycle` on in which the array took no step, and why; `None` is padding to the drain interval.
    fn idle(&mut self, _cycle: u64, _cycles: u64, _why: Option<Wait>) {}
    /// So many cycles in each of which the array took a step of this layer.
    fn steps(&mut self, _layer: usize, _cycles: u64) {}
}

/// An observer that does not look.
pub struct Blind;

impl Observer for Blind {}

/// A channel tile on its way out: cycle of its first write request, columns written to the banks, or to the result FIFO.
struct Drain {
    start: u64,
    columns: u64,
    direct: bool,
}

impl Drain {
    fn end(&self) -> u64 {
        self.start + self.columns
    }
}

/// The control state of the whole machine.
pub struct Machine {
    cols: usize,
    /// Cycles from a tile's last step to its first write request, and to its retirement.
    write_lat: u64,
    retire_lat: u64,
    program: Vec<Item>,
    layers: Vec<LayerEntry>,
    pools: Vec<PoolEntry>,
    pub sequencer: Sequencer,
    pub pool: PoolEngine,
    collector: Collector,
    skid: Skid,
    results: Results,
    drains: VecDeque<Drain>,
    retires: VecDeque<(u64, usize)>,
    in_tile: bool,
    pool_retire: bool,
    sum_done: bool,
    waiting: Option<Wait>,
    /// Cycles since reset.
    pub now: u64,
}

impl Machine {
    pub fn new(plan: &Draft) -> Self {
        let g = &plan.geometry;
        Machine {
            cols: g.cols,
            write_lat: g.write_lat(0) as u64,
            retire_lat: g.retire_lat() as u64,
            sequencer: Sequencer::new(g, plan.layers.len()),
            pool: PoolEngine::new(g, plan.pools.len()),
            collector: Collector::new(g, &plan.input),
            skid: Skid::default(),
            results: Results::new(plan.classes),
            drains: VecDeque::new(),
            retires: VecDeque::new(),
            in_tile: false,
            pool_retire: false,
            sum_done: false,
            waiting: None,
            now: 0,
            program: plan.program.clone(),
            layers: plan.layers.clone(),
            pools: plan.pools.clone(),
        }
    }

    /// Ready towards the host in this cycle.
    pub fn s_ready(&self) -> bool {
        self.skid.ready()
    }

    /// The skid buffer holds a beat.
    pub fn holds_beat(&self) -> bool {
        self.skid.valid
    }

    /// Why no step was issued in the cycle before.
    pub fn waits(&self) -> Option<Wait> {
        self.waiting
    }

    /// `m_axis_tvalid` in this cycle.
    pub fn m_valid(&self) -> bool {
        self.results.valid()
    }

    /// Images whose sums are complete; the checksums are then theirs.
    pub fn completed(&self) -> u64 {
        self.results.completed()
    }

    /// One clock cycle with the host's `s_axis_tvalid` and `m_axis_tready` in it, in which everything may happen.
    pub fn clock<O: Observer>(&mut self, s_valid: bool, m_ready: bool, o: &mut O) -> Tick {
        self.clock_within(Permit::ALL, s_valid, m_ready, o)
    }

    /// [`Self::clock`] in which that may happen which is permitted.
    pub fn clock_within<O: Observer>(&mut self, permit: Permit, s_valid: bool, m_ready: bool, o: &mut O) -> Tick {
        let retire = match self.retires.front() {
            Some(&(cycle, layer)) if cycle == self.now => {
                self.retires.pop_front();
                o.retire(self.now, layer);
                true
            }
            _ => false,
        };
        let input = SequencerIn {
            enable: permit.enable,
            hold: permit.hold,
            retire,
            in_tile: self.in_tile,
            pool_retire: self.pool_retire,
            pool_queue: self.pool.queue.len(),
            sum_done: self.sum_done,
        };
        let release = self.sequencer.release_due();
        self.charge(self.now, 1, o);
        if self.sequencer.is_over() {
            self.drained();
        }
        let ev = self.sequencer.clock(&input, &self.program, &self.layers);
        self.sequencer.apply_release(release);
        self.waiting = ev.wait;
        if ev.begin {
            o.begin(self.now, self.sequencer.cur.item.layer, &self.sequencer.cur.state);
        }
        let input_write = self.clock_pool(ev.push, retire, o);
        let s_ready = self.skid.ready();
        let collect = self.collector.ready(permit.enable);
        let taken = self.skid.valid && collect;
        self.in_tile = self.collector.clock(taken, input_write, release);
        self.skid.clock(s_valid, collect);
        let m_valid = self.results.valid();
        let (out_beat, out_last) = self.results.clock(m_ready);
        self.sum_done = out_last;
        self.now += 1;
        Tick { in_beat: s_valid && s_ready, s_ready, collected: taken, m_valid, out_beat, out_last }
    }

    /// Cycles from now on in which no handshake happens at the ports and nothing inside changes but counters, while the host
    /// holds `s_axis_tvalid` and `m_axis_tready`. Never too many, sometimes too few.
    pub fn quiet(&self, s_valid: bool, m_ready: bool) -> u64 {
        match self.quiet_beside_pool(s_valid, m_ready) {
            0 => 0,
            cycles => cycles.min(self.port_quiet()).min(self.pool.quiet()),
        }
    }

    /// The same, whatever the pool engine and port B do that reaches nobody else.
    fn quiet_beside_pool(&self, s_valid: bool, m_ready: bool) -> u64 {
        if self.skid.moves(s_valid, self.collector.ready(true)) || self.collector.pulses() {
            return 0;
        }
        let input = SequencerIn {
            enable: true,
            hold: false,
            retire: false,
            in_tile: self.in_tile,
            pool_retire: self.pool_retire,
            pool_queue: self.pool.queue.len(),
            sum_done: self.sum_done,
        };
        let retire = self.retires.front().map_or(u64::MAX, |r| r.0 - self.now);
        retire.min(self.results.quiet(m_ready)).min(self.sequencer.quiet(&input, self.waiting))
    }

    /// Cycles in which port B grants nothing but the drain's writes, and the pool engine gets no word that it waits for.
    fn port_quiet(&self) -> u64 {
        let mut ahead = self.drains.iter().filter(|d| d.end() > self.now);
        let word = match self.pool.starves() {
            true => ahead.clone().find(|d| d.direct).map_or(u64::MAX, |d| d.start.saturating_sub(self.now)),
            false => u64::MAX,
        };
        let want = self.pool.asks();
        if !self.collector.request() && !want.write && !want.read {
            return word;
        }
        word.min(ahead.next().filter(|d| d.start <= self.now && !d.direct).map_or(0, |d| d.end() - self.now))
    }

    /// [`Self::clock`] so many times at once, no more than [`Self::quiet`] says.
    pub fn skip<O: Observer>(&mut self, cycles: u64, o: &mut O) {
        self.lasts(self.now, cycles, o);
        let (from, to) = (self.now, self.now + cycles);
        let fills = self.drains.iter().filter(|d| d.direct);
        let fills: u64 = fills.map(|d| d.end().min(to).saturating_sub(d.start.max(from))).sum();
        self.pool.fill(fills as usize);
        self.pool.skip(cycles);
        self.now += cycles;
    }

    /// [`Self::clock`] as often as the pool engine alone does more than count, at most `most` times, the host's side being as for
    /// [`Self::quiet`]. Says how often.
    pub fn pool_alone<O: Observer>(&mut self, s_valid: bool, m_ready: bool, most: u64, o: &mut O) -> u64 {
        // A word of the image waits for port B.
        if self.collector.request() {
            return 0;
        }
        let most = most.min(self.quiet_beside_pool(s_valid, m_ready));
        let (start, queued) = (self.now, self.pool.queue.len());
        while self.now - start < most && !self.pool_retire && self.pool.queue.len() == queued {
            self.clock_pool(None, false, o);
            self.now += 1;
        }
        let cycles = self.now - start;
        self.lasts(start, cycles, o);
        cycles
    }

    /// Sequencer and results in so many cycles from one on in which they only count.
    fn lasts<O: Observer>(&mut self, from: u64, cycles: u64, o: &mut O) {
        self.charge(from, cycles, o);
        self.sequencer.skip(cycles);
        self.results.skip(cycles);
    }

    /// Tells what the array does in so many cycles from one on.
    fn charge<O: Observer>(&self, from: u64, cycles: u64, o: &mut O) {
        match self.sequencer.is_stepping() {
            true => o.steps(self.sequencer.cur.item.layer, cycles),
            false => o.idle(from, cycles, self.sequencer.idles(self.waiting)),
        }
    }

    /// Port B's arbitration and the pool engine in one cycle; whether the image's word was written.
    fn clock_pool<O: Observer>(&mut self, push: Option<PoolPush>, retire: bool, o: &mut O) -> bool {
        let (drain, fills) = match self.draining() {
            Some(direct) => (!direct, direct),
            None => (false, false),
        };
        let want = self.pool.asks();
        let input_write = self.collector.request() && !drain;
        let write = want.write && !drain && !input_write;
        let read = want.read && !drain && !input_write && !want.write;
        if read || want.take {
            o.pool_read(self.now, &self.pool.read());
        }
        self.pool_retire = self.pool.clock(push, retire, read, write, &self.pools);
        self.pool.fill(fills.into());
        if self.pool_retire {
            o.pool_done(self.now);
        }
        input_write
    }

    /// The channel tile in hand ends with this cycle.
    fn drained(&mut self) {
        let (cur, ct) = (&self.sequencer.cur, self.sequencer.ct);
        let e = &cur.entry;
        let t_last = self.now + SEQ_LAT as u64;
        let columns = if ct == e.ct_last { e.cols_last + 1 } else { self.cols };
        let start = t_last + self.write_lat;
        if !e.sum {
            self.drains.push_back(Drain { start, columns: columns as u64, direct: e.direct });
        }
        if ct == e.ct_last {
            self.retires.push_back((t_last + self.retire_lat, cur.item.layer));
            if e.sum && cur.state.tile == e.tile_last {
                self.results.complete_at(start + columns as u64 - 1 + 2);
            }
        }
    }

    /// Whether results leave in this cycle, and for the result FIFO.
    #[inline]
    fn draining(&mut self) -> Option<bool> {
        while self.drains.front().is_some_and(|d| d.end() <= self.now) {
            self.drains.pop_front();
        }
        self.drains.front().filter(|d| d.start <= self.now).map(|d| d.direct)
    }
}
