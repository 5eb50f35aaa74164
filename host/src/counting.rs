//! Reading the counters.

use crate::counters::Counters;
use crate::device::Device;
use crate::error::HostError;
use systole_machine::registers::{self as reg, Register};

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
}

/// 64 bits: the low word first, which keeps the high one.
fn read_counter<D: Device>(device: &mut D, register: &Register, within: u64) -> Result<u64, HostError> {
    let low = device.read_reg(register.word(0), within)?;
    let high = device.read_reg(register.word(1), within)?;
    Ok(u64::from(high) << reg::WORD_BITS | u64::from(low))
}
