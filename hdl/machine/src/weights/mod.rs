//! Weight stores: what keeps the weights. One trait, one file per store, and this list of them.

mod chunks;
pub mod codes;
mod initialised;
mod written;

pub use chunks::{groups, loaded_row, Layout, WORD_BYTES};

use crate::geometry::Geometry;
use crate::logic::Logic;
use crate::plan::Draft;
use serde::{Deserialize, Serialize};

/// The weight stores by their names in a plan file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightMemory {
    /// Block RAM with the weights as its initial contents.
    #[default]
    Initialised,
    /// Block RAM, written by the host after every start.
    Loaded,
    /// UltraRAM, which has no initial contents and is written by the host.
    Ultra,
    /// UltraRAM as far as it goes and block RAM for the rest, written by the host.
    UltraAndBlock,
    /// Codes in block RAM with initial contents.
    Coded,
    /// Codes in block RAM, written by the host after every start.
    CodedLoaded,
}

impl WeightMemory {
    /// All of them, those that a planner prefers first.
    pub const ALL: [WeightMemory; 6] = [
        WeightMemory::Ultra,
        WeightMemory::Initialised,
        WeightMemory::Loaded,
        WeightMemory::UltraAndBlock,
        WeightMemory::Coded,
        WeightMemory::CodedLoaded,
    ];

    /// What the machine, its costs and its host must know of the store.
    pub fn store(self) -> &'static dyn WeightStore {
        match self {
            WeightMemory::Initialised => &initialised::Initialised,
            WeightMemory::Loaded => &written::BLOCK,
            WeightMemory::Ultra => &written::ULTRA,
            WeightMemory::UltraAndBlock => &written::ULTRA_AND_BLOCK,
            WeightMemory::Coded => &codes::CODED,
            WeightMemory::CodedLoaded => &codes::CODED_LOADED,
        }
    }
}

/// What a store's memories are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RamKind {
    /// Block RAM that is read at one port and written, if at all, at the other.
    Block,
    /// Block RAM with both ports independent.
    Dual,
    Ultra,
}

/// Equal memories of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rams {
    pub kind: RamKind,
    /// Words, and bits of a word.
    pub depth: usize,
    pub width: usize,
    pub count: usize,
}

/// A store as the memory check reads it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readback {
    pub words: usize,
    pub word_bytes: usize,
    /// Cycles from an address to the word beside which a byte is chosen.
    pub latency: usize,
}

/// One way to keep the weights on chip: steps in, one weight per column out, always equally late.
pub trait WeightStore: Sync {
    /// For reports.
    fn text(&self) -> &'static str;

    /// Whether it keeps codes, see [`codes`], and not bytes.
    fn is_coded(&self) -> bool {
        false
    }

    /// Cycles from a step to column 0's weight, [`Geometry::weight_delay`] left out.
    fn latency(&self, g: &Geometry) -> usize;

    /// All memories.
    fn rams(&self, g: &Geometry) -> Vec<Rams>;

    /// LUT and FF of everything between step and weights, estimated.
    fn logic(&self, g: &Geometry) -> Logic;

    /// Its words.
    fn readback(&self, g: &Geometry) -> Readback;

    /// What it holds: words ascending, each in whole bytes, the low byte first. `weights`: step after step, a weight per column.
    fn contents(&self, draft: &Draft, weights: &[i8]) -> Vec<u8>;

    /// How the host writes it; `None` where the design has the weights.
    fn load_order(&'static self) -> Option<&'static dyn LoadOrder>;

    /// Whether the host writes the weights after every start.
    fn is_loaded(&'static self) -> bool {
        self.load_order().is_some()
    }
}

/// How a store is filled: words of [`WORD_BYTES`] bytes in the order in which its loader takes them.
pub trait LoadOrder: Sync {
    /// Words until the weights are complete.
    fn count(&self, g: &Geometry) -> usize;

    /// Those words, of the store's [`WeightStore::contents`].
    fn words(&self, g: &Geometry, contents: &[u8]) -> Vec<u128>;

    /// The contents out of the words, the inverse of [`LoadOrder::words`].
    fn contents(&self, g: &Geometry, words: &[u128]) -> Vec<u8>;
}

impl Geometry {
    /// The weight store.
    pub fn store(&self) -> &'static dyn WeightStore {
        self.weights.store()
    }

    /// Words that a loader takes until the weights are complete; 0 where none does.
    pub fn load_words(&self) -> usize {
        self.store().load_order().map_or(0, |order| order.count(self))
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
