//! The requantiser: all lanes from accumulator to activation.

use crate::ports::requant;
use crate::primitive::{Module, Parameter, Primitive};

/// Bits of a rescaled value, signed: 16 bits of either kind fit.
pub const Y_BITS: usize = 17;

/// Widths and delays of a requantiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequantShape {
    pub rows: usize,
    /// `acc_bits + mult_bits` is at most 62.
    pub acc_bits: usize,
    pub mult_bits: usize,
    /// Bits of the multiplier of what is added; 0 adds nothing.
    pub residual_bits: usize,
    /// Fraction bits of the multipliers.
    pub fraction: u32,
    /// Cycles from a residual value to its column's sum.
    pub residual_delay: usize,
    /// The device's multipliers are 18 x 18 without a sum. Left out of account where accumulators or multipliers are too wide for two of them.
    pub mul18: bool,
}

impl RequantShape {
    /// Whether two multipliers of 18 x 18 do.
    fn mul18(&self) -> bool {
        self.mul18 && self.acc_bits <= 35 && self.mult_bits <= 17
    }
}

/// The lanes behind `requant.v`; parameters enter at lane 0 and go down one lane per cycle.
#[derive(Clone, Debug)]
pub struct Requant {
    pub shape: RequantShape,
}

impl Requant {
    pub fn new(shape: RequantShape) -> Self {
        Requant { shape }
    }
}

impl Primitive for Requant {
    fn verilog(&self) -> &'static Module {
        &requant::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let s = &self.shape;
        vec![
            Parameter::Integer("ROWS", s.rows as u64),
            Parameter::Integer("ACC_W", s.acc_bits as u64),
            Parameter::Integer("MULT_W", s.mult_bits as u64),
            Parameter::Integer("FRACTION", s.fraction.into()),
            Parameter::Integer("RESIDUAL", u64::from(s.residual_bits > 0)),
            Parameter::Integer("RESIDUAL_W", s.residual_bits.max(1) as u64),
            Parameter::Integer("RESIDUAL_DELAY", s.residual_delay as u64),
            Parameter::Integer("MUL18", s.mul18().into()),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let mut modules =
            vec![("delay", include_str!("../../v/delay.v")), ("requant_lane", include_str!("../../v/requant_lane.v"))];
        if self.shape.mul18() {
            modules.push(("mul18_sum", include_str!("../../v/mul18_sum.v")));
        }
        modules
    }
}
