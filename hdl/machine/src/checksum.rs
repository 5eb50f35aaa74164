//! The checksum of every layer that the machine keeps, computed from a trace of any engine. Rule: docs/machine.md, Results.

use crate::plan::Draft;
use crate::tables::LayerEntry;
use systole_net::{Tensor, Trace};

/// Per entry of the plan's layer table the value of `checksum_value` after the image that left `trace`.
pub fn layer_checksums(plan: &Draft, trace: &Trace) -> Vec<u32> {
    let layers = plan.layers.iter().zip(&plan.bindings);
    layers.map(|(entry, binding)| layer_checksum(plan, entry, &trace.layers[binding.layer])).collect()
}

/// Columns in the order in which they leave the array: pixel tile, channel tile, column.
fn layer_checksum(plan: &Draft, entry: &LayerEntry, result: &Tensor) -> u32 {
    let mut sum = 0u32;
    for tile in 0..=entry.tile_last {
        for ct in 0..=entry.ct_last {
            let columns = if ct == entry.ct_last { entry.cols_last + 1 } else { plan.geometry.cols };
            for column in 0..columns {
                let check = column_check(plan, entry, result, tile, ct * plan.geometry.cols + column);
                sum = sum.rotate_left(1).wrapping_add(check.into());
            }
        }
    }
    sum
}

/// Over the lanes of one column; lanes beyond the map add nothing.
fn column_check(plan: &Draft, entry: &LayerEntry, result: &Tensor, tile: usize, channel: usize) -> u16 {
    let (rows, pitch) = (plan.geometry.rows, entry.x_last + 1);
    (0..rows).fold(0u16, |check, lane| {
        let pixel = tile * rows + lane;
        let (y, x) = (pixel / pitch, pixel % pitch);
        let value = if x <= entry.ow_last && y <= entry.oh_last { result.at(channel, y, x) as u16 } else { 0 };
        check.rotate_left(1).wrapping_add(value)
    })
}
