//! Bits that numbers take.

/// Smallest `b` with `2^b >= n`; 0 for `n <= 1`.
pub fn clog2(n: usize) -> usize {
    n.next_power_of_two().trailing_zeros() as usize
}

/// Bits to hold the values `0..=max`, at least 1.
pub fn bits_for(max: usize) -> usize {
    clog2(max + 1).max(1)
}
