//! Which tables lie in block RAM, and which in LUTs.

use crate::geometry::RESULT_BITS;
use crate::plan::Draft;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bits from which a table goes to block RAM, where there is enough of it.
const BLOCK_BITS: usize = 4096;
/// The class sums' name in [`Draft::lut_tables`], their module's.
pub const CLASS_SUMS: &str = "results";

/// The pool engine's part in [`Draft::lut_tables`], its module's: the result FIFO.
pub const POOLING: &str = "pooling";

/// What keeps a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableMemory {
    /// Block RAM.
    Block,
    /// Block RAM keeps the numbers of its words among the different ones, LUTs keep those.
    Numbers,
    /// LUTs.
    Luts,
}

/// A table, [`CLASS_SUMS`] or [`POOLING`], of which not all lies in block RAM because that is short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LutTable {
    pub name: String,
    pub memory: TableMemory,
}

impl fmt::Display for LutTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.memory {
            TableMemory::Numbers => write!(f, "{} (its different words)", self.name),
            TableMemory::Block | TableMemory::Luts => f.write_str(&self.name),
        }
    }
}

impl Draft {
    /// What keeps this table of `words` words of `bits` bits.
    pub fn table_memory(&self, table: &str, words: usize, bits: usize) -> TableMemory {
        match self.lut_tables.iter().find(|moved| moved.name == table) {
            _ if words * bits <= BLOCK_BITS => TableMemory::Luts,
            Some(moved) => moved.memory,
            None => TableMemory::Block,
        }
    }

    /// Whether the result FIFO lies in block RAM.
    pub fn words_in_block_ram(&self) -> bool {
        let g = &self.geometry;
        self.table_memory(POOLING, g.pool_words, g.rows * u8::BITS as usize) == TableMemory::Block
    }

    /// Whether the class sums lie in block RAM.
    pub fn sums_in_block_ram(&self) -> bool {
        self.table_memory(CLASS_SUMS, self.classes, RESULT_BITS) == TableMemory::Block
    }
}
