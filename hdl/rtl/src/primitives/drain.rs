//! The drain control: descriptors in flight, parameter addresses, writes, flags for the results.

use super::bits::index_bits;
use crate::ports::drain;
use crate::primitive::{Module, Parameter, Primitive};

/// Sizes, widths and delays of a drain control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainShape {
    pub rows: usize,
    pub cols: usize,
    /// Bits of a bank address.
    pub addr_bits: usize,
    /// Bits of `dst_n`; at most `addr_bits`.
    pub n_bits: usize,
    /// Bits of a parameter address.
    pub param_bits: usize,
    /// Bits of a layer index.
    pub layer_bits: usize,
    pub acc_bits: usize,
    pub mult_bits: usize,
    /// Bits of the multiplier of what is added.
    pub residual_bits: usize,
    /// Descriptors in flight, at least 2.
    pub queue: usize,
    /// From push to pop, at least 1: EDGE + cols + 1.
    pub delay: usize,
}

/// The drain control behind `drain.v`.
#[derive(Clone, Debug)]
pub struct Drain {
    pub shape: DrainShape,
}

impl Drain {
    pub fn new(shape: DrainShape) -> Self {
        Drain { shape }
    }
}

impl Primitive for Drain {
    fn verilog(&self) -> &'static Module {
        &drain::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let s = &self.shape;
        vec![
            Parameter::Integer("ROWS", s.rows as u64),
            Parameter::Integer("COLS", s.cols as u64),
            Parameter::Integer("COL_W", index_bits(s.cols) as u64),
            Parameter::Integer("ADDR_W", s.addr_bits as u64),
            Parameter::Integer("N_W", s.n_bits as u64),
            Parameter::Integer("PARAM_W", s.param_bits as u64),
            Parameter::Integer("LAYER_W", s.layer_bits as u64),
            Parameter::Integer("ACC_W", s.acc_bits as u64),
            Parameter::Integer("MULT_W", s.mult_bits as u64),
            Parameter::Integer("RESIDUAL_W", s.residual_bits as u64),
            Parameter::Integer("QUEUE", s.queue as u64),
            Parameter::Integer("DRAIN_DELAY", s.delay as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("delay", include_str!("../../v/delay.v"))]
    }
}
