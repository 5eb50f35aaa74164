//! The requantiser: all lanes from accumulator to activation.

use super::bits::{mask, signed, unsigned};
use super::delay_line::DelayLine;
use crate::primitive::{Parameter, Port, Primitive, Values};

const ACC: usize = 0;
const MASK: usize = 1;
const BIAS: usize = 2;
const MULT: usize = 3;
const RESIDUAL_ACT: usize = 4;
const RESIDUAL_MULT: usize = 5;
const RESIDUAL_SIGNED: usize = 6;
const RELU: usize = 7;
const OUT_SIGNED: usize = 8;
const OUT_WIDE: usize = 9;

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
    shape: RequantShape,
    lanes: Vec<Lane>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Params {
    bias: i64,
    mult: i64,
    residual_mult: i64,
    residual_signed: bool,
    relu: bool,
    format: Format,
}

/// Clamp: signed or not, 16 bits or 8.
#[derive(Clone, Copy, Debug, Default)]
struct Format {
    signed: bool,
    wide: bool,
}

impl Format {
    fn clamp(self, value: i64) -> i64 {
        let bits = if self.wide { 16 } else { 8 };
        if self.signed {
            value.clamp(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        } else {
            value.clamp(0, (1 << bits) - 1)
        }
    }
}

#[derive(Clone, Debug)]
struct Lane {
    params: Params,
    z: i64,
    product: (i64, Format),
    sum: (i64, Format),
    y: i64,
    mask: DelayLine<bool>,
    residual: DelayLine<u64>,
    /// What is added: the product, and a cycle later with the half that rounds.
    residual_product: i64,
    added: i64,
}

impl Requant {
    pub fn new(shape: RequantShape) -> Self {
        let half = 1 << (shape.fraction - 1);
        let lane = Lane {
            params: Params::default(),
            z: 0,
            product: (0, Format::default()),
            sum: (0, Format::default()),
            y: 0,
            mask: DelayLine::new(4),
            residual: DelayLine::new(if shape.residual_bits > 0 { shape.residual_delay } else { 0 }),
            residual_product: 0,
            added: half,
        };
        Requant { shape, lanes: vec![lane; shape.rows] }
    }
}

impl Lane {
    /// Rising edge; the sum of accumulator and bias wraps at `acc_bits`.
    fn clock(&mut self, acc: i64, mask: bool, residual: u64, params: Params, shape: &RequantShape) {
        let (acc_bits, fraction) = (shape.acc_bits, shape.fraction);
        let (sum, format) = self.sum;
        self.y = format.clamp(sum >> fraction);
        self.sum = (self.product.0 + self.added, self.product.1);
        if shape.residual_bits > 0 {
            self.added = self.residual_product + (1 << (fraction - 1));
            let value = self.residual.output(residual);
            let value = if params.residual_signed { signed(value, 8) } else { value as i64 };
            self.residual_product = value * params.residual_mult;
            self.residual.clock(residual);
        }
        let cut = self.params.relu && self.z < 0;
        self.product = (if cut { 0 } else { self.z * self.params.mult }, self.params.format);
        self.z = signed(unsigned(acc + params.bias, acc_bits), acc_bits);
        self.params = params;
        self.mask.clock(mask);
    }
}

impl Primitive for Requant {
    fn module(&self) -> &'static str {
        "requant"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/requant.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let mut modules =
            vec![("delay", include_str!("../../v/delay.v")), ("requant_lane", include_str!("../../v/requant_lane.v"))];
        if self.shape.mul18() {
            modules.push(("mul18_sum", include_str!("../../v/mul18_sum.v")));
        }
        modules
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

    fn ports(&self) -> Vec<Port> {
        let RequantShape { rows, acc_bits, mult_bits, residual_bits, .. } = self.shape;
        vec![
            Port::input("acc_i", rows, acc_bits),
            Port::input("mask_i", rows, 1),
            Port::input("bias_i", 1, acc_bits),
            Port::input("mult_i", 1, mult_bits),
            Port::input("residual_act_i", rows, 8),
            Port::input("residual_mult_i", 1, residual_bits.max(1)),
            Port::input("residual_signed_i", 1, 1),
            Port::input("relu_i", 1, 1),
            Port::input("out_signed_i", 1, 1),
            Port::input("out_wide_i", 1, 1),
            Port::output("y_o", rows, Y_BITS),
            Port::output("mask_o", rows, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (r, lane) in self.lanes.iter().enumerate() {
            outputs[0][r] = unsigned(lane.y, Y_BITS);
            outputs[1][r] = lane.mask.output(false).into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let entering = Params {
            bias: signed(inputs[BIAS][0], self.shape.acc_bits),
            mult: (inputs[MULT][0] & mask(self.shape.mult_bits)) as i64,
            residual_mult: inputs[RESIDUAL_MULT][0] as i64,
            residual_signed: inputs[RESIDUAL_SIGNED][0] == 1,
            relu: inputs[RELU][0] == 1,
            format: Format { signed: inputs[OUT_SIGNED][0] == 1, wide: inputs[OUT_WIDE][0] == 1 },
        };
        for r in (0..self.lanes.len()).rev() {
            let params = if r == 0 { entering } else { self.lanes[r - 1].params };
            let acc = signed(inputs[ACC][r], self.shape.acc_bits);
            self.lanes[r].clock(acc, inputs[MASK][r] == 1, inputs[RESIDUAL_ACT][r], params, &self.shape);
        }
    }
}
