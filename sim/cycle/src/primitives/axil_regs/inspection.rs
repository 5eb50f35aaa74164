//! The registers that show the machine's inside: streams looped back, activations dumped.

use super::write::Write;
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
    /// Carries out a write; layers, lanes and numbers have as many bits as given.
    pub(super) fn store(&mut self, write: &Write, [layer, lane, first]: [usize; 3]) {
        let low = |width: usize| u32::MAX >> (u32::BITS - width as u32);
        if write.is_to(reg::CONTROL) {
            self.loop_back = reg::LOOP_BACK.get(write.merge(reg::LOOP_BACK.put(self.loop_back.into()))) != 0;
            self.dump = reg::DUMP.get(write.merge(reg::DUMP.put(self.dump.into()))) != 0;
        } else if write.is_to(reg::DUMP_SOURCE) {
            let kept = reg::DUMP_LAYER.put(low(layer)) | reg::DUMP_LANE.put(low(lane));
            self.source = write.merge(self.source) & kept;
        } else if write.is_to(reg::DUMP_FIRST) {
            self.first = write.merge(self.first) & low(first);
        }
    }
}
