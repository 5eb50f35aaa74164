//! The pool engine's control, clock by clock: queue, operations, read and write requests. Register-exact.
//!
//! States, one cycle each unless said: `Idle` (pops the queue when its head's `dep` is retired), `Load` (descriptor and state words
//! are read), `Latch` (registered), `List` (the passes are found, see [`passes`]), `Run` (requests), `Drain` (until the state that
//! follows is found and nothing is in flight that the next operation might read). The retire pulse comes with the last write's grant.

use super::pool_passes::{passes, Pass};
use super::pool_state::PoolState;
use super::sequencer::PoolPush;
use crate::geometry::{Geometry, POOL_FIFO};
use crate::tables::PoolEntry;
use std::collections::VecDeque;

/// What the engine takes for one channel: a source word for a pass, or what is there of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolRead {
    pub pool: usize,
    pub channel: usize,
    /// Of what other operations have made of the chunk.
    pub merged: bool,
    pub pass: Pass,
    pub src_slot: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Load,
    Latch,
    List,
    Run,
    Drain,
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
    following: PoolState,
    passes: Vec<Pass>,
    /// Cycles in which the passes are found, and the state that follows.
    list_end: u64,
    state_end: u64,
    channel: usize,
    at: usize,
    /// What comes next is a read of what is there of the chunk.
    merging: bool,
    /// Words in the result FIFO.
    words: usize,
    /// Chunks begun and not yet written.
    inflight: usize,
    /// Results on their way through rotators and maxima: cycle at which each is in the FIFO, and whether it is its operation's last.
    pipeline: VecDeque<(u64, bool)>,
    fifo: VecDeque<bool>,
    now: u64,
}

/// What the engine wants of port B in this cycle, and what it takes from the result FIFO.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolRequest {
    pub write: bool,
    pub read: Option<PoolRead>,
    pub take: Option<PoolRead>,
}

/// The request lines, without what they ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asks {
    pub write: bool,
    pub read: bool,
    pub take: bool,
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
            st: PoolState::first(&PoolEntry::default()),
            states: vec![None; pools],
            following: PoolState::first(&PoolEntry::default()),
            passes: Vec::new(),
            list_end: 0,
            state_end: 0,
            channel: 0,
            at: 0,
            merging: false,
            words: 0,
            inflight: 0,
            pipeline: VecDeque::new(),
            fifo: VecDeque::new(),
            now: 0,
        }
    }

    /// Request lines of this cycle (from registers).
    pub fn request(&self) -> PoolRequest {
        let asks = self.asks();
        PoolRequest { write: asks.write, read: asks.read.then(|| self.read()), take: asks.take.then(|| self.read()) }
    }

    /// Which of [`Self::request`]'s lines are up.
    #[inline]
    pub(super) fn asks(&self) -> Asks {
        let write = !self.fifo.is_empty();
        if self.state != State::Run || self.begins() && self.inflight >= POOL_FIFO {
            return Asks { write, read: false, take: false };
        }
        match !self.merging && self.entry.direct {
            true => Asks { write, read: false, take: self.words > 0 },
            false => Asks { write, read: true, take: false },
        }
    }

    /// The engine has a place for a chunk and waits for a word of the result FIFO.
    pub fn starves(&self) -> bool {
        let room = !self.begins() || self.inflight < POOL_FIFO;
        self.state == State::Run && self.entry.direct && !self.merging && room && self.words == 0
    }

    /// What comes next is its chunk's first.
    #[inline]
    fn begins(&self) -> bool {
        self.passes.get(self.at).is_some_and(|pass| pass.first && self.merging == pass.merges())
    }

    /// What a read or take of this cycle is for.
    #[inline]
    pub(super) fn read(&self) -> PoolRead {
        PoolRead {
            pool: self.pool,
            channel: self.channel,
            merged: self.merging,
            pass: self.passes[self.at],
            src_slot: self.st.src_slot,
        }
    }

    /// The oldest word of the result FIFO goes with the coming edge.
    pub fn pops(&self) -> bool {
        self.asks().take && self.at + 1 == self.passes.len()
    }

    /// So many words come into the result FIFO with the coming edge, or with those that are skipped.
    #[inline]
    pub fn fill(&mut self, words: usize) {
        self.words += words;
    }

    /// One rising edge; `read_granted`/`write_granted` answer this cycle's request. Returns the retire pulse (a register:
    /// it is seen by the sequencer in the next cycle).
    #[inline]
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
        let steps = read_granted || self.asks().take;
        let retired = write_granted && self.fifo.pop_front().unwrap_or(false);
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
                self.state = State::List;
            }
            State::List => {
                if self.now == self.list_end {
                    self.state = State::Run;
                }
            }
            State::Run => {
                if steps {
                    self.step();
                }
            }
            State::Drain => {
                if self.settled() && self.now >= self.state_end {
                    self.states[self.pool] = Some(self.following);
                    self.state = State::Idle;
                }
            }
        }
        if let Some(&(_, last)) = self.pipeline.front().filter(|result| result.0 == self.now) {
            self.pipeline.pop_front();
            self.fifo.push_back(last);
        }
        if let Some(p) = push {
            self.queue.push_back(p);
        }
        self.arr_retired = self.arr_retired.wrapping_add(u16::from(retire));
        self.now += 1;
        retired
    }

    /// Cycles from now on in which nothing changes but counters, as long as port B grants nothing and no word comes into the result
    /// FIFO that it waits for.
    pub fn quiet(&self) -> u64 {
        let ahead = |end: u64| end.saturating_sub(self.now);
        let state = match self.state {
            State::Idle if self.queue.front().is_none_or(|h| (self.arr_retired.wrapping_sub(h.dep) as i16) < 0) => {
                u64::MAX
            }
            State::Idle | State::Load | State::Latch => 0,
            State::List => ahead(self.list_end),
            State::Run if self.asks().take => 0,
            State::Run => u64::MAX,
            State::Drain if self.settled() => ahead(self.state_end),
            State::Drain => u64::MAX,
        };
        self.pipeline.front().map_or(state, |result| state.min(result.0 - self.now))
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

    /// What the next operation reads is written before: channels come in the same order again, and more of them than chunks can be
    /// in flight.
    #[inline]
    fn settled(&self) -> bool {
        self.entry.ch_last >= POOL_FIFO || self.inflight == 0
    }

    fn latch(&mut self, entry: PoolEntry) {
        self.entry = entry;
        self.st = self.states[self.pool].unwrap_or_else(|| PoolState::first(&entry));
        let (following, state_cycles) = self.st.next(&entry, self.rows);
        let (passes, list_cycles) = passes(&entry, self.rows, &self.st);
        self.state_end = self.now + 1 + state_cycles as u64;
        self.list_end = self.now + list_cycles as u64;
        self.merging = passes[0].merges();
        (self.following, self.passes) = (following, passes);
        (self.channel, self.at) = (0, 0);
    }

    /// What was requested is read or taken.
    #[inline]
    fn step(&mut self) {
        self.inflight += usize::from(self.begins());
        if self.merging {
            self.merging = false;
            return;
        }
        let last = self.passes[self.at].last;
        self.at += 1;
        if last {
            let ends = self.at == self.passes.len() && self.channel == self.entry.ch_last;
            self.pipeline.push_back((self.now + self.latency, ends));
        }
        if self.at == self.passes.len() {
            self.at = 0;
            self.words -= usize::from(self.entry.direct);
            if self.channel == self.entry.ch_last {
                self.state = State::Drain;
                return;
            }
            self.channel += 1;
        }
        self.merging = self.passes[self.at].merges();
    }
}
