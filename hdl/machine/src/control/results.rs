//! Result output, clock by clock: completed sums, beats, skid buffer.

use super::input::Skid;
use std::collections::VecDeque;

/// Registers of the result machine.
#[derive(Clone, Debug)]
pub struct Results {
    classes: usize,
    /// Cycles at whose edge a result becomes ready to stream.
    ready_at: VecDeque<u64>,
    ready: usize,
    completed: u64,
    class: usize,
    /// The bank's read register holds a beat; it is a result's last.
    beat: Option<bool>,
    skid: Skid,
    /// Beats inside the skid buffer that are the last of their result.
    lasts: VecDeque<bool>,
    now: u64,
}

impl Results {
    pub fn new(classes: usize) -> Self {
        Results {
            classes,
            ready_at: VecDeque::new(),
            ready: 0,
            completed: 0,
            class: 0,
            beat: None,
            skid: Skid::default(),
            lasts: VecDeque::new(),
            now: 0,
        }
    }

    /// A result will be complete with the edge that ends cycle `cycle`.
    pub fn complete_at(&mut self, cycle: u64) {
        self.ready_at.push_back(cycle);
    }

    /// Results completed so far, sent or not.
    pub fn completed(&self) -> u64 {
        self.completed
    }

    /// `m_axis_tvalid` of this cycle.
    pub fn valid(&self) -> bool {
        self.skid.valid
    }

    /// Cycles from now on in which nothing changes but counters.
    pub fn quiet(&self, ready: bool) -> u64 {
        let moves = self.skid.moves(self.beat.is_some(), ready) || (self.beat.is_none() && self.ready > 0);
        match moves {
            true => 0,
            false => self.ready_at.front().map_or(u64::MAX, |at| at - self.now),
        }
    }

    /// `cycles` edges at once, no more than [`Self::quiet`] says.
    pub fn skip(&mut self, cycles: u64) {
        self.now += cycles;
    }

    /// One rising edge. Returns (beat accepted, and it was a result's last).
    pub fn clock(&mut self, ready: bool) -> (bool, bool) {
        let taken = self.skid.valid && ready;
        let last = if taken { self.lasts.pop_front().unwrap_or(false) } else { false };
        let skid_ready = self.skid.ready();
        if let (Some(last), true) = (self.beat, skid_ready) {
            self.lasts.push_back(last);
        }
        self.skid.clock(self.beat.is_some(), ready);
        if skid_ready || self.beat.is_none() {
            self.beat = (self.ready > 0).then(|| self.read());
        }
        if self.ready_at.front() == Some(&self.now) {
            self.ready_at.pop_front();
            self.ready += 1;
            self.completed += 1;
        }
        self.now += 1;
        (taken, last)
    }

    /// Reads the next class of the oldest complete result; whether it is the last one.
    fn read(&mut self) -> bool {
        let last = self.class + 1 == self.classes;
        self.class = if last { 0 } else { self.class + 1 };
        self.ready -= usize::from(last);
        last
    }
}
