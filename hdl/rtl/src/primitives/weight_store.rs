//! The weight store: one weight per column and step, skewed for the array's top edge.

use super::bits::{index_bits, unsigned};
use super::check_tap::{CheckTap, SUBMODULES};
use super::delay_line::DelayLine;
use crate::primitive::{Parameter, Port, Primitive, Values};
use crate::weights_image::pack_weights;
use systole_machine::weights::Layout;
use systole_machine::Geometry;

/// Registers from the address to column 0's weight without multiplexers.
const READ_LAT: usize = 3;
const ADDRESS: usize = 0;
const CHECK: usize = 1;
const CHECK_ADDR: usize = 2;
const CHECK_BYTE: usize = 3;

/// The store behind `weight_store.v`.
#[derive(Clone, Debug)]
pub struct WeightStore {
    geometry: Geometry,
    prefix: String,
    words: Vec<Vec<i8>>,
    latency: usize,
    /// Address, whether it is the check's, and the column that the check asks for.
    before: DelayLine<(usize, bool, usize)>,
    /// Addresses on their way; none before the first clock.
    reads: DelayLine<Option<usize>>,
    tap: CheckTap,
}

impl WeightStore {
    /// `words[address]` holds a weight per column. The Verilog reads the images of [`WeightStore::images`].
    pub fn new(geometry: &Geometry, prefix: impl Into<String>, words: Vec<Vec<i8>>) -> Self {
        let latency = READ_LAT + Layout::new(words.len()).mux_stages();
        WeightStore {
            prefix: prefix.into(),
            words,
            latency,
            before: DelayLine::new(geometry.weight_delay()),
            tap: CheckTap::new(geometry.cols, latency),
            reads: DelayLine::new(latency + geometry.column_lag(geometry.cols - 1)),
            geometry: geometry.clone(),
        }
    }

    /// The memory images, (file name, hex text).
    pub fn images(&self) -> Vec<(String, String)> {
        pack_weights(&self.prefix, &self.words, self.geometry.cols)
    }
}

impl Primitive for WeightStore {
    fn module(&self) -> &'static str {
        "weight_store"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/weight_store.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let own = [
            ("weight_chunk", include_str!("../../v/weight_chunk.v")),
            ("weight_ram", include_str!("../../v/weight_ram.v")),
            ("weight_group", include_str!("../../v/weight_group.v")),
            ("weight_banks", include_str!("../../v/weight_banks.v")),
        ];
        SUBMODULES.into_iter().chain(own).collect()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let g = &self.geometry;
        vec![
            Parameter::Integer("COLS", g.cols as u64),
            Parameter::Integer("DEPTH", self.words.len() as u64),
            Parameter::Integer("ADDR_W", index_bits(self.words.len()) as u64),
            Parameter::Integer("WGT_DELAY", g.weight_delay() as u64),
            Parameter::Integer("PAIRS", g.pairs() as u64),
            Parameter::Integer("PER_LINK", g.per_link.0 as u64),
            Parameter::Integer("BYTE_W", self.tap.index_bits() as u64),
            Parameter::Text("PREFIX", self.prefix.clone()),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let address = index_bits(self.words.len());
        let own = [Port::input("wgt_addr_i", 1, address), Port::output("w_o", self.geometry.cols, 8)];
        own.into_iter().chain(self.tap.inputs(self.words.len())).chain(CheckTap::outputs()).collect()
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (c, weight) in outputs[0].iter_mut().enumerate() {
            let word =
                self.reads.tap(self.latency + self.geometry.column_lag(c)).and_then(|address| self.words.get(address));
            *weight = word.map_or(0, |word| unsigned(word[c].into(), 8));
        }
        [outputs[1][0], outputs[2][0]] = self.tap.values();
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let checked = inputs[CHECK][0] == 1;
        let address = inputs[if checked { CHECK_ADDR } else { ADDRESS }][0] as usize;
        let column = inputs[CHECK_BYTE][0] as usize;
        let asked = (address, checked, column);
        let (address, checked, column) = self.before.output(asked);
        let byte = self.words.get(address).and_then(|word| word.get(column)).map_or(0, |&weight| weight as u8);
        self.tap.clock(checked, byte);
        self.reads.clock(Some(address));
        self.before.clock(asked);
    }
}
