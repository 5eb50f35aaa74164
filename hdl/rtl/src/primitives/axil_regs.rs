//! The host's registers behind AXI4-Lite, with the counters, the sticky errors and the watchdog; see docs/registers.md.

use crate::ports::axil_regs;
use crate::primitive::{Module, Parameter, Primitive};

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
    pub config: AxilRegsConfig,
}

impl AxilRegs {
    pub fn new(config: AxilRegsConfig) -> Self {
        AxilRegs { config }
    }
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Primitive for AxilRegs {
    fn verilog(&self) -> &'static Module {
        &axil_regs::MODULE
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
}
