//! Tables as ROM words: every field's place and width, by formula; contents as `$readmemh` text.

use crate::build::{WAIT_ARRAY_MAX, WAIT_POOL_MAX};
use crate::geometry::{bits_for, MAX_POOL_STRIDE};
use crate::plan::Plan;
use crate::tables::{Item, ItemKind, LayerEntry, PoolEntry, TapEntry};

/// Bits of each kind of number in the machine: Verilog parameters and field widths alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths {
    pub pc: usize,
    pub layer: usize,
    pub pool: usize,
    pub item_tiles: usize,
    pub wait_arr: usize,
    pub wait_pool: usize,
    /// Input tiles held.
    pub level: usize,
    /// Ring sizes and slots; holds the ring size itself.
    pub slot: usize,
    /// Bank addresses.
    pub addr: usize,
    pub tap: usize,
    pub channel: usize,
    pub channel_tile: usize,
    pub tile: usize,
    /// Output coordinates, with what lies beyond the map.
    pub coord: usize,
    pub weight: usize,
    pub param: usize,
    pub column: usize,
    pub lane: usize,
    /// Numbers of lanes, up to all rows.
    pub lanes: usize,
    pub acc: usize,
    pub mult: usize,
    /// Addresses and rings of kept maps, multipliers of additions: one bit each when nothing is added.
    pub kept_addr: usize,
    pub kept_slot: usize,
    pub residual: usize,
}

fn largest(values: impl Iterator<Item = usize>) -> usize {
    values.max().unwrap_or(0)
}

impl Plan {
    /// Widths of all numbers.
    pub fn widths(&self) -> Widths {
        let g = &self.geometry;
        let layers = || self.layers.iter();
        let rows_of = |l: &LayerEntry| (l.tile_last + 1) * g.rows / (l.x_last + 1) + l.y_step + 2;
        let coords = layers().map(|l| (2 * l.x_last + 2).max(rows_of(l)));
        let pool_coords =
            self.pools.iter().map(|p| (p.h_last + p.kernel_last + 1).max(p.w_last + p.chunk_lanes + g.rows));
        let slots = self.rings.iter().map(|r| r.slots);
        let adds = g.residual_bits > 0;
        let levels = self.program.iter().map(|i| i.wait_in.max(i.free_in));
        Widths {
            pc: bits_for(self.program.len() - 1),
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
            // The pool engine counts a window's rows, fewer than lanes, in coordinates too.
            coord: bits_for(largest(coords.chain(pool_coords)).max(g.rows - 1)),
            weight: bits_for(g.wgt_depth - 1),
            param: bits_for(self.params.len() - 1),
            column: bits_for(g.cols - 1),
            lane: bits_for(g.rows - 1),
            lanes: bits_for(g.rows),
            acc: g.acc_bits,
            mult: g.mult_bits,
            kept_addr: if adds { bits_for(g.act_depth - 1) } else { 1 },
            kept_slot: if adds { bits_for(largest(layers().map(|l| l.kept_n)) + 1) } else { 1 },
            residual: g.residual_bits.max(1),
        }
    }

    /// All ROMs of the machine but the weights.
    pub fn tables(&self) -> Vec<Table> {
        let w = self.widths();
        let mut tables = vec![
            Table::new("prog", self.program.iter().map(|i| item_fields(i, &w)).collect()),
            Table::new("layer", self.layers.iter().map(|l| layer_fields(l, &w)).collect()),
            Table::new("tap", self.taps.iter().map(|t| tap_fields(t, &w)).collect()),
            Table::new("pool", self.pools_or_default().iter().map(|p| pool_fields(p, &w)).collect()),
            Table::new(
                "param",
                self.params
                    .iter()
                    .map(|p| vec![("bias", w.acc, p.bias as i64 as u64), ("mult", w.mult, u64::from(p.mult))])
                    .collect(),
            ),
        ];
        if !self.residuals.is_empty() {
            let words = self.residuals.iter();
            let fields = words.map(|r| vec![("mult", w.residual, u64::from(r.mult)), ("signed", 1, r.signed.into())]);
            tables.push(Table::new("residual", fields.collect()));
        }
        if !self.offsets.is_empty() {
            let words = self.offsets.iter().map(|&sum| vec![("sum", self.offset_bits(), sum as u64)]);
            tables.push(Table::new("offset", words.collect()));
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

/// A field of a ROM word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub low: usize,
    pub width: usize,
}

/// A ROM: fields from the least significant bit on, and one value per field and word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub fields: Vec<Field>,
    pub width: usize,
    pub words: Vec<Vec<u64>>,
}

/// Bits of a limb of a word.
const LIMB: usize = 64;

type Values = Vec<(&'static str, usize, u64)>;

impl Table {
    fn new(name: &'static str, entries: Vec<Values>) -> Table {
        let mut low = 0;
        let mut fields = Vec::new();
        for &(name, width, _) in entries.first().map(Vec::as_slice).unwrap_or(&[]) {
            fields.push(Field { name, low, width });
            low += width;
        }
        let mask = |width: usize, v: u64| if width >= 64 { v } else { v & ((1 << width) - 1) };
        let words = entries.iter().map(|e| e.iter().map(|&(_, width, v)| mask(width, v)).collect()).collect();
        Table { name, fields, width: low, words }
    }

    /// Bits of a word that are not the same in all words. Synthesis stores no others.
    pub fn varying_bits(&self) -> usize {
        let varying = |f: usize| self.words.iter().fold(0, |bits, word| bits | (word[f] ^ self.words[0][f]));
        (0..self.fields.len()).map(|f| varying(f).count_ones() as usize).sum()
    }

    /// A word's fields side by side in 64-bit limbs, the least significant first.
    pub fn limbs(&self, word: &[u64]) -> Vec<u64> {
        let mut limbs = vec![0; self.width.div_ceil(LIMB)];
        for (field, &value) in self.fields.iter().zip(word) {
            let (at, bit) = (field.low / LIMB, field.low % LIMB);
            limbs[at] |= value << bit;
            if bit + field.width > LIMB {
                limbs[at + 1] |= value >> (LIMB - bit);
            }
        }
        limbs
    }

    /// One line of hexadecimal digits per word.
    pub fn hex(&self) -> String {
        let digits = self.width.div_ceil(4);
        let mut text = String::with_capacity(self.words.len() * (digits + 1));
        for word in &self.words {
            let mut bits = vec![false; digits * 4];
            for (f, &v) in self.fields.iter().zip(word) {
                for b in 0..f.width {
                    bits[f.low + b] = v >> b & 1 == 1;
                }
            }
            for d in (0..digits).rev() {
                let nibble = (0..4).map(|b| u32::from(bits[d * 4 + b]) << b).sum();
                text.push(char::from_digit(nibble, 16).unwrap_or('x'));
            }
            text.push('\n');
        }
        text
    }
}

fn item_fields(i: &Item, w: &Widths) -> Values {
    vec![
        ("kind", 1, u64::from(i.kind == ItemKind::Pool)),
        ("last", 1, u64::from(i.last)),
        ("layer", w.layer.max(w.pool), i.layer as u64),
        ("tiles", w.item_tiles, i.tiles as u64),
        ("wait_arr", w.wait_arr, i.wait_arr as u64),
        ("wait_pool", w.wait_pool, i.wait_pool as u64),
        ("wait_in", w.level, i.wait_in as u64),
        ("free_in", w.level, i.free_in as u64),
    ]
}

fn layer_fields(l: &LayerEntry, w: &Widths) -> Values {
    vec![
        ("tap_base", w.tap, l.tap_base as u64),
        ("tap_last", w.tap, l.tap_last as u64),
        ("ch_last", w.channel, l.ch_last as u64),
        ("ct_last", w.channel_tile, l.ct_last as u64),
        ("tile_last", w.tile, l.tile_last as u64),
        ("src_n", w.slot, l.src_n as u64),
        ("dst_addr", w.addr, l.dst_addr as u64),
        ("dst_n", w.slot, l.dst_n as u64),
        ("dst_ct_step", w.addr, l.dst_ct_step as u64),
        ("src_adv", w.slot, l.src_adv as u64),
        ("wgt_base", w.weight, l.wgt_base as u64),
        ("param_base", w.param, l.param_base as u64),
        ("x_step", w.coord, l.x_step as u64),
        ("y_step", w.coord, l.y_step as u64),
        ("x_last", w.coord, l.x_last as u64),
        ("ow_last", w.coord, l.ow_last as u64),
        ("oh_last", w.coord, l.oh_last as u64),
        ("cols_last", w.column, l.cols_last as u64),
        ("src_signed", 1, u64::from(l.src_signed)),
        ("sum", 1, u64::from(l.sum)),
        ("out_signed", 1, u64::from(l.out_signed)),
        ("relu", 1, u64::from(l.relu)),
        ("kept", 1, u64::from(l.kept)),
        ("kept_addr", w.kept_addr, l.kept_addr as u64),
        ("kept_n", w.kept_slot, l.kept_n as u64),
    ]
}

fn tap_fields(t: &TapEntry, w: &Widths) -> Values {
    vec![
        ("addr0", w.addr, t.addr0 as u64),
        ("q", w.slot, t.q as u64),
        ("rot", w.lane, t.rot as u64),
        ("x_lo", w.coord, t.x_lo as u64),
        ("x_hi", w.coord, t.x_hi as u64),
        ("y_lo", w.coord, t.y_lo as u64),
        ("y_hi", w.coord, t.y_hi as u64),
    ]
}

fn pool_fields(p: &PoolEntry, w: &Widths) -> Values {
    vec![
        ("src_base", w.addr, p.src_base as u64),
        ("src_n", w.slot, p.src_n as u64),
        ("row_slots", w.slot, p.row_slots as u64),
        ("row_lanes", w.lane, p.row_lanes as u64),
        ("step_slots", w.slot, p.step_slots as u64),
        ("step_lanes", w.lane, p.step_lanes as u64),
        ("chunk_lanes", w.lanes, p.chunk_lanes as u64),
        ("origin_slots", w.slot, p.origin_slots as u64),
        ("origin_lanes", w.lane, p.origin_lanes as u64),
        ("src_image", w.slot, p.src_image as u64),
        ("dst_base", w.addr, p.dst_base as u64),
        ("dst_n", w.slot, p.dst_n as u64),
        ("dst_row_slots", w.slot, p.dst_row_slots as u64),
        ("dst_row_lanes", w.lane, p.dst_row_lanes as u64),
        ("dst_image", w.slot, p.dst_image as u64),
        ("ch_last", w.channel, p.ch_last as u64),
        ("chunk_last", w.coord, p.chunk_last as u64),
        ("out", w.lanes, p.out as u64),
        ("out_final", w.lanes, p.out_final as u64),
        ("kernel_last", w.lane, p.kernel_last as u64),
        ("group", w.lanes, p.group as u64),
        ("stride", bits_for(MAX_POOL_STRIDE), p.stride as u64),
        ("pad", w.lane, p.pad as u64),
        ("h_last", w.coord, p.h_last as u64),
        ("w_last", w.coord, p.w_last as u64),
        ("oh_last", w.coord, p.oh_last as u64),
        ("signed", 1, u64::from(p.signed)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Field, Table};

    #[test]
    fn fields_may_cross_limbs() {
        let field = |name, low, width| Field { name, low, width };
        let fields = vec![field("a", 0, 60), field("b", 60, 8), field("c", 68, 64)];
        let table = Table { name: "t", fields, width: 132, words: vec![vec![1, 0xa5, u64::MAX]] };
        assert_eq!(table.limbs(&table.words[0]), [1 | 5 << 60, 0xa | !0 << 4, 0xf]);
    }
}
