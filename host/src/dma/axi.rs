//! Registers of the AXI DMA in simple mode. Source: Xilinx PG021, AXI DMA Product Guide, tables of chapter 2.

use std::fmt;

/// The two directions, by the offset of their registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Memory to stream: the machine's input.
    Input = 0x00,
    /// Stream to memory: its results.
    Output = 0x30,
}

impl Channel {
    pub fn control(self) -> usize {
        self as usize
    }

    pub fn status(self) -> usize {
        self as usize + 0x04
    }

    /// Low word of the buffer's address.
    pub fn address(self) -> usize {
        self as usize + 0x18
    }

    /// High word of it.
    pub fn high_address(self) -> usize {
        self as usize + 0x1c
    }

    /// Bytes to move; writing it begins the transfer. The output's reads how many came.
    pub fn length(self) -> usize {
        self as usize + 0x28
    }
}

/// Bytes of the registers: the output's length is the last one.
pub const BYTES: usize = Channel::Output as usize + 0x28 + 4;

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Channel::Input => "input",
            Channel::Output => "output",
        })
    }
}

/// Bits of the control register.
pub const RUN: u32 = 1;
pub const RESET: u32 = 1 << 2;
/// Bits of the status register.
pub const HALTED: u32 = 1;
pub const IDLE: u32 = 1 << 1;
pub const INTERNAL_ERROR: u32 = 1 << 4;
pub const SLAVE_ERROR: u32 = 1 << 5;
pub const DECODE_ERROR: u32 = 1 << 6;
/// A transfer is complete; written back, the bit is cleared.
pub const COMPLETE: u32 = 1 << 12;

const ERRORS: u32 = INTERNAL_ERROR | SLAVE_ERROR | DECODE_ERROR;
const NAMES: [(u32, &str); 6] = [
    (HALTED, "halted"),
    (IDLE, "idle"),
    (INTERNAL_ERROR, "internal error: more bytes came than the transfer has room for, or its length was 0"),
    (SLAVE_ERROR, "slave error: the memory refused an access"),
    (DECODE_ERROR, "decode error: there is no memory at the address"),
    (COMPLETE, "complete"),
];

/// A word of the status register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u32);

impl Status {
    pub fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    pub fn failed(self) -> bool {
        self.has(ERRORS)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let names = NAMES.iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| *name);
        let names: Vec<&str> = names.collect();
        write!(f, "{:#010x} ({})", self.0, if names.is_empty() { "running".to_string() } else { names.join("; ") })
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, COMPLETE, DECODE_ERROR, IDLE};

    #[test]
    fn a_status_is_decoded() {
        assert_eq!(Status(0).to_string(), "0x00000000 (running)");
        let text = Status(IDLE | COMPLETE).to_string();
        assert_eq!(text, "0x00001002 (idle; complete)");
        assert!(Status(DECODE_ERROR).failed() && Status(DECODE_ERROR).to_string().contains("no memory"));
    }
}
