//! A stream buffer of two registers.

use crate::ports::skid;
use crate::primitive::{Module, Parameter, Primitive};

/// The buffer behind `skid.v`: registered ready, valid and data.
#[derive(Clone, Debug)]
pub struct Skid {
    pub width: usize,
}

impl Skid {
    /// A buffer of beats of up to 128 bits.
    pub fn new(width: usize) -> Self {
        Skid { width }
    }
}

impl Primitive for Skid {
    fn verilog(&self) -> &'static Module {
        &skid::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("WIDTH", self.width as u64)]
    }
}
