//! The host's registers behind AXI4-Lite: [`RegisterFile`] behind its [`Bus`]; see docs/registers.md.

mod bus;
mod file;
mod inspection;
mod memories;
mod told;
mod weights;
mod write;

use crate::primitive::{Parameter, Port, Primitive, Values};
pub use bus::{Bus, BusIn, BusOut};
pub use file::RegisterFile;
use systole_machine::registers as reg;
pub use told::Told;

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
    pub file: RegisterFile,
    pub bus: Bus,
}

impl AxilRegs {
    /// Registers as they are after reset.
    pub fn new(config: AxilRegsConfig) -> Self {
        AxilRegs { file: RegisterFile::new(config), bus: Bus::default() }
    }

    /// Rising edge with the bus' inputs and what the machine tells.
    pub fn shift(&mut self, reset: bool, bus: &BusIn, told: &Told) {
        let write = self.bus.clock(reset, bus, |address| self.file.read(address, told));
        self.file.clock(reset, write, told);
    }
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
        let config = self.file.config();
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

    /// The inputs in the order of [`inputs`].
    fn ports(&self) -> Vec<Port> {
        let config = self.file.config();
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
        let (bus, file) = (self.bus.outputs(), &self.file);
        let window = file.dump_window();
        let values = [
            bus.awready.into(),
            bus.wready.into(),
            bus.bresp.into(),
            bus.bvalid.into(),
            bus.arready.into(),
            bus.rdata.into(),
            bus.rresp.into(),
            bus.rvalid.into(),
            file.is_enabled().into(),
            file.loads().into(),
            file.checks().into(),
            file.loops_back().into(),
            file.dumps().into(),
            window.layer as u64,
            window.lane as u64,
            window.first as u64,
            file.soft_reset().into(),
            file.has_failed().into(),
            file.checksum_layer() as u64,
        ];
        for (output, value) in outputs.iter_mut().zip(values) {
            output[0] = value;
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let (bus, told) = self::inputs(inputs);
        self.shift(reset, &bus, &told);
    }
}

/// The inputs of one cycle, by name.
fn inputs(values: &Values) -> (BusIn, Told) {
    let mut values = values.iter().map(|lanes| lanes[0]);
    let mut next = move || values.next().unwrap_or_default();
    let bus = BusIn {
        awaddr: next() as u32,
        awvalid: next() != 0,
        wdata: next() as u32,
        wstrb: next() as u8,
        wvalid: next() != 0,
        bready: next() != 0,
        araddr: next() as u32,
        arvalid: next() != 0,
        rready: next() != 0,
    };
    let told = Told {
        checksum: next() as u32,
        step: next() as u32,
        layer: next() as u32,
        busy: next() != 0,
        result_ready: next() != 0,
        progress: next() != 0,
        in_beat: next() != 0,
        out_beat: next() != 0,
        starved: next() != 0,
        blocked: next() != 0,
        image_done: next() != 0,
        tlast_early: next() != 0,
        tlast_late: next() != 0,
        dropped: next() != 0,
        load_word: next() != 0,
        found: {
            let (there, memory, crc) = (next() != 0, next() as usize, next() as u32);
            there.then_some((memory, crc))
        },
        found_last: next() != 0,
    };
    (bus, told)
}
