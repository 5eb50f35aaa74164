//! The way of a byte of a memory to the memory check; part of the primitives that hold memories.

use super::delay_line::DelayLine;
use systole_machine::memories::byte_stages;

/// `check_tap.v` with the registers before it.
#[derive(Clone, Debug)]
pub(super) struct CheckTap {
    /// A byte that is read, or one that lies there unasked, as it is in the Verilog.
    line: DelayLine<(bool, u8)>,
}

impl CheckTap {
    /// Of words of so many bytes, `latency` cycles after they are asked for.
    pub(super) fn new(bytes: usize, latency: usize) -> Self {
        CheckTap { line: DelayLine::new(latency + byte_stages(bytes)) }
    }

    /// The values of the outputs.
    pub(super) fn values(&self) -> [u64; 2] {
        let (valid, byte) = self.line.output((false, 0));
        [valid.into(), byte.into()]
    }

    /// Rising edge with a byte that is read, or not.
    pub(super) fn clock(&mut self, valid: bool, byte: u8) {
        self.line.clock((valid, byte));
    }
}
