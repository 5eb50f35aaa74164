//! The memory check: reads all memories back, a byte a cycle, and takes the CRC-32 of each.

use super::bits::index_bits;
use crate::ports::memory_check;
use crate::primitive::{Module, Parameter, Primitive};

/// The check of `memory_check.v`.
#[derive(Clone, Debug)]
pub struct MemoryCheck {
    pub memories: Vec<MemoryShape>,
    pub settle: usize,
}

/// Words of a memory and bytes of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShape {
    pub depth: usize,
    pub word_bytes: usize,
}

impl MemoryCheck {
    /// Of memories that are read `settle` cycles after one another.
    pub fn new(memories: Vec<MemoryShape>, settle: usize) -> Self {
        MemoryCheck { memories, settle }
    }

    /// Bits of the address that all memories share.
    pub fn addr_bits(&self) -> usize {
        self.memories.iter().map(|memory| index_bits(memory.depth)).max().unwrap_or(1)
    }

    /// Bits of a byte's number in its word.
    pub fn byte_bits(&self) -> usize {
        self.memories.iter().map(|memory| index_bits(memory.word_bytes)).max().unwrap_or(1)
    }

    /// What the inputs `last_addr_i` and `last_byte_i` are held at.
    pub fn last(&self) -> Vec<[u64; 2]> {
        self.memories.iter().map(|memory| [memory.depth as u64 - 1, memory.word_bytes as u64 - 1]).collect()
    }
}

impl Primitive for MemoryCheck {
    fn verilog(&self) -> &'static Module {
        &memory_check::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("MEMORIES", self.memories.len() as u64),
            Parameter::Integer("ADDR_W", self.addr_bits() as u64),
            Parameter::Integer("BYTE_W", self.byte_bits() as u64),
            Parameter::Integer("SETTLE", self.settle as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("frame_crc", include_str!("../../v/frame_crc.v"))]
    }
}
