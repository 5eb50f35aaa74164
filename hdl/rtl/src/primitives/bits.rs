//! Bits of words wider than 64 bits, and of numbers.

use systole_machine::geometry::clog2;
use systole_machine::words::slice;

/// The word as `$readmemh` reads it: hex digits for `width` bits, the most significant first.
pub fn hex(limbs: &[u64], width: usize) -> String {
    let digits = width.div_ceil(4);
    let digit = |i: usize| char::from_digit(slice(limbs, 4 * i, 4) as u32, 16).unwrap_or('0');
    (0..digits).rev().map(digit).collect()
}

/// Bits that number `n` things, at least 1.
pub fn index_bits(n: usize) -> usize {
    clog2(n).max(1)
}
