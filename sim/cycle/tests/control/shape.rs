//! Geometry and widths for primitives that belong to no plan.

use systole_machine::geometry::{bits_for, ColumnsPerLink, Geometry, Multiplier};
use systole_machine::words::Widths;
use systole_machine::InputMap;
use systole_machine::WeightMemory;

/// Words of a bank, and of weights.
pub const BANK: usize = 1 << 12;
pub const WEIGHTS: usize = 9000;

pub fn geometry(rows: usize, cols: usize, in_bytes: usize, pool_kernel: usize) -> Geometry {
    let multiplier = Multiplier::Single;
    Geometry {
        rows,
        cols,
        acc_bits: 25,
        mult_bits: 17,
        residual_bits: 20,
        act_depth: BANK,
        wgt_depth: WEIGHTS,
        in_bytes,
        pool_kernel,
        pool_passes: 1,
        pool_words: 0,
        multiplier,
        per_link: ColumnsPerLink::default(),
        weights: WeightMemory::Initialised,
        ..Geometry::default()
    }
}

/// Roomy widths, with the layer index narrower than the pool index for odd numbers of rows.
pub fn widths(g: &Geometry) -> Widths {
    Widths {
        pc: 6,
        layer: 3,
        pool: 2 + 2 * (g.rows % 2),
        item_tiles: 4,
        wait_arr: 6,
        wait_pool: 3,
        level: 5,
        slot: 6,
        addr: bits_for(g.act_depth - 1),
        tap: 6,
        channel: 5,
        channel_tile: 2,
        tile: 5,
        coord: 7,
        weight: bits_for(g.wgt_depth - 1),
        param: 7,
        column: bits_for(g.cols - 1),
        lane: bits_for(g.rows - 1),
        lanes: bits_for(g.rows),
        acc: g.acc_bits,
        mult: g.mult_bits,
        residual_addr: bits_for(g.act_depth - 1),
        residual_slot: 5,
        residual: g.residual_bits,
        // Of every second shape no layer has groups.
        group_step: if g.cols % 2 == 0 { 1 } else { bits_for(g.act_depth - 1) },
        group_tile: 1,
    }
}

/// An input of `channels` words a tile and `tiles` tiles, in a line buffer of `slots`.
pub fn input_map(g: &Geometry, channels: usize, slots: usize, tiles: usize) -> InputMap {
    InputMap {
        height: tiles,
        width: g.rows,
        image_channels: channels,
        signed: false,
        stride_y: 1,
        stride_x: 1,
        pitch: g.rows,
        tiles,
        channels,
        slots,
        beats: tiles * channels * g.beats_per_word(),
    }
}
