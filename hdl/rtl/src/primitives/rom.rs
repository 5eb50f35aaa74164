//! A read-only table with a registered output, filled from a hex file.

use super::bits::{hex, index_bits};
use super::check_tap::SUBMODULES;
use crate::ports::rom;
use crate::primitive::{Module, Parameter, Primitive};
use std::collections::{HashMap, HashSet};

/// The table behind `rom.v`.
#[derive(Clone, Debug)]
pub struct Rom {
    pub width: usize,
    pub block: bool,
    pub file: String,
    pub words: Vec<Vec<u64>>,
    /// The file of the words' numbers, where only the different words are kept beside them.
    pub numbers: Option<String>,
}

impl Rom {
    /// A table of words of `width` bits, each as 64-bit limbs (least significant first), in block RAM or distributed RAM,
    /// read by the Verilog from `file`.
    pub fn new(width: usize, block: bool, file: impl Into<String>, words: Vec<Vec<u64>>) -> Self {
        Rom { width, block, file: file.into(), words, numbers: None }
    }

    /// The table in distributed RAM as the numbers of its words, read from a file of their own, and the different words.
    pub fn numbered(width: usize, files: [String; 2], words: Vec<Vec<u64>>) -> Self {
        let [file, numbers] = files;
        Rom { width, block: false, file, words, numbers: Some(numbers) }
    }

    /// The words that are kept, in the order in which the table has them first.
    fn kept(&self) -> Vec<&Vec<u64>> {
        let mut seen = HashSet::new();
        self.words.iter().filter(|word| self.numbers.is_none() || seen.insert(*word)).collect()
    }

    /// Bits of a word's number.
    fn number_bits(&self) -> usize {
        index_bits(self.kept().len())
    }

    /// The contents of the file, one line of hex digits a word that is kept.
    pub fn image(&self) -> String {
        self.kept().into_iter().map(|word| hex(word, self.width) + "\n").collect()
    }

    /// The contents of the file of numbers, one line a word of the table.
    pub fn number_image(&self) -> String {
        let bits = self.number_bits();
        let number: HashMap<_, _> = self.kept().into_iter().zip(0u64..).collect();
        self.words.iter().map(|word| hex(&[number[word]], bits) + "\n").collect()
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
        .into_iter()
        .chain(self.numbers.iter().flat_map(|file| {
            let (words, bits) = (self.kept().len() as u64, self.number_bits() as u64);
            [
                Parameter::Integer("WORDS", words),
                Parameter::Integer("NUMBER_W", bits),
                Parameter::Text("NUMBERS", file.clone()),
            ]
        }))
        .collect()
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        SUBMODULES.to_vec()
    }
}
