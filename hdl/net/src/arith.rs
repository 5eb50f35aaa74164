//! THE rounding: accumulator to activation. Golden, simulator, Verilog and quantiser all mean this.

use fixed::{types::extra::U20, FixedI64};

/// Fraction bits of every rescale multiplier. One shift for all networks: the hardware has no barrel shifter.
pub const MULTIPLIER_FRACTION: u32 = 20;

/// A rescaled product: 20 fraction bits.
type Product = FixedI64<U20>;

/// Rescales one accumulator: `clamp(floor(p + residual * residual_mult + 1/2))` with `p = z * mult`, cut at zero
/// first where `relu` is set. `z` already holds the bias; `mult` and `residual_mult` count 2^-20. Halves round up.
/// The caller guarantees |z * mult| + |residual * residual_mult| < 2^62.
pub fn rescale(z: i64, mult: u32, relu: bool, residual: i64, residual_mult: u32, lo: i32, hi: i32) -> i32 {
    let mut p = z * i64::from(mult);
    if relu {
        p = p.max(0);
    }
    let p = Product::from_bits(p + residual * i64::from(residual_mult));
    let half = Product::from_bits(1 << (MULTIPLIER_FRACTION - 1));
    let y: i64 = (p + half).floor().to_num();
    y.clamp(i64::from(lo), i64::from(hi)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: u32 = 1 << MULTIPLIER_FRACTION;
    const HALF: u32 = ONE / 2;

    #[test]
    fn rounding_table() {
        let cases = [
            // (z, mult, lo, hi, want)
            (1, HALF, 0, 255, 1),
            (3, HALF, 0, 255, 2),
            (-1, HALF, -128, 127, 0),
            (-3, HALF, -128, 127, -1),
            (-1, HALF, 0, 255, 0),
            (255, ONE, 0, 255, 255),
            (256, ONE, 0, 255, 255),
            (-129, ONE, -128, 127, -128),
            (1, HALF - 1, 0, 255, 0),
            (70000, ONE, 0, 65535, 65535),
        ];
        for (z, m, lo, hi, want) in cases {
            assert_eq!(rescale(z, m, lo >= 0, 0, 0, lo, hi), want, "z={z} mult={m}");
        }
    }

    #[test]
    fn residual_is_added_after_relu_and_before_rounding() {
        assert_eq!(rescale(-10, ONE, true, 3, ONE, 0, 255), 3);
        assert_eq!(rescale(-10, ONE, false, 3, ONE, -128, 127), -7);
        assert_eq!(rescale(1, HALF, true, 1, HALF, 0, 255), 1);
        assert_eq!(rescale(1, HALF, true, 2, HALF, 0, 255), 2);
    }
}
