//! Estimates of LUT and FF, part by part: formulas over the geometry, after what Yosys 0.70 makes of each part on Xilinx 7.
//!
//! LUT counts look-up tables of any size, shift registers and RAM in LUTs; carries, wide multiplexers and inverters are not
//! counted. Fitted to the digits network on 8x8 and SqueezeNet v1.1 on 28x16, where the whole design is within 10 %
//! (`sim/suite/tests/synthesis.rs`), as is the first on 4x8 with loaded weights; other shapes are not
//! checked. UltraScale+ takes the same estimate, ECP5 and GW5A a wider one (`lut4.rs`).

use systole_machine::geometry::{bits_for, clog2, Geometry, PRODUCT_BITS, RESULT_BITS};
use systole_machine::logic::{byte_tap, skew, Logic, BYTE, MUX_INPUTS};
use systole_machine::registers::WORD_BITS;
use systole_machine::words::{Outline, Widths};
use systole_machine::{Draft, POOLING};

/// Bits of an output before it is clamped, of a layer checksum.
const OUTPUT: usize = 17;
const CHECK: usize = 16;
/// Words of a memory of bytes in half a block RAM.
const HALF_BYTES: usize = 2048;

/// LUTs of the pool engine in every lane.
const POOL_LANE: usize = 146;
/// What finds its passes and the state that follows.
const POOL_WALK: Logic = logic(435, 450);
/// Two multipliers of LUTs.
const LUT_PAIR: Logic = logic(106, 88);

const fn logic(lut: usize, ff: usize) -> Logic {
    Logic::new(lut, ff)
}

/// The parts without block RAM and multipliers, under their names in the design.
pub fn plain_parts(plan: &Draft, tables: &[Outline], w: &Widths) -> [(&'static str, Logic); 13] {
    let g = &plan.geometry;
    let word = |name: &str| tables.iter().find(|t| t.name == name).map_or(0, |t| t.width);
    let (layer, pool) = (word("layer"), word("pool"));
    [
        ("feed", feed(g, w)),
        ("sequencer", logic(layer * 7 / 2, layer * 7)),
        ("drain", logic(60 + g.cols * 7 / 2, 54 + g.cols * 12)),
        ("deskew", skew(g.rows)),
        ("lane_sums", lane_sums(g, w)),
        (POOLING, pooling(plan, pool)),
        ("port_b", logic(g.rows * (2 * w.addr + 3), g.rows * (w.addr + 9))),
        ("collector", logic(60, 2 * BYTE * g.rows + 3 * w.addr)),
        ("s_axis", logic(BYTE * g.in_bytes + 6, 2 * BYTE * g.in_bytes + 4)),
        ("loop_back", loop_back(g)),
        ("events", logic(24, 19)),
        ("check", check(g, tables)),
        ("registers", registers(g)),
    ]
}

/// LUTs that an array cannot do without, whatever its program: the parts that grow with it, with the narrowest coordinates.
///
/// `g.act_depth` is a bound of the banks' words.
pub fn least_lut(g: &Geometry) -> usize {
    let address = bits_for(g.act_depth.max(1) - 1);
    let lane = bits_for(g.rows - 1);
    let per_row = [
        // The pool engine, the feed, the lanes' sums, the banks' second port.
        POOL_LANE,
        address + 6 * lane + BYTE * g.rot_stages(),
        2 * (OUTPUT + lane) + 1,
        2 * address + 3,
    ];
    let parts = [array(g), g.store().logic(g), requant(g), activations(g), skew(g.rows), skew(g.rows)];
    parts.iter().map(|part| part.lut).sum::<usize>() + g.rows * per_row.iter().sum::<usize>()
}

/// Where weights are loaded the CRC that is wanted, the one read back and the words taken besides, and two bits.
fn registers(g: &Geometry) -> Logic {
    match g.store().is_loaded() {
        true => logic(610 + 45, 670 + 3 * WORD_BITS as usize + 2),
        false => logic(610, 670),
    }
}

/// The memory check alone: CRC, address and byte's number with the last ones, which memory, and what arrives from it.
fn check(g: &Geometry, tables: &[Outline]) -> Logic {
    let depths = tables.iter().map(|t| t.words).chain([g.wgt_depth]);
    let bytes = tables.iter().map(|t| t.width.div_ceil(BYTE)).chain([g.cols]);
    let address = depths.map(clog2).max().unwrap_or(0) + bytes.map(clog2).max().unwrap_or(0);
    let memories = 1 + tables.len();
    logic(110 + 4 * address + 4 * memories, 60 + 2 * address + memories)
}

/// What the memory check adds to a table: the choice of its address, behind block RAM a register, and the choice of a byte.
pub fn table_tap(t: &Outline, block: bool) -> Logic {
    let bits = t.varying_bits;
    let behind = if block { bits } else { 0 };
    logic(clog2(t.words), behind).plus(byte_tap(t.width.div_ceil(BYTE), bits))
}

/// The engine with a descriptor of so many bits; where poolings merge, a FIFO and a comparison for every lane.
fn pooling(plan: &Draft, descriptor: usize) -> Logic {
    let g = &plan.geometry;
    let merge = usize::from(g.pools_merge()) * g.rows;
    let lanes =
        logic(g.rows * POOL_LANE + descriptor * 7 / 2 + merge * 48, g.rows * 126 + descriptor * 4 / 3 + merge * 17);
    lanes.plus(POOL_WALK)
}

/// Which part of a beat goes back.
fn loop_back(g: &Geometry) -> Logic {
    let parts = g.loop_parts();
    logic((parts - 1) * RESULT_BITS + 6, clog2(parts).max(1))
}

/// A lane's coordinates and masks, its bank address, its part of the rotation.
fn feed(g: &Geometry, w: &Widths) -> Logic {
    let control = 9 * w.coord + 4;
    let rotation = BYTE * g.rot_stages();
    let skew = skew(g.rows);
    logic(
        g.rows * (w.addr + 6 * w.coord + rotation) + skew.lut + control,
        g.rows * (control + w.addr + rotation + 12) + skew.ff,
    )
}

fn lane_sums(g: &Geometry, w: &Widths) -> Logic {
    let sum = OUTPUT + w.lane;
    logic(2 * g.rows * sum + g.rows, g.rows * (sum + CHECK + 1))
}

/// Per link of the drain chain its sum, its choice in two bits and an activation's register; per element an activation on its way
/// and marks. A pair has its accumulators in LUTs too, and the right product waits. Weights go from slice to slice. A pair's
/// three registers of an activation are counted as registers, what Yosys makes of them with the hierarchy kept, and as the shift
/// registers in LUTs that a tool makes of them which joins modules.
pub fn array(g: &Geometry) -> Logic {
    let (activation, choice, marks) = (BYTE + 1, 2, 2);
    let singles = g.rows * (g.cols - 2 * g.pairs());
    let links = g.rows * (g.links() - g.pairs());
    let link = logic(links * (g.acc_bits + choice), links * (g.acc_bits + choice + activation));
    let pairs = g.rows * g.pairs();
    let lut = pairs * (3 * g.acc_bits + choice + activation);
    let ff = pairs * (3 * g.acc_bits + PRODUCT_BITS + choice + 3 * activation);
    let fabric = logic(g.fabric() * LUT_PAIR.lut, g.fabric() * LUT_PAIR.ff);
    link.plus(logic(lut, ff + singles * (activation + marks))).plus(fabric)
}

/// Registers that a LUT shifts through.
const LUT_SHIFTS: usize = 32;

/// Clamping behind the multiplier, and what goes from lane to lane.
pub fn requant(g: &Geometry) -> Logic {
    let residual = residual(g);
    logic((42 + residual.lut) * g.rows, (g.acc_bits + g.mult_bits + 23 + residual.ff) * g.rows)
}

/// Per lane what adding takes: the residual bytes' delay, the multiplier going down, the product and its sum with the half. A count of
/// registers and adder bits, not fitted.
fn residual(g: &Geometry) -> Logic {
    if g.residual_bits == 0 {
        return Logic::default();
    }
    let product = g.residual_bits + BYTE + 1;
    logic(BYTE * g.residual_delay().div_ceil(LUT_SHIFTS) + product, 2 * BYTE + g.residual_bits + 1 + product)
}

/// Per bank and port a registered byte, and a multiplexer over the bank's blocks.
pub fn activations(g: &Geometry) -> Logic {
    let blocks = g.act_depth.div_ceil(HALF_BYTES);
    let mux = 2 * BYTE * (blocks - 1).div_ceil(MUX_INPUTS - 1);
    let select = if blocks > 1 { blocks } else { 0 };
    logic(g.rows * (mux + select), g.rows * (2 * BYTE + 2 * clog2(blocks)))
}

/// Class sums, a few of them in LUTs, and checksums.
pub fn results() -> Logic {
    logic(390, 340)
}
