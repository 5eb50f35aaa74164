//! The weight store: one weight per column and step, skewed for the array's top edge.

use super::bits::index_bits;
use super::check_tap::SUBMODULES;
use crate::ports::weight_store;
use crate::primitive::{Module, Parameter, Primitive};
use crate::weights_image::pack_weights;
use systole_machine::weights::Layout;
use systole_machine::Geometry;

/// The store behind `weight_store.v`.
#[derive(Clone, Debug)]
pub struct WeightStore {
    pub geometry: Geometry,
    pub prefix: String,
    pub words: Vec<Vec<i8>>,
}

impl WeightStore {
    /// `words[address]` holds a weight per column. The Verilog reads the images of [`WeightStore::images`].
    pub fn new(geometry: &Geometry, prefix: impl Into<String>, words: Vec<Vec<i8>>) -> Self {
        WeightStore { geometry: geometry.clone(), prefix: prefix.into(), words }
    }

    /// The memory images, (file name, hex text).
    pub fn images(&self) -> Vec<(String, String)> {
        pack_weights(&self.prefix, &self.words, self.geometry.cols)
    }
}

impl Primitive for WeightStore {
    fn verilog(&self) -> &'static Module {
        &weight_store::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (g, layout) = (&self.geometry, Layout::new(self.words.len()));
        vec![
            Parameter::Integer("COLS", g.cols as u64),
            Parameter::Integer("DEPTH", self.words.len() as u64),
            Parameter::Integer("SETS", layout.sets as u64),
            Parameter::Integer("FULL", layout.full as u64),
            Parameter::Integer("TAIL_W", layout.tail_bits() as u64),
            Parameter::Integer("ADDR_W", index_bits(self.words.len()) as u64),
            Parameter::Integer("WGT_DELAY", g.weight_delay() as u64),
            Parameter::Integer("PAIRS", g.pairs() as u64),
            Parameter::Integer("PER_LINK", g.per_link.0 as u64),
            Parameter::Integer("BYTE_W", index_bits(g.cols) as u64),
            Parameter::Text("PREFIX", self.prefix.clone()),
        ]
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
}
