//! The sequencer, clock by clock: fetch machine, issue machine, interlocks. Register-exact, see docs/machine.md.

use crate::geometry::{Geometry, POOL_QUEUE};
use crate::tables::{Item, ItemKind, LayerEntry};
use std::collections::VecDeque;

/// Per-layer position that lasts from item to item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerState {
    pub src_slot: usize,
    pub dst_slot: usize,
    pub residual_slot: usize,
    pub x: usize,
    pub y: usize,
    pub tile: usize,
}

impl LayerState {
    /// The state of the tile that follows.
    pub fn next(&self, l: &LayerEntry) -> LayerState {
        let wrap = |v: usize, n: usize| if v >= n { v - n } else { v };
        let dst_slot = wrap(self.dst_slot + 1, l.dst_n.max(1));
        let residual_slot = wrap(self.residual_slot + 1, l.residual_n.max(1));
        if self.tile == l.tile_last {
            let src_slot = wrap(self.src_slot + l.src_adv, l.src_n);
            return LayerState { src_slot, dst_slot, residual_slot, x: 0, y: 0, tile: 0 };
        }
        let (mut x, mut y) = (self.x + l.x_step, self.y + l.y_step);
        if x > l.x_last {
            x -= l.x_last + 1;
            y += 1;
        }
        let src_slot = wrap(self.src_slot + 1, l.src_n);
        LayerState { src_slot, dst_slot, residual_slot, x, y, tile: self.tile + 1 }
    }
}

/// An item with all that the issue machine needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bundle {
    pub item: Item,
    pub entry: LayerEntry,
    pub state: LayerState,
    pub pool_target: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetch {
    Addr,
    Item,
    Dispatch,
    Layer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Issue {
    Idle,
    Run,
    Pad,
}

/// A pool operation handed to the pool engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolPush {
    pub pool: usize,
    /// Array tiles (program count, modulo 2^16) that must be retired before it begins.
    pub dep: u16,
}

/// A step's place in the walk over its tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Issued {
    pub tap: usize,
    pub channel: usize,
    /// Steps of the tile before it.
    pub step: usize,
    /// First of its channel tile.
    pub first: bool,
}

/// Inputs of one clock edge.
#[derive(Clone, Copy, Debug, Default)]
pub struct SequencerIn {
    pub enable: bool,
    /// Nothing more is fetched: tables are being read back.
    pub hold: bool,
    pub retire: bool,
    pub in_tile: bool,
    pub pool_retire: bool,
    /// Entries in the pool queue.
    pub pool_queue: usize,
    pub sum_done: bool,
}

/// Why no tile begins although one is there to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nothing fetched yet.
    Fetch,
    /// The array's own results are not back yet.
    Array,
    Pool,
    Input,
    /// Both result banks hold unsent results.
    Output,
    Disabled,
    /// The array stands while what is added to its results is read.
    Residual,
}

/// What an edge did, for those who follow the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SequencerEvents {
    /// A tile's first step is in the issue registers from the next cycle on.
    pub begin: bool,
    pub push: Option<PoolPush>,
    /// Input tiles to free after the release delay.
    pub free_in: usize,
    pub wait: Option<Wait>,
}

/// Registers of the sequencer.
#[derive(Debug)]
pub struct Sequencer {
    cols: usize,
    min_interval: usize,
    release_delay: usize,
    fetch: Fetch,
    /// Nothing was held in the last cycle: the ROM had the time that it takes to be read again.
    settled: bool,
    pub pc: usize,
    /// The address that the program's ROM sees: of the item behind the one in hand, as soon as that is there.
    pub ahead: usize,
    prog_arr: u16,
    pool_prog: u8,
    item_q: Item,
    nxt: Option<Bundle>,
    pub cur: Bundle,
    cur_active: bool,
    /// Tiles of `cur` not yet begun.
    left: usize,
    issue: Issue,
    pub ct: usize,
    steps_left: usize,
    cnt: usize,
    pub outstanding: usize,
    pool_retired: u8,
    /// Input tiles received, less those that the items begun will give back.
    pub in_level: usize,
    sum_busy: usize,
    releases: VecDeque<(u64, usize)>,
    now: u64,
    states: Vec<LayerState>,
}

impl Sequencer {
    pub fn new(g: &Geometry, layers: usize) -> Self {
        Sequencer {
            cols: g.cols,
            min_interval: g.min_interval(),
            release_delay: g.release_delay(),
            fetch: Fetch::Addr,
            settled: false,
            pc: 0,
            ahead: 0,
            prog_arr: 0,
            pool_prog: 0,
            item_q: Item::default(),
            nxt: None,
            cur: Bundle::default(),
            cur_active: false,
            left: 0,
            issue: Issue::Idle,
            ct: 0,
            steps_left: 0,
            cnt: 0,
            outstanding: 0,
            pool_retired: 0,
            in_level: 0,
            sum_busy: 0,
            releases: VecDeque::new(),
            now: 0,
            states: vec![LayerState::default(); layers],
        }
    }

    /// Conditions of an item's first tile, and of every tile.
    fn blocked(&self, b: &Bundle, first: bool, enable: bool) -> Option<Wait> {
        if !enable {
            return Some(Wait::Disabled);
        }
        if self.outstanding > b.item.wait_arr {
            return Some(Wait::Array);
        }
        if first {
            if (self.pool_retired.wrapping_sub(b.pool_target) as i8) < 0 {
                return Some(Wait::Pool);
            }
            if self.in_level < b.item.wait_in {
                return Some(Wait::Input);
            }
            if b.entry.sum && b.state.tile == 0 && self.sum_busy >= 2 {
                return Some(Wait::Output);
            }
        }
        None
    }

    /// One rising edge. `program` and `layers` are the ROMs.
    pub fn clock(&mut self, i: &SequencerIn, program: &[Item], layers: &[LayerEntry]) -> SequencerEvents {
        self.clock_with(i, |pc| program[pc], |layer| layers[layer])
    }

    /// One rising edge; `program` and `layers` give the words that the ROMs put out.
    pub fn clock_with(
        &mut self,
        i: &SequencerIn,
        program: impl FnOnce(usize) -> Item,
        layers: impl FnOnce(usize) -> LayerEntry,
    ) -> SequencerEvents {
        let mut ev = SequencerEvents::default();
        let was_active = self.cur_active.then_some(self.cur.item.layer);
        let nxt_layer = self.nxt.as_ref().map(|b| b.item.layer);
        let nxt_was_valid = self.nxt.is_some();
        self.step_issue(i, &mut ev);
        self.step_fetch(i, program, layers, was_active, nxt_layer, nxt_was_valid, &mut ev);
        self.settled = !i.hold;
        self.outstanding = self.outstanding + usize::from(ev.begin) - usize::from(i.retire);
        self.pool_retired = self.pool_retired.wrapping_add(u8::from(i.pool_retire));
        self.in_level += usize::from(i.in_tile);
        if ev.free_in > 0 {
            self.releases.push_back((self.now + self.release_delay as u64, ev.free_in));
        }
        self.now += 1;
        ev
    }

    /// Input tiles that the collector gets back with the coming edge; call before [`Self::clock`].
    pub fn release_due(&self) -> usize {
        self.releases.front().filter(|r| r.0 == self.now).map_or(0, |r| r.1)
    }

    /// Takes the release that was due out of the delay line; call after [`Self::clock`] of the same edge.
    pub fn apply_release(&mut self, amount: usize) {
        if amount > 0 {
            self.releases.pop_front();
        }
    }

    fn step_issue(&mut self, i: &SequencerIn, ev: &mut SequencerEvents) {
        let last_step = self.issue == Issue::Run && self.steps_left == 0;
        let over = self.is_over();
        let boundary = self.issue == Issue::Idle || over && self.ct == self.cur.entry.ct_last;
        if boundary {
            if over {
                self.cur.state = self.cur.state.next(&self.cur.entry);
                if self.left == 0 {
                    ev.free_in = self.cur.item.free_in;
                    self.states[self.cur.item.layer] = self.cur.state;
                    self.cur_active = false;
                }
            }
            self.try_begin(i, ev);
        } else if over {
            self.ct += 1;
            self.start_channel_tile();
        } else {
            self.cnt += 1;
            if last_step {
                self.issue = Issue::Pad;
                if self.cur.entry.residual {
                    self.cnt = 0;
                }
            } else if self.issue == Issue::Run {
                self.steps_left -= 1;
            }
        }
        self.sum_busy -= usize::from(i.sum_done);
    }

    fn start_channel_tile(&mut self) {
        self.issue = Issue::Run;
        self.cnt = 0;
        self.steps_left = (self.cur.entry.tap_last + 1) * (self.cur.entry.ch_last + 1) - 1;
    }

    fn try_begin(&mut self, i: &SequencerIn, ev: &mut SequencerEvents) {
        self.issue = Issue::Idle;
        let from_cur = self.cur_active && self.left > 0;
        ev.wait = self.wait(i.enable);
        if ev.wait.is_some() {
            return;
        }
        if let Some(b) = self.nxt.filter(|_| !from_cur) {
            self.in_level -= b.item.free_in;
            self.cur = b;
            self.nxt = None;
            self.cur_active = true;
            self.left = b.item.tiles;
        }
        self.left -= 1;
        self.ct = 0;
        self.start_channel_tile();
        ev.begin = true;
        if self.cur.entry.sum && self.cur.state.tile == 0 {
            self.sum_busy += 1;
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn step_fetch(
        &mut self,
        i: &SequencerIn,
        program: impl FnOnce(usize) -> Item,
        layers: impl FnOnce(usize) -> LayerEntry,
        cur_layer: Option<usize>,
        nxt_layer: Option<usize>,
        nxt_was_valid: bool,
        ev: &mut SequencerEvents,
    ) {
        self.fetch = match self.fetch {
            Fetch::Addr if i.hold || !self.settled => return,
            Fetch::Addr => Fetch::Item,
            Fetch::Item => {
                self.item_q = program(self.pc);
                self.ahead = if self.item_q.last { 0 } else { self.pc + 1 };
                Fetch::Dispatch
            }
            Fetch::Dispatch if self.item_q.kind == ItemKind::Pool => {
                if !self.pushes(i.pool_queue) {
                    return;
                }
                ev.push = Some(self.pool_push());
                self.pool_prog = self.pool_prog.wrapping_add(1);
                self.pc = self.ahead;
                Fetch::Addr
            }
            Fetch::Dispatch => {
                let layer = Some(self.item_q.layer);
                if nxt_layer == layer || cur_layer == layer {
                    return;
                }
                Fetch::Layer
            }
            Fetch::Layer => {
                if nxt_was_valid {
                    return;
                }
                self.nxt = Some(Bundle {
                    item: self.item_q,
                    entry: layers(self.item_q.layer),
                    state: self.states[self.item_q.layer],
                    pool_target: self.pool_prog.wrapping_sub(self.item_q.wait_pool as u8),
                });
                self.prog_arr = self.prog_arr.wrapping_add(self.item_q.tiles as u16);
                self.pc = self.ahead;
                Fetch::Addr
            }
        };
    }

    /// Whether the item in hand goes to a pool queue that holds `queued` operations.
    pub fn pushes(&self, queued: usize) -> bool {
        self.fetch == Fetch::Dispatch && self.item_q.kind == ItemKind::Pool && queued < POOL_QUEUE
    }

    /// What the item in hand would be to the pool engine.
    pub fn pool_push(&self) -> PoolPush {
        PoolPush { pool: self.item_q.layer, dep: self.prog_arr.wrapping_sub(self.item_q.wait_arr as u16) }
    }

    /// The step in the issue registers.
    pub fn issued(&self) -> Option<Issued> {
        let e = &self.cur.entry;
        let channels = e.ch_last + 1;
        let steps = (e.tap_last + 1) * channels;
        let at = steps - 1 - self.steps_left;
        (self.issue == Issue::Run).then_some(Issued {
            tap: at / channels,
            channel: at % channels,
            step: self.ct * steps + at,
            first: at == 0,
        })
    }

    /// Column whose residual word is read, if one is: after the steps of a channel tile, a column per cycle.
    pub fn keeps(&self) -> Option<usize> {
        (self.issue == Issue::Pad && self.cur.entry.residual && self.cnt < self.cols).then_some(self.cnt)
    }

    /// This cycle is a channel tile's last: its steps are issued with it (or, where something is added, all columns of it are
    /// read), and it has lasted long enough for the drain.
    pub fn is_over(&self) -> bool {
        let steps_end = self.issue == Issue::Run && self.steps_left == 0 && !self.cur.entry.residual;
        let steps_end = self.issue == Issue::Pad || steps_end;
        steps_end && self.cnt + 1 >= self.min_interval
    }

    /// An item is in progress, an input tile that none has claimed is there, or a sum is unsent.
    pub fn busy(&self) -> bool {
        self.cur_active || self.in_level > 0 || self.sum_busy > 0
    }

    /// Cycles from now on in which, with these inputs, nothing changes but counters; `waiting` is why the last edge began no tile.
    pub fn quiet(&self, i: &SequencerIn, waiting: Option<Wait>) -> u64 {
        let pulse = i.retire || i.in_tile || i.pool_retire || i.sum_done;
        if pulse || !self.fetch_waits(i.pool_queue) {
            return 0;
        }
        let issue = match self.issue {
            Issue::Run => self.steps_left as u64,
            Issue::Pad => self.min_interval.saturating_sub(self.cnt + 1) as u64,
            Issue::Idle if waiting.is_some() && self.wait(i.enable) == waiting => u64::MAX,
            Issue::Idle => 0,
        };
        issue.min(self.releases.front().map_or(u64::MAX, |r| r.0 - self.now))
    }

    /// `cycles` edges at once, no more than [`Self::quiet`] says.
    pub fn skip(&mut self, cycles: u64) {
        match self.issue {
            Issue::Run => {
                self.steps_left -= cycles as usize;
                self.cnt += cycles as usize;
            }
            Issue::Pad => self.cnt += cycles as usize,
            Issue::Idle => {}
        }
        self.now += cycles;
    }

    /// Why no tile would begin now.
    fn wait(&self, enable: bool) -> Option<Wait> {
        let from_cur = self.cur_active && self.left > 0;
        let candidate = if from_cur { Some(&self.cur) } else { self.nxt.as_ref() };
        candidate.map_or(Some(Wait::Fetch), |b| self.blocked(b, !from_cur, enable))
    }

    /// The fetch machine stays where it is.
    fn fetch_waits(&self, queued: usize) -> bool {
        let layer = Some(self.item_q.layer);
        match self.fetch {
            Fetch::Addr | Fetch::Item => false,
            Fetch::Dispatch if self.item_q.kind == ItemKind::Pool => !self.pushes(queued),
            Fetch::Dispatch => {
                self.nxt.as_ref().map(|b| b.item.layer) == layer
                    || self.cur_active.then_some(self.cur.item.layer) == layer
            }
            Fetch::Layer => self.nxt.is_some(),
        }
    }

    /// The issue registers hold a step; else padding, or nothing.
    pub fn is_stepping(&self) -> bool {
        self.issue == Issue::Run
    }

    /// Why they hold none, where `waiting` is why the edge before began no tile; `None` is padding to the drain interval.
    pub fn idles(&self, waiting: Option<Wait>) -> Option<Wait> {
        match self.issue {
            Issue::Pad => self.cur.entry.residual.then_some(Wait::Residual),
            Issue::Idle | Issue::Run => waiting,
        }
    }
}
