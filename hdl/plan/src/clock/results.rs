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
    class: usize,
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
            class: 0,
            skid: Skid::default(),
            lasts: VecDeque::new(),
            now: 0,
        }
    }

    /// A result will be complete with the edge that ends cycle `cycle`.
    pub fn complete_at(&mut self, cycle: u64) {
        self.ready_at.push_back(cycle);
    }

    /// `m_axis_tvalid` of this cycle.
    pub fn valid(&self) -> bool {
        self.skid.valid
    }

    /// One rising edge. Returns (beat accepted, and it was a result's last).
    pub fn clock(&mut self, ready: bool) -> (bool, bool) {
        let taken = self.skid.valid && ready;
        let last = if taken { self.lasts.pop_front().unwrap_or(false) } else { false };
        let feeding = self.ready > 0 && self.skid.ready();
        self.skid.clock(self.ready > 0, ready);
        if feeding {
            self.lasts.push_back(self.class + 1 == self.classes);
            self.class += 1;
            if self.class == self.classes {
                self.class = 0;
                self.ready -= 1;
            }
        }
        if self.ready_at.front() == Some(&self.now) {
            self.ready_at.pop_front();
            self.ready += 1;
        }
        self.now += 1;
        (taken, last)
    }
}
