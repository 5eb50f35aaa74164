//! Clocked model of `memory_check.v`, which is the plan's.

use crate::model::Clocked;
use systole_machine::control::check::{Asked, MemoryCheck as Check};
use systole_rtl::ports::memory_check::{In, Out, Ports};
use systole_rtl::primitives::memory_check::MemoryCheck;

/// The check, and what its constant inputs are.
#[derive(Clone, Debug)]
pub struct MemoryCheckModel {
    last: Vec<[u64; 2]>,
    check: Check,
}

impl MemoryCheckModel {
    pub fn new(primitive: MemoryCheck) -> Self {
        let last = primitive.memories.iter().map(|memory| (memory.depth - 1, memory.word_bytes - 1)).collect();
        MemoryCheckModel { last: primitive.last(), check: Check::new(last, primitive.settle) }
    }
}

impl Clocked for MemoryCheckModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        let (check, place) = (&self.check, self.check.place());
        out.read.fill(0);
        if let Some(place) = check.read() {
            out.read[place.memory] = 1;
        }
        *out.hold = check.holds().into();
        *out.addr = place.word as u64;
        *out.byte = place.byte as u64;
        *out.found = check.found().is_some().into();
        *out.found_memory = check.found_memory() as u64;
        *out.found_crc = check.crc().into();
        *out.found_last = check.done().into();
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        let last = inputs.last_addr.iter().zip(inputs.last_byte);
        debug_assert!(
            last.zip(&self.last).all(|((word, byte), wanted)| [*word, *byte] == *wanted),
            "tied to constants"
        );
        let In { check, load, loaded, busy, .. } = inputs;
        let memory = self.check.place().memory;
        let byte = (inputs.valid[memory] == 1).then_some(inputs.data[memory] as u8);
        self.check.clock(reset, Asked { check, load, loaded, busy }, byte);
    }
}
