//! Its registers behind AXI4-Lite, as the table has them.

use systole_machine::dump::DumpWindow;
use systole_machine::pins::{TopIn, TopOut};
use systole_machine::registers::{self as reg, Access, Register};
use systole_machine::Plan;

const OKAY: u8 = 0;
const SLVERR: u8 = 2;
/// The counters of two words, in the order of [`Registers::counts`].
const COUNTERS: [Register; 6] =
    [reg::CYCLES, reg::BUSY_CYCLES, reg::IN_BEATS, reg::OUT_BEATS, reg::INPUT_STARVED, reg::OUTPUT_BLOCKED];

/// What happened in a cycle.
#[derive(Clone, Copy, Default)]
pub struct Events {
    pub in_beat: bool,
    pub dropped: bool,
    pub starved: bool,
    pub blocked: bool,
    pub out_beat: bool,
    pub image_done: bool,
    pub progress: bool,
    pub busy: bool,
    pub result_ready: bool,
    pub tlast_early: bool,
    pub tlast_late: bool,
}

/// What is known of weights that are loaded.
#[derive(Clone, Copy, Default)]
pub struct Loaded {
    words: u32,
    crc: u32,
    wanted: u32,
}

/// What was found in the memories.
#[derive(Clone, Copy, Default)]
struct Found {
    checked: bool,
    /// The one whose CRC is shown.
    index: u32,
    crcs: [u32; 1 << reg::MEMORY.width],
}

pub struct Registers {
    shape: u32,
    design: [u32; reg::HASH_WORDS],
    weights: [u32; reg::HASH_WORDS],
    pub step: u32,
    pub layer: u32,
    control: u32,
    watchdog_limit: u32,
    checksum_index: u32,
    dump_source: u32,
    dump_first: u32,
    /// Words that a load takes; 0: the weights are in the design.
    load_words: u32,
    loaded: Loaded,
    found: Found,
    errors: u32,
    status: u32,
    images_done: u32,
    counts: [u64; COUNTERS.len()],
    /// High half of the counter read last.
    high: u32,
    /// Cycles without progress.
    idle: u32,
}

impl Registers {
    pub fn new(plan: &Plan, design_hash: [u8; 32]) -> Self {
        let shape = reg::ROWS.put(plan.geometry.rows as u32) | reg::COLS.put(plan.geometry.cols as u32);
        let loads = plan.geometry.store().is_loaded();
        let load_words = if loads { plan.geometry.load_words() as u32 } else { 0 };
        let mut registers = Registers {
            load_words,
            loaded: Loaded::default(),
            found: Found::default(),
            shape,
            design: reg::hash_words(&design_hash),
            weights: reg::hash_words(if load_words > 0 { &[0; 32] } else { &plan.weights_hash.0 }),
            step: 0,
            layer: 0,
            control: 0,
            watchdog_limit: 0,
            checksum_index: 0,
            dump_source: 0,
            dump_first: 0,
            errors: 0,
            status: 0,
            images_done: 0,
            counts: [0; COUNTERS.len()],
            high: 0,
            idle: 0,
        };
        registers.reset();
        registers
    }

    /// Hard reset.
    pub fn reset(&mut self) {
        (self.control, self.watchdog_limit, self.checksum_index, self.high) = (0, 0, 0, 0);
        (self.dump_source, self.dump_first) = (0, 0);
        (self.loaded, self.found) = (Loaded::default(), Found::default());
        self.soft_reset();
    }

    fn soft_reset(&mut self) {
        (self.errors, self.images_done, self.idle, self.step, self.layer) = (0, 0, 0, 0, 0);
        self.counts = [0; COUNTERS.len()];
        self.status = reg::IDLE.mask();
    }

    /// Whether weights are to be loaded, and whether the memories are to be read back.
    pub fn asked(&self) -> [bool; 2] {
        [reg::LOAD, reg::CHECK].map(|field| field.get(self.control) != 0)
    }

    /// A word of the weights was taken.
    pub fn note_word(&mut self) {
        self.loaded.words += 1;
    }

    /// A memory was read back, the last one or not.
    pub fn note_found(&mut self, memory: usize, crc: u32, last: bool) {
        self.found.crcs[memory] = crc;
        self.found.checked |= last;
        if memory == 0 && self.load_words > 0 {
            self.loaded.crc = crc;
        }
    }

    fn ready(&self) -> bool {
        let Loaded { crc, wanted, .. } = self.loaded;
        self.asked() == [false; 2] && (self.load_words == 0 || self.found.checked && crc == wanted)
    }

    fn status(&self) -> u32 {
        self.status | reg::CHECKED.put(self.found.checked.into()) | reg::READY.put(self.ready().into())
    }

    fn memory_crc(&self) -> u32 {
        let Found { checked, index, crcs } = self.found;
        if checked {
            crcs[index as usize]
        } else {
            0
        }
    }

    fn control(&mut self, word: u32) {
        let before = self.asked();
        self.control = if self.load_words > 0 { word } else { word & !reg::LOAD.mask() };
        let [load, check] = self.asked();
        if load && !before[0] {
            self.loaded.words = 0;
        }
        if load && !before[0] || check && !before[1] {
            self.found.checked = false;
        }
    }

    pub fn enabled(&self) -> bool {
        self.control & reg::ENABLE.mask() != 0 && self.ready() && !self.loops_back()
    }

    /// Input beats come back.
    pub fn loops_back(&self) -> bool {
        reg::LOOP_BACK.get(self.control) != 0
    }

    /// The activations that results are made of, unless they are class sums.
    pub fn dump(&self) -> Option<DumpWindow> {
        (reg::DUMP.get(self.control) != 0).then(|| DumpWindow {
            layer: reg::DUMP_LAYER.get(self.dump_source) as usize,
            lane: reg::DUMP_LANE.get(self.dump_source) as usize,
            first: self.dump_first as usize,
        })
    }

    pub fn images_done(&self) -> u32 {
        self.images_done
    }

    /// Cycles alike in all that happens; more than one only when no image is done.
    pub fn count(&mut self, e: &Events, cycles: u64) {
        let counted = [self.enabled(), e.busy, e.in_beat, e.out_beat, e.starved, e.blocked];
        for (count, event) in self.counts.iter_mut().zip(counted) {
            *count += cycles * u64::from(event);
        }
        self.images_done = self.images_done.wrapping_add(u32::from(e.image_done));
        let more = u32::try_from(cycles).unwrap_or(u32::MAX);
        self.idle = if e.progress || e.in_beat || e.out_beat || !e.busy { 0 } else { self.idle.saturating_add(more) };
        let bark = self.watchdog_limit != 0 && self.idle >= self.watchdog_limit;
        let errors = [
            (reg::TLAST_EARLY, e.tlast_early),
            (reg::TLAST_LATE, e.tlast_late),
            (reg::WATCHDOG, bark),
            (reg::DROPPED, e.dropped),
        ];
        self.errors |= errors.map(|(field, set)| field.put(set.into())).iter().sum::<u32>();
        self.status = reg::IDLE.put((!e.busy).into())
            | reg::BUSY.put(e.busy.into())
            | reg::RESULT_READY.put(e.result_ready.into())
            | reg::ERROR.put((self.errors != 0).into());
    }

    /// The word and the response.
    fn read(&mut self, address: u32, checksums: &[u32]) -> (u32, u8) {
        let Some((register, index)) = reg::at(address) else { return (0, SLVERR) };
        if let Some(counter) = COUNTERS.iter().position(|counter| counter == register) {
            if index == 0 {
                self.high = (self.counts[counter] >> reg::WORD_BITS) as u32;
                return (self.counts[counter] as u32, OKAY);
            }
            return (self.high, OKAY);
        }
        let layer = reg::CHECKSUM_LAYER.get(self.checksum_index) as usize;
        let word = match *register {
            reg::GEOMETRY => self.shape,
            reg::CONTROL => self.control,
            reg::STATUS => self.status(),
            reg::ERRORS => self.errors,
            reg::WATCHDOG_LIMIT => self.watchdog_limit,
            reg::STEP => self.step,
            reg::LAYER => self.layer,
            reg::IMAGES_DONE => self.images_done,
            reg::CHECKSUM_INDEX => self.checksum_index,
            reg::CHECKSUM_VALUE => checksums.get(layer).copied().unwrap_or(0),
            reg::DESIGN_HASH => self.design[index as usize],
            reg::WEIGHTS_HASH => self.weights[index as usize],
            reg::LOAD_WORDS => self.load_words,
            reg::LOADED_WORDS => self.loaded.words,
            reg::LOADED_CRC => self.loaded.crc,
            reg::WANTED_CRC => self.loaded.wanted,
            reg::DUMP_SOURCE => self.dump_source,
            reg::DUMP_FIRST => self.dump_first,
            reg::MEMORY_INDEX => reg::MEMORY.put(self.found.index),
            reg::MEMORY_CRC => self.memory_crc(),
            _ => register.reset,
        };
        (word, OKAY)
    }

    /// The response, and whether it is a soft reset.
    fn write(&mut self, address: u32, data: u32) -> (u8, bool) {
        let Some((register, _)) = reg::at(address).filter(|(register, _)| register.is_writable()) else {
            return (SLVERR, false);
        };
        let kept = data & register.stored();
        match *register {
            reg::CONTROL => self.control(kept),
            reg::WANTED_CRC if self.load_words > 0 => self.loaded.wanted = kept,
            reg::WANTED_CRC => {}
            reg::WATCHDOG_LIMIT => self.watchdog_limit = kept,
            reg::DUMP_SOURCE => self.dump_source = kept,
            reg::DUMP_FIRST => self.dump_first = kept,
            reg::MEMORY_INDEX => self.found.index = reg::MEMORY.get(kept),
            _ => self.checksum_index = kept,
        }
        let pulse =
            |field: reg::Field| *register == reg::CONTROL && field.access == Access::Pulse && field.get(data) != 0;
        if pulse(reg::CLEAR_ERRORS) {
            self.errors = 0;
        }
        if pulse(reg::SOFT_RESET) {
            self.soft_reset();
        }
        (OKAY, pulse(reg::SOFT_RESET))
    }
}

/// The slave's channels: a request is held, its response waits to be taken.
#[derive(Default)]
pub struct Bus {
    write_address: Option<u32>,
    write_data: Option<u32>,
    write_response: Option<u8>,
    read_address: Option<u32>,
    read_response: Option<(u32, u8)>,
}

impl Bus {
    /// No access is in progress or begins.
    pub fn rests(&self, pins: &TopIn) -> bool {
        let begins = pins.s_axil_awvalid || pins.s_axil_wvalid || pins.s_axil_arvalid;
        let held = self.write_address.is_some() || self.write_data.is_some() || self.read_address.is_some();
        !begins && !held && self.write_response.is_none() && self.read_response.is_none()
    }

    /// The bus pins of this cycle.
    pub fn outputs(&self, out: &mut TopOut) {
        (out.s_axil_awready, out.s_axil_wready) = (self.write_address.is_none(), self.write_data.is_none());
        (out.s_axil_bvalid, out.s_axil_bresp) = (self.write_response.is_some(), self.write_response.unwrap_or(OKAY));
        out.s_axil_arready = self.read_address.is_none();
        out.s_axil_rvalid = self.read_response.is_some();
        (out.s_axil_rdata, out.s_axil_rresp) = self.read_response.unwrap_or((0, OKAY));
    }

    /// The rising edge. Whether a soft reset was written.
    pub fn clock(&mut self, pins: &TopIn, registers: &mut Registers, checksums: &[u32]) -> bool {
        if pins.s_axil_bready {
            self.write_response = None;
        }
        if pins.s_axil_rready {
            self.read_response = None;
        }
        let mut soft_reset = false;
        if let (Some(address), Some(data), None) = (self.write_address, self.write_data, self.write_response) {
            let (response, reset) = registers.write(address, data);
            (self.write_address, self.write_data, self.write_response) = (None, None, Some(response));
            soft_reset = reset;
        } else {
            self.write_address = self.write_address.or(pins.s_axil_awvalid.then_some(pins.s_axil_awaddr));
            self.write_data = self.write_data.or(pins.s_axil_wvalid.then_some(pins.s_axil_wdata));
        }
        if let (Some(address), None) = (self.read_address, self.read_response) {
            (self.read_address, self.read_response) = (None, Some(registers.read(address, checksums)));
        } else {
            self.read_address = self.read_address.or(pins.s_axil_arvalid.then_some(pins.s_axil_araddr));
        }
        soft_reset
    }
}
