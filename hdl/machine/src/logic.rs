//! Look-up tables and flip-flops, and what the structures take that many parts of the machine have. Estimates, after what Yosys
//! makes of them on Xilinx 7.

use crate::bits::clog2;

/// Inputs of a multiplexer stage.
pub const MUX_INPUTS: usize = 4;
/// Bits of an activation or a weight.
pub const BYTE: usize = 8;

/// LUT and FF. LUT counts look-up tables of any size, shift registers and RAM in LUTs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logic {
    pub lut: usize,
    pub ff: usize,
}

impl Logic {
    pub const fn new(lut: usize, ff: usize) -> Logic {
        Logic { lut, ff }
    }

    pub fn plus(self, other: Logic) -> Logic {
        Logic::new(self.lut + other.lut, self.ff + other.ff)
    }
}

/// Lane `n` of bytes comes `n` cycles late: two registers at most, else a shift register in LUTs.
pub fn skew(lanes: usize) -> Logic {
    Logic::new(BYTE * lanes.saturating_sub(3), 3 * BYTE)
}

/// Registered 4-to-1 stages that choose a byte out of a word of so many.
pub fn byte_stages(bytes: usize) -> usize {
    clog2(bytes).div_ceil(2).max(1)
}

/// Stages of multiplexers from a word to one of its bytes, for the memory check; `bits` of the word are not always the same.
pub fn byte_tap(bytes: usize, bits: usize) -> Logic {
    let stages = byte_stages(bytes);
    let outputs = (1..=stages as u32).map(|stage| bytes.div_ceil(MUX_INPUTS.pow(stage)));
    let chosen: usize = outputs.map(|outputs| (BYTE * outputs).min(bits)).sum();
    Logic::new(chosen, chosen + stages * (stages + 2))
}
