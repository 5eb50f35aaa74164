//! The host's registers behind AXI4-Lite, with the counters, the sticky errors and the watchdog; see docs/registers.md.

mod inputs;
mod inspection;
mod memories;
mod weights;

use crate::primitive::{Parameter, Port, Primitive, Values};
use inputs::Inputs;
use inspection::Inspection;
use memories::Memories;
use systole_machine::registers::{self as reg, Field, Register};
use weights::Weights;

const OKAY: u64 = 0;
const SLVERR: u64 = 2;
/// The counters of two words, in the order of [`AxilRegs::counts`].
const COUNTERS: [Register; 6] =
    [reg::CYCLES, reg::BUSY_CYCLES, reg::IN_BEATS, reg::OUT_BEATS, reg::INPUT_STARVED, reg::OUTPUT_BLOCKED];

/// What the registers are told about the design.
#[derive(Clone, Debug)]
pub struct AxilRegsConfig {
    /// Address bits of the bus, at least those of the table, at most 31.
    pub addr_width: usize,
    pub rows: usize,
    pub cols: usize,
    /// Bits of the program counter, 1 to 31.
    pub step_width: usize,
    /// Bits of a layer index, 1 to 16.
    pub layer_width: usize,
    /// Bits of a lane index, 1 to 16.
    pub lane_width: usize,
    /// Bits of an activation's number in its lane, 1 to 32.
    pub first_width: usize,
    /// Memories that are read back, 1 to 16.
    pub memories: usize,
    /// Words that a load of the weights takes; 0: the weights are in the design.
    pub load_words: usize,
    pub design_hash: [u8; 32],
    pub weights_hash: [u8; 32],
}

/// The registers of `axil_regs.v`.
#[derive(Clone, Debug)]
pub struct AxilRegs {
    config: AxilRegsConfig,
    bus: Bus,
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

/// The channels: what is held of a request, and the response that waits or was the last.
#[derive(Clone, Debug, Default)]
struct Bus {
    write_address: Option<u32>,
    /// Data, and the bits that its strobes let through.
    write_data: Option<(u32, u32)>,
    b_valid: bool,
    b_resp: u64,
    read_address: Option<u32>,
    r_valid: bool,
    r_data: u32,
    r_resp: u64,
}

impl AxilRegs {
    /// Registers as they are after reset.
    pub fn new(config: AxilRegsConfig) -> Self {
        AxilRegs {
            config,
            bus: Bus::default(),
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
    fn is_enabled(&self) -> bool {
        self.enable && self.is_ready() && !self.inspection.loop_back && !self.memories.check
    }

    /// The word of the register `control`.
    fn control(&self) -> u32 {
        let bits = [
            (reg::ENABLE, self.enable),
            (reg::LOAD, self.weights.load),
            (reg::CHECK, self.memories.check),
            (reg::LOOP_BACK, self.inspection.loop_back),
            (reg::DUMP, self.inspection.dump),
        ];
        bits.iter().map(|(field, on)| field.put(u32::from(*on))).sum()
    }

    /// The word at a byte address, or nothing where the table has none.
    fn word(&self, address: u32, inputs: &Inputs) -> Option<u32> {
        let (register, index) = reg::at(address)?;
        if let Some(counter) = COUNTERS.iter().position(|counter| counter == register) {
            return Some(if index == 0 { self.counts[counter] as u32 } else { self.high });
        }
        let flag = |field: Field, on: bool| field.put(on.into());
        Some(match *register {
            reg::GEOMETRY => reg::ROWS.put(self.config.rows as u32) | reg::COLS.put(self.config.cols as u32),
            reg::CONTROL => self.control(),
            reg::STATUS => {
                flag(reg::IDLE, !inputs.busy)
                    | flag(reg::BUSY, inputs.busy)
                    | flag(reg::RESULT_READY, inputs.result_ready)
                    | flag(reg::ERROR, self.errors != 0)
                    | flag(reg::CHECKED, self.memories.checked)
                    | flag(reg::READY, self.is_ready())
            }
            reg::ERRORS => self.errors,
            reg::WATCHDOG_LIMIT => self.watchdog_limit,
            reg::STEP => inputs.step as u32,
            reg::LAYER => inputs.layer as u32,
            reg::IMAGES_DONE => self.images_done,
            reg::CHECKSUM_INDEX => self.checksum_index,
            reg::CHECKSUM_VALUE => inputs.chk_value as u32,
            reg::DESIGN_HASH => reg::hash_words(&self.config.design_hash)[index as usize],
            reg::WEIGHTS_HASH => reg::hash_words(&self.config.weights_hash)[index as usize],
            reg::LOAD_WORDS => self.config.load_words as u32,
            reg::LOADED_WORDS => self.weights.words,
            reg::LOADED_CRC => self.weights.crc,
            reg::WANTED_CRC => self.weights.wanted,
            reg::DUMP_SOURCE => self.inspection.source,
            reg::DUMP_FIRST => self.inspection.first,
            reg::MEMORY_INDEX => reg::MEMORY.put(self.memories.number as u32),
            reg::MEMORY_CRC => self.memories.shown,
            constant => constant.reset,
        })
    }

    fn clock_read(&mut self, reset: bool, inputs: &Inputs) {
        let request = self.bus.read_address.filter(|_| !self.bus.r_valid || inputs.rready);
        if let Some(address) = request {
            let word = self.word(address, inputs);
            (self.bus.r_data, self.bus.r_resp) = word.map_or((0, SLVERR), |word| (word, OKAY));
            if let Some(counter) = COUNTERS.iter().position(|counter| counter.offset == address) {
                self.high = (self.counts[counter] >> u32::BITS) as u32;
            }
        }
        self.bus.r_valid = request.is_some() || self.bus.r_valid && !inputs.rready;
        match self.bus.read_address {
            None if inputs.arvalid => self.bus.read_address = Some(aligned(inputs.araddr)),
            Some(_) if request.is_some() => self.bus.read_address = None,
            _ => {}
        }
        if reset {
            (self.bus.read_address, self.bus.r_valid, self.high) = (None, false, 0);
        }
    }

    fn clock_write(&mut self, reset: bool, inputs: &Inputs) {
        let held = self.bus.write_address.zip(self.bus.write_data);
        let request = held.filter(|_| !self.bus.b_valid || inputs.bready);
        if let Some((address, _)) = request {
            self.bus.b_resp = if reg::at(address).is_some_and(|(r, _)| r.is_writable()) { OKAY } else { SLVERR };
            (self.bus.write_address, self.bus.write_data) = (None, None);
        } else {
            let address = inputs.awvalid.then(|| aligned(inputs.awaddr));
            let data = inputs.wvalid.then(|| (inputs.wdata as u32, strobed(inputs.wstrb)));
            self.bus.write_address = self.bus.write_address.or(address);
            self.bus.write_data = self.bus.write_data.or(data);
        }
        self.bus.b_valid = request.is_some() || self.bus.b_valid && !inputs.bready;
        self.store(request, inputs);
        if reset {
            self.weights = Weights::default();
            self.memories.reset();
            self.inspection = Inspection::default();
            (self.bus.write_address, self.bus.write_data, self.bus.b_valid) = (None, None, false);
            (self.enable, self.soft_reset, self.clear_errors) = (false, false, false);
            (self.watchdog_limit, self.checksum_index) = (0, 0);
        }
    }

    /// Carries out a write of (address, (data, strobed bits)); pulses last one cycle.
    fn store(&mut self, request: Option<(u32, (u32, u32))>, inputs: &Inputs) {
        (self.soft_reset, self.clear_errors) = (false, false);
        let was_loading = self.weights.load;
        let to = |register: Register| request.filter(|(address, _)| *address == register.offset);
        let merged = |old: u32| move |(_, (data, bits)): (u32, (u32, u32))| old & !bits | data & bits;
        let control = to(reg::CONTROL).map(merged(self.control()));
        if self.is_loaded() {
            let wanted = to(reg::WANTED_CRC).map(merged(self.weights.wanted));
            self.weights.clock(control, wanted, &self.memories, inputs);
        }
        let index = to(reg::MEMORY_INDEX).map(merged(reg::MEMORY.put(self.memories.number as u32)));
        let begins_load = self.weights.load && !was_loading;
        self.memories.clock(control, index, begins_load, self.config.memories, inputs);
        let Some((address, (data, bits))) = request else { return };
        let merge = |old: u32| old & !bits | data & bits;
        let widths = [self.config.layer_width, self.config.lane_width, self.config.first_width];
        self.inspection.store(address, (data, bits), widths);
        if address == reg::CONTROL.offset {
            self.enable = reg::ENABLE.get(merge(reg::ENABLE.put(self.enable.into()))) != 0;
            self.soft_reset = reg::SOFT_RESET.get(data & bits) != 0;
            self.clear_errors = reg::CLEAR_ERRORS.get(data & bits) != 0;
        } else if address == reg::WATCHDOG_LIMIT.offset {
            self.watchdog_limit = merge(self.watchdog_limit);
        } else if address == reg::CHECKSUM_INDEX.offset {
            let layers = reg::CHECKSUM_LAYER.put(u32::MAX >> (u32::BITS - self.config.layer_width as u32));
            self.checksum_index = merge(self.checksum_index) & layers;
        }
    }

    fn clock_errors(&mut self, reset: bool, inputs: &Inputs) {
        let [in_beat, out_beat, ..] = inputs.events;
        let waits = inputs.busy && !inputs.progress && !in_beat && !out_beat;
        let barks = waits && self.watchdog_limit != 0 && self.idle_cycles >= self.watchdog_limit - 1;
        self.idle_cycles = if waits && !reset && !self.soft_reset { self.idle_cycles.saturating_add(1) } else { 0 };
        if reset || self.soft_reset || self.clear_errors {
            self.errors = 0;
            return;
        }
        let [early, late, dropped] = inputs.errors;
        let seen =
            [(reg::TLAST_EARLY, early), (reg::TLAST_LATE, late), (reg::WATCHDOG, barks), (reg::DROPPED, dropped)];
        self.errors |= seen.iter().map(|(field, on)| field.put(u32::from(*on))).sum::<u32>();
    }

    fn clock_counters(&mut self, reset: bool, inputs: &Inputs) {
        if reset || self.soft_reset {
            self.counts = [0; COUNTERS.len()];
            self.images_done = 0;
            return;
        }
        let [in_beat, out_beat, starved, blocked] = inputs.events;
        let counted = [self.is_enabled(), inputs.busy, in_beat, out_beat, starved, blocked];
        for (count, event) in self.counts.iter_mut().zip(counted) {
            *count = count.wrapping_add(event.into());
        }
        self.images_done = self.images_done.wrapping_add(inputs.image_done.into());
    }
}

/// The address of the word that a byte address lies in.
fn aligned(address: u64) -> u32 {
    address as u32 / reg::WORD_BYTES * reg::WORD_BYTES
}

/// The bits that a byte strobe lets through.
fn strobed(strobe: u64) -> u32 {
    (0..reg::WORD_BYTES).filter(|byte| strobe >> byte & 1 != 0).map(|byte| 0xff << (8 * byte)).sum()
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Primitive for AxilRegs {
    fn module(&self) -> &'static str {
        "axil_regs"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/axil_regs.v")
    }

    fn parameters(&self) -> Vec<Parameter> {
        let config = &self.config;
        vec![
            Parameter::Integer("ADDR_W", config.addr_width as u64),
            Parameter::Integer("ROWS", config.rows as u64),
            Parameter::Integer("COLS", config.cols as u64),
            Parameter::Integer("STEP_W", config.step_width as u64),
            Parameter::Integer("LAYER_W", config.layer_width as u64),
            Parameter::Integer("LANE_W", config.lane_width as u64),
            Parameter::Integer("FIRST_W", config.first_width as u64),
            Parameter::Integer("MEMORIES", config.memories as u64),
            Parameter::Integer("LOAD_WORDS", config.load_words as u64),
            Parameter::Text("DESIGN_HASH", hex(&config.design_hash)),
            Parameter::Text("WEIGHTS_HASH", hex(&config.weights_hash)),
        ]
    }

    /// The inputs in the order of [`Inputs::new`].
    fn ports(&self) -> Vec<Port> {
        let config = &self.config;
        let word = reg::WORD_BITS as usize;
        let input = |name, width| Port::input(name, 1, width);
        let output = |name, width| Port::output(name, 1, width);
        vec![
            input("s_axil_awaddr_i", config.addr_width),
            input("s_axil_awvalid_i", 1),
            output("s_axil_awready_o", 1),
            input("s_axil_wdata_i", word),
            input("s_axil_wstrb_i", reg::WORD_BYTES as usize),
            input("s_axil_wvalid_i", 1),
            output("s_axil_wready_o", 1),
            output("s_axil_bresp_o", 2),
            output("s_axil_bvalid_o", 1),
            input("s_axil_bready_i", 1),
            input("s_axil_araddr_i", config.addr_width),
            input("s_axil_arvalid_i", 1),
            output("s_axil_arready_o", 1),
            output("s_axil_rdata_o", word),
            output("s_axil_rresp_o", 2),
            output("s_axil_rvalid_o", 1),
            input("s_axil_rready_i", 1),
            output("enable_o", 1),
            output("load_o", 1),
            output("check_o", 1),
            output("loop_o", 1),
            output("dump_o", 1),
            output("dump_layer_o", config.layer_width),
            output("dump_lane_o", config.lane_width),
            output("dump_first_o", config.first_width),
            output("soft_reset_o", 1),
            output("error_o", 1),
            output("chk_layer_o", config.layer_width),
            input("chk_value_i", word),
            input("step_i", config.step_width),
            input("layer_i", config.layer_width),
            input("busy_i", 1),
            input("result_ready_i", 1),
            input("progress_i", 1),
            input("in_beat_i", 1),
            input("out_beat_i", 1),
            input("starved_i", 1),
            input("blocked_i", 1),
            input("image_done_i", 1),
            input("tlast_early_i", 1),
            input("tlast_late_i", 1),
            input("dropped_i", 1),
            input("load_word_i", 1),
            input("found_i", 1),
            input("found_memory_i", reg::MEMORY.width as usize),
            input("found_crc_i", word),
            input("found_last_i", 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        let bus = &self.bus;
        let values = [
            bus.write_address.is_none().into(),
            bus.write_data.is_none().into(),
            bus.b_resp,
            bus.b_valid.into(),
            bus.read_address.is_none().into(),
            bus.r_data.into(),
            bus.r_resp,
            bus.r_valid.into(),
            self.is_enabled().into(),
            self.weights.load.into(),
            self.memories.check.into(),
            self.inspection.loop_back.into(),
            self.inspection.dump.into(),
            reg::DUMP_LAYER.get(self.inspection.source).into(),
            reg::DUMP_LANE.get(self.inspection.source).into(),
            self.inspection.first.into(),
            self.soft_reset.into(),
            (self.errors != 0).into(),
            reg::CHECKSUM_LAYER.get(self.checksum_index).into(),
        ];
        for (output, value) in outputs.iter_mut().zip(values) {
            output[0] = value;
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let inputs = Inputs::new(inputs);
        self.clock_read(reset, &inputs);
        self.clock_errors(reset, &inputs);
        self.clock_counters(reset, &inputs);
        self.clock_write(reset, &inputs);
    }
}
