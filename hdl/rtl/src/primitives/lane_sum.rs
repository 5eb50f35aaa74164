//! Sum and check of a column over the valid lanes; for a dump the sum is that of one lane alone.

use super::bits::{index_bits, signed, unsigned};
use super::requant::Y_BITS;
use crate::primitive::{Parameter, Port, Primitive, Values};

const Y: usize = 0;
const MASK: usize = 1;
const DUMP: usize = 2;
const LANE: usize = 3;

/// The chains behind `lane_sum.v`.
#[derive(Clone, Debug)]
pub struct LaneSum {
    sum_bits: usize,
    sums: Vec<i64>,
    checks: Vec<u16>,
    /// The lane counts in the sum.
    counts: Vec<bool>,
}

impl LaneSum {
    /// `sum_bits` must be at least [`Y_BITS`] + clog2(rows).
    pub fn new(rows: usize, sum_bits: usize) -> Self {
        LaneSum { sum_bits, sums: vec![0; rows], checks: vec![0; rows], counts: vec![false; rows] }
    }
}

impl Primitive for LaneSum {
    fn module(&self) -> &'static str {
        "lane_sum"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/lane_sum.v")
    }

    fn parameters(&self) -> Vec<Parameter> {
        let rows = self.sums.len();
        vec![
            Parameter::Integer("ROWS", rows as u64),
            Parameter::Integer("LANE_W", index_bits(rows) as u64),
            Parameter::Integer("SUM_W", self.sum_bits as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let rows = self.sums.len();
        vec![
            Port::input("y_i", rows, Y_BITS),
            Port::input("mask_i", rows, 1),
            Port::input("dump_i", 1, 1),
            Port::input("lane_i", 1, index_bits(rows)),
            Port::output("sum_o", 1, self.sum_bits),
            Port::output("check_o", 1, 16),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        let bottom = self.sums.len() - 1;
        outputs[0][0] = unsigned(self.sums[bottom], self.sum_bits);
        outputs[1][0] = self.checks[bottom].into();
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        for r in (0..self.sums.len()).rev() {
            let y = if inputs[MASK][r] == 1 { signed(inputs[Y][r], Y_BITS) } else { 0 };
            let (sum, check) = if r == 0 { (0, 0) } else { (self.sums[r - 1], self.checks[r - 1]) };
            self.sums[r] = sum + if self.counts[r] { y } else { 0 };
            self.counts[r] = inputs[DUMP][0] == 0 || inputs[LANE][0] == r as u64;
            self.checks[r] = check.rotate_left(1).wrapping_add(y as u16);
        }
    }
}
