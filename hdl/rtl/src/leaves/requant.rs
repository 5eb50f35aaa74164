//! The requantiser: all lanes from accumulator to activation.

use super::bits::{mask, signed, unsigned};
use super::delay_line::DelayLine;
use crate::leaf::{Leaf, Parameter, Port, Values};

const ACC: usize = 0;
const LV: usize = 1;
const BIAS: usize = 2;
const MULT: usize = 3;
const OUT_SIGNED: usize = 4;
const OUT_WIDE: usize = 5;

/// Bits of a rescaled value, signed: 16 bits of either kind fit.
pub const Y_BITS: usize = 17;

/// The lanes behind `requant.v`; parameters enter at lane 0 and go down one lane per cycle.
#[derive(Clone, Debug)]
pub struct Requant {
    acc_bits: usize,
    mult_bits: usize,
    fraction: u32,
    lanes: Vec<Lane>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Params {
    bias: i64,
    mult: i64,
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
    lv: DelayLine<bool>,
}

impl Requant {
    /// `fraction`: fraction bits of the multiplier. `acc_bits + mult_bits` is at most 62.
    pub fn new(rows: usize, acc_bits: usize, mult_bits: usize, fraction: u32) -> Self {
        let lane = Lane {
            params: Params::default(),
            z: 0,
            product: (0, Format::default()),
            sum: (0, Format::default()),
            y: 0,
            lv: DelayLine::new(4),
        };
        Requant { acc_bits, mult_bits, fraction, lanes: vec![lane; rows] }
    }
}

impl Lane {
    /// Rising edge; the sum of accumulator and bias wraps at `acc_bits`.
    fn clock(&mut self, acc: i64, lv: bool, params: Params, acc_bits: usize, fraction: u32) {
        let (sum, format) = self.sum;
        self.y = format.clamp(sum >> fraction);
        self.sum = (self.product.0 + (1 << (fraction - 1)), self.product.1);
        let cut = !self.params.format.signed && self.z < 0;
        self.product = (if cut { 0 } else { self.z * self.params.mult }, self.params.format);
        self.z = signed(unsigned(acc + params.bias, acc_bits), acc_bits);
        self.params = params;
        self.lv.clock(lv);
    }
}

impl Leaf for Requant {
    fn module(&self) -> &'static str {
        "requant"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/requant.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("delay", include_str!("../../v/delay.v")), ("requant_lane", include_str!("../../v/requant_lane.v"))]
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("ROWS", self.lanes.len() as u64),
            Parameter::Integer("ACC_W", self.acc_bits as u64),
            Parameter::Integer("MULT_W", self.mult_bits as u64),
            Parameter::Integer("FRACTION", self.fraction.into()),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let rows = self.lanes.len();
        vec![
            Port::input("acc_i", rows, self.acc_bits),
            Port::input("lv_i", rows, 1),
            Port::input("bias_i", 1, self.acc_bits),
            Port::input("mult_i", 1, self.mult_bits),
            Port::input("out_signed_i", 1, 1),
            Port::input("out_wide_i", 1, 1),
            Port::output("y_o", rows, Y_BITS),
            Port::output("lv_o", rows, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (r, lane) in self.lanes.iter().enumerate() {
            outputs[0][r] = unsigned(lane.y, Y_BITS);
            outputs[1][r] = lane.lv.output(false).into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let entering = Params {
            bias: signed(inputs[BIAS][0], self.acc_bits),
            mult: (inputs[MULT][0] & mask(self.mult_bits)) as i64,
            format: Format { signed: inputs[OUT_SIGNED][0] == 1, wide: inputs[OUT_WIDE][0] == 1 },
        };
        for r in (0..self.lanes.len()).rev() {
            let params = if r == 0 { entering } else { self.lanes[r - 1].params };
            let acc = signed(inputs[ACC][r], self.acc_bits);
            self.lanes[r].clock(acc, inputs[LV][r] == 1, params, self.acc_bits, self.fraction);
        }
    }
}
