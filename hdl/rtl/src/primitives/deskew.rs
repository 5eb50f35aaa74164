//! The deskew registers: a column as one word across all banks.

use super::bits::mask;
use super::delay_line::DelayLine;
use super::requant::Y_BITS;
use crate::primitive::{Parameter, Port, Primitive, Values};

/// The registers behind `deskew.v`.
#[derive(Clone, Debug)]
pub struct Deskew {
    lanes: Vec<DelayLine<u64>>,
}

impl Deskew {
    pub fn new(rows: usize) -> Self {
        Deskew { lanes: (0..rows).rev().map(DelayLine::new).collect() }
    }
}

impl Primitive for Deskew {
    fn module(&self) -> &'static str {
        "deskew"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/deskew.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("delay", include_str!("../../v/delay.v"))]
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("ROWS", self.lanes.len() as u64)]
    }

    fn ports(&self) -> Vec<Port> {
        vec![Port::input("y_i", self.lanes.len(), Y_BITS), Port::output("data_o", self.lanes.len(), 8)]
    }

    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        for (r, lane) in self.lanes.iter().enumerate() {
            outputs[0][r] = lane.output(inputs[0][r]) & mask(8);
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        for (lane, &y) in self.lanes.iter_mut().zip(&inputs[0]) {
            lane.clock(y);
        }
    }
}
