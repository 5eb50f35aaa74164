//! A plan's tables, as ROMs hold them, and the widths of all its numbers.

use crate::bits::bits_for;
use crate::plan::Draft;
use crate::tables::{LayerEntry, PoolEntry, WAIT_ARRAY_MAX, WAIT_POOL_MAX};
use crate::weights::codes;
use crate::words::{Table, Widths};

fn largest(values: impl Iterator<Item = usize>) -> usize {
    values.max().unwrap_or(0)
}

impl Draft {
    /// Widths of all numbers.
    pub fn widths(&self) -> Widths {
        let g = &self.geometry;
        let layers = || self.layers.iter();
        let rows_of = |l: &LayerEntry| (l.tile_last + 1) * g.rows / (l.x_last + 1) + l.y_step + 2;
        let coords = layers().map(|l| (2 * l.x_last + 2).max(rows_of(l)));
        let pool_coords = self.pools.iter().map(|p| p.pitch.max(p.height).max(p.out_width).max(p.out_height));
        let slots = self.line_buffers.iter().map(|r| r.slots);
        let adds = g.residual_bits > 0;
        let levels = self.program.iter().map(|i| i.wait_in.max(i.free_in));
        Widths {
            pc: bits_for(self.program.len().saturating_sub(1)),
            layer: bits_for(self.layers.len() - 1),
            pool: bits_for(self.pools.len().saturating_sub(1)),
            item_tiles: bits_for(largest(self.program.iter().map(|i| i.tiles))),
            wait_arr: bits_for(WAIT_ARRAY_MAX),
            wait_pool: bits_for(WAIT_POOL_MAX),
            level: bits_for(largest(levels).max(self.input.slots)),
            slot: bits_for(largest(slots) + 1),
            addr: bits_for(g.act_depth - 1),
            tap: bits_for(self.taps.len() - 1),
            channel: bits_for(largest(layers().map(|l| l.ch_last).chain(self.pools.iter().map(|p| p.ch_last)))),
            channel_tile: bits_for(largest(layers().map(|l| l.ct_last))),
            tile: bits_for(largest(layers().map(|l| l.tile_last))),
            // The pool engine counts lanes in coordinates too.
            coord: bits_for(largest(coords.chain(pool_coords)).max(g.rows)),
            weight: bits_for(g.wgt_depth - 1),
            param: bits_for(self.params.len() - 1),
            column: bits_for(g.cols - 1),
            lane: bits_for(g.rows - 1),
            lanes: bits_for(g.rows),
            acc: g.acc_bits,
            mult: g.mult_bits,
            residual_addr: if adds { bits_for(g.act_depth - 1) } else { 1 },
            residual_slot: if adds { bits_for(largest(layers().map(|l| l.residual_n)) + 1) } else { 1 },
            residual: g.residual_bits.max(1),
            group_step: match largest(layers().map(|l| l.group_step)) {
                0 => 1,
                step => bits_for(step).max(2),
            },
            group_tile: bits_for(largest(layers().map(|l| l.group_last))),
        }
    }

    /// All ROMs of the machine but the weights.
    pub fn tables(&self) -> Vec<Table> {
        let w = self.widths();
        let mut tables = vec![
            Table::of(&self.program, &w),
            Table::of(&self.layers, &w),
            Table::of(&self.taps, &w),
            Table::of(&self.pools_or_default(), &w),
            Table::of(&self.params, &w),
        ];
        if !self.residuals.is_empty() {
            tables.push(Table::of(&self.residuals, &w));
        }
        if !self.offsets.is_empty() {
            tables.push(Table::numbers("offset", "sum", self.offset_bits(), &self.offsets));
        }
        if !self.streams.is_empty() {
            tables.push(codes::table(&self.geometry, &self.streams));
        }
        tables
    }

    /// A network without pools still has a pool table of one unused word.
    fn pools_or_default(&self) -> Vec<PoolEntry> {
        if self.pools.is_empty() {
            vec![PoolEntry::default()]
        } else {
            self.pools.clone()
        }
    }
}
