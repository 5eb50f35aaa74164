//! The registers themselves, with the counters, the sticky errors and the watchdog.

use super::inspection::Inspection;
use super::memories::Memories;
use super::weights::Weights;
use super::write::Write;
use systole_machine::dump::DumpWindow;
use systole_machine::registers::{self as reg, Field, Register};
use systole_rtl::ports::axil_regs::In;
use systole_rtl::primitives::axil_regs::AxilRegsConfig;

/// The counters of two words, in the order of [`RegisterFile::counts`].
const COUNTERS: [Register; 6] =
    [reg::CYCLES, reg::BUSY_CYCLES, reg::IN_BEATS, reg::OUT_BEATS, reg::INPUT_STARVED, reg::OUTPUT_BLOCKED];

/// All registers of the table. Reads see the present state, [`RegisterFile::clock`] is the rising edge.
#[derive(Clone, Debug)]
pub struct RegisterFile {
    config: AxilRegsConfig,
    enable: bool,
    memories: Memories,
    weights: Weights,
    inspection: Inspection,
    soft_reset: bool,
    clear_errors: bool,
    watchdog_limit: u32,
    checksum_index: u32,
    /// Cycles since the last progress, up to the largest count.
    idle_cycles: u32,
    /// The word of the `errors` register.
    errors: u32,
    /// One for each of [`COUNTERS`].
    counts: [u64; COUNTERS.len()],
    images_done: u32,
    /// High half of the counter whose low word was read last.
    high: u32,
}

impl RegisterFile {
    /// Registers as they are after reset.
    pub fn new(config: AxilRegsConfig) -> Self {
        RegisterFile {
            config,
            enable: false,
            memories: Memories::default(),
            weights: Weights::default(),
            inspection: Inspection::default(),
            soft_reset: false,
            clear_errors: false,
            watchdog_limit: 0,
            checksum_index: 0,
            idle_cycles: 0,
            errors: 0,
            counts: [0; COUNTERS.len()],
            images_done: 0,
            high: 0,
        }
    }

    fn is_loaded(&self) -> bool {
        self.config.load_words > 0
    }

    fn is_ready(&self) -> bool {
        if self.is_loaded() {
            self.weights.ready
        } else {
            !self.memories.check
        }
    }

    /// Tiles may begin.
    pub fn is_enabled(&self) -> bool {
        self.enable && self.is_ready() && !self.inspection.loop_back && !self.memories.check
    }

    /// Input beats are weights.
    pub fn loads(&self) -> bool {
        self.weights.load
    }

    /// The memories are to be read back.
    pub fn checks(&self) -> bool {
        self.memories.check
    }

    /// Input beats come back.
    pub fn loops_back(&self) -> bool {
        self.inspection.loop_back
    }

    /// Results are activations: those of [`RegisterFile::dump_window`].
    pub fn dumps(&self) -> bool {
        self.inspection.dump
    }

    pub fn dump_window(&self) -> DumpWindow {
        let Inspection { source, first, .. } = self.inspection;
        DumpWindow {
            layer: reg::DUMP_LAYER.get(source) as usize,
            lane: reg::DUMP_LANE.get(source) as usize,
            first: first as usize,
        }
    }

    /// Everything but these registers and the memories is reset by the coming edge.
    pub fn soft_reset(&self) -> bool {
        self.soft_reset
    }

    /// Some error bit is set.
    pub fn has_failed(&self) -> bool {
        self.errors != 0
    }

    /// Which layer's checksum the host wants.
    pub fn checksum_layer(&self) -> usize {
        reg::CHECKSUM_LAYER.get(self.checksum_index) as usize
    }

    /// The word at a byte address, or nothing where the table has none. A counter's low word holds its high one.
    pub fn read(&mut self, address: u32, inputs: &In) -> Option<u32> {
        let (register, index) = reg::at(address)?;
        if let Some(counter) = COUNTERS.iter().position(|counter| counter == register) {
            if index == 0 {
                self.high = (self.counts[counter] >> u32::BITS) as u32;
                return Some(self.counts[counter] as u32);
            }
            return Some(self.high);
        }
        Some(self.word(register, index as usize, inputs))
    }

    fn word(&self, register: &Register, index: usize, inputs: &In) -> u32 {
        match *register {
            reg::GEOMETRY => reg::ROWS.put(self.config.rows as u32) | reg::COLS.put(self.config.cols as u32),
            reg::CONTROL => self.control(),
            reg::STATUS => self.status(inputs),
            reg::ERRORS => self.errors,
            reg::WATCHDOG_LIMIT => self.watchdog_limit,
            reg::STEP => inputs.step as u32,
            reg::LAYER => inputs.layer as u32,
            reg::IMAGES_DONE => self.images_done,
            reg::CHECKSUM_INDEX => self.checksum_index,
            reg::CHECKSUM_VALUE => inputs.chk_value as u32,
            reg::DESIGN_HASH => reg::hash_words(&self.config.design_hash)[index],
            reg::WEIGHTS_HASH => reg::hash_words(&self.config.weights_hash)[index],
            reg::LOAD_WORDS => self.config.load_words as u32,
            reg::LOADED_WORDS => self.weights.words,
            reg::LOADED_CRC => self.weights.crc,
            reg::WANTED_CRC => self.weights.wanted,
            reg::DUMP_SOURCE => self.inspection.source,
            reg::DUMP_FIRST => self.inspection.first,
            reg::MEMORY_INDEX => self.memory_index(),
            reg::MEMORY_CRC => self.memories.shown,
            constant => constant.reset,
        }
    }

    fn control(&self) -> u32 {
        let flags = [
            (reg::ENABLE, self.enable),
            (reg::LOAD, self.weights.load),
            (reg::CHECK, self.memories.check),
            (reg::LOOP_BACK, self.inspection.loop_back),
            (reg::DUMP, self.inspection.dump),
        ];
        word_of(flags)
    }

    fn status(&self, inputs: &In) -> u32 {
        let flags = [
            (reg::IDLE, !inputs.busy),
            (reg::BUSY, inputs.busy),
            (reg::RESULT_READY, inputs.result_ready),
            (reg::ERROR, self.has_failed()),
            (reg::CHECKED, self.memories.checked),
            (reg::READY, self.is_ready()),
        ];
        word_of(flags)
    }

    fn memory_index(&self) -> u32 {
        reg::MEMORY.put(self.memories.number as u32)
    }

    /// Rising edge with a write that is carried out, and the inputs of the cycle before it.
    pub fn clock(&mut self, reset: bool, write: Option<Write>, inputs: &In) {
        self.clock_errors(reset, inputs, 1);
        self.clock_counters(reset, inputs, 1);
        self.store(write, inputs);
        if reset {
            self.weights = Weights::default();
            self.memories.reset();
            self.inspection = Inspection::default();
            (self.enable, self.soft_reset, self.clear_errors) = (false, false, false);
            (self.watchdog_limit, self.checksum_index, self.high) = (0, 0, 0);
        }
    }

    /// [`RegisterFile::clock`] so many times, without a write or a reset and with inputs that last.
    pub fn skip(&mut self, inputs: &In, cycles: u64) {
        if cycles == 0 {
            return;
        }
        self.clock_errors(false, inputs, cycles);
        self.clock_counters(false, inputs, cycles);
    }

    /// Carries out a write; pulses last one cycle.
    fn store(&mut self, write: Option<Write>, inputs: &In) {
        (self.soft_reset, self.clear_errors) = (false, false);
        let was_loading = self.weights.load;
        let to = |register: Register, old: u32| write.filter(|w| w.is_to(register)).map(|w| w.merge(old));
        let control = to(reg::CONTROL, self.control());
        if self.is_loaded() {
            let wanted = to(reg::WANTED_CRC, self.weights.wanted);
            self.weights.clock(control, wanted, &self.memories, inputs);
        }
        let index = to(reg::MEMORY_INDEX, self.memory_index());
        let begins_load = self.weights.load && !was_loading;
        self.memories.clock(control, index, begins_load, self.config.memories, inputs);
        let Some(write) = write else { return };
        let widths = [self.config.layer_width, self.config.lane_width, self.config.first_width];
        self.inspection.store(&write, widths);
        if let Some(control) = control {
            self.enable = reg::ENABLE.get(control) != 0;
            self.soft_reset = reg::SOFT_RESET.get(write.data & write.bits) != 0;
            self.clear_errors = reg::CLEAR_ERRORS.get(write.data & write.bits) != 0;
        } else if write.is_to(reg::WATCHDOG_LIMIT) {
            self.watchdog_limit = write.merge(self.watchdog_limit);
        } else if write.is_to(reg::CHECKSUM_INDEX) {
            let layers = reg::CHECKSUM_LAYER.put(u32::MAX >> (u32::BITS - self.config.layer_width as u32));
            self.checksum_index = write.merge(self.checksum_index) & layers;
        }
    }

    fn clock_errors(&mut self, reset: bool, inputs: &In, cycles: u64) {
        let cycles = u32::try_from(cycles).unwrap_or(u32::MAX);
        let waits = inputs.busy && !inputs.progress && !inputs.in_beat && !inputs.out_beat;
        let waited = if waits { self.idle_cycles.saturating_add(cycles) } else { 0 };
        let barks =
            waits && self.watchdog_limit != 0 && self.idle_cycles.saturating_add(cycles - 1) >= self.watchdog_limit - 1;
        self.idle_cycles = if reset || self.soft_reset { 0 } else { waited };
        if reset || self.soft_reset || self.clear_errors {
            self.errors = 0;
            return;
        }
        self.errors |= word_of([
            (reg::TLAST_EARLY, inputs.tlast_early),
            (reg::TLAST_LATE, inputs.tlast_late),
            (reg::WATCHDOG, barks),
            (reg::DROPPED, inputs.dropped),
        ]);
    }

    fn clock_counters(&mut self, reset: bool, inputs: &In, cycles: u64) {
        if reset || self.soft_reset {
            self.counts = [0; COUNTERS.len()];
            self.images_done = 0;
            return;
        }
        let counted = [self.is_enabled(), inputs.busy, inputs.in_beat, inputs.out_beat, inputs.starved, inputs.blocked];
        for (count, event) in self.counts.iter_mut().zip(counted) {
            *count = count.wrapping_add(cycles * u64::from(event));
        }
        self.images_done = self.images_done.wrapping_add(inputs.image_done.into());
    }
}

fn word_of<const N: usize>(flags: [(Field, bool); N]) -> u32 {
    flags.iter().map(|(field, on)| field.put(u32::from(*on))).sum()
}
