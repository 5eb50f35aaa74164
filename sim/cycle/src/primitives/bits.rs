//! Bits of port values as numbers with a sign.

use systole_machine::words::mask;

/// The low `width` bits of `value` as a two's-complement number.
pub fn signed(value: u64, width: usize) -> i64 {
    let spare = 64 - width;
    (value << spare) as i64 >> spare
}

/// The low `width` bits of a number.
pub fn unsigned(value: i64, width: usize) -> u64 {
    value as u64 & mask(width)
}
