//! The activation memory: one bank per row, both ports with an address per bank.

use super::bits::index_bits;
use crate::ports::act_mem;
use crate::primitive::{Module, Parameter, Primitive};

/// Banks of `depth` words of 8 bits.
#[derive(Clone, Debug)]
pub struct ActMem {
    pub rows: usize,
    pub depth: usize,
}

impl ActMem {
    pub fn new(rows: usize, depth: usize) -> Self {
        ActMem { rows, depth }
    }
}

impl Primitive for ActMem {
    fn verilog(&self) -> &'static Module {
        &act_mem::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("ROWS", self.rows as u64),
            Parameter::Integer("DEPTH", self.depth as u64),
            Parameter::Integer("ADDR_W", index_bits(self.depth) as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("act_bank", include_str!("../../v/act_bank.v"))]
    }
}
