//! What the machine executes: program items, layer, tap and pool descriptors, parameters. Field meanings: docs/machine.md.

use serde::{Deserialize, Serialize};

/// What a program item does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemKind {
    #[default]
    Conv,
    Pool,
}

/// One entry of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub kind: ItemKind,
    /// The program starts again after this item.
    pub last: bool,
    /// Layer descriptor, or pool descriptor.
    pub layer: usize,
    /// Pixel tiles (conv).
    pub tiles: usize,
    /// Conv: a tile begins when at most this many tiles are outstanding. Pool: this many of the tiles issued before it, in
    /// program order, may be outstanding.
    pub wait_arr: usize,
    /// Conv: pool operations before it in program order that may be outstanding.
    pub wait_pool: usize,
    /// Input tiles that must be held when the item begins.
    pub wait_in: usize,
    /// Input tiles given back at its end.
    pub free_in: usize,
}

/// A convolution as the machine sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerEntry {
    pub tap_base: usize,
    pub tap_last: usize,
    pub ch_last: usize,
    pub ct_last: usize,
    pub tile_last: usize,
    pub src_n: usize,
    pub dst_addr: usize,
    pub dst_n: usize,
    pub dst_ct_step: usize,
    pub src_adv: usize,
    pub wgt_base: usize,
    pub param_base: usize,
    pub x_step: usize,
    pub y_step: usize,
    pub x_last: usize,
    pub ow_last: usize,
    pub oh_last: usize,
    pub cols_last: usize,
    pub src_signed: bool,
    pub sum: bool,
    pub out_signed: bool,
    pub relu: bool,
    /// Something kept is added: its channel 0's address, the tiles of its ring.
    pub kept: bool,
    pub kept_addr: usize,
    pub kept_n: usize,
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

/// One kernel tap of a convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapEntry {
    pub addr0: usize,
    pub q: usize,
    pub rot: usize,
    pub x_lo: usize,
    pub x_hi: usize,
    pub y_lo: usize,
    pub y_hi: usize,
}

/// A pooling layer as the pool engine sees it. Positions are (slot, lane) pairs; `*_slots`, `*_lanes` are steps of positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolEntry {
    pub src_base: usize,
    pub src_n: usize,
    /// From source row y to y + 1.
    pub row_slots: usize,
    pub row_lanes: usize,
    /// From one pooled row's first source row to the next one's.
    pub step_slots: usize,
    pub step_lanes: usize,
    /// From one chunk's first source pixel to the next one's.
    pub chunk_lanes: usize,
    /// From the first image row to the first window row (above it when padded), modulo the ring.
    pub origin_slots: usize,
    pub origin_lanes: usize,
    /// Source tiles of an image, modulo the ring.
    pub src_image: usize,
    pub dst_base: usize,
    pub dst_n: usize,
    /// From pooled row to pooled row.
    pub dst_row_slots: usize,
    pub dst_row_lanes: usize,
    /// Pooled tiles of an image, modulo the ring.
    pub dst_image: usize,
    pub ch_last: usize,
    pub chunk_last: usize,
    /// Pooled pixels of a chunk, and of the last one.
    pub out: usize,
    pub out_final: usize,
    /// Kernel rows - 1 and columns - 1.
    pub kernel_last: usize,
    /// Kernel rows of an operation.
    pub group: usize,
    pub stride: usize,
    pub pad: usize,
    /// Source height - 1, width - 1, and pooled rows - 1.
    pub h_last: usize,
    pub w_last: usize,
    pub oh_last: usize,
    pub signed: bool,
}

/// How a layer rescales what it adds; a multiplier of 0 adds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidualEntry {
    pub mult: u32,
    pub signed: bool,
}

/// Parameters of one output channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    pub bias: i32,
    pub mult: u32,
}
