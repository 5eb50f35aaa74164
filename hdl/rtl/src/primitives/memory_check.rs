//! The memory check: reads all memories back, a byte a cycle, and takes the CRC-32 of each.

use super::bits::index_bits;
use crate::primitive::{Parameter, Port, Primitive, Values};
use systole_machine::control::check::{Asked, MemoryCheck as Clocked};

/// Bits of a memory's number outside.
const NUMBER_BITS: usize = 4;
const CHECK: usize = 0;
const LOAD: usize = 1;
const LOADED: usize = 2;
const BUSY: usize = 3;
const LAST_ADDR: usize = 4;
const LAST_BYTE: usize = 5;
const VALID: usize = 6;
const DATA: usize = 7;

/// The check of `memory_check.v`.
#[derive(Clone, Debug)]
pub struct MemoryCheck {
    memories: Vec<MemoryShape>,
    settle: usize,
    clocked: Clocked,
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
        let last = memories.iter().map(|memory| (memory.depth - 1, memory.word_bytes - 1)).collect();
        MemoryCheck { memories, settle, clocked: Clocked::new(last, settle) }
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
    fn module(&self) -> &'static str {
        "memory_check"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/memory_check.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("frame_crc", include_str!("../../v/frame_crc.v"))]
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("MEMORIES", self.memories.len() as u64),
            Parameter::Integer("ADDR_W", self.addr_bits() as u64),
            Parameter::Integer("BYTE_W", self.byte_bits() as u64),
            Parameter::Integer("SETTLE", self.settle as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let memories = self.memories.len();
        vec![
            Port::input("check_i", 1, 1),
            Port::input("load_i", 1, 1),
            Port::input("loaded_i", 1, 1),
            Port::input("busy_i", 1, 1),
            Port::input("last_addr_i", memories, self.addr_bits()),
            Port::input("last_byte_i", memories, self.byte_bits()),
            Port::output("hold_o", 1, 1),
            Port::output("read_o", 1, memories),
            Port::output("addr_o", 1, self.addr_bits()),
            Port::output("byte_o", 1, self.byte_bits()),
            Port::input("valid_i", 1, memories),
            Port::input("data_i", memories, 8),
            Port::output("found_o", 1, 1),
            Port::output("found_memory_o", 1, NUMBER_BITS),
            Port::output("found_crc_o", 1, 32),
            Port::output("found_last_o", 1, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        let clocked = &self.clocked;
        let place = clocked.place();
        let read = clocked.read().map_or(0, |place| 1 << place.memory);
        let values = [
            clocked.holds().into(),
            read,
            place.word as u64,
            place.byte as u64,
            clocked.found().is_some().into(),
            clocked.found_memory() as u64,
            clocked.crc().into(),
            clocked.done().into(),
        ];
        for (output, value) in outputs.iter_mut().zip(values) {
            output[0] = value;
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let [check, load, loaded, busy] = [CHECK, LOAD, LOADED, BUSY].map(|at| inputs[at][0] == 1);
        let last = inputs[LAST_ADDR].iter().zip(&inputs[LAST_BYTE]);
        debug_assert!(
            last.zip(self.last()).all(|((word, byte), wanted)| [*word, *byte] == wanted),
            "tied to constants"
        );
        let memory = self.clocked.place().memory;
        let byte = (inputs[VALID][0] >> memory & 1 == 1).then_some(inputs[DATA][memory] as u8);
        self.clocked.clock(reset, Asked { check, load, loaded, busy }, byte);
    }
}
