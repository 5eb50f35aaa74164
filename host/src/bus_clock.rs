//! Time in cycles of a machine that this computer reaches by mapped memory, and what such a bus costs.

use crate::device::Link;
use std::time::{Duration, Instant};

/// What the scheduler may cost.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);
/// Cycles of the machine per beat, allowing for the other users of memory and bus.
const BEAT_CYCLES: f64 = 2.0;

/// Counts cycles by the wall clock, from its making on.
pub(crate) struct BusClock {
    begun: Instant,
    mhz: f64,
}

impl BusClock {
    pub fn new(mhz: f64) -> Self {
        BusClock { begun: Instant::now(), mhz }
    }

    /// Cycles so far.
    pub fn now(&self) -> u64 {
        self.cycles(self.begun.elapsed())
    }

    /// Time of so many cycles.
    pub fn time(&self, cycles: u64) -> Duration {
        Duration::from_secs_f64(cycles as f64 / (self.mhz * 1e6))
    }

    pub fn link(&self) -> Link {
        Link { in_beat: BEAT_CYCLES, out_beat: BEAT_CYCLES, round_trip: self.cycles(PATIENCE) }
    }

    fn cycles(&self, time: Duration) -> u64 {
        (time.as_secs_f64() * self.mhz * 1e6) as u64
    }
}
