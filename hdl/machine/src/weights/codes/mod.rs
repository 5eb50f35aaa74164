//! Weights as codes in block RAM: `weight_codes.v`. Eight columns share a stack; a column's stream of words begins at an address of
//! its own in every layer.

mod store;
mod symbols;

pub use store::{CODED, CODED_LOADED};
pub use symbols::{Decoder, Format, CODE_BITS, MAX_GAP_BITS, MAX_SYMBOL_BITS, WORD_BITS};

use crate::binding::Binding;
use crate::bits::{bits_for, clog2};
use crate::geometry::{Geometry, CHUNK_COLUMNS};
use crate::words::{Field, Table};
use serde::{Deserialize, Serialize};

/// Formats that a design may have, and entries of all its codebooks.
pub const MAX_FORMATS: usize = 4;
pub const MAX_ENTRIES: usize = 256;
/// Words of the smallest chunk of a stack: a RAMB36.
pub const BLOCK_WORDS: usize = 1024;
/// Such chunks of the largest.
const BLOCKS_OF_CHUNK: usize = 4;
/// Bits of a layer's format in STREAM.
const FORMAT_BITS: usize = 2;
/// Registers from a word's address to its column without multiplexers: address, read, output.
pub(crate) const READ_LAT: usize = 3;
/// Cycles in which every column may read a word.
pub const TURNS: usize = 4;

/// What a store of codes is built for; empty where weights are bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codes {
    /// Words of each stack.
    pub depths: Vec<usize>,
    /// The divisions of a symbol that layers use.
    pub formats: Vec<Format>,
    /// All codebooks one behind another, each at a multiple of its entries.
    pub books: Vec<i8>,
}

/// Where a layer's weights lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerStreams {
    /// Its format, and the first entry of its codebook.
    pub format: usize,
    pub book: usize,
    /// Of each column's stream: the addresses of its first and its last word.
    pub first: Vec<usize>,
    pub last: Vec<usize>,
}

impl Codes {
    /// Whether weights are bytes.
    pub fn is_empty(&self) -> bool {
        self.formats.is_empty()
    }

    /// Words of the deepest stack, whose chunks all have: those behind the end of one are left out there.
    pub fn depth(&self) -> usize {
        self.depths.iter().copied().max().unwrap_or(0)
    }

    /// Blocks of [`BLOCK_WORDS`] words of the deepest stack.
    pub fn blocks(&self) -> usize {
        blocks(self.depth())
    }

    /// Blocks of each stack.
    pub fn stack_blocks(&self) -> impl Iterator<Item = usize> + '_ {
        self.depths.iter().map(|&depth| blocks(depth))
    }

    /// Which of the chunks have a word of a stack.
    pub fn filled(&self, stack: usize) -> Vec<bool> {
        let depth = self.depths.get(stack).copied().unwrap_or(0).max(1);
        let firsts = self.chunks().into_iter().scan(0, |next, words| Some(std::mem::replace(next, *next + words)));
        firsts.map(|first| first < depth).collect()
    }

    /// Words of the chunks of the deepest stack: as large as four blocks, then two and one.
    pub fn chunks(&self) -> Vec<usize> {
        let (full, rest) = (self.blocks() / BLOCKS_OF_CHUNK, self.blocks() % BLOCKS_OF_CHUNK);
        let tails = [2, 1].into_iter().filter(|&blocks| rest & blocks != 0);
        std::iter::repeat_n(BLOCKS_OF_CHUNK, full).chain(tails).map(|blocks| blocks * BLOCK_WORDS).collect()
    }

    /// Registered stages of 4-to-1 multiplexers behind the chunks.
    pub fn mux_stages(&self) -> usize {
        clog2(self.chunks().len()).div_ceil(2)
    }

    /// Bits of an address.
    pub fn addr_bits(&self) -> usize {
        bits_for(self.depth().max(2) - 1)
    }

    /// Bits of a place in the codebooks.
    pub fn book_bits(&self) -> usize {
        bits_for(self.books.len().max(2) - 1)
    }

    /// The codebook at `book` of codes of so many bits; shorter at the end of all.
    pub fn book(&self, book: usize, format: Format) -> &[i8] {
        let all = self.books.get(book..).unwrap_or_default();
        &all[..all.len().min(1 << format.code_bits)]
    }

    /// A weight's code in a codebook.
    pub fn code(&self, book: usize, format: Format, weight: i8) -> Option<usize> {
        self.book(book, format).iter().position(|&value| value == weight)
    }
}

fn blocks(depth: usize) -> usize {
    depth.div_ceil(BLOCK_WORDS).max(1)
}

/// Stacks, and the columns of each.
pub fn stacks(cols: usize) -> usize {
    cols.div_ceil(CHUNK_COLUMNS)
}

/// Column `c`'s weights of a layer out of `weights`, its rows of `cols`.
pub fn column(weights: &[i8], cols: usize, c: usize) -> impl Iterator<Item = i8> + Clone + '_ {
    weights.iter().skip(c).step_by(cols).copied()
}

/// The words of all stacks: `words[stack][address]`.
///
/// `None` where a layer has a weight that its codebook has not, or a stream that does not end where its layer says.
pub fn pack(g: &Geometry, bindings: &[Binding], streams: &[LayerStreams], weights: &[i8]) -> Option<Vec<Vec<u64>>> {
    let codes = &g.codes;
    let mut words: Vec<Vec<u64>> = codes.depths.iter().map(|&depth| vec![0; depth]).collect();
    let mut rest = weights;
    for (binding, layer) in bindings.iter().zip(streams) {
        let (rows, behind) = rest.split_at_checked(binding.channel_tiles * binding.reduction * g.cols)?;
        rest = behind;
        let format = *codes.formats.get(layer.format)?;
        for c in 0..g.cols {
            let encoded = format.encode(column(rows, g.cols, c), |w| codes.code(layer.book, format, w))?;
            let place = words.get_mut(c / CHUNK_COLUMNS)?.get_mut(*layer.first.get(c)?..=*layer.last.get(c)?)?;
            if place.len() != encoded.len() {
                return None;
            }
            place.copy_from_slice(&encoded);
        }
    }
    Some(words)
}

/// STREAM: a word per layer, first and last addresses of all columns, the layer's format and codebook.
pub fn table(g: &Geometry, streams: &[LayerStreams]) -> Table {
    let (addr, book) = (g.codes.addr_bits(), g.codes.book_bits());
    let widths = std::iter::repeat_n(("first", addr), g.cols).chain(std::iter::repeat_n(("last", addr), g.cols));
    let mut low = 0;
    let field = |(name, width): (&'static str, usize)| {
        low += width;
        Field { name, low: low - width, width }
    };
    let fields: Vec<Field> = widths.chain([("format", FORMAT_BITS), ("book", book)]).map(field).collect();
    let row = |layer: &LayerStreams| {
        let addresses = layer.first.iter().chain(&layer.last);
        addresses.chain([&layer.format, &layer.book]).map(|&value| value as u64).collect()
    };
    Table { name: "stream", fields, width: low, latency: 1, words: streams.iter().map(row).collect() }
}

impl Geometry {
    /// Words that a column of a coded store holds ahead, a power of two in bits: what it reads from a tile's beginning to its
    /// decoding, and three more.
    pub fn code_fifo_bits(&self) -> usize {
        let ahead = self.weight_delay() + self.weight_lat() + crate::geometry::SEQ_LAT + self.column_lag(self.cols - 1);
        clog2(ahead.div_ceil(TURNS) + 3).max(5)
    }
}
