//! In what form a layer's weights are kept.

use crate::graph::{Graph, Op};
use crate::quantize::round::levels::Levels;
use crate::quantize::QuantizeError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use systole_net::limits::{MAX_CODEBOOK, MAX_WEIGHT};

/// Bits that evenly spaced weights, and indices into a codebook, may have.
const UNIFORM_BITS: std::ops::RangeInclusive<u32> = 2..=8;
const CODEBOOK_BITS: std::ops::RangeInclusive<u32> = 3..=6;
const CODEBOOK: &str = "codebook:";

/// The values that a layer's integer weights may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WeightFormat {
    /// Evenly spaced, symmetric about zero: `2^bits - 1` values.
    Uniform { bits: u32 },
    /// `2^bits` values of a codebook that layers share.
    Codebook { bits: u32 },
}

/// The form of every layer's weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightFormats {
    /// Of layers that have none of their own.
    pub all: WeightFormat,
    /// By the layer's name.
    pub layers: BTreeMap<String, WeightFormat>,
}

impl WeightFormats {
    pub fn of(&self, layer: &str) -> WeightFormat {
        self.layers.get(layer).copied().unwrap_or(self.all)
    }

    /// Whether some layer may have a codebook.
    pub(in crate::quantize) fn has_codes(&self) -> bool {
        self.all.has_codes() || self.layers.values().any(WeightFormat::has_codes)
    }

    /// Fails unless every layer that is named is a convolution of `graph`.
    pub(in crate::quantize) fn check(&self, graph: &Graph) -> Result<(), QuantizeError> {
        let convs = || graph.nodes.iter().filter(|n| matches!(n.op, Op::Conv { .. })).map(|n| n.name.as_str());
        match self.layers.keys().find(|&name| convs().all(|known| known != name)) {
            None => Ok(()),
            Some(name) => {
                let known = convs().collect::<Vec<_>>().join(", ");
                Err(QuantizeError::NoSuchLayer { name: name.clone(), known })
            }
        }
    }
}

impl Default for WeightFormat {
    fn default() -> Self {
        WeightFormat::Uniform { bits: *UNIFORM_BITS.end() }
    }
}

impl WeightFormat {
    /// Bits of one weight (of its index, where there is a codebook).
    pub fn bits(&self) -> u32 {
        match self {
            WeightFormat::Uniform { bits } | WeightFormat::Codebook { bits } => *bits,
        }
    }

    /// How many values a weight may have.
    pub(in crate::quantize) fn values(&self) -> usize {
        match self {
            WeightFormat::Uniform { bits } => (1 << bits) - 1,
            WeightFormat::Codebook { bits } => 1 << bits,
        }
    }

    /// Whether a codebook is large enough for all values.
    pub(in crate::quantize) fn has_codes(&self) -> bool {
        self.values() <= MAX_CODEBOOK
    }

    /// The values of an evenly spaced form; `None` where the weights decide.
    pub(in crate::quantize) fn levels(&self) -> Option<Levels> {
        let WeightFormat::Uniform { bits } = self else { return None };
        let most = (1i8 << (bits - 2)) - 1 + (1i8 << (bits - 2));
        let step = MAX_WEIGHT / most;
        Some(Levels::new((-most..=most).map(|level| level * step).collect()))
    }
}

/// `6` or `codebook:5`.
impl FromStr for WeightFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, known) = match text.strip_prefix(CODEBOOK) {
            Some(digits) => (digits, CODEBOOK_BITS),
            None => (text, UNIFORM_BITS),
        };
        let bits = digits.parse().ok().filter(|bits| known.contains(bits)).ok_or_else(|| {
            let (uniform, codebook) = (UNIFORM_BITS, CODEBOOK_BITS);
            format!(
                "'{text}' must be {} to {} bits, or {CODEBOOK} and {} to {}",
                uniform.start(),
                uniform.end(),
                codebook.start(),
                codebook.end()
            )
        })?;
        Ok(if known == CODEBOOK_BITS { WeightFormat::Codebook { bits } } else { WeightFormat::Uniform { bits } })
    }
}

impl fmt::Display for WeightFormat {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            WeightFormat::Uniform { bits } => write!(f, "{bits}"),
            WeightFormat::Codebook { bits } => write!(f, "{CODEBOOK}{bits}"),
        }
    }
}

impl Serialize for WeightFormat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WeightFormat {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_and_printed() {
        for text in ["8", "4", "codebook:6"] {
            assert_eq!(text.parse::<WeightFormat>().unwrap().to_string(), text);
        }
        for text in ["", "1", "9", "-4", "codebook:", "codebook:8", "six"] {
            assert!(text.parse::<WeightFormat>().unwrap_err().contains("codebook:"), "{text}");
        }
    }

    #[test]
    fn even_values_fill_the_range() {
        let ends = |bits| {
            let levels = WeightFormat::Uniform { bits }.levels().unwrap();
            (levels.values().len(), *levels.values().last().unwrap())
        };
        assert_eq!([8, 6, 5, 4].map(ends), [(255, 127), (63, 124), (31, 120), (15, 126)]);
    }
}
