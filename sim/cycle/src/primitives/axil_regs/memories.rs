//! The registers of memories that are read back.

use systole_machine::registers as reg;
use systole_rtl::ports::axil_regs::In;

/// Entries that a memory's number can name.
const NUMBERS: usize = 1 << reg::MEMORY.width;

/// What was found in the memories.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memories {
    pub(super) check: bool,
    pub(super) checked: bool,
    /// The one whose CRC is shown, and that CRC.
    pub(super) number: usize,
    pub(super) shown: u32,
    crcs: [u32; NUMBERS],
}

impl Memories {
    /// Rising edge; `control` and `index` are words written to these registers.
    pub(super) fn clock(
        &mut self,
        control: Option<u32>,
        index: Option<u32>,
        begins_load: bool,
        count: usize,
        inputs: &In,
    ) {
        let now = *self;
        self.shown = if now.checked && now.number < count { now.crcs[now.number] } else { 0 };
        if inputs.found {
            self.crcs[inputs.found_memory as usize] = inputs.found_crc as u32;
            self.checked |= inputs.found_last;
        }
        self.number = index.map_or(now.number, |word| reg::MEMORY.get(word) as usize);
        self.check = control.map_or(now.check, |word| reg::CHECK.get(word) != 0);
        if begins_load || self.check && !now.check {
            self.checked = false;
        }
    }

    /// A hard reset; what is shown follows a cycle later.
    pub(super) fn reset(&mut self) {
        (self.check, self.checked, self.number) = (false, false, 0);
    }
}
