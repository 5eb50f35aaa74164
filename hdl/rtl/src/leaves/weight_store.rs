//! The weight store: one weight per column and step, skewed for the array's top edge.

use super::bits::{index_bits, unsigned};
use super::delay_line::DelayLine;
use crate::leaf::{Leaf, Parameter, Port, Values};
use crate::weights_image::pack_weights;
use systole_plan::weights::Layout;

/// Registers from the address to column 0's weight without multiplexers.
const READ_LAT: usize = 3;

/// The store behind `weight_store.v`.
#[derive(Clone, Debug)]
pub struct WeightStore {
    cols: usize,
    delay: usize,
    pairs: usize,
    prefix: String,
    words: Vec<Vec<i8>>,
    latency: usize,
    before: DelayLine<usize>,
    /// Addresses on their way; none before the first clock.
    reads: DelayLine<Option<usize>>,
}

impl WeightStore {
    /// `words[address]` holds a weight per column; `delay` registers come before everything else; with `pairs` two
    /// neighbouring columns' weights come together. The Verilog reads the images of [`WeightStore::images`].
    pub fn new(cols: usize, delay: usize, pairs: usize, prefix: impl Into<String>, words: Vec<Vec<i8>>) -> Self {
        let latency = READ_LAT + Layout::new(words.len()).mux_stages();
        WeightStore {
            cols,
            delay,
            pairs,
            prefix: prefix.into(),
            words,
            latency,
            before: DelayLine::new(delay),
            reads: DelayLine::new(latency + 2 * cols),
        }
    }

    /// The memory images, (file name, hex text).
    pub fn images(&self) -> Vec<(String, String)> {
        pack_weights(&self.prefix, &self.words, self.cols)
    }
}

impl Leaf for WeightStore {
    fn module(&self) -> &'static str {
        "weight_store"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/weight_store.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("delay", include_str!("../../v/delay.v")),
            ("weight_chunk", include_str!("../../v/weight_chunk.v")),
            ("mux_stage", include_str!("../../v/mux_stage.v")),
            ("weight_ram", include_str!("../../v/weight_ram.v")),
            ("weight_group", include_str!("../../v/weight_group.v")),
            ("weight_banks", include_str!("../../v/weight_banks.v")),
        ]
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("COLS", self.cols as u64),
            Parameter::Integer("DEPTH", self.words.len() as u64),
            Parameter::Integer("ADDR_W", index_bits(self.words.len()) as u64),
            Parameter::Integer("WGT_DELAY", self.delay as u64),
            Parameter::Integer("PAIRS", self.pairs as u64),
            Parameter::Text("PREFIX", self.prefix.clone()),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        vec![Port::input("wgt_addr_i", 1, index_bits(self.words.len())), Port::output("w_o", self.cols, 8)]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (c, weight) in outputs[0].iter_mut().enumerate() {
            let skew = 2 * if c < 2 * self.pairs { c / 2 * 2 } else { c };
            let word = self.reads.tap(self.latency + skew).and_then(|address| self.words.get(address));
            *weight = word.map_or(0, |word| unsigned(word[c].into(), 8));
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let address = inputs[0][0] as usize;
        self.reads.clock(Some(self.before.output(address)));
        self.before.clock(address);
    }
}
