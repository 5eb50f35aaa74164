//! Input beats that come back as output beats, clock by clock: skid buffer, parts of a beat, skid buffer.

use super::input::Skid;
use crate::geometry::{Geometry, RESULT_BITS};
use std::collections::VecDeque;

/// The streams while `control.loop_back` is 1.
#[derive(Clone, Debug)]
pub struct LoopBack {
    /// Output beats of an input beat.
    parts: usize,
    part: usize,
    arrives: Skid,
    /// Data and TLAST of the beats in the buffers, the oldest first.
    held: VecDeque<(u64, bool)>,
    leaves: Skid,
    back: VecDeque<(u32, bool)>,
}

impl LoopBack {
    pub fn new(g: &Geometry) -> Self {
        LoopBack {
            parts: g.loop_parts(),
            part: 0,
            arrives: Skid::default(),
            held: VecDeque::new(),
            leaves: Skid::default(),
            back: VecDeque::new(),
        }
    }

    /// Ready towards the host in this cycle.
    pub fn s_ready(&self) -> bool {
        self.arrives.ready()
    }

    /// The output beat of this cycle: data and TLAST.
    pub fn beat(&self) -> Option<(u32, bool)> {
        self.back.front().copied().filter(|_| self.leaves.valid)
    }

    /// One rising edge with the host's beat, if it offers one, and its `m_axis_tready`.
    pub fn clock(&mut self, beat: Option<(u64, bool)>, m_ready: bool) {
        let offered = self.held.front().copied().filter(|_| self.arrives.valid);
        let goes = self.leaves.ready();
        let is_last = self.part + 1 == self.parts;
        if self.leaves.valid && m_ready {
            self.back.pop_front();
        }
        if let (Some((data, last)), true) = (offered, goes) {
            self.back.push_back(((data >> (self.part * RESULT_BITS)) as u32, last && is_last));
            self.part = if is_last { 0 } else { self.part + 1 };
        }
        self.leaves.clock(offered.is_some(), m_ready);
        if offered.is_some() && goes && is_last {
            self.held.pop_front();
        }
        self.held.extend(beat.filter(|_| self.arrives.ready()));
        self.arrives.clock(beat.is_some(), goes && is_last);
    }
}
