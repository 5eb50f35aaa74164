//! Sum and check of a column over the valid lanes; for a dump the sum is that of one lane alone.

use super::bits::index_bits;
use crate::ports::lane_sum;
use crate::primitive::{Module, Parameter, Primitive};

/// The chains behind `lane_sum.v`.
#[derive(Clone, Debug)]
pub struct LaneSum {
    pub rows: usize,
    pub sum_bits: usize,
}

impl LaneSum {
    /// `sum_bits` must be at least [`super::requant::Y_BITS`] + clog2(rows).
    pub fn new(rows: usize, sum_bits: usize) -> Self {
        LaneSum { rows, sum_bits }
    }
}

impl Primitive for LaneSum {
    fn verilog(&self) -> &'static Module {
        &lane_sum::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let rows = self.rows;
        vec![
            Parameter::Integer("ROWS", rows as u64),
            Parameter::Integer("LANE_W", index_bits(rows) as u64),
            Parameter::Integer("SUM_W", self.sum_bits as u64),
        ]
    }
}
