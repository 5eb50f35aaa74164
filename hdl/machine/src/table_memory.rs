//! Which tables lie in block RAM, and which in LUTs.

use crate::geometry::RESULT_BITS;
use crate::plan::Draft;

/// Bits from which a table goes to block RAM, where there is enough of it.
const BLOCK_BITS: usize = 4096;
/// The class sums' name in [`Draft::lut_tables`], their module's.
pub const CLASS_SUMS: &str = "results";

/// The pool engine's part in [`Draft::lut_tables`], its module's: the result FIFO.
pub const POOLING: &str = "pooling";

impl Draft {
    /// Whether this table of `words` words of `bits` bits lies in block RAM rather than LUTs.
    pub fn in_block_ram(&self, table: &str, words: usize, bits: usize) -> bool {
        words * bits > BLOCK_BITS && self.lut_tables.iter().all(|name| name != table)
    }

    /// Whether the result FIFO lies in block RAM.
    pub fn words_in_block_ram(&self) -> bool {
        let g = &self.geometry;
        self.in_block_ram(POOLING, g.pool_words, g.rows * u8::BITS as usize)
    }

    /// Whether the class sums lie in block RAM.
    pub fn sums_in_block_ram(&self) -> bool {
        self.in_block_ram(CLASS_SUMS, self.classes, RESULT_BITS)
    }
}
