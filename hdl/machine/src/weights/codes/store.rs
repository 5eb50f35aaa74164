//! The stores of codes: with the stacks as initial contents, or written by the host.

use super::{pack, stacks, Codes, READ_LAT, WORD_BITS};
use crate::geometry::{Geometry, CHUNK_COLUMNS};
use crate::logic::{byte_tap, Logic, BYTE, MUX_INPUTS};
use crate::plan::Draft;
use crate::weights::{RamKind, Rams, Readback, WeightStore};

/// LUTs that hold a column's words ahead, and look up its codebooks.
const RAM_WORDS: usize = 32;
const LUT_WORDS: usize = 64;
/// Words of load that a pair of a stack's words makes.
const PAIR: usize = 2;

/// The store, by who fills it.
pub struct Coded {
    text: &'static str,
}

pub static CODED: Coded = Coded { text: "initialised weights as codes" };

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
        let ram = |depth| Rams { kind: RamKind::Dual, depth, width: WORD_BITS, count: stacks(g.cols) };
        g.codes.chunks().into_iter().map(ram).collect()
    }

    fn logic(&self, g: &Geometry) -> Logic {
        columns(g).plus(ports(g)).plus(byte_tap(self.readback(g).word_bytes, WORD_BITS * stacks(g.cols)))
    }

    fn readback(&self, g: &Geometry) -> Readback {
        let bits = WORD_BITS * stacks(g.cols);
        Readback { words: g.codes.depth, word_bytes: bits.div_ceil(BYTE), latency: READ_LAT + g.codes.mux_stages() }
    }

    fn contents(&self, draft: &Draft, weights: &[i8]) -> Vec<u8> {
        let g = &draft.geometry;
        let stacks = pack(g, &draft.bindings, &draft.streams, weights).unwrap_or_default();
        let word_bytes = self.readback(g).word_bytes;
        let mut bytes = Vec::with_capacity(word_bytes * g.codes.depth);
        for address in 0..g.codes.depth {
            // Two stacks' words are nine bytes.
            for pair in stacks.chunks(PAIR) {
                let word = pair.iter().rev().fold(0u128, |word, stack| word << WORD_BITS | u128::from(stack[address]));
                bytes.extend_from_slice(&word.to_le_bytes()[..(WORD_BITS * pair.len()).div_ceil(BYTE)]);
            }
        }
        bytes
    }

    fn load_order(&'static self) -> Option<&'static dyn crate::weights::LoadOrder> {
        None
    }
}

/// Decoders: a FIFO, a word that is shifted, counters, codebooks.
fn columns(g: &Geometry) -> Logic {
    let Codes { formats, books, .. } = &g.codes;
    let fifo_bits = g.code_fifo_bits();
    let fifo = (WORD_BITS + 1) * (1usize << fifo_bits).div_ceil(RAM_WORDS) * 2 / 3 + 3 * fifo_bits;
    let word = WORD_BITS * if formats.len() < MUX_INPUTS { 1 } else { 2 };
    let lut = fifo + word + BYTE * books.len().div_ceil(LUT_WORDS) + 40;
    Logic::new(g.cols * lut, g.cols * (WORD_BITS + 3 * fifo_bits + 46))
}

/// Addresses, and the multiplexers behind the chunks, of every four columns.
fn ports(g: &Geometry) -> Logic {
    let count = g.cols.div_ceil(CHUNK_COLUMNS / 2);
    let (addr, chunks) = (g.codes.addr_bits(), g.codes.chunks().len());
    let mut logic = Logic::new(6 * addr + 20, 5 * addr + 24 + WORD_BITS * chunks);
    let mut sources = chunks;
    while sources > 1 {
        sources = sources.div_ceil(MUX_INPUTS);
        logic = logic.plus(Logic::new(WORD_BITS * sources, WORD_BITS * sources));
    }
    Logic::new(count * logic.lut, count * logic.ff)
}
