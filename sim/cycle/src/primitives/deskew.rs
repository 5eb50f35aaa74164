//! Clocked model of `deskew.v`.

use super::delay_line::DelayLine;
use crate::model::Clocked;
use systole_machine::words::mask;
use systole_rtl::ports::deskew::{In, Out, Ports};
use systole_rtl::primitives::deskew::Deskew;

/// Its registers.
#[derive(Clone, Debug)]
pub struct DeskewModel {
    lanes: Vec<DelayLine<u64>>,
}

impl DeskewModel {
    pub fn new(Deskew { rows }: Deskew) -> Self {
        DeskewModel { lanes: (0..rows).rev().map(DelayLine::new).collect() }
    }
}

impl Clocked for DeskewModel {
    type Ports = Ports;

    fn outputs(&self, inputs: In<'_>, out: Out<'_>) {
        for (r, lane) in self.lanes.iter().enumerate() {
            out.data[r] = lane.output(inputs.y[r]) & mask(8);
        }
    }

    fn clock(&mut self, _reset: bool, inputs: In<'_>) {
        for (lane, &y) in self.lanes.iter_mut().zip(inputs.y) {
            lane.clock(y);
        }
    }
}
