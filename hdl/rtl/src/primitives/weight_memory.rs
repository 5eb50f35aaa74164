//! The weight store that the host fills: memories, and the loader that writes them from the input stream.

use super::bits::index_bits;
use super::check_tap::SUBMODULES;
use crate::ports::weight_memory;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::weights::Layout;
use systole_machine::Geometry;
use systole_machine::WeightMemory as Kind;

/// The store behind `weight_memory.v`.
#[derive(Clone, Debug)]
pub struct WeightMemory {
    pub geometry: Geometry,
}

impl WeightMemory {
    /// The store of a machine whose weights are loaded.
    pub fn new(geometry: &Geometry) -> Self {
        WeightMemory { geometry: geometry.clone() }
    }
}

impl Primitive for WeightMemory {
    fn verilog(&self) -> &'static Module {
        &weight_memory::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (g, layout) = (&self.geometry, Layout::new(self.geometry.wgt_depth));
        let ultra = match g.weights {
            Kind::Ultra => layout.memories(),
            Kind::UltraAndBlock => g.ultra,
            Kind::Initialised | Kind::Loaded | Kind::Coded | Kind::CodedLoaded => 0,
        };
        vec![
            Parameter::Integer("COLS", g.cols as u64),
            Parameter::Integer("DEPTH", g.wgt_depth as u64),
            Parameter::Integer("SETS", layout.sets as u64),
            Parameter::Integer("FULL", layout.full as u64),
            Parameter::Integer("TAIL_W", layout.tail_bits() as u64),
            Parameter::Integer("ADDR_W", index_bits(g.wgt_depth) as u64),
            Parameter::Integer("WGT_DELAY", g.weight_delay() as u64),
            Parameter::Integer("PAIRS", g.pairs() as u64),
            Parameter::Integer("PER_LINK", g.per_link.0 as u64),
            Parameter::Integer("ULTRA", ultra as u64),
            Parameter::Integer("IN_BYTES", g.in_bytes as u64),
            Parameter::Integer("BEATS", g.load_beats() as u64),
            Parameter::Integer("BYTE_W", index_bits(g.cols) as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let own = [
            ("weight_chunk", include_str!("../../v/weight_chunk.v")),
            ("weight_ram", include_str!("../../v/weight_ram.v")),
            ("weight_group", include_str!("../../v/weight_group.v")),
            ("weight_banks", include_str!("../../v/weight_banks.v")),
            ("weight_loader", include_str!("../../v/weight_loader.v")),
        ];
        SUBMODULES.into_iter().chain(own).collect()
    }
}
