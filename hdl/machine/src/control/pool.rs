//! The pool engine's control, clock by clock: queue, row operation, read and write requests. Register-exact.
//!
//! States, one cycle each unless said: `Idle` (pops the queue when its head's `dep` is retired), `Load` (descriptor and
//! state words are read), `Latch` (registered), `Pos(i)` for each kernel row i (position of source row i), `Run` (requests), `Drain`
//! (until the last write is granted), `Wait` (the write is in the bank), then the retire pulse with the return to `Idle`.

use super::sequencer::PoolPush;
use crate::geometry::{Geometry, POOL_FIFO};
use crate::tables::PoolEntry;
use std::collections::VecDeque;

/// Where a pooling layer stands between operations: pooled row, kernel row that comes next, and positions of the window's first
/// source row and of its results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolState {
    pub row: usize,
    pub kernel_row: usize,
    pub src: Position,
    pub dst: Position,
    /// Slot in which the present image began, in both line buffers.
    pub src_image: usize,
    pub dst_image: usize,
}

/// A pixel's place in a line buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub slot: usize,
    pub lane: usize,
}

impl Position {
    /// Moves on by `slots < n` tiles and `lanes < rows` pixels in a line buffer of `n` tiles.
    pub fn plus(self, slots: usize, lanes: usize, n: usize, rows: usize) -> Position {
        let lane = self.lane + lanes;
        let carry = lane >= rows;
        let slot = self.slot + slots + usize::from(carry);
        Position { slot: if slot >= n { slot - n } else { slot }, lane: if carry { lane - rows } else { lane } }
    }
}

/// A read for one channel's chunk, all banks in one access: source words for lanes `[x_lo, x_hi]`, or what is there of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolRead {
    pub pool: usize,
    pub channel: usize,
    /// Of what other operations have made of the result.
    pub merged: bool,
    /// First (last) source row of this channel's chunk.
    pub first: bool,
    pub last: bool,
    pub src: Position,
    pub dst: Position,
    pub lane_lo: usize,
    pub lane_hi: usize,
    /// Pooled pixels that the chunk gives.
    pub out: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Load,
    Latch,
    Pos(usize),
    Run,
    Drain,
    Wait,
}

/// Registers of the pool engine.
#[derive(Debug)]
pub struct PoolEngine {
    rows: usize,
    latency: u64,
    pub queue: VecDeque<PoolPush>,
    arr_retired: u16,
    state: State,
    pool: usize,
    entry: PoolEntry,
    st: PoolState,
    /// `None`: the layer has not begun since reset.
    states: Vec<Option<PoolState>>,
    pos: Vec<Position>,
    chunk: usize,
    x0: isize,
    dst: Position,
    channel: usize,
    /// The next read is of what is there of the result.
    merging: bool,
    row: usize,
    row_lo: usize,
    row_hi: usize,
    /// Channel chunks begun and not yet written.
    inflight: usize,
    /// Results on their way through rotators and maxima: cycle at which each is in the FIFO.
    pipeline: VecDeque<u64>,
    fifo: usize,
    now: u64,
}

/// What the engine wants of port B in this cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolRequest {
    pub write: bool,
    pub read: Option<PoolRead>,
}

impl PoolEngine {
    pub fn new(g: &Geometry, pools: usize) -> Self {
        PoolEngine {
            rows: g.rows,
            latency: g.pool_lat() as u64,
            queue: VecDeque::new(),
            arr_retired: 0,
            state: State::Idle,
            pool: 0,
            entry: PoolEntry::default(),
            st: PoolState::default(),
            states: vec![None; pools],
            pos: Vec::new(),
            chunk: 0,
            x0: 0,
            dst: Position::default(),
            channel: 0,
            merging: false,
            row: 0,
            row_lo: 0,
            row_hi: 0,
            inflight: 0,
            pipeline: VecDeque::new(),
            fifo: 0,
            now: 0,
        }
    }

    /// Request lines of this cycle (from registers).
    pub fn request(&self) -> PoolRequest {
        let mut r = PoolRequest { write: self.fifo > 0, read: None };
        if self.state == State::Run && (!self.begins() || self.inflight < POOL_FIFO) {
            r.read = Some(self.read());
        }
        r
    }

    /// The operation adds rows to a result that others have begun.
    fn merges(&self) -> bool {
        self.st.kernel_row > 0
    }

    /// The next read is its chunk's first.
    fn begins(&self) -> bool {
        self.row == self.row_lo && self.merging == self.merges()
    }

    fn read(&self) -> PoolRead {
        let e = &self.entry;
        let w_hi = e.w_last as isize - self.x0;
        PoolRead {
            pool: self.pool,
            channel: self.channel,
            merged: self.merging,
            first: !self.merging && self.row == self.row_lo,
            last: !self.merging && self.row == self.row_hi,
            src: self.pos[self.row],
            dst: self.dst,
            lane_lo: (-self.x0).max(0) as usize,
            lane_hi: w_hi.min(self.rows as isize - 1) as usize,
            out: if self.chunk == e.chunk_last { e.out_final } else { e.out },
        }
    }

    /// One rising edge; `read_granted`/`write_granted` answer this cycle's request. Returns the retire pulse (a register:
    /// it is seen by the sequencer in the next cycle).
    pub fn clock(
        &mut self,
        push: Option<PoolPush>,
        retire: bool,
        read_granted: bool,
        write_granted: bool,
        entries: &[PoolEntry],
    ) -> bool {
        self.clock_with(push, retire, read_granted, write_granted, |pool| entries[pool])
    }

    /// [`Self::clock`]; `entries` gives the word that the POOL ROM puts out.
    pub fn clock_with(
        &mut self,
        push: Option<PoolPush>,
        retire: bool,
        read_granted: bool,
        write_granted: bool,
        entries: impl FnOnce(usize) -> PoolEntry,
    ) -> bool {
        let mut retired = false;
        self.fifo -= usize::from(write_granted);
        self.inflight -= usize::from(write_granted);
        match self.state {
            State::Idle => {
                if self.queue.front().is_some_and(|h| (self.arr_retired.wrapping_sub(h.dep) as i16) >= 0) {
                    self.pool = self.queue.pop_front().map_or(0, |h| h.pool);
                    self.state = State::Load;
                }
            }
            State::Load => self.state = State::Latch,
            State::Latch => {
                self.latch(entries(self.pool));
                self.state = State::Pos(0);
            }
            State::Pos(i) => self.position(i),
            State::Run => {
                if read_granted {
                    self.granted();
                }
            }
            State::Drain => {
                if self.inflight == 0 {
                    self.state = State::Wait;
                }
            }
            State::Wait => {
                retired = true;
                self.finish();
                self.state = State::Idle;
            }
        }
        if self.pipeline.front() == Some(&self.now) {
            self.pipeline.pop_front();
            self.fifo += 1;
        }
        if let Some(p) = push {
            self.queue.push_back(p);
        }
        self.arr_retired = self.arr_retired.wrapping_add(u16::from(retire));
        self.now += 1;
        retired
    }

    /// Cycles from now on in which nothing changes but counters, as long as port B grants nothing.
    pub fn quiet(&self) -> u64 {
        let moves = match self.state {
            State::Idle => self.queue.front().is_some_and(|h| (self.arr_retired.wrapping_sub(h.dep) as i16) >= 0),
            State::Load | State::Latch | State::Pos(_) | State::Wait => true,
            State::Run => false,
            State::Drain => self.inflight == 0,
        };
        match moves {
            true => 0,
            false => self.pipeline.front().map_or(u64::MAX, |at| at - self.now),
        }
    }

    /// `cycles` edges at once, no more than [`Self::quiet`] says.
    pub fn skip(&mut self, cycles: u64) {
        self.now += cycles;
    }

    /// The layer whose operation is in progress, or was last.
    pub fn pool(&self) -> usize {
        self.pool
    }

    /// Its descriptor.
    pub fn entry(&self) -> &PoolEntry {
        &self.entry
    }

    fn latch(&mut self, entry: PoolEntry) {
        self.entry = entry;
        let e = &self.entry;
        let origin = Position { slot: e.origin_slots, lane: e.origin_lanes };
        self.st = self.states[self.pool].unwrap_or(PoolState { src: origin, ..PoolState::default() });
        let top = (self.st.row * e.stride) as isize - e.pad as isize;
        let inside = |row: usize| (row as isize).clamp(-top, e.h_last as isize - top) as usize;
        self.row_lo = inside(self.st.kernel_row);
        self.row_hi = inside((self.st.kernel_row + e.group - 1).min(e.kernel_last));
        self.chunk = 0;
        self.x0 = -(e.pad as isize);
        self.dst = self.st.dst;
        self.channel = 0;
        self.merging = self.merges();
        self.row = self.row_lo;
        self.pos.clear();
    }

    fn position(&mut self, i: usize) {
        let e = &self.entry;
        let p = match self.pos.last() {
            None => self.st.src,
            Some(p) => p.plus(e.row_slots, e.row_lanes, e.src_n, self.rows),
        };
        self.pos.push(p);
        self.state = if i == e.kernel_last { State::Run } else { State::Pos(i + 1) };
    }

    fn granted(&mut self) {
        self.inflight += usize::from(self.begins());
        if self.merging {
            self.merging = false;
            return;
        }
        if self.row < self.row_hi {
            self.row += 1;
            return;
        }
        self.pipeline.push_back(self.now + self.latency);
        self.merging = self.merges();
        self.row = self.row_lo;
        if self.channel < self.entry.ch_last {
            self.channel += 1;
            return;
        }
        self.channel = 0;
        if self.chunk == self.entry.chunk_last {
            self.state = State::Drain;
            return;
        }
        self.chunk += 1;
        let e = &self.entry;
        self.x0 += e.chunk_lanes as isize;
        for p in &mut self.pos {
            *p = p.plus(0, e.chunk_lanes, e.src_n, self.rows);
        }
        self.dst = self.dst.plus(0, e.out, e.dst_n, self.rows);
    }

    fn finish(&mut self) {
        let e = &self.entry;
        let wrap = |v: usize, n: usize| if v >= n { v - n } else { v };
        let s = &mut self.st;
        let next = s.kernel_row + e.group;
        s.kernel_row = if next > e.kernel_last { 0 } else { next };
        if s.kernel_row > 0 {
            // The window's other rows come next.
        } else if s.row == e.oh_last {
            s.row = 0;
            s.src_image = wrap(s.src_image + e.src_image, e.src_n);
            s.dst_image = wrap(s.dst_image + e.dst_image, e.dst_n);
            s.src = Position { slot: wrap(s.src_image + e.origin_slots, e.src_n), lane: e.origin_lanes };
            s.dst = Position { slot: s.dst_image, lane: 0 };
        } else {
            s.row += 1;
            s.src = s.src.plus(e.step_slots, e.step_lanes, e.src_n, self.rows);
            s.dst = s.dst.plus(e.dst_row_slots, e.dst_row_lanes, e.dst_n, self.rows);
        }
        self.states[self.pool] = Some(self.st);
    }
}
