//! Block RAM and multipliers of a plan, module by module, exact per family; LUT and FF estimated.

use crate::board::Family;
use crate::geometry::{Geometry, CHUNK_COLUMNS, CHUNK_DEPTH};
use crate::plan::Plan;
use crate::report::{Cost, CostLine};

/// Block RAMs in halves (18 Kbit) and whole blocks (36 Kbit).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ram {
    pub half: usize,
    pub full: usize,
}

impl Ram {
    /// Everything in 18 Kbit units.
    pub fn halves(&self) -> usize {
        self.half + 2 * self.full
    }

    fn times(self, n: usize) -> Ram {
        Ram { half: self.half * n, full: self.full * n }
    }

    fn plus(self, o: Ram) -> Ram {
        Ram { half: self.half + o.half, full: self.full + o.full }
    }
}

/// A RAM of `depth` words of `width` bits with both ports independent: Xilinx blocks hold 9 bits per byte of width.
pub fn block_ram(depth: usize, width: usize, family: Family) -> Ram {
    match family {
        Family::Ecp5 => {
            let shapes = [(1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
            let count = |&(d, w): &(usize, usize)| depth.div_ceil(d) * width.div_ceil(w);
            Ram { half: shapes.iter().map(count).min().unwrap_or(0), full: 0 }
        }
        Family::Xc7 | Family::Xcup => {
            let full = [(1024, 36), (2048, 18), (4096, 9), (8192, 4), (16384, 2), (32768, 1)];
            let half = [(1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
            let count = |&(d, w): &(usize, usize)| depth.div_ceil(d) * width.div_ceil(w);
            let f = full.iter().map(count).min().unwrap_or(0);
            let h = half.iter().map(count).min().unwrap_or(0);
            if h < 2 * f {
                Ram { half: h, full: 0 }
            } else {
                Ram { half: 0, full: f }
            }
        }
    }
}

/// The weight store: chunks of 72 bits for eight columns, the parity bits of eight chunks holding a ninth.
pub fn weight_ram(g: &Geometry, family: Family) -> Ram {
    let sets = (g.wgt_depth + CHUNK_DEPTH - 1) / ((CHUNK_COLUMNS + 1) * CHUNK_DEPTH);
    let rest = g.wgt_depth.saturating_sub((CHUNK_COLUMNS + 1) * CHUNK_DEPTH * sets);
    let tail = rest % CHUNK_DEPTH;
    let whole = CHUNK_COLUMNS * sets + rest / CHUNK_DEPTH + usize::from(tail > CHUNK_DEPTH / 2);
    let tail_depth = if tail == 0 || tail > CHUNK_DEPTH / 2 { 0 } else { tail.next_power_of_two().max(512) };
    (0..g.cols.div_ceil(CHUNK_COLUMNS))
        .map(|group| {
            let columns = (g.cols - group * CHUNK_COLUMNS).min(CHUNK_COLUMNS);
            let chunk = block_ram(CHUNK_DEPTH, 9 * columns, family).times(whole);
            if tail_depth == 0 {
                chunk
            } else {
                chunk.plus(block_ram(tail_depth, 9 * columns, family))
            }
        })
        .fold(Ram::default(), Ram::plus)
}

/// Multipliers of one rescale unit.
pub fn requant_dsp(g: &Geometry, family: Family) -> usize {
    let (a, b) = (g.acc_bits, g.mult_bits + 1);
    match family {
        Family::Ecp5 => a.div_ceil(18) * b.div_ceil(18),
        Family::Xc7 => a.div_ceil(25) * b.div_ceil(18),
        Family::Xcup => a.div_ceil(27) * b.div_ceil(18),
    }
}

/// All costs of a plan.
pub fn cost(plan: &Plan) -> Cost {
    let g = &plan.geometry;
    let family = plan.board.part.family;
    let line = |module: &str, ram: Ram, dsp: usize| CostLine {
        module: module.into(),
        bram18: ram.half,
        bram36: ram.full,
        dsp,
        ..CostLine::default()
    };
    let mut lines = vec![
        line("weights", weight_ram(g, family), 0),
        line("activations", block_ram(g.act_depth, 8, family).times(g.rows), 0),
        line("array", Ram::default(), g.rows * g.cols),
        line("requant", Ram::default(), g.rows * requant_dsp(g, family)),
    ];
    for t in plan.tables() {
        let ram =
            if is_block(t.words.len(), t.width) { block_ram(t.words.len(), t.width, family) } else { Ram::default() };
        lines.push(line(t.name, ram, 0));
    }
    let sums = if is_block(plan.classes, 32) { block_ram(plan.classes, 32, family).times(2) } else { Ram::default() };
    lines.push(line("results", sums, 0));
    Cost { lines }
}

/// Bits from which a table goes to block RAM.
const BLOCK_BITS: usize = 4096;

/// Whether a table of this size goes to block RAM rather than LUTs.
pub fn is_block(depth: usize, width: usize) -> bool {
    depth * width > BLOCK_BITS
}
