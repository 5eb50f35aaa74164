//! Block RAM and multipliers of a plan, module by module, exact per family; LUT and FF estimated.

pub mod in_luts;
pub mod logic;
mod lut4;

use systole_machine::board::Family;
use systole_machine::geometry::{Geometry, RESULT_BITS};
use systole_machine::logic::Logic;
use systole_machine::report::{Cost, CostLine};
use systole_machine::weights::{RamKind, Rams};
use systole_machine::words::{Outline, Table, Widths};
use systole_machine::Draft;
use systole_machine::{TableMemory, CLASS_SUMS, POOLING};

/// Block RAMs in halves (18 Kbit) and whole blocks (36 Kbit), and UltraRAMs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ram {
    pub half: usize,
    pub full: usize,
    pub ultra: usize,
}

impl Ram {
    /// All block RAM in 18 Kbit units.
    pub fn halves(&self) -> usize {
        self.half + 2 * self.full
    }

    fn times(self, n: usize) -> Ram {
        Ram { half: self.half * n, full: self.full * n, ultra: self.ultra * n }
    }

    fn plus(self, o: Ram) -> Ram {
        Ram { half: self.half + o.half, full: self.full + o.full, ultra: self.ultra + o.ultra }
    }
}

/// Words and bits of an 18 Kbit block with two independent ports; a byte has nine bits.
const HALF_SHAPES: [(usize, usize); 5] = [(1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
/// The further shape of a block that is read at one port only.
const WIDE_SHAPE: (usize, usize) = (512, 36);

/// A RAM of `depth` words of `width` bits with both ports independent; a written word takes whole bytes of nine bits.
pub fn block_ram(depth: usize, width: usize, family: Family) -> Ram {
    from_shapes(depth, width.next_multiple_of(9), family, &HALF_SHAPES)
}

/// A ROM, or a RAM with one port for reading and one for writing.
pub fn table_ram(depth: usize, width: usize, family: Family) -> Ram {
    let shapes: Vec<_> = HALF_SHAPES.into_iter().chain([WIDE_SHAPE]).collect();
    from_shapes(depth, width, family, &shapes)
}

/// As Yosys maps it. Words that share an address of the block lie side by side as one word, cut into blocks anew, so no bit is lost
/// between them; on Xilinx an even count of halves becomes whole blocks.
fn from_shapes(depth: usize, width: usize, family: Family, shapes: &[(usize, usize)]) -> Ram {
    let halves = shapes.iter().map(|&(d, w)| (depth.div_ceil(d) * width).div_ceil(w)).min().unwrap_or(0);
    match family {
        Family::Ecp5 | Family::Gw5a => Ram { half: halves, ..Ram::default() },
        Family::Xc7 | Family::Xcup => match halves {
            even if even % 2 == 0 => Ram { full: even / 2, ..Ram::default() },
            odd => Ram { half: odd, ..Ram::default() },
        },
    }
}

/// A table: its block RAM, and what it takes in LUTs.
pub fn table(t: &Outline, memory: TableMemory, family: Family) -> (Ram, Logic) {
    match memory {
        TableMemory::Block => (table_ram(t.words, t.varying_bits, family), Logic::default()),
        TableMemory::Numbers => (table_ram(t.words, t.number_bits(), family), in_luts::different_words(t, family)),
        TableMemory::Luts => (Ram::default(), in_luts::rom(t, family)),
    }
}

/// The weight store's memories.
pub fn weight_ram(g: &Geometry, family: Family) -> Ram {
    let of = |rams: Rams| match rams.kind {
        RamKind::Ultra => Ram { ultra: rams.count, ..Ram::default() },
        RamKind::Dual => block_ram(rams.depth, rams.width, family).times(rams.count),
        RamKind::Block => table_ram(rams.depth, rams.width, family).times(rams.count),
    };
    g.store().rams(g).into_iter().map(of).fold(Ram::default(), Ram::plus)
}

/// Multipliers of one rescale unit: of the accumulator, and of what is added where anything is. On GW5A one of 27 x 18 takes
/// two of 12 x 12, and what they cannot do is made of LUTs.
pub fn requant_dsp(g: &Geometry, family: Family) -> usize {
    if family == Family::Gw5a && family.wide_operand(g.acc_bits, g.mult_bits).is_none() {
        return 0;
    }
    let blocks = |a: usize, b: usize| match family {
        Family::Ecp5 => a.div_ceil(18) * b.div_ceil(18),
        Family::Xc7 => a.div_ceil(25) * b.div_ceil(18),
        Family::Xcup => a.div_ceil(27) * b.div_ceil(18),
        Family::Gw5a => 2 * a.div_ceil(27) * b.div_ceil(18),
    };
    let residual = if g.residual_bits > 0 { blocks(g.residual_bits + 1, RESIDUAL_VALUE_BITS) } else { 0 };
    blocks(g.acc_bits, g.mult_bits + 1) + residual
}

/// Bits of a residual value with its sign.
const RESIDUAL_VALUE_BITS: usize = 9;

/// Bits of an activation.
const BYTE_BITS: usize = 8;

/// What of a draft's cost does not depend on where its tables lie.
pub struct Contents {
    pub tables: Vec<Outline>,
    widths: Widths,
}

impl Contents {
    pub fn of(plan: &Draft) -> Contents {
        Contents { tables: plan.tables().iter().map(Table::outline).collect(), widths: plan.widths() }
    }
}

/// All costs of a plan: the parts of the core and the registers.
pub fn cost(plan: &Draft) -> Cost {
    cost_of(plan, &Contents::of(plan))
}

/// [`cost`], where the plan's contents are worked out.
pub fn cost_of(plan: &Draft, contents: &Contents) -> Cost {
    let g = &plan.geometry;
    let family = plan.board.device.family;
    // What a part takes besides a memory in LUTs, and that.
    let part = |module: &str, ram: Ram, dsp: usize, (xilinx, held): (Logic, Logic)| {
        let rest = match family {
            Family::Gw5a | Family::Ecp5 => lut4::estimate(g, module, xilinx),
            Family::Xc7 | Family::Xcup => xilinx,
        };
        let Logic { lut, ff } = rest.plus(held);
        let Ram { half: bram18, full: bram36, ultra: uram } = ram;
        CostLine { module: module.into(), bram18, bram36, uram, dsp, lut, ff }
    };
    let line = |module: &str, ram: Ram, dsp: usize, xilinx: Logic| part(module, ram, dsp, (xilinx, Logic::default()));
    let no_ram = Ram::default();
    let mut lines = vec![
        line("weights", weight_ram(g, family), 0, g.store().logic(g)),
        line("activations", block_ram(g.act_depth, 8, family).times(g.rows), 0, logic::activations(g)),
        line("array", no_ram, g.array_dsp(), logic::array(g)),
        line("requant", no_ram, g.rows * requant_dsp(g, family), logic::requant(g)),
    ];
    for t in &contents.tables {
        let (ram, held) = table(t, plan.table_memory(t.name, t.words, t.width), family);
        lines.push(part(t.name, ram, 0, (logic::table_tap(t, ram != no_ram), held)));
    }
    let (sums, held) = match plan.sums_in_block_ram() {
        true => (table_ram(plan.classes, RESULT_BITS, family).times(2), Logic::default()),
        false => (no_ram, in_luts::sums(plan.classes, family)),
    };
    lines.push(part(CLASS_SUMS, sums, 0, (logic::results(), held)));
    let words = match plan.words_in_block_ram() {
        true => (table_ram(g.pool_words, g.rows * BYTE_BITS, family), Logic::default()),
        false => (no_ram, in_luts::words(g, family)),
    };
    let plain = logic::plain_parts(plan, &contents.tables, &contents.widths);
    lines.extend(plain.map(|(module, logic)| match module {
        POOLING => part(module, words.0, 0, (logic, words.1)),
        _ => line(module, no_ram, 0, logic),
    }));
    Cost { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(ram: Ram) -> (usize, usize) {
        (ram.half, ram.full)
    }

    /// Counted in Yosys 0.23 and 0.70.
    #[test]
    fn xilinx_tables_are_counted_as_yosys_maps_them() {
        let cases = [
            ((100, 20), (1, 0)),
            ((512, 72), (0, 1)),
            ((600, 40), (3, 0)),
            ((1500, 36), (3, 0)),
            ((1500, 200), (17, 0)),
            ((2048, 57), (7, 0)),
            ((2500, 97), (0, 7)),
            ((4096, 64), (15, 0)),
            ((4096, 72), (0, 8)),
        ];
        for ((depth, width), want) in cases {
            assert_eq!(pair(table_ram(depth, width, Family::Xc7)), want, "{depth} x {width}");
        }
    }

    /// Counted in Yosys 0.70.
    #[test]
    fn ecp5_tables_are_counted_as_yosys_maps_them() {
        let cases = [
            ((600, 40), 3),
            ((1500, 36), 3),
            ((1500, 200), 17),
            ((2050, 9), 2),
            ((2500, 97), 14),
            ((3976, 39), 9),
            ((4096, 64), 15),
            ((8300, 17), 9),
            ((8709, 10), 5),
        ];
        for ((depth, width), want) in cases {
            assert_eq!(pair(table_ram(depth, width, Family::Ecp5)), (want, 0), "{depth} x {width}");
        }
    }

    /// Counted in Yosys 0.70.
    #[test]
    fn gw5a_tables_are_counted_as_yosys_maps_them() {
        let cases = [((512, 8), 1), ((100, 20), 1), ((512, 36), 1), ((440, 39), 2), ((2048, 57), 7), ((2500, 97), 14)];
        for ((depth, width), want) in cases {
            assert_eq!(pair(table_ram(depth, width, Family::Gw5a)), (want, 0), "{depth} x {width}");
        }
    }

    #[test]
    fn activation_banks_are_counted_as_yosys_maps_them() {
        for (depth, want) in [(64, (1, 0)), (2100, (0, 1)), (4097, (3, 0)), (9000, (5, 0)), (12_288, (0, 3))] {
            assert_eq!(pair(block_ram(depth, 8, Family::Xc7)), want, "{depth}");
            let ecp5 = block_ram(depth, 8, Family::Ecp5);
            assert_eq!(pair(ecp5), (depth.div_ceil(2048), 0), "{depth}");
            assert_eq!(block_ram(depth, 8, Family::Gw5a), ecp5, "{depth}");
        }
    }
}
