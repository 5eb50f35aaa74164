//! How weights lie in the weight store's memories, and in which order a loader takes them.

use crate::geometry::{Geometry, CHUNK_COLUMNS, CHUNK_DEPTH};
use crate::plan::Plan;
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

/// The words of a store in the order in which a loader takes them: memory, offset, group.
pub fn load_words<R: AsRef<[i8]>>(words: &[R], cols: usize) -> Vec<u128> {
    let layout = Layout::new(words.len());
    let order = |k| (0..layout.depth_of(k)).flat_map(move |offset| groups(cols).map(move |group| (k, offset, group)));
    let all = (0..layout.memories()).flat_map(order);
    all.map(|(k, offset, group)| layout.word(k, offset, words, &group)).collect()
}

/// The weights at an address of a store of `cols` columns that holds `loaded`, see [`load_words`].
pub fn loaded_row(layout: &Layout, cols: usize, loaded: &[u128], address: usize) -> Vec<i8> {
    let count = groups(cols).count();
    let row = |(group, columns): (usize, Range<usize>)| {
        layout.row(address, columns.len(), |k, offset| loaded[(k * CHUNK_DEPTH + offset) * count + group])
    };
    groups(cols).enumerate().flat_map(row).collect()
}

impl Geometry {
    /// Words that a loader takes until the weights are complete.
    pub fn load_words(&self) -> usize {
        Layout::new(self.wgt_depth).words() * self.load_groups()
    }

    /// Groups of columns, each with memories of its own.
    pub fn load_groups(&self) -> usize {
        self.cols.div_ceil(CHUNK_COLUMNS)
    }

    /// Beats of such a word.
    pub fn load_beats(&self) -> usize {
        WORD_BYTES.div_ceil(self.in_bytes)
    }

    /// Words as a loader takes them: nine bytes each, the lowest first, padded to whole beats.
    pub fn load_stream(&self, words: &[u128]) -> Vec<u8> {
        let mut stream = Vec::with_capacity(words.len() * self.load_beats() * self.in_bytes);
        for word in words {
            stream.extend_from_slice(&word.to_le_bytes()[..WORD_BYTES]);
            stream.resize(stream.len() + self.load_beats() * self.in_bytes - WORD_BYTES, 0);
        }
        stream
    }
}

impl Plan {
    /// One row of weights per address of the store.
    pub fn weight_rows(&self) -> Vec<&[i8]> {
        self.weights().chunks(self.geometry.cols).collect()
    }
}
