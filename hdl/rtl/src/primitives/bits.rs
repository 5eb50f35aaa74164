//! Bits of port values: masks, signs, and words wider than 64 bits.

pub use systole_machine::words::{mask, slice};

/// The low `width` bits of `value` as a two's-complement number.
pub fn signed(value: u64, width: usize) -> i64 {
    let spare = 64 - width;
    (value << spare) as i64 >> spare
}

/// The low `width` bits of a number.
pub fn unsigned(value: i64, width: usize) -> u64 {
    value as u64 & mask(width)
}

/// The word as `$readmemh` reads it: hex digits for `width` bits, the most significant first.
pub fn hex(limbs: &[u64], width: usize) -> String {
    let digits = width.div_ceil(4);
    let digit = |i: usize| char::from_digit(slice(limbs, 4 * i, 4) as u32, 16).unwrap_or('0');
    (0..digits).rev().map(digit).collect()
}

/// Smallest `b >= 1` with `2^b >= n`.
pub fn index_bits(n: usize) -> usize {
    (n.next_power_of_two().trailing_zeros() as usize).max(1)
}
