//! Array shape and the latencies that follow from it.

pub use crate::bits::{bits_for, clog2};
use crate::weights::codes::Codes;
use crate::weights::{groups, Layout, WeightMemory};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Words of a weight chunk, and columns that share one (72 bits: 8 columns and their parity byte).
pub const CHUNK_DEPTH: usize = 4096;
pub const CHUNK_COLUMNS: usize = 8;
/// Descriptors the pool engine queues.
pub const POOL_QUEUE: usize = 8;
/// Results the pool engine may have in flight between its reads and its writes.
pub const POOL_FIFO: usize = 16;
/// Bits of a class sum, and of a result beat.
pub const RESULT_BITS: usize = 32;
/// Bytes of the same, on links and in memory.
pub const RESULT_BYTES: usize = RESULT_BITS / 8;
/// Bits of an activation (9 with its sign) times a weight (8): no accumulator is narrower.
pub const PRODUCT_BITS: usize = 17;
/// Largest stride of a pooling.
pub const MAX_POOL_STRIDE: usize = 4;
/// Bytes of an input beat at most: 64 bits, what a DMA's stream has everywhere.
pub const MAX_IN_BYTES: usize = 8;
/// Registers from issue to `step_*`.
pub const SEQ_LAT: usize = 4;
/// Registers from the array's exit to a rescaled value.
pub const REQUANT_LAT: usize = 4;

/// Rows, and columns, that an array may have.
pub const SIDE: RangeInclusive<usize> = 2..=1024;

/// Fewest cycles of a (pixel tile, channel tile): the drain's columns, and what the sequencer's pipeline needs.
pub fn min_interval(cols: usize) -> usize {
    cols.max(4)
}

/// How the array multiplies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Multiplier {
    /// One product per DSP slice, which holds the sum too.
    #[default]
    Single,
    /// The first `pairs` pairs of columns: both columns' products in one DSP slice, summed in LUTs; `fabric` of them, counted
    /// over all rows, are multiplied in LUTs too. Further columns are as with `Single`.
    Pair { pairs: usize, fabric: usize },
}

/// Columns of the array that share a link of the drain chain; at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnsPerLink(pub usize);

impl Default for ColumnsPerLink {
    fn default() -> Self {
        ColumnsPerLink(1)
    }
}

/// The array and the memories around it. Every Verilog parameter is one of these or a formula over them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geometry {
    /// Pixel lanes, one activation bank each; at least 2.
    pub rows: usize,
    /// Output channels at a time; at least 2.
    pub cols: usize,
    /// Accumulator width, proven from the weights.
    pub acc_bits: usize,
    /// Rescale multiplier width (unsigned).
    pub mult_bits: usize,
    /// Width of the multipliers of what is added in the output stage (unsigned); 0 without additions.
    pub residual_bits: usize,
    /// Words of an activation bank.
    pub act_depth: usize,
    /// Steps of weights stored.
    pub wgt_depth: usize,
    /// Bytes of an input beat.
    pub in_bytes: usize,
    /// Largest pool kernel; 1 without pools.
    pub pool_kernel: usize,
    /// Passes of one pool operation at most, for a channel; at least 1.
    pub pool_passes: usize,
    /// Words of the result FIFO, a power of two; 0 where no pooling takes results directly.
    pub pool_words: usize,
    #[serde(default)]
    pub multiplier: Multiplier,
    /// Of columns that have a multiplier each; two that share one always share their link.
    #[serde(default)]
    pub per_link: ColumnsPerLink,
    #[serde(default)]
    pub weights: WeightMemory,
    /// Memories of a column group in UltraRAM, where the others are block RAM.
    #[serde(default, skip_serializing_if = "is_none")]
    pub ultra: usize,
    /// What a store of codes is built for.
    #[serde(default, skip_serializing_if = "Codes::is_empty")]
    pub codes: Codes,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Geometry {
    /// The same with as many memories of every column group in so many UltraRAMs as there is room for, where the store divides them.
    pub fn dividing(self, uram: usize) -> Geometry {
        let ultra = match self.weights {
            WeightMemory::UltraAndBlock => (uram / groups(self.cols).count()).min(Layout::new(self.wgt_depth).whole()),
            WeightMemory::Initialised
            | WeightMemory::Loaded
            | WeightMemory::Ultra
            | WeightMemory::Coded
            | WeightMemory::CodedLoaded => 0,
        };
        Geometry { ultra, ..self }
    }

    /// Registered stages of a rotator over the rows, each by up to 3.
    pub fn rot_stages(&self) -> usize {
        clog2(self.rows).div_ceil(2).max(1)
    }

    /// Whether windows have pixels in several tiles, so that poolings read what is there of their results.
    pub fn pools_merge(&self) -> bool {
        self.pool_kernel > 1
    }

    /// Cycles from a chunk's last pass to its result in the pool engine's FIFO.
    pub fn pool_lat(&self) -> usize {
        4 + 2 * self.rot_stages() + self.pool_kernel + usize::from(self.pools_merge())
    }

    pub(crate) fn weight_lat(&self) -> usize {
        self.store().latency(self)
    }

    fn feed_lat(&self) -> usize {
        4 + self.rot_stages()
    }

    /// Cycles from `step_*` to lane 0's and column 0's edge register.
    pub fn edge(&self) -> usize {
        self.feed_lat().max(self.weight_lat())
    }

    /// Registers added in front of the feed to meet the weights.
    pub fn feed_delay(&self) -> usize {
        self.edge() - self.feed_lat()
    }

    /// Registers added in front of the weight store to meet the activations.
    pub fn weight_delay(&self) -> usize {
        self.edge() - self.weight_lat()
    }

    /// Pairs of columns that share a multiplier.
    pub fn pairs(&self) -> usize {
        match self.multiplier {
            Multiplier::Single => 0,
            Multiplier::Pair { pairs, .. } => pairs,
        }
    }

    /// Pairs of all rows that are multiplied in LUTs.
    pub fn fabric(&self) -> usize {
        match self.multiplier {
            Multiplier::Single => 0,
            Multiplier::Pair { fabric, .. } => fabric,
        }
    }

    /// Links of a row's drain chain.
    pub fn links(&self) -> usize {
        self.pairs() + (self.cols - 2 * self.pairs()).div_ceil(self.per_link.0)
    }

    /// A shared multiplier's products are a cycle late, and the other columns' activations wait for them.
    fn late(&self) -> usize {
        usize::from(self.pairs() > 0)
    }

    /// Cycles from column 0's activation and weight to column `c`'s: one more per column and one more per link.
    pub fn column_lag(&self, c: usize) -> usize {
        match c.checked_sub(2 * self.pairs()) {
            None => 3 * (c / 2),
            Some(single) => c + self.pairs() + single / self.per_link.0 + self.late(),
        }
    }

    /// Cycles from lane 0's edge register, with the step marked last, to column 0's sum at the array's exit, less 3.
    pub fn exit_lag(&self) -> usize {
        self.links() + self.late()
    }

    /// DSP slices of the array.
    pub fn array_dsp(&self) -> usize {
        self.rows * (self.cols - self.pairs()) - self.fabric()
    }

    /// Fewest cycles of a (pixel tile, channel tile).
    pub fn min_interval(&self) -> usize {
        min_interval(self.cols)
    }

    /// Cycles from the step marked last to the drain control's first column.
    pub fn drain_delay(&self) -> usize {
        self.edge() + self.exit_lag()
    }

    /// Cycles from a residual value at its lane's edge register to its column's sum at the array's exit.
    pub fn residual_delay(&self) -> usize {
        2 + self.min_interval() + self.exit_lag()
    }

    /// Cycles from the step marked last to the write request of column `j`.
    pub fn write_lat(&self, j: usize) -> usize {
        self.edge() + 3 + self.exit_lag() + j + REQUANT_LAT + self.rows - 1
    }

    /// Cycles from the step marked last to the retire pulse.
    pub fn retire_lat(&self) -> usize {
        self.write_lat(self.cols - 1) + 2
    }

    /// Cycles from the end of an item to the release of its input tiles.
    pub fn release_delay(&self) -> usize {
        SEQ_LAT + self.edge()
    }

    /// Descriptors in flight between the sequencer and the drain control.
    pub fn drain_queue(&self) -> usize {
        (self.drain_delay() + self.cols).div_ceil(self.min_interval()) + 2
    }

    /// Beats that carry one word (one channel of one tile) of the input.
    pub fn beats_per_word(&self) -> usize {
        self.rows.div_ceil(self.in_bytes)
    }

    /// Output beats of an input beat that is looped back.
    pub fn loop_parts(&self) -> usize {
        (8 * self.in_bytes).div_ceil(RESULT_BITS)
    }

    /// Multiply-accumulates per cycle.
    pub fn macs_per_cycle(&self) -> usize {
        self.rows * self.cols
    }
}
