//! The registers of weights that are loaded.

use super::memories::Memories;
use systole_machine::registers as reg;
use systole_rtl::ports::axil_regs::In;

/// What is known of weights that are loaded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weights {
    pub(super) load: bool,
    /// Checked, and the CRC is the wanted one.
    pub(super) ready: bool,
    pub(super) wanted: u32,
    pub(super) crc: u32,
    pub(super) words: u32,
}

impl Weights {
    /// Rising edge, before that of the memories; `control` is a word written to that register, `wanted` one written to the other.
    pub(super) fn clock(&mut self, control: Option<u32>, wanted: Option<u32>, memories: &Memories, inputs: &In) {
        let now = *self;
        self.ready = memories.checked && !now.load && !memories.check && now.crc == now.wanted;
        self.words = now.words.wrapping_add(inputs.load_word.into());
        if inputs.found && inputs.found_memory == 0 {
            self.crc = inputs.found_crc as u32;
        }
        self.wanted = wanted.unwrap_or(now.wanted);
        let Some(control) = control else { return };
        self.load = reg::LOAD.get(control) != 0;
        let (loads, checks) = (self.load && !now.load, reg::CHECK.get(control) != 0 && !memories.check);
        if loads {
            self.words = 0;
        }
        if loads || checks {
            self.ready = false;
        }
    }
}
