//! The deskew registers: a column as one word across all banks.

use crate::ports::deskew;
use crate::primitive::{Module, Parameter, Primitive};

/// The registers behind `deskew.v`.
#[derive(Clone, Debug)]
pub struct Deskew {
    pub rows: usize,
}

impl Deskew {
    pub fn new(rows: usize) -> Self {
        Deskew { rows }
    }
}

impl Primitive for Deskew {
    fn verilog(&self) -> &'static Module {
        &deskew::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("ROWS", self.rows as u64)]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("delay", include_str!("../../v/delay.v"))]
    }
}
