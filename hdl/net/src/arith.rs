//! THE rounding: accumulator to activation. Golden, simulator, Verilog and quantiser all mean this.

use fixed::{types::extra::U20, FixedI64, FixedU32};

/// A rescale multiplier: unsigned, the same fraction bits in all networks, as the hardware has no barrel shifter.
pub type Multiplier = FixedU32<U20>;

/// Fraction bits of every rescale multiplier.
pub const MULTIPLIER_FRACTION: u32 = Multiplier::FRAC_NBITS;

/// An accumulator times a multiplier.
type Product = FixedI64<U20>;

/// Rescales one accumulator: `clamp(floor(p + residual * residual_mult + 1/2))` with `p = z * mult`, cut at zero
/// first where `relu` is set. `z` already holds the bias. Halves round up.
/// The caller guarantees |z * mult| + |residual * residual_mult| < 2^42.
pub fn rescale(
    z: i64,
    mult: Multiplier,
    relu: bool,
    residual: i64,
    residual_mult: Multiplier,
    lo: i32,
    hi: i32,
) -> i32 {
    let product = |value: i64, mult: Multiplier| Product::from_bits(value * i64::from(mult.to_bits()));
    let mut p = product(z, mult);
    if relu {
        p = p.max(Product::ZERO);
    }
    let y: i64 = (p + product(residual, residual_mult) + HALF).floor().to_num();
    y.clamp(i64::from(lo), i64::from(hi)) as i32
}

/// Half a count of the result.
const HALF: Product = Product::from_bits(Product::ONE.to_bits() / 2);

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: Multiplier = Multiplier::ZERO;
    const ONE: Multiplier = Multiplier::ONE;
    const HALF: Multiplier = Multiplier::from_bits(ONE.to_bits() / 2);

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
            (1, HALF - Multiplier::DELTA, 0, 255, 0),
            (70000, ONE, 0, 65535, 65535),
        ];
        for (z, m, lo, hi, want) in cases {
            assert_eq!(rescale(z, m, lo >= 0, 0, ZERO, lo, hi), want, "z={z} mult={m}");
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
