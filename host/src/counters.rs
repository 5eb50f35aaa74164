//! One look at everything that the device counts and reports.

use systole_machine::registers::{self as reg, Field};

/// Counted since the last reset, soft or hard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Words of the registers of these names; fields in [`systole_machine::registers`].
    pub control: u32,
    pub status: u32,
    pub errors: u32,
    /// Program counter, and entry of the plan's layer table.
    pub step: u32,
    pub layer: u32,
    pub images_done: u32,
    pub cycles: u64,
    pub busy_cycles: u64,
    pub in_beats: u64,
    pub out_beats: u64,
    pub input_starved: u64,
    pub output_blocked: u64,
}

impl Counters {
    /// Names of the error bits that are set.
    pub fn error_names(&self) -> Vec<&'static str> {
        let set = |field: &&Field| field.get(self.errors) != 0;
        reg::ERRORS.fields.iter().filter(set).map(|field| field.name).collect()
    }
}
