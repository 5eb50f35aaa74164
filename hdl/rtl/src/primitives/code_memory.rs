//! The store of codes that the host fills: stacks, and the loader that writes them from the input stream.

use super::check_tap::SUBMODULES;
use super::weight_codes::{books, parameters, CODE_SUBMODULES};
use crate::ports::code_memory;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::weights::codes::stacks;
use systole_machine::Geometry;

/// The store behind `code_memory.v`.
#[derive(Clone, Debug)]
pub struct CodeMemory {
    pub geometry: Geometry,
    pub prefix: String,
}

impl CodeMemory {
    /// The store of a machine whose codes are loaded. The Verilog reads the image of [`CodeMemory::books`].
    pub fn new(geometry: &Geometry, prefix: impl Into<String>) -> Self {
        CodeMemory { geometry: geometry.clone(), prefix: prefix.into() }
    }

    /// The codebooks, which are part of the design: (file name, hex text).
    pub fn books(&self) -> (String, String) {
        books(&self.geometry, &self.prefix)
    }
}

impl Primitive for CodeMemory {
    fn verilog(&self) -> &'static Module {
        &code_memory::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let g = &self.geometry;
        let loader =
            [("PAIRS_OF_WORDS", g.load_words() / stacks(g.cols)), ("IN_BYTES", g.in_bytes), ("BEATS", g.load_beats())];
        let loader = loader.map(|(name, value)| Parameter::Integer(name, value as u64));
        parameters(g).chain(loader).chain([Parameter::Text("PREFIX", self.prefix.clone())]).collect()
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let loader = ("weight_loader", include_str!("../../v/weight_loader.v"));
        SUBMODULES.into_iter().chain(CODE_SUBMODULES).chain([loader]).collect()
    }
}
