//! The rotator between banks and lanes.

use super::bits::index_bits;
use crate::ports::rotator;
use crate::primitive::{Module, Parameter, Primitive};

/// Lane r takes bank (r + rot) mod rows, some cycles later.
#[derive(Clone, Debug)]
pub struct Rotator {
    pub rows: usize,
    pub width: usize,
}

impl Rotator {
    pub fn new(rows: usize, width: usize) -> Self {
        Rotator { rows, width }
    }

    /// Registered stages of 4-to-1 multiplexers.
    pub fn stages(rows: usize) -> usize {
        index_bits(rows).div_ceil(2)
    }
}

pub(super) const SUBMODULES: [(&str, &str); 2] =
    [("delay", include_str!("../../v/delay.v")), ("rotate_stage", include_str!("../../v/rotate_stage.v"))];

impl Primitive for Rotator {
    fn verilog(&self) -> &'static Module {
        &rotator::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let rows = self.rows;
        vec![
            Parameter::Integer("ROWS", rows as u64),
            Parameter::Integer("ROT_W", index_bits(rows) as u64),
            Parameter::Integer("WIDTH", self.width as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        SUBMODULES.to_vec()
    }
}
