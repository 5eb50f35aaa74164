//! The dividers with which a device's PLL makes the machine's clock out of the board's.

use crate::error::RtlError;
use systole_machine::board::{Board, Family};

/// Most that the made clock may lie below the wanted one; it never lies above.
const TOLERANCE: f64 = 0.005;

/// A PLL: clock = oscillator * multiply / (reference * output).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pll {
    pub reference: u32,
    pub multiply: u32,
    pub output: u32,
    pub oscillator_mhz: f64,
}

/// What a PLL can do.
struct Limits {
    vco_mhz: std::ops::RangeInclusive<f64>,
    phase_mhz: std::ops::RangeInclusive<f64>,
    reference: u32,
    multiply: u32,
    output: u32,
}

impl Limits {
    /// `None` for GW5A: the open tools know no PLL of its larger devices. ECP5: Lattice FPGA-DS-02012, sysCLOCK PLL timing, and FPGA-TN-02200. 7 series, speed grade 1: Xilinx DS181, PLL.
    fn of(family: Family) -> Option<Self> {
        Some(match family {
            Family::Ecp5 => {
                Limits { vco_mhz: 400.0..=800.0, phase_mhz: 10.0..=400.0, reference: 128, multiply: 80, output: 128 }
            }
            Family::Xc7 | Family::Xcup => {
                Limits { vco_mhz: 800.0..=1600.0, phase_mhz: 19.0..=450.0, reference: 56, multiply: 64, output: 128 }
            }
            Family::Gw5a => return None,
        })
    }
}

impl Pll {
    /// The nearest clock that is not above `wanted`; small dividers first.
    fn search(family: Family, oscillator_mhz: f64, wanted: f64) -> Option<Pll> {
        let limits = Limits::of(family)?;
        let mut best: Option<Pll> = None;
        for reference in 1..=limits.reference.min(8) {
            for output in 1..=limits.output {
                let multiply = (wanted * f64::from(reference * output) / oscillator_mhz + 1e-9).floor();
                // The multiplier of an ECP5 is the product of two dividers, the second of which is the output's.
                let factor = if family == Family::Ecp5 { multiply / f64::from(output) } else { multiply };
                let whole = factor.fract() == 0.0 && (1.0..=f64::from(limits.multiply)).contains(&factor);
                let pll = Pll { reference, multiply: multiply as u32, output, oscillator_mhz };
                let vco = oscillator_mhz / f64::from(reference) * multiply;
                let phase = oscillator_mhz / f64::from(reference);
                let legal = whole && limits.vco_mhz.contains(&vco) && limits.phase_mhz.contains(&phase);
                if legal && best.is_none_or(|b| pll.clock_mhz() > b.clock_mhz() + 1e-9) {
                    best = Some(pll);
                }
            }
        }
        best.filter(|pll| pll.clock_mhz() >= wanted * (1.0 - TOLERANCE))
    }

    /// The clock that it makes.
    pub fn clock_mhz(&self) -> f64 {
        self.oscillator_mhz * f64::from(self.multiply) / f64::from(self.reference * self.output)
    }

    /// Frequency of its oscillator.
    pub fn vco_mhz(&self) -> f64 {
        self.clock_mhz() * f64::from(self.output)
    }
}

/// The PLL of a board; `None` where the oscillator is the machine's clock.
///
/// # Errors
/// [`RtlError::BoardClock`].
pub fn of(board: &Board, oscillator_mhz: f64) -> Result<Option<Pll>, RtlError> {
    if oscillator_mhz == board.clock_mhz {
        return Ok(None);
    }
    let found = Pll::search(board.device.family, oscillator_mhz, board.clock_mhz);
    let wrong =
        || RtlError::BoardClock { board: board.name.clone(), oscillator: oscillator_mhz, wanted: board.clock_mhz };
    found.ok_or_else(wrong).map(Some)
}

#[cfg(test)]
mod tests {
    use super::{Family, Pll};

    #[test]
    fn clocks_are_met_from_below_within_the_limits() {
        let common = [(25.0, 100.0), (25.0, 50.0), (25.0, 112.5), (100.0, 150.0)];
        // An ECP5 makes multiples of its reference alone, which has a least frequency.
        let cases = [(Family::Ecp5, 400.0..=800.0, &[][..]), (Family::Xc7, 800.0..=1600.0, &[(100.0, 33.3)][..])];
        for (family, vco, own) in cases {
            for &(oscillator, wanted) in common.iter().chain(own) {
                let pll = Pll::search(family, oscillator, wanted).unwrap();
                assert!(pll.clock_mhz() <= wanted + 1e-6 && pll.clock_mhz() >= 0.995 * wanted, "{pll:?} for {wanted}");
                assert!(vco.contains(&pll.vco_mhz()), "{pll:?}");
            }
        }
        assert_eq!(Pll::search(Family::Ecp5, 100.0, 33.3), None);
        assert_eq!(Pll::search(Family::Ecp5, 25.0, 5000.0), None);
        assert_eq!(Pll::search(Family::Gw5a, 50.0, 100.0), None);
    }
}
