//! What the machine executes: program items, layer, tap and pool descriptors, parameters. Field meanings: docs/machine.md.

use crate::words::{word, Raw};
use serde::{Deserialize, Serialize};

/// Largest waits that the fields hold; as good as none.
pub const WAIT_ARRAY_MAX: usize = 255;
pub const WAIT_POOL_MAX: usize = 15;
/// Most pixel tiles of one item.
pub const ITEM_TILES_MAX: usize = 255;

/// What a program item does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemKind {
    #[default]
    Conv,
    Pool,
}

impl Raw for ItemKind {
    fn raw(self) -> u64 {
        u64::from(self == ItemKind::Pool)
    }

    fn of(raw: u64, _bits: usize) -> Self {
        match raw {
            0 => ItemKind::Conv,
            _ => ItemKind::Pool,
        }
    }
}

word! {
    /// One entry of the program.
    Item in "prog" after 2 {
        kind: ItemKind as Flag,
        /// The program starts again after this item.
        last: bool as Flag,
        /// Layer descriptor, or pool descriptor.
        layer: usize as LayerOrPool,
        /// Pixel tiles (conv).
        tiles: usize as Tiles,
        /// Conv: a tile begins when at most this many tiles are outstanding. Pool: this many of the tiles issued before it, in
        /// program order, may be outstanding.
        wait_arr: usize as WaitArray,
        /// Conv: pool operations before it in program order that may be outstanding.
        wait_pool: usize as WaitPool,
        /// Input tiles that must be held when the item begins.
        wait_in: usize as Level,
        /// Input tiles given back at its end.
        free_in: usize as Level,
    }
}

word! {
    /// A convolution as the machine sees it.
    LayerEntry in "layer" after 1 {
        tap_base: usize as TapAddress,
        tap_last: usize as Tap,
        ch_last: usize as Channel,
        ct_last: usize as ChannelTile,
        tile_last: usize as Tile,
        src_n: usize as Slot,
        dst_addr: usize as Address,
        dst_n: usize as Slot,
        dst_ct_step: usize as Address,
        src_adv: usize as Slot,
        wgt_base: usize as Weight,
        param_base: usize as Parameter,
        x_step: usize as X,
        y_step: usize as Y,
        x_last: usize as X,
        ow_last: usize as X,
        oh_last: usize as Y,
        cols_last: usize as Column,
        src_signed: bool as Flag,
        sum: bool as Flag,
        out_signed: bool as Flag,
        relu: bool as Flag,
        /// Results go to the result FIFO instead of the banks.
        direct: bool as Flag,
        /// A residual is added: its channel 0's address, the tiles of its line buffer.
        residual: bool as Flag,
        residual_addr: usize as ResidualAddress,
        residual_n: usize as ResidualSlot,
        /// Words from the input channels of a group of channel tiles to those of the next, and channel tiles of such a group - 1.
        group_step: usize as GroupStep,
        group_last: usize as GroupTile,
    }
}

impl LayerEntry {
    /// Output channels on an array of `cols` columns.
    pub fn channels(&self, cols: usize) -> usize {
        self.ct_last * cols + self.cols_last + 1
    }

    /// Activations that each lane computes of an image, those in the gap of the pitch and beyond the map included: a channel
    /// after another in every tile.
    pub fn lane_activations(&self, cols: usize) -> usize {
        (self.tile_last + 1) * self.channels(cols)
    }
}

word! {
    /// One kernel tap of a convolution.
    TapEntry in "tap" after 1 {
        addr0: usize as Address,
        q: usize as Slot,
        rot: usize as Rotation,
        x_lo: usize as X,
        x_hi: usize as X,
        y_lo: usize as Y,
        y_hi: usize as Y,
    }
}

word! {
    /// A pooling layer as the pool engine sees it. `*_slots`, `*_lanes` are steps of positions in a line buffer.
    PoolEntry in "pool" after 1 {
        /// Its source's words come from the result FIFO, and lie in no bank.
        direct: bool as Flag,
        src_base: usize as Address,
        src_n: usize as Slot,
        dst_base: usize as Address,
        dst_n: usize as Slot,
        /// From pooled row to pooled row.
        dst_row_slots: usize as Slot,
        dst_row_lanes: usize as Lane,
        /// Pooled tiles of an image, modulo the line buffer.
        dst_image: usize as Slot,
        ch_last: usize as Channel,
        /// Source pixels from row to row, those of them beyond the map, and source rows.
        pitch: usize as X,
        gap: usize as X,
        height: usize as Y,
        /// Kernel rows - 1 and columns - 1.
        kernel_last: usize as Kernel,
        stride: usize as Stride,
        pad: usize as Kernel,
        /// Pooled pixels of a row, and pooled rows.
        out_width: usize as X,
        out_height: usize as Y,
        /// The lanes hold a whole row: what a tile has of a pooled row is made at once.
        whole: bool as Flag,
        signed: bool as Flag,
    }
}

word! {
    /// How a layer rescales what it adds; a multiplier of 0 adds nothing.
    ResidualEntry in "residual" after 1 {
        mult: u32 as Residual,
        signed: bool as Flag,
    }
}

word! {
    /// Parameters of one output channel.
    Param in "param" after 1 {
        bias: i32 as Accumulator,
        mult: u32 as Multiplier,
    }
}
