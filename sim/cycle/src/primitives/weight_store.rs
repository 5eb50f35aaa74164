//! Clocked model of `weight_store.v`.

use super::bits::unsigned;
use super::check_tap::CheckTap;
use super::delay_line::DelayLine;
use crate::model::Clocked;
use systole_machine::weights::Layout;
use systole_machine::Geometry;
use systole_rtl::ports::weight_store::{In, Out, Ports};
use systole_rtl::primitives::weight_store::WeightStore;

/// Registers from the address to column 0's weight without multiplexers.
const READ_LAT: usize = 3;

/// Its words and registers.
#[derive(Clone, Debug)]
pub struct WeightStoreModel {
    geometry: Geometry,
    words: Vec<Vec<i8>>,
    latency: usize,
    /// Address, whether it is the check's, and the column that the check asks for.
    before: DelayLine<(usize, bool, usize)>,
    /// Addresses on their way; none before the first clock.
    reads: DelayLine<Option<usize>>,
    tap: CheckTap,
}

impl WeightStoreModel {
    pub fn new(WeightStore { geometry, words, .. }: WeightStore) -> Self {
        let latency = READ_LAT + Layout::new(words.len()).mux_stages();
        WeightStoreModel {
            words,
            latency,
            before: DelayLine::new(geometry.weight_delay()),
            tap: CheckTap::new(geometry.cols, latency),
            reads: DelayLine::new(latency + geometry.column_lag(geometry.cols - 1)),
            geometry,
        }
    }
}

impl Clocked for WeightStoreModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        for (c, weight) in out.w.iter_mut().enumerate() {
            let read = self.reads.tap(self.latency + self.geometry.column_lag(c));
            let word = read.and_then(|address| self.words.get(address));
            *weight = word.map_or(0, |word| unsigned(word[c].into(), 8));
        }
        [*out.check_valid, *out.check_data] = self.tap.values();
    }

    fn clock(&mut self, _reset: bool, inputs: In) {
        let address = if inputs.check { inputs.check_addr } else { inputs.wgt_addr } as usize;
        let asked = (address, inputs.check, inputs.check_byte as usize);
        let (address, checked, column) = self.before.output(asked);
        let byte = self.words.get(address).and_then(|word| word.get(column)).map_or(0, |&weight| weight as u8);
        self.tap.clock(checked, byte);
        self.reads.clock(Some(address));
        self.before.clock(asked);
    }
}
