//! The stores of codes: with the stacks as initial contents, or written by the host.

use super::{pack, stacks, Codes, READ_LAT, WORD_BITS};
use crate::geometry::{Geometry, CHUNK_COLUMNS};
use crate::logic::{byte_tap, Logic, BYTE, MUX_INPUTS};
use crate::plan::Draft;
use crate::weights::{LoadOrder, RamKind, Rams, Readback, WeightStore};

/// Words that four LUTs hold six bits of, and entries that one looks up a bit of.
const RAM_WORDS: usize = 32;
const RAM_BITS: usize = 6;
const RAM_LUTS: usize = 4;
const LUT_WORDS: usize = 64;
/// Words that a word of a load writes: neighbours of a stack. Two stacks' words are as many bytes.
const PAIR: usize = 2;
const PAIR_BYTES: usize = PAIR * WORD_BITS / BYTE;

/// The store, by who fills it.
pub struct Coded {
    loaded: bool,
    text: &'static str,
}

pub static CODED: Coded = Coded { loaded: false, text: "initialised weights as codes" };
pub static CODED_LOADED: Coded = Coded { loaded: true, text: "weights as codes in block RAM, loaded by the host" };

impl WeightStore for Coded {
    fn text(&self) -> &'static str {
        self.text
    }

    fn is_coded(&self) -> bool {
        true
    }

    fn latency(&self, g: &Geometry) -> usize {
        // A turn for every column, the FIFO, the symbol, the weight.
        READ_LAT + g.codes.mux_stages() + 4
    }

    fn rams(&self, g: &Geometry) -> Vec<Rams> {
        let filled: Vec<Vec<bool>> = (0..stacks(g.cols)).map(|stack| g.codes.filled(stack)).collect();
        let ram = |(k, depth)| {
            let count = filled.iter().filter(|filled| filled[k]).count();
            Rams { kind: RamKind::Dual, depth, width: WORD_BITS, count }
        };
        g.codes.chunks().into_iter().enumerate().map(ram).collect()
    }

    fn logic(&self, g: &Geometry) -> Logic {
        let check = byte_tap(self.readback(g).word_bytes, WORD_BITS * stacks(g.cols));
        let writing = if self.loaded { writing(g) } else { Logic::default() };
        columns(g).plus(ports(g)).plus(check).plus(writing)
    }

    fn readback(&self, g: &Geometry) -> Readback {
        let bits = WORD_BITS * stacks(g.cols);
        Readback { words: g.codes.depth(), word_bytes: bits.div_ceil(BYTE), latency: READ_LAT + g.codes.mux_stages() }
    }

    fn contents(&self, draft: &Draft, weights: &[i8]) -> Vec<u8> {
        let g = &draft.geometry;
        let stacks = pack(g, &draft.bindings, &draft.streams, weights).unwrap_or_default();
        rows(g, |stack, address| stacks.get(stack).and_then(|words| words.get(address)).copied().unwrap_or(0))
    }

    fn load_order(&'static self) -> Option<&'static dyn LoadOrder> {
        self.loaded.then_some(self)
    }
}

impl LoadOrder for Coded {
    fn count(&self, g: &Geometry) -> usize {
        g.codes.depth().div_ceil(PAIR) * stacks(g.cols)
    }

    fn words(&self, g: &Geometry, contents: &[u8]) -> Vec<u128> {
        let word_bytes = self.readback(g).word_bytes;
        let word = |stack: usize, address: usize| {
            contents.chunks(word_bytes).nth(address).map_or(0, |row| u128::from(stack_word(row, stack)))
        };
        let pairs =
            (0..g.codes.depth().div_ceil(PAIR)).flat_map(|pair| (0..stacks(g.cols)).map(move |s| (s, PAIR * pair)));
        pairs.map(|(stack, address)| word(stack, address) | word(stack, address + 1) << WORD_BITS).collect()
    }

    fn contents(&self, g: &Geometry, words: &[u128]) -> Vec<u8> {
        let count = stacks(g.cols);
        let word = |stack: usize, address: usize| {
            let pair = words.get(address / PAIR * count + stack).copied().unwrap_or(0);
            (pair >> (address % PAIR * WORD_BITS)) as u64 & ((1 << WORD_BITS) - 1)
        };
        rows(g, word)
    }
}

/// Words of all stacks side by side, address after address, in whole bytes. `word` gives one by its stack and address.
fn rows(g: &Geometry, word: impl Fn(usize, usize) -> u64) -> Vec<u8> {
    let count = stacks(g.cols);
    let mut bytes = Vec::with_capacity(g.codes.depth() * (count * WORD_BITS).div_ceil(BYTE));
    for address in 0..g.codes.depth() {
        for first in (0..count).step_by(PAIR) {
            let second = if first + 1 < count { word(first + 1, address) } else { 0 };
            let pair = u128::from(word(first, address)) | u128::from(second) << WORD_BITS;
            let bits = WORD_BITS * PAIR.min(count - first);
            bytes.extend_from_slice(&pair.to_le_bytes()[..bits.div_ceil(BYTE)]);
        }
    }
    bytes
}

/// A stack's word of a row of [`rows`].
fn stack_word(row: &[u8], stack: usize) -> u64 {
    let pair = row.chunks(PAIR_BYTES).nth(stack / PAIR).unwrap_or_default();
    let pair = pair.iter().rev().fold(0u128, |word, &byte| word << BYTE | u128::from(byte));
    (pair >> (stack % PAIR * WORD_BITS)) as u64 & ((1 << WORD_BITS) - 1)
}

/// The loader, and at every stack the registers of a pair of words.
fn writing(g: &Geometry) -> Logic {
    let (count, addr) = (stacks(g.cols), g.codes.addr_bits());
    let word = BYTE * g.load_beats() * g.in_bytes;
    Logic::new(20 + count * (2 + addr), 20 + word + addr + count * (1 + PAIR * WORD_BITS))
}

/// Decoders: a FIFO, a word that is shifted, counters, codebooks.
fn columns(g: &Geometry) -> Logic {
    let Codes { formats, books, .. } = &g.codes;
    let fifo_bits = g.code_fifo_bits();
    let fifo = RAM_LUTS * (WORD_BITS + 1).div_ceil(RAM_BITS) * (1usize << fifo_bits).div_ceil(RAM_WORDS);
    let word = WORD_BITS * if formats.len() < MUX_INPUTS { 1 } else { 2 };
    let lut = fifo + word + BYTE * books.len().div_ceil(LUT_WORDS) + 38;
    // Formats, codebooks and tokens go from column to column.
    let tokens = (4 + g.codes.book_bits()) * g.column_lag(g.cols - 1) + 30;
    Logic::new(g.cols * lut, g.cols * (WORD_BITS + 2 * fifo_bits + 35) + tokens)
}

/// Addresses, and the multiplexers behind the chunks, of every four columns.
fn ports(g: &Geometry) -> Logic {
    let count = g.cols.div_ceil(CHUNK_COLUMNS / 2);
    let (addr, chunks) = (g.codes.addr_bits(), g.codes.chunks().len());
    let mut logic = Logic::new(4 * addr + 33, 5 * addr + 24 + WORD_BITS * chunks);
    let mut sources = chunks;
    while sources > 1 {
        sources = sources.div_ceil(MUX_INPUTS);
        logic = logic.plus(Logic::new(WORD_BITS * sources, WORD_BITS * sources));
    }
    Logic::new(count * logic.lut, count * logic.ff)
}
