//! Clocked model of `requant.v`.

use super::bits::{signed, unsigned};
use super::delay_line::DelayLine;
use crate::model::Clocked;
use systole_machine::words::mask;
use systole_rtl::ports::requant::{In, Out, Ports};
use systole_rtl::primitives::requant::{Requant, RequantShape, Y_BITS};

/// Its lanes; parameters enter at lane 0 and go down one lane per cycle.
#[derive(Clone, Debug)]
pub struct RequantModel {
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

impl RequantModel {
    pub fn new(Requant { shape }: Requant) -> Self {
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
        RequantModel { shape, lanes: vec![lane; shape.rows] }
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

impl Clocked for RequantModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        for (r, lane) in self.lanes.iter().enumerate() {
            out.y[r] = unsigned(lane.y, Y_BITS);
            out.mask[r] = lane.mask.output(false).into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: In<'_>) {
        let entering = Params {
            bias: signed(inputs.bias, self.shape.acc_bits),
            mult: (inputs.mult & mask(self.shape.mult_bits)) as i64,
            residual_mult: inputs.residual_mult as i64,
            residual_signed: inputs.residual_signed,
            relu: inputs.relu,
            format: Format { signed: inputs.out_signed, wide: inputs.out_wide },
        };
        for r in (0..self.lanes.len()).rev() {
            let params = if r == 0 { entering } else { self.lanes[r - 1].params };
            let acc = signed(inputs.acc[r], self.shape.acc_bits);
            self.lanes[r].clock(acc, inputs.mask[r] == 1, inputs.residual_act[r], params, &self.shape);
        }
    }
}
