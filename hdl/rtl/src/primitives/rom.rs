//! A read-only table with a registered output, filled from a hex file.

use super::bits::{hex, index_bits, slice};
use super::check_tap::{CheckTap, SUBMODULES};
use crate::primitive::{Parameter, Port, Primitive, Shape, Values};

const ADDR: usize = 0;
const CHECK: usize = 1;
const CHECK_ADDR: usize = 2;
const CHECK_BYTE: usize = 3;

/// The table behind `rom.v`.
#[derive(Clone, Debug)]
pub struct Rom {
    width: usize,
    block: bool,
    file: String,
    words: Vec<Vec<u64>>,
    data: Vec<u64>,
    tap: CheckTap,
}

impl Rom {
    /// A table of words of `width` bits, each as 64-bit limbs (least significant first), in block RAM or distributed RAM,
    /// read by the Verilog from `file`.
    pub fn new(width: usize, block: bool, file: impl Into<String>, words: Vec<Vec<u64>>) -> Self {
        let data = Shape { lanes: 1, width }.zero();
        // The word, and in block RAM another register.
        let tap = CheckTap::new(width.div_ceil(8), 1 + usize::from(block));
        Rom { width, block, file: file.into(), words, data, tap }
    }

    /// The contents of the file, one line of hex digits a word.
    pub fn image(&self) -> String {
        self.words.iter().map(|word| hex(word, self.width) + "\n").collect()
    }
}

impl Primitive for Rom {
    fn module(&self) -> &'static str {
        "rom"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/rom.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        SUBMODULES.to_vec()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("WIDTH", self.width as u64),
            Parameter::Integer("DEPTH", self.words.len() as u64),
            Parameter::Integer("ADDR_W", index_bits(self.words.len()) as u64),
            Parameter::Integer("BLOCK", u64::from(self.block)),
            Parameter::Integer("BYTE_W", self.tap.index_bits() as u64),
            Parameter::Text("INIT", self.file.clone()),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let own = [Port::input("addr_i", 1, index_bits(self.words.len())), Port::output("data_o", 1, self.width)];
        own.into_iter().chain(self.tap.inputs(self.words.len())).chain(CheckTap::outputs()).collect()
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        outputs[0].copy_from_slice(&self.data);
        [outputs[1][0], outputs[2][0]] = self.tap.values();
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let checked = inputs[CHECK][0] == 1;
        let address = if checked { inputs[CHECK_ADDR][0] } else { inputs[ADDR][0] };
        let word = self.words.get(address as usize).map_or(&[][..], Vec::as_slice);
        self.tap.clock(checked, slice(word, 8 * inputs[CHECK_BYTE][0] as usize, 8) as u8);
        for (lane, data) in self.data.iter_mut().enumerate() {
            *data = slice(word, 64 * lane, 64.min(self.width - 64 * lane));
        }
    }
}
