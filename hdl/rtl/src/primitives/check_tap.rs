//! A memory's bytes for the memory check: ports of the primitives that hold memories, and the way of a byte to them.

use super::bits::index_bits;
use super::delay_line::DelayLine;
use crate::primitive::Port;
use systole_machine::memories::byte_stages;

/// `check_tap.v` with the registers before it.
#[derive(Clone, Debug)]
pub(super) struct CheckTap {
    bytes: usize,
    /// A byte that is read, or one that lies there unasked, as it is in the Verilog.
    line: DelayLine<(bool, u8)>,
}

/// The Verilog of what a memory needs for the check.
pub(super) const SUBMODULES: [(&str, &str); 3] = [
    ("delay", include_str!("../../v/delay.v")),
    ("mux_stage", include_str!("../../v/mux_stage.v")),
    ("check_tap", include_str!("../../v/check_tap.v")),
];

impl CheckTap {
    /// Of words of so many bytes, `latency` cycles after they are asked for.
    pub(super) fn new(bytes: usize, latency: usize) -> Self {
        CheckTap { bytes, line: DelayLine::new(latency + byte_stages(bytes)) }
    }

    /// Bits of a byte's number.
    pub(super) fn index_bits(&self) -> usize {
        index_bits(self.bytes)
    }

    /// The inputs of a memory of so many words: read, word, byte.
    pub(super) fn inputs(&self, words: usize) -> [Port; 3] {
        [
            Port::input("check_i", 1, 1),
            Port::input("check_addr_i", 1, index_bits(words)),
            Port::input("check_byte_i", 1, self.index_bits()),
        ]
    }

    /// Whether a byte is there, and the byte.
    pub(super) fn outputs() -> [Port; 2] {
        [Port::output("check_valid_o", 1, 1), Port::output("check_data_o", 1, 8)]
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
