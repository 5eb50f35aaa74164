//! One look at everything that the device counts and reports.

use crate::device::Device;
use crate::error::HostError;
use systole_plan::registers::{self as reg, Field, Register};

/// Counted since the last reset, soft or hard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Words of the registers of these names; fields in [`systole_plan::registers`].
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
    /// Reads them, one register after another; a machine at work goes on meanwhile.
    pub fn read<D: Device>(device: &mut D, within: u64) -> Result<Self, HostError> {
        let mut word = |register: &Register| device.read_reg(register.offset, within);
        Ok(Counters {
            control: word(&reg::CONTROL)?,
            status: word(&reg::STATUS)?,
            errors: word(&reg::ERRORS)?,
            step: word(&reg::STEP)?,
            layer: word(&reg::LAYER)?,
            images_done: word(&reg::IMAGES_DONE)?,
            cycles: read_counter(device, &reg::CYCLES, within)?,
            busy_cycles: read_counter(device, &reg::BUSY_CYCLES, within)?,
            in_beats: read_counter(device, &reg::IN_BEATS, within)?,
            out_beats: read_counter(device, &reg::OUT_BEATS, within)?,
            input_starved: read_counter(device, &reg::INPUT_STARVED, within)?,
            output_blocked: read_counter(device, &reg::OUTPUT_BLOCKED, within)?,
        })
    }

    /// Names of the error bits that are set.
    pub fn error_names(&self) -> Vec<&'static str> {
        let set = |field: &&Field| field.get(self.errors) != 0;
        reg::ERRORS.fields.iter().filter(set).map(|field| field.name).collect()
    }
}

/// 64 bits: the low word first, which keeps the high one.
fn read_counter<D: Device>(device: &mut D, register: &Register, within: u64) -> Result<u64, HostError> {
    let low = device.read_reg(register.word(0), within)?;
    let high = device.read_reg(register.word(1), within)?;
    Ok(u64::from(high) << reg::WORD_BITS | u64::from(low))
}
