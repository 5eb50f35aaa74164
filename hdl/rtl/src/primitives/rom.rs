//! A read-only table with a registered output, filled from a hex file.

use super::bits::{hex, index_bits};
use super::check_tap::SUBMODULES;
use crate::ports::rom;
use crate::primitive::{Module, Parameter, Primitive};
use std::collections::{HashMap, HashSet};

/// The table behind `rom.v`, read by the Verilog from files of its name.
#[derive(Clone, Debug)]
pub struct Rom {
    pub name: String,
    pub width: usize,
    /// Whether block RAM keeps it, or its numbers.
    pub block: bool,
    pub words: Vec<Vec<u64>>,
    /// Cycles from an address to its word.
    pub latency: usize,
    /// Whether LUTs keep the different words alone, and beside them lie the numbers of all words.
    pub numbered: bool,
}

impl Rom {
    /// A table in LUTs, read in a cycle, of words of `width` bits, each as 64-bit limbs (least significant first).
    pub fn new(name: impl Into<String>, width: usize, words: Vec<Vec<u64>>) -> Self {
        Rom { name: name.into(), width, block: false, words, latency: 1, numbered: false }
    }

    /// The words that are kept, in the order in which the table has them first.
    fn kept(&self) -> Vec<&Vec<u64>> {
        let mut seen = HashSet::new();
        self.words.iter().filter(|word| !self.numbered || seen.insert(*word)).collect()
    }

    fn file(&self) -> String {
        format!("{}.hex", self.name)
    }

    fn number_file(&self) -> String {
        format!("{}_numbers.hex", self.name)
    }

    /// Its files and their contents, a line of hex digits a word: the words that are kept, and their numbers.
    pub fn images(&self) -> Vec<(String, String)> {
        let kept = self.kept();
        let words = kept.iter().map(|word| hex(word, self.width) + "\n").collect();
        let bits = index_bits(kept.len());
        let number: HashMap<_, _> = kept.into_iter().zip(0u64..).collect();
        let numbers = || self.words.iter().map(|word| hex(&[number[word]], bits) + "\n").collect();
        let words = (self.file(), words);
        [Some(words), self.numbered.then(|| (self.number_file(), numbers()))].into_iter().flatten().collect()
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
            Parameter::Integer("LATENCY", self.latency as u64),
            Parameter::Integer("BYTE_W", index_bits(self.width.div_ceil(8)) as u64),
            Parameter::Text("INIT", self.file()),
        ]
        .into_iter()
        .chain(self.numbered.then(|| self.kept().len()).into_iter().flat_map(|kept| {
            [
                Parameter::Integer("WORDS", kept as u64),
                Parameter::Integer("NUMBER_W", index_bits(kept) as u64),
                Parameter::Text("NUMBERS", self.number_file()),
            ]
        }))
        .collect()
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        SUBMODULES.to_vec()
    }
}
