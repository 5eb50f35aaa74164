//! `--max-dsp`, `--max-lut`: a count, or a share of what the device has.

use std::str::FromStr;

/// How much of a resource may be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Most {
    Count(usize),
    /// Of what the device has, 0 to 1.
    Share(f64),
}

impl Most {
    /// As a count, of so many that are there.
    pub fn of(self, available: usize) -> usize {
        match self {
            Most::Count(count) => count,
            Most::Share(share) => (available as f64 * share) as usize,
        }
    }
}

impl FromStr for Most {
    type Err = String;

    fn from_str(text: &str) -> Result<Most, String> {
        if let Ok(count) = text.parse() {
            return Ok(Most::Count(count));
        }
        let share = match text.strip_suffix('%') {
            Some(percent) => percent.trim_end().parse::<f64>().map(|percent| percent / 100.0),
            None => text.parse(),
        };
        match share {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Most::Share(share)),
            _ => Err("a count is wanted, or a share of the device's such as 80% or 0.8".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Most;

    #[test]
    fn counts_and_shares_are_told_apart() {
        let of = |text: &str| text.parse::<Most>().map(|most| most.of(740));
        assert_eq!(of("24"), Ok(24));
        assert_eq!(of("1"), Ok(1));
        assert_eq!([of("80%"), of("80 %"), of("0.8")], [Ok(592), Ok(592), Ok(592)]);
        assert_eq!([of("100%"), of("1.0")], [Ok(740), Ok(740)]);
        for wrong in ["", "%", "101%", "1.5", "-1", "-3%", "nan", "many"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
