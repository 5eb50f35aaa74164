//! The requantiser: all lanes from accumulator to activation.

use crate::ports::requant;
use crate::primitive::{Module, Parameter, Primitive};

/// Bits of the wide operand of GW5A's multipliers.
const GW5A_WIDE: usize = 27;
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
    /// Bits of the wide operand of multipliers without a sum, as [`systole_machine::board::Family::wide_operand`] has it.
    pub wide: Option<usize>,
}

impl RequantShape {
    /// Whether its multipliers are instantiated as GW5A's.
    fn is_gw5a(&self) -> bool {
        self.wide == Some(GW5A_WIDE)
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
            Parameter::Integer("WIDE", s.wide.unwrap_or(0) as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let mut modules =
            vec![("delay", include_str!("../../v/delay.v")), ("requant_lane", include_str!("../../v/requant_lane.v"))];
        if self.shape.wide.is_some() {
            modules.push(("mul_sum", include_str!("../../v/mul_sum.v")));
            modules.push(("reg_mul", include_str!("../../v/reg_mul.v")));
        }
        if self.shape.is_gw5a() {
            modules.push(("gw5a_mul", include_str!("../../v/gw5a_mul.v")));
        }
        modules
    }

    fn models(&self) -> Vec<(&'static str, &'static str)> {
        match self.shape.is_gw5a() {
            true => vec![("MULTALU27X18", include_str!("../../v/models/MULTALU27X18.v"))],
            false => Vec::new(),
        }
    }
}
