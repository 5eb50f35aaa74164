//! Weights as bytes in chunks of 72 bits for eight columns, the parity bits of eight chunks holding a ninth: the layout that stores
//! of block RAM and UltraRAM share, and the order in which a loader writes it.

use super::{RamKind, Rams, Readback};
use crate::bits::clog2;
use crate::geometry::{Geometry, CHUNK_COLUMNS, CHUNK_DEPTH};
use crate::logic::{byte_tap, skew, Logic, BYTE, MUX_INPUTS};
use std::ops::Range;

/// Memories that carry one more chunk in their parity bits.
const SET: usize = 8;
/// Words of a set: eight chunks and the virtual one.
const SET_WORDS: usize = (SET + 1) * CHUNK_DEPTH;
/// Words of the smallest tail chunk.
const LEAST_TAIL: usize = 512;
/// Bytes of a memory's word in the stream to a loader, before it is padded to whole beats.
pub const WORD_BYTES: usize = CHUNK_COLUMNS + 1;

/// Where the words of a store of some depth lie. The same in every column group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Sets of eight chunks with a ninth in their parity bits.
    pub sets: usize,
    /// Further chunks of [`CHUNK_DEPTH`] words.
    pub full: usize,
    /// Words of the last chunk, a power of two; 0: none.
    pub tail: usize,
}

impl Layout {
    /// The layout for `depth` words; a depth of 0 needs nothing.
    pub fn new(depth: usize) -> Self {
        let sets = (depth + CHUNK_DEPTH - 1) / SET_WORDS;
        let rest = depth.saturating_sub(sets * SET_WORDS);
        match rest % CHUNK_DEPTH {
            0 => Layout { sets, full: rest / CHUNK_DEPTH, tail: 0 },
            some if some > CHUNK_DEPTH / 2 => Layout { sets, full: rest / CHUNK_DEPTH + 1, tail: 0 },
            some => Layout { sets, full: rest / CHUNK_DEPTH, tail: some.next_power_of_two().max(LEAST_TAIL) },
        }
    }

    /// Memories of a group with all their words.
    pub fn whole(&self) -> usize {
        SET * self.sets + self.full
    }

    /// Memories of a group.
    pub fn memories(&self) -> usize {
        self.whole() + usize::from(self.tail > 0)
    }

    /// Chunks to choose from: the memories and the virtual ones.
    pub fn chunks(&self) -> usize {
        self.memories() + self.sets
    }

    /// Registered stages of 4-to-1 multiplexers behind the chunks.
    pub fn mux_stages(&self) -> usize {
        (self.chunks().next_power_of_two().trailing_zeros() as usize).div_ceil(2)
    }

    /// Words of memory `k`.
    pub fn depth_of(&self, k: usize) -> usize {
        if k == self.whole() {
            self.tail
        } else {
            CHUNK_DEPTH
        }
    }

    /// Address bits of the last chunk; 0: none.
    pub fn tail_bits(&self) -> usize {
        self.tail.checked_ilog2().unwrap_or(0) as usize
    }

    /// Words of all memories of a group.
    pub fn words(&self) -> usize {
        self.whole() * CHUNK_DEPTH + self.tail
    }

    /// Whether memory `k` carries a part of a virtual chunk.
    pub fn in_set(&self, k: usize) -> bool {
        k < SET * self.sets
    }

    /// First address of memory `k`'s own words.
    pub fn base_of(&self, k: usize) -> usize {
        CHUNK_DEPTH * if self.in_set(k) { k + k / SET } else { k + self.sets }
    }

    /// Address of the word of the virtual chunk that memory `k` carries a part of at `offset`.
    pub fn shared_of(&self, k: usize, offset: usize) -> usize {
        (9 * (k / SET) + SET) * CHUNK_DEPTH + offset
    }

    /// Bits of a word of memory `k` of a group of `columns`: full chunks have a parity bit per column.
    pub fn width_of(&self, k: usize, columns: usize) -> usize {
        if self.depth_of(k) == CHUNK_DEPTH {
            9 * columns
        } else {
            8 * columns
        }
    }

    /// The word at `offset` of memory `k`: own weights in the low bytes, above them a bit per column, this memory's part
    /// of the virtual chunk's word. Where there is none it is the parity of the column's weight, for nobody: constant
    /// bits would be optimised away, and the count of block RAMs with them.
    pub fn word<R: AsRef<[i8]>>(&self, k: usize, offset: usize, words: &[R], columns: &Range<usize>) -> u128 {
        let count = columns.len();
        let own = packed(words, self.base_of(k) + offset, columns);
        let above = if self.in_set(k) {
            let shared = packed(words, self.shared_of(k, offset), columns);
            shared >> (k % SET * count) & ((1 << count) - 1)
        } else if self.width_of(k, count) > 8 * count {
            own.to_le_bytes()
                .iter()
                .take(count)
                .rev()
                .fold(0, |bits, byte| bits << 1 | u64::from(byte.count_ones() & 1))
        } else {
            0
        };
        u128::from(own) | u128::from(above) << (8 * count)
    }

    /// The weights of a group of `count` columns at an address, out of the memories' words: `word(k, offset)`.
    pub fn row(&self, address: usize, count: usize, word: impl Fn(usize, usize) -> u128) -> Vec<i8> {
        let (chunk, offset) = (address / CHUNK_DEPTH, address % CHUNK_DEPTH);
        let (set, place) = (chunk / (SET + 1), chunk % (SET + 1));
        let packed = match set < self.sets {
            true if place == SET => {
                let part = |i: usize| (word(SET * set + i, offset) >> (8 * count) & ((1 << count) - 1)) << (i * count);
                (0..SET).map(part).sum()
            }
            true => word(SET * set + place, offset),
            false => word(chunk - self.sets, offset),
        };
        packed.to_le_bytes()[..count].iter().map(|&byte| byte as i8).collect()
    }
}

/// The weights of a group at an address, the first column in the low byte.
fn packed<R: AsRef<[i8]>>(words: &[R], address: usize, columns: &Range<usize>) -> u64 {
    let Some(word) = words.get(address) else { return 0 };
    word.as_ref()[columns.clone()].iter().rev().fold(0, |sum, &weight| sum << 8 | u64::from(weight as u8))
}

/// Columns of each group of a store of `cols` columns.
pub fn groups(cols: usize) -> impl Iterator<Item = Range<usize>> {
    (0..cols).step_by(CHUNK_COLUMNS).map(move |first| first..cols.min(first + CHUNK_COLUMNS))
}

/// Registers from an address to a chunk's word: address, read, output.
const READ_LAT: usize = 3;

/// Cycles from an address to column 0's weight.
pub fn latency(g: &Geometry) -> usize {
    READ_LAT + Layout::new(g.wgt_depth).mux_stages()
}

/// Every step's weights, a byte a column.
pub fn readback(g: &Geometry) -> Readback {
    Readback { words: g.wgt_depth, word_bytes: g.cols, latency: g.weight_delay() + latency(g) }
}

/// The same as the memory check reads them.
pub fn contents(weights: &[i8]) -> Vec<u8> {
    weights.iter().map(|&weight| weight as u8).collect()
}

/// Memories of a group.
pub fn memories(g: &Geometry) -> usize {
    Layout::new(g.wgt_depth).memories()
}

/// The memories of all groups, of which the first `ultra` of each are UltraRAM.
pub fn rams(g: &Geometry, ultra: usize) -> Vec<Rams> {
    let layout = Layout::new(g.wgt_depth);
    let kind = |ultra| if ultra { RamKind::Ultra } else { RamKind::Block };
    let first = layout.whole().min(ultra);
    let whole = |ultra, count| move |width| Rams { kind: kind(ultra), depth: CHUNK_DEPTH, width, count };
    let (ultras, blocks) = (whole(true, first), whole(false, layout.whole() - first));
    let last = usize::from(layout.tail > 0);
    let tail = |width| Rams { kind: kind(ultra > layout.whole()), depth: layout.tail, width, count: last };
    groups(g.cols)
        .map(|columns| (BYTE + 1) * columns.len())
        .flat_map(|width| [ultras(width), blocks(width), tail(width)])
        .filter(|rams| rams.count > 0)
        .collect()
}

/// A register behind every chunk, stages of multiplexers, the skew; for the memory check the choice of an address and a column.
pub fn reading(g: &Geometry) -> Logic {
    let word = BYTE * g.cols;
    let mut sources = g.wgt_depth.div_ceil(CHUNK_DEPTH);
    let mut all = Logic::new(0, 4 * BYTE + 3 * CHUNK_DEPTH.ilog2() as usize + word * sources);
    while sources > 1 {
        let outputs = sources.div_ceil(MUX_INPUTS);
        all.lut += word * (outputs - usize::from(sources % MUX_INPUTS == 1));
        all.ff += word * outputs;
        sources = outputs;
    }
    let check = Logic::new(clog2(g.wgt_depth), 0).plus(byte_tap(g.cols, word));
    Logic::new(all.lut + skew(g.cols).lut, all.ff).plus(check)
}

/// The loader, and what goes to the memories a cycle later in every group: a byte and its parity per column, address, write signals.
pub fn writing(g: &Geometry) -> Logic {
    let memories = Layout::new(g.wgt_depth).memories();
    let address = CHUNK_DEPTH.ilog2() as usize + memories;
    loader(g).plus(Logic::new(0, (BYTE + 1) * g.cols + load_groups(g) * address))
}

/// The loader alone: the word that comes in beat by beat, a write signal for each memory, counters.
fn loader(g: &Geometry) -> Logic {
    let (groups, memories) = (load_groups(g), Layout::new(g.wgt_depth).memories());
    let word = BYTE * g.load_beats() * g.in_bytes;
    let counters = [g.load_beats(), groups, memories].map(clog2);
    Logic::new(30 + groups * memories, 15 + word + counters.iter().sum::<usize>())
}

/// Groups of columns, each with memories of its own.
fn load_groups(g: &Geometry) -> usize {
    g.cols.div_ceil(CHUNK_COLUMNS)
}

/// Words that a loader takes.
pub fn load_count(g: &Geometry) -> usize {
    Layout::new(g.wgt_depth).words() * load_groups(g)
}

/// The words of a store in the order in which a loader takes them: memory, offset, group.
pub fn load_words(g: &Geometry, contents: &[u8]) -> Vec<u128> {
    let weights: Vec<i8> = contents.iter().map(|&byte| byte as i8).collect();
    let rows: Vec<&[i8]> = weights.chunks(g.cols).collect();
    let layout = Layout::new(rows.len());
    let order = |k| (0..layout.depth_of(k)).flat_map(move |offset| groups(g.cols).map(move |group| (k, offset, group)));
    let all = (0..layout.memories()).flat_map(order);
    all.map(|(k, offset, group)| layout.word(k, offset, &rows, &group)).collect()
}

/// What a store that holds `loaded` has, see [`load_words`].
pub fn loaded(g: &Geometry, loaded: &[u128]) -> Vec<u8> {
    let layout = Layout::new(g.wgt_depth);
    let row = |address| loaded_row(&layout, g.cols, loaded, address);
    (0..g.wgt_depth).flat_map(row).map(|weight| weight as u8).collect()
}

/// The weights at an address of a store of `cols` columns that holds `loaded`, see [`load_words`].
pub fn loaded_row(layout: &Layout, cols: usize, loaded: &[u128], address: usize) -> Vec<i8> {
    let count = groups(cols).count();
    let row = |(group, columns): (usize, Range<usize>)| {
        layout.row(address, columns.len(), |k, offset| loaded[(k * CHUNK_DEPTH + offset) * count + group])
    };
    groups(cols).enumerate().flat_map(row).collect()
}
