//! A read-only table with a registered output, filled from a hex file.

use super::bits::{hex, index_bits};
use super::check_tap::SUBMODULES;
use crate::ports::rom;
use crate::primitive::{Module, Parameter, Primitive};

/// The table behind `rom.v`.
#[derive(Clone, Debug)]
pub struct Rom {
    pub width: usize,
    pub block: bool,
    pub file: String,
    pub words: Vec<Vec<u64>>,
}

impl Rom {
    /// A table of words of `width` bits, each as 64-bit limbs (least significant first), in block RAM or distributed RAM,
    /// read by the Verilog from `file`.
    pub fn new(width: usize, block: bool, file: impl Into<String>, words: Vec<Vec<u64>>) -> Self {
        Rom { width, block, file: file.into(), words }
    }

    /// The contents of the file, one line of hex digits a word.
    pub fn image(&self) -> String {
        self.words.iter().map(|word| hex(word, self.width) + "\n").collect()
    }
}

impl Primitive for Rom {
    fn verilog(&self) -> &'static Module {
        &rom::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("WIDTH", self.width as u64),
            Parameter::Integer("DEPTH", self.words.len() as u64),
            Parameter::Integer("ADDR_W", index_bits(self.words.len()) as u64),
            Parameter::Integer("BLOCK", u64::from(self.block)),
            Parameter::Integer("BYTE_W", index_bits(self.width.div_ceil(8)) as u64),
            Parameter::Text("INIT", self.file.clone()),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        SUBMODULES.to_vec()
    }
}
