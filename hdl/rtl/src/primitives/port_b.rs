//! The arbiter of the banks' port B.

use crate::ports::port_b;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::geometry::Geometry;
use systole_machine::words::Widths;

/// The registered request of `port_b.v`: per bank an address, a write enable and data.
#[derive(Clone, Debug)]
pub struct PortB {
    pub rows: usize,
    pub lane_bits: usize,
    pub addr_bits: usize,
}

impl PortB {
    pub fn new(geometry: &Geometry, widths: &Widths) -> Self {
        PortB { rows: geometry.rows, lane_bits: widths.lane, addr_bits: widths.addr }
    }
}

impl Primitive for PortB {
    fn verilog(&self) -> &'static Module {
        &port_b::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("ROWS", self.rows as u64),
            Parameter::Integer("LANE_W", self.lane_bits as u64),
            Parameter::Integer("ADDR_W", self.addr_bits as u64),
        ]
    }
}
