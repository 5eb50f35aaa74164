//! A column's weights as symbols: a gap, the zeros before a weight, and a code, its place in a codebook. Symbols lie whole in words.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Bits of a word of symbols.
pub const WORD_BITS: usize = 36;
/// Bits of a code, and of a gap at most.
pub const CODE_BITS: RangeInclusive<usize> = 3..=6;
pub const MAX_GAP_BITS: usize = 4;
/// Bits of a symbol at most: a word holds four or more, because a column reads one in every fourth cycle.
pub const MAX_SYMBOL_BITS: usize = 9;

/// How a symbol is divided: the code in its low bits, the gap above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Format {
    pub code_bits: usize,
    pub gap_bits: usize,
}

impl Format {
    /// All formats of codes of so many bits.
    pub fn of(code_bits: usize) -> impl Iterator<Item = Format> {
        let formats = (0..=MAX_GAP_BITS).map(move |gap_bits| Format { code_bits, gap_bits });
        formats.filter(Format::is_possible)
    }

    /// Whether the decoder takes it.
    pub fn is_possible(&self) -> bool {
        CODE_BITS.contains(&self.code_bits) && self.gap_bits <= MAX_GAP_BITS && self.bits() <= MAX_SYMBOL_BITS
    }

    /// Bits of a symbol.
    pub fn bits(&self) -> usize {
        self.code_bits + self.gap_bits
    }

    /// Symbols of a word.
    pub fn per_word(&self) -> usize {
        WORD_BITS / self.bits()
    }

    /// Zeros that a symbol stands for before its weight, at most.
    pub fn longest_gap(&self) -> usize {
        (1 << self.gap_bits) - 1
    }

    /// Words of a column whose weights are zero but at the given steps, ascending. At least one.
    pub fn words(&self, weights: impl Iterator<Item = usize>) -> usize {
        let (mut symbols, mut next, span) = (0, 0, self.longest_gap() + 1);
        for at in weights {
            symbols += (at - next) / span + 1;
            next = at + 1;
        }
        symbols.div_ceil(self.per_word()).max(1)
    }

    /// The words of a column's weights; zeros behind the last weight are left out, and the last word is filled with zeros.
    ///
    /// `code` gives a weight's place in the codebook; `None` if it gives none to a weight, or to 0 where a symbol of it is needed.
    pub fn encode(&self, weights: impl Iterator<Item = i8>, code: impl Fn(i8) -> Option<usize>) -> Option<Vec<u64>> {
        let mut symbols: Vec<u64> = Vec::new();
        let (mut gap, span) = (0, self.longest_gap() + 1);
        for weight in weights {
            if weight == 0 {
                gap += 1;
                continue;
            }
            // A symbol of value 0 passes over as many zeros as one can, itself included.
            while gap >= span {
                symbols.push(self.symbol(span - 1, code(0)?));
                gap -= span;
            }
            symbols.push(self.symbol(gap, code(weight)?));
            gap = 0;
        }
        let filled = symbols.len().next_multiple_of(self.per_word()).max(self.per_word());
        // Beyond the layer's steps nobody reads them: without a zero in the codebook any code will do there.
        let filler = if gap > 0 || symbols.is_empty() { code(0)? } else { code(0).unwrap_or(0) };
        symbols.resize(filled, self.symbol(0, filler));
        let word = |symbols: &[u64]| symbols.iter().rev().fold(0, |word, &symbol| word << self.bits() | symbol);
        Some(symbols.chunks(self.per_word()).map(word).collect())
    }

    fn symbol(&self, gap: usize, code: usize) -> u64 {
        (gap << self.code_bits | code) as u64
    }
}

/// What the machine makes of a column's words, step by step.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    format: Format,
    /// Words that were begun, symbols left of the last of them.
    words: usize,
    word: u64,
    left: usize,
    /// Steps before the symbol under way gives its weight, and its code; `None` behind the last.
    symbol: Option<(usize, usize)>,
}

impl Decoder {
    /// At a stream's first symbol. `word` gives its words; `count` of them there are.
    pub fn new(format: Format, count: usize, word: impl Fn(usize) -> u64) -> Self {
        let mut decoder = Decoder { format, words: 0, word: 0, left: 0, symbol: None };
        decoder.next(count, word);
        decoder
    }

    /// The step's code, if it has a weight.
    pub fn step(&mut self, count: usize, word: impl Fn(usize) -> u64) -> Option<usize> {
        match &mut self.symbol {
            None => None,
            Some((0, code)) => {
                let code = *code;
                self.next(count, word);
                Some(code)
            }
            Some((gap, _)) => {
                *gap -= 1;
                None
            }
        }
    }

    fn next(&mut self, count: usize, word: impl Fn(usize) -> u64) {
        if self.left == 0 && self.words < count {
            (self.word, self.left) = (word(self.words), self.format.per_word());
            self.words += 1;
        }
        if self.left == 0 {
            self.symbol = None;
            return;
        }
        let code = self.word as usize & ((1 << self.format.code_bits) - 1);
        let gap = self.word as usize >> self.format.code_bits & self.format.longest_gap();
        self.symbol = Some((gap, code));
        self.word >>= self.format.bits();
        self.left -= 1;
    }
}
