//! How long a wait may take, from the plan's exact cycles and the link's speed.

use crate::device::Link;
use systole_machine::Plan;

/// A deadline is this many times what the wait takes when all is well: links jitter, programs are scheduled out.
const SLACK: u64 = 2;
/// Times per wait that the driver looks for error bits.
const LOOKS: u64 = 8;

/// In clock cycles of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From an image's first beat, or the previous result's end if that is later, to its own result's end.
    pub result: u64,
    /// One register access.
    pub register: u64,
    /// For the device's own watchdog; longer than the driver ever waits for a machine without progress.
    pub watchdog: u32,
}

impl Deadlines {
    /// An image alone takes `timing.latency`; behind another one it takes less. What the link is slower than a beat a
    /// cycle comes on top.
    pub fn new(plan: &Plan, link: &Link) -> Self {
        let extra = |beats: usize, cycles: f64| (beats as f64 * (cycles - 1.0).max(0.0)).ceil() as u64;
        let streams = extra(plan.input.beats, link.in_beat) + extra(plan.classes, link.out_beat);
        let result = SLACK * (plan.timing().latency.max(plan.timing().interval) + streams + link.round_trip);
        let watchdog = u32::try_from(SLACK * result).unwrap_or(u32::MAX);
        Deadlines { result, register: SLACK * link.round_trip, watchdog }
    }

    /// Cycles between two looks at the error bits.
    pub fn look(&self) -> u64 {
        (self.result / LOOKS).max(1)
    }
}
