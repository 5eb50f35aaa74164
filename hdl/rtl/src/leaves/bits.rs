//! Bits of port values: masks, signs, and words wider than 64 bits.

/// The low `width` bits set, `width` up to 64.
pub fn mask(width: usize) -> u64 {
    if width >= 64 {
        u64::MAX
    } else {
        (1 << width) - 1
    }
}

/// The low `width` bits of `value` as a two's-complement number.
pub fn signed(value: u64, width: usize) -> i64 {
    let spare = 64 - width;
    (value << spare) as i64 >> spare
}

/// The low `width` bits of a number.
pub fn unsigned(value: i64, width: usize) -> u64 {
    value as u64 & mask(width)
}

/// Bits `lsb .. lsb + width` of a word of 64-bit limbs, the least significant first; `width` up to 64.
pub fn slice(limbs: &[u64], lsb: usize, width: usize) -> u64 {
    let limb = |at: usize| u128::from(limbs.get(at).copied().unwrap_or(0));
    let pair = limb(lsb / 64) | limb(lsb / 64 + 1) << 64;
    (pair >> (lsb % 64)) as u64 & mask(width)
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
