//! The registers of weights that are loaded.

use super::inputs::Inputs;
use systole_plan::registers as reg;

/// What is known of weights that are loaded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weights {
    pub(super) load: bool,
    pub(super) check: bool,
    pub(super) checked: bool,
    /// Checked, and the CRC is the wanted one.
    pub(super) ready: bool,
    pub(super) wanted: u32,
    pub(super) crc: u32,
    pub(super) words: u32,
}

impl Weights {
    /// Rising edge; `control` is a word written to that register, `wanted` one written to the other.
    pub(super) fn clock(&mut self, control: Option<u32>, wanted: Option<u32>, inputs: &Inputs) {
        let now = *self;
        self.ready = now.checked && !now.load && !now.check && now.crc == now.wanted;
        self.words = now.words.wrapping_add(inputs.load_word.into());
        if inputs.load_checked {
            (self.checked, self.crc) = (true, inputs.load_crc as u32);
        }
        self.wanted = wanted.unwrap_or(now.wanted);
        let Some(control) = control else { return };
        (self.load, self.check) = (reg::LOAD.get(control) != 0, reg::CHECK.get(control) != 0);
        let (loads, checks) = (self.load && !now.load, self.check && !now.check);
        if loads {
            self.words = 0;
        }
        if loads || checks {
            (self.checked, self.ready) = (false, false);
        }
    }
}
