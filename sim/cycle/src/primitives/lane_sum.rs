//! Clocked model of `lane_sum.v`.

use super::bits::{signed, unsigned};
use crate::model::Clocked;
use systole_rtl::ports::lane_sum::{In, Out, Ports};
use systole_rtl::primitives::lane_sum::LaneSum;
use systole_rtl::primitives::requant::Y_BITS;

/// Its chains.
#[derive(Clone, Debug)]
pub struct LaneSumModel {
    sum_bits: usize,
    sums: Vec<i64>,
    checks: Vec<u16>,
    /// The lane counts in the sum.
    counts: Vec<bool>,
}

impl LaneSumModel {
    pub fn new(LaneSum { rows, sum_bits }: LaneSum) -> Self {
        LaneSumModel { sum_bits, sums: vec![0; rows], checks: vec![0; rows], counts: vec![false; rows] }
    }
}

impl Clocked for LaneSumModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        let bottom = self.sums.len() - 1;
        *out.sum = unsigned(self.sums[bottom], self.sum_bits);
        *out.check = self.checks[bottom].into();
    }

    fn clock(&mut self, _reset: bool, inputs: In<'_>) {
        for r in (0..self.sums.len()).rev() {
            let y = if inputs.mask[r] == 1 { signed(inputs.y[r], Y_BITS) } else { 0 };
            let (sum, check) = if r == 0 { (0, 0) } else { (self.sums[r - 1], self.checks[r - 1]) };
            self.sums[r] = sum + if self.counts[r] { y } else { 0 };
            self.counts[r] = !inputs.dump || inputs.lane == r as u64;
            self.checks[r] = check.rotate_left(1).wrapping_add(y as u16);
        }
    }
}
