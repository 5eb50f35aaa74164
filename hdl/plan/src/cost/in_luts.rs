//! Memories in LUTs, as Yosys 0.70 maps them: a LUT of six inputs holds a bit of 64 words, one of four inputs a bit of 16.

use systole_machine::board::Family;
use systole_machine::geometry::{Geometry, RESULT_BITS};
use systole_machine::logic::{Logic, BYTE, MUX_INPUTS};
use systole_machine::words::Outline;

/// Words that a LUT of six inputs holds, and one of four.
const SIX: usize = 64;
const FOUR: usize = 16;
/// Words that the multiplexers beside an ECP5's LUTs join.
const ECP5_JOINED: usize = 128;
/// Four-input LUTs for so many of 16 words, with the multiplexers: of read-only words on an ECP5 where there are more than the multiplexers
/// join, and on a GW5A, which has Yosys use none; of words that are written, on both.
const ECP5_READ: (usize, usize) = (4, 3);
const GW5A_READ: (usize, usize) = (9, 4);
const WRITTEN: (usize, usize) = (5, 2);

/// LUTs of a bit of so many words that are only read.
fn read_only(words: usize, family: Family) -> usize {
    let fours = words.div_ceil(FOUR);
    match family {
        Family::Xc7 | Family::Xcup => {
            let blocks = words.div_ceil(SIX);
            // The multiplexers beside a slice's LUTs choose among four; Yosys takes another LUT for each four of more.
            blocks + if blocks > MUX_INPUTS { blocks.div_ceil(MUX_INPUTS) } else { 0 }
        }
        Family::Ecp5 if words <= ECP5_JOINED => fours,
        Family::Ecp5 => fours * ECP5_READ.0 / ECP5_READ.1,
        Family::Gw5a => fours * GW5A_READ.0 / GW5A_READ.1,
    }
}

/// LUTs of four inputs of a bit of so many words that are written, too.
fn written(words: usize) -> usize {
    words.div_ceil(FOUR) * WRITTEN.0 / WRITTEN.1
}

/// A table, and its registered word; a table of few different words as their numbers and these words.
pub fn rom(t: &Outline, family: Family) -> Logic {
    let columns = columns(t);
    let lut = match t.numbered() {
        Some(number) => number * read_only(t.words, family) + different_words(t, family).lut,
        None if t.words <= MUX_INPUTS => 0,
        None => columns * read_only(t.words, family),
    };
    // A register a cycle.
    let before = if t.latency > 1 { t.numbered().unwrap_or(columns) } else { 0 };
    Logic::new(lut, columns + before)
}

/// Bits of a word that are looked up: columns that are equal once.
fn columns(t: &Outline) -> usize {
    let patterns = 1usize.checked_shl(t.words as u32).unwrap_or(usize::MAX);
    t.varying_bits.min(patterns)
}

/// The different words of a table whose numbers lie in block RAM.
pub fn different_words(t: &Outline, family: Family) -> Logic {
    Logic::new(columns(t) * read_only(t.different, family), 0)
}

/// The result FIFO.
pub fn words(g: &Geometry, family: Family) -> Logic {
    let bits = g.rows * BYTE;
    let lut = match family {
        Family::Xc7 | Family::Xcup => bits * g.pool_words.div_ceil(SIX),
        Family::Ecp5 | Family::Gw5a => bits * written(g.pool_words),
    };
    Logic::new(lut, 0)
}

/// Two banks of so many class sums beyond the first 64 of each, and what chooses among them.
pub fn sums(classes: usize, family: Family) -> Logic {
    let more = (classes - 1) / SIX;
    let of_a_bit = match family {
        Family::Xc7 | Family::Xcup => more + more.div_ceil(MUX_INPUTS - 1),
        Family::Ecp5 | Family::Gw5a => written(more * SIX),
    };
    Logic::new(2 * RESULT_BITS * of_a_bit, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits of a word of the memories that were counted.
    const BITS: usize = 8;
    const WORDS: [usize; 5] = [64, 128, 256, 512, 1000];
    /// What the estimates may be off, in percent.
    const TOLERANCE: usize = 20;

    fn near(what: &str, found: [usize; 5], estimate: impl Fn(usize) -> usize) {
        for (words, found) in WORDS.into_iter().zip(found) {
            let estimate = BITS * estimate(words);
            assert!(estimate.abs_diff(found) * 100 <= TOLERANCE * found, "{what}, {words}: {estimate}, Yosys {found}");
        }
    }

    /// Counted in Yosys 0.70: random words behind a register.
    #[test]
    fn words_that_are_only_read_are_as_yosys_maps_them() {
        near("Xilinx 7", [8, 16, 32, 83, 161], |words| read_only(words, Family::Xc7));
        near("ECP5", [32, 64, 176, 359, 635], |words| read_only(words, Family::Ecp5));
        near("GW5A", [79, 159, 311, 584, 1061], |words| read_only(words, Family::Gw5a));
    }

    /// The same of a port that writes and one that reads; a block of 16 words of four bits takes six LUTs' places.
    #[test]
    fn words_that_are_written_are_as_yosys_maps_them() {
        near("ECP5", [84, 152, 380, 681, 1312], written);
        near("GW5A", [76, 168, 316, 656, 1273], written);
    }
}
