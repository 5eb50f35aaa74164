//! The memories that the machine reads back on demand, in the order of their numbers, and what it must find in them.

pub use crate::logic::byte_stages;
use crate::plan::{Draft, Plan};
use crate::words::Table;

/// The first memory.
pub const WEIGHTS: &str = "weights";
/// Cycles beyond the slowest memory's latency before another is read: written weights are in their memory, the fetch machine
/// stands still.
const SETTLED: usize = 4;
/// Cycles from the register bus to the first memory and from the last CRC back.
const ROUND: usize = 8;
/// Registers from a table's address to its word: the word, and in block RAM another one.
const TABLE_LAT: usize = 2;

/// What a memory must be found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// [`WEIGHTS`], or a table of [`Draft::tables`].
    pub name: &'static str,
    /// Bytes that are read back, one a cycle.
    pub bytes: usize,
    /// CRC-32 (IEEE 802.3) over them.
    pub crc: u32,
}

/// A memory's contents as they are read back: words ascending, each in whole bytes, the low byte first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryImage {
    pub name: &'static str,
    pub word_bytes: usize,
    pub bytes: Vec<u8>,
}

impl MemoryImage {
    fn of(table: &Table) -> Self {
        let word_bytes = table.width.div_ceil(u8::BITS as usize);
        let word = |word: &Vec<u64>| {
            let bytes: Vec<u8> = table.limbs(word).iter().flat_map(|limb| limb.to_le_bytes()).collect();
            bytes[..word_bytes].to_vec()
        };
        MemoryImage { name: table.name, word_bytes, bytes: table.words.iter().flat_map(word).collect() }
    }

    /// Words.
    pub fn depth(&self) -> usize {
        self.bytes.len() / self.word_bytes
    }

    pub fn crc(&self) -> u32 {
        crc32fast::hash(&self.bytes)
    }
}

impl Draft {
    /// Cycles between two memories that are read back, more than any memory's latency.
    pub fn check_settle(&self) -> usize {
        let g = &self.geometry;
        let weights = g.store().readback(g);
        let weights = weights.latency + byte_stages(weights.word_bytes);
        let table = |table: &Table| TABLE_LAT + byte_stages(table.width.div_ceil(u8::BITS as usize));
        self.tables().iter().map(table).fold(weights, usize::max) + SETTLED
    }
}

impl Plan {
    /// The weights as the store keeps them.
    pub fn weights_image(&self) -> MemoryImage {
        let store = self.geometry.store();
        let word_bytes = store.readback(&self.geometry).word_bytes;
        MemoryImage { name: WEIGHTS, word_bytes, bytes: store.contents(self, self.weights()) }
    }

    /// Every memory with contents. A memory's place is its number in the register `memory_index`.
    pub fn memory_images(&self) -> Vec<MemoryImage> {
        let weights = self.weights_image();
        std::iter::once(weights).chain(self.tables().iter().map(MemoryImage::of)).collect()
    }

    /// What the machine must find in its memories. It goes over all weights; whoever asks often keeps the answer.
    pub fn memories(&self) -> Vec<Memory> {
        let images = self.memory_images();
        images.iter().map(|image| Memory { name: image.name, bytes: image.bytes.len(), crc: image.crc() }).collect()
    }

    /// Cycles that reading everything back takes at most.
    pub fn check_cycles(&self) -> u64 {
        let table = |table: &Table| table.width.div_ceil(u8::BITS as usize) * table.words.len();
        let tables = self.tables();
        let weights = self.geometry.store().readback(&self.geometry);
        let bytes = weights.words * weights.word_bytes + tables.iter().map(table).sum::<usize>();
        // Before the weights, and behind every memory.
        (bytes + (tables.len() + 2) * self.check_settle() + ROUND) as u64
    }
}
