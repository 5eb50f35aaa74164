//! The registers that show the machine's inside: streams looped back, activations dumped.

use systole_machine::registers as reg;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Inspection {
    pub(super) loop_back: bool,
    pub(super) dump: bool,
    /// The words of `dump_source` and `dump_first`.
    pub(super) source: u32,
    pub(super) first: u32,
}

impl Inspection {
    /// Carries out a write of `(data, strobed bits)` to the register at `address`; layers, lanes and numbers have as many
    /// bits as given.
    pub(super) fn store(&mut self, address: u32, (data, bits): (u32, u32), [layer, lane, first]: [usize; 3]) {
        let merge = |old: u32| old & !bits | data & bits;
        let low = |width: usize| u32::MAX >> (u32::BITS - width as u32);
        if address == reg::CONTROL.offset {
            self.loop_back = reg::LOOP_BACK.get(merge(reg::LOOP_BACK.put(self.loop_back.into()))) != 0;
            self.dump = reg::DUMP.get(merge(reg::DUMP.put(self.dump.into()))) != 0;
        } else if address == reg::DUMP_SOURCE.offset {
            let kept = reg::DUMP_LAYER.put(low(layer)) | reg::DUMP_LANE.put(low(lane));
            self.source = merge(self.source) & kept;
        } else if address == reg::DUMP_FIRST.offset {
            self.first = merge(self.first) & low(first);
        }
    }
}
