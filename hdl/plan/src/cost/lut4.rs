//! LUT and FF on GW5A and ECP5, whose LUTs have four inputs and shift nothing, and whose multipliers add nothing: the estimates for
//! Xilinx 7, widened after what Yosys 0.70 makes of whole machines with `synth_gowin -nowidelut` and `synth_ecp5`, where a bit of a carry
//! counts as a LUT. Memories in LUTs are not among them (`in_luts.rs`).

use super::logic;
use systole_machine::geometry::Geometry;
use systole_machine::logic::{Logic, BYTE};

/// LUTs of four inputs for three of six.
const WIDER: (usize, usize) = (4, 3);
/// The same of a store of codes: its decoders choose among many fields and its chunks are many.
const CODES_WIDER: (usize, usize) = (3, 1);
/// LUTs of four inputs for four bits of a link of the drain chain, which chooses among three sums.
const LINK: (usize, usize) = (7, 4);

/// The estimate for a part of the machine that is `xilinx` on Xilinx 7.
pub fn estimate(g: &Geometry, part: &str, xilinx: Logic) -> Logic {
    let wider = Logic::new(xilinx.lut * WIDER.0 / WIDER.1, xilinx.ff);
    match part {
        "array" => array(g),
        // What comes late does so in registers: lanes out of step, columns likewise.
        "deskew" => Logic::new(BYTE * g.rows, skew(g.rows)),
        "weights" if g.store().is_coded() => Logic::new(xilinx.lut * CODES_WIDER.0 / CODES_WIDER.1, xilinx.ff),
        "weights" => Logic::new(wider.lut, wider.ff + skew(g.cols)),
        _ => wider,
    }
}

/// Registers of bytes, the n-th of which is n late.
fn skew(lanes: usize) -> usize {
    BYTE * lanes * (lanes - 1) / 2
}

/// The links, and per element a sum, its start from 0, and what goes on to the neighbours.
fn array(g: &Geometry) -> Logic {
    let elements = g.rows * g.cols;
    let links = logic::array(g).lut;
    let (activation, weight) = (BYTE + 1, BYTE);
    let ff = elements * (g.acc_bits + activation + weight) + links + g.rows * g.links() * activation;
    Logic::new(2 * g.acc_bits * elements + links * LINK.0 / LINK.1, ff)
}
