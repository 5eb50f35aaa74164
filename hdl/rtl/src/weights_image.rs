//! How weights lie in the weight store's memories: chunks, parity bits, files.

use crate::leaves::bits::{hex, slice};
use std::ops::Range;

/// Words of a full chunk: a block RAM of 36 Kbit is 4096 words of 9 bits.
pub const CHUNK: usize = 4096;
/// Columns of a group.
pub const GROUP: usize = 8;
/// Memories that carry one more chunk in their parity bits.
const SET: usize = 8;
/// Words of a set: eight chunks and the virtual one.
const SET_WORDS: usize = (SET + 1) * CHUNK;
/// Words of the smallest tail chunk.
const LEAST_TAIL: usize = 512;

/// Where the words of a store of some depth lie. The same in every column group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Sets of eight chunks with a ninth in their parity bits.
    pub sets: usize,
    /// Further chunks of [`CHUNK`] words.
    pub full: usize,
    /// Words of the last chunk, a power of two; 0: none.
    pub tail: usize,
}

impl Layout {
    /// The layout for `depth` words; a depth of 0 needs nothing.
    pub fn new(depth: usize) -> Self {
        let sets = (depth + CHUNK - 1) / SET_WORDS;
        let rest = depth.saturating_sub(sets * SET_WORDS);
        match rest % CHUNK {
            0 => Layout { sets, full: rest / CHUNK, tail: 0 },
            some if some > CHUNK / 2 => Layout { sets, full: rest / CHUNK + 1, tail: 0 },
            some => Layout { sets, full: rest / CHUNK, tail: some.next_power_of_two().max(LEAST_TAIL) },
        }
    }

    /// Memories of a group.
    pub fn memories(&self) -> usize {
        SET * self.sets + self.full + usize::from(self.tail > 0)
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
    fn depth_of(&self, k: usize) -> usize {
        if k == SET * self.sets + self.full {
            self.tail
        } else {
            CHUNK
        }
    }

    /// Whether memory `k` carries a part of a virtual chunk.
    fn in_set(&self, k: usize) -> bool {
        k < SET * self.sets
    }

    /// First address of memory `k`'s own words.
    fn base_of(&self, k: usize) -> usize {
        CHUNK * if self.in_set(k) { k + k / SET } else { k + self.sets }
    }

    /// Address of the word of the virtual chunk that memory `k` carries a part of at `offset`.
    fn shared_of(&self, k: usize, offset: usize) -> usize {
        (9 * (k / SET) + SET) * CHUNK + offset
    }
}

/// Columns of each group of a store of `cols` columns.
fn groups(cols: usize) -> impl Iterator<Item = Range<usize>> {
    (0..cols).step_by(GROUP).map(move |first| first..cols.min(first + GROUP))
}

/// Bits of a word of the memory `k` of a group: full chunks have a parity bit per column.
fn width_of(layout: &Layout, k: usize, columns: usize) -> usize {
    if layout.depth_of(k) == CHUNK {
        9 * columns
    } else {
        8 * columns
    }
}

/// Name of the image of memory `k` of a group, as `weight_group.v` builds it.
pub fn image_name(prefix: &str, group: usize, k: usize) -> String {
    format!("{prefix}_g{group:02}_c{k:02}.hex")
}

/// The memory images of a store: `words[address]` holds one weight per column. Unused words are 0.
///
/// # Panics
/// When a word has not `cols` weights.
pub fn pack_weights(prefix: &str, words: &[Vec<i8>], cols: usize) -> Vec<(String, String)> {
    assert!(words.iter().all(|word| word.len() == cols), "every word has {cols} weights");
    let layout = Layout::new(words.len());
    let memories = |(group, columns): (usize, Range<usize>)| {
        (0..layout.memories()).map(move |k| (image_name(prefix, group, k), memory(&layout, k, words, columns.clone())))
    };
    groups(cols).enumerate().flat_map(memories).collect()
}

fn memory(layout: &Layout, k: usize, words: &[Vec<i8>], columns: Range<usize>) -> String {
    let width = width_of(layout, k, columns.len());
    let line = |offset| hex(&memory_word(layout, k, offset, words, &columns), width) + "\n";
    (0..layout.depth_of(k)).map(line).collect()
}

/// Own weights in the low bytes, above them a bit per column: this memory's part of the virtual chunk's word, or, where
/// there is none, the parity of the column's weight, for nobody: constant bits would be optimised away, and the count
/// of block RAMs with them.
fn memory_word(layout: &Layout, k: usize, offset: usize, words: &[Vec<i8>], columns: &Range<usize>) -> [u64; 2] {
    let count = columns.len();
    let own = packed(words, layout.base_of(k) + offset, columns);
    let above = if layout.in_set(k) {
        let shared = packed(words, layout.shared_of(k, offset), columns);
        slice(&[shared], k % SET * count, count)
    } else if width_of(layout, k, count) > 8 * count {
        own.to_le_bytes().iter().take(count).rev().fold(0, |bits, byte| bits << 1 | u64::from(byte.count_ones() & 1))
    } else {
        0
    };
    let bits = u128::from(own) | u128::from(above) << (8 * count);
    [bits as u64, (bits >> 64) as u64]
}

/// The weights of a group at an address, the first column in the low byte.
fn packed(words: &[Vec<i8>], address: usize, columns: &Range<usize>) -> u64 {
    let Some(word) = words.get(address) else { return 0 };
    word[columns.clone()].iter().rev().fold(0, |sum, &weight| sum << 8 | u64::from(weight as u8))
}

/// The first `depth` words out of the images of [`pack_weights`]; `None` where an image is missing or malformed.
pub fn unpack_weights(prefix: &str, images: &[(String, String)], depth: usize, cols: usize) -> Option<Vec<Vec<i8>>> {
    let layout = Layout::new(depth);
    let mut words = vec![vec![0i8; cols]; depth];
    for (group, columns) in groups(cols).enumerate() {
        for k in 0..layout.memories() {
            let name = image_name(prefix, group, k);
            let (_, text) = images.iter().find(|(given, _)| *given == name)?;
            let lines: Vec<u128> =
                text.lines().map(|line| u128::from_str_radix(line, 16).ok()).collect::<Option<_>>()?;
            (lines.len() == layout.depth_of(k)).then_some(())?;
            for (offset, &line) in lines.iter().enumerate() {
                unpack(&layout, k, offset, line, &columns, &mut words);
            }
        }
    }
    Some(words)
}

fn unpack(layout: &Layout, k: usize, offset: usize, line: u128, columns: &Range<usize>, words: &mut [Vec<i8>]) {
    let count = columns.len();
    if let Some(word) = words.get_mut(layout.base_of(k) + offset) {
        for (i, weight) in word[columns.clone()].iter_mut().enumerate() {
            *weight = (line >> (8 * i)) as u8 as i8;
        }
    }
    if !layout.in_set(k) {
        return;
    }
    if let Some(word) = words.get_mut(layout.shared_of(k, offset)) {
        for i in 0..count {
            let bit = k % SET * count + i;
            word[columns.start + bit / 8] |= (((line >> (8 * count + i)) as u8 & 1) << (bit % 8)) as i8;
        }
    }
}
