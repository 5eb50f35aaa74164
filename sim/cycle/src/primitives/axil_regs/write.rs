//! A write to a register.

use systole_machine::registers::Register;

/// A write that is carried out at an edge.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    pub address: u32,
    pub data: u32,
    /// The bits that are written.
    pub bits: u32,
}

impl Write {
    /// A register's word after the write.
    pub(super) fn merge(&self, old: u32) -> u32 {
        old & !self.bits | self.data & self.bits
    }

    /// Whether the write goes to that register.
    pub(super) fn is_to(&self, register: Register) -> bool {
        self.address == register.offset
    }
}
