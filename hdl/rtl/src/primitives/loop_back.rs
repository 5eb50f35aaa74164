//! Input beats sent back as output beats of 32 bits, for the host to test the link with.

use crate::ports::loop_back;
use crate::primitive::{Module, Parameter, Primitive};

/// The way back behind `loop_back.v`.
#[derive(Clone, Debug)]
pub struct LoopBack {
    pub in_bytes: usize,
}

impl LoopBack {
    /// Of input beats of `in_bytes` bytes.
    pub fn new(in_bytes: usize) -> Self {
        LoopBack { in_bytes }
    }
}

impl Primitive for LoopBack {
    fn verilog(&self) -> &'static Module {
        &loop_back::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("IN_BYTES", self.in_bytes as u64)]
    }
}
