//! Codebooks: the few values that the weights of some layers take, so that a store may hold an index in place of a weight.

use crate::limits::{MAX_CODEBOOK, MAX_CODEBOOKS, MAX_LARGE_CODEBOOKS, MAX_WEIGHT, SMALL_CODEBOOK};
use crate::{Conv, Net, NetError};
use serde::{Deserialize, Serialize};

/// Bits of a weight that has no codebook.
pub const PLAIN_BITS: u32 = 8;

/// The values that weights may take. A weight's index is the place of its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codebook {
    /// Ascending, zero among them, at most [`MAX_CODEBOOK`], -127..=127.
    pub values: Vec<i8>,
}

impl Codebook {
    /// Of these values and zero, in any order.
    pub fn of(values: impl IntoIterator<Item = i8>) -> Self {
        let mut values: Vec<i8> = values.into_iter().chain([0]).collect();
        values.sort_unstable();
        values.dedup();
        Codebook { values }
    }

    /// Place of a weight's value; `None` where it has none.
    pub fn index(&self, weight: i8) -> Option<usize> {
        self.values.binary_search(&weight).ok()
    }

    /// Bits of an index: as few as tell the values apart, 1 at least.
    pub fn bits(&self) -> u32 {
        self.values.len().next_power_of_two().ilog2().max(1)
    }

    fn check(&self, at: &str) -> Result<(), NetError> {
        let fault =
            |what, found: String, wanted: String| Err(NetError::Value { at: at.to_string(), what, found, wanted });
        let values = &self.values;
        if !(1..=MAX_CODEBOOK).contains(&values.len()) {
            return fault("count of values", values.len().to_string(), format!("1..={MAX_CODEBOOK}"));
        }
        if let Some(pair) = values.windows(2).find(|pair| pair[0] >= pair[1]) {
            return fault("order of values", format!("{} before {}", pair[0], pair[1]), "ascending, each once".into());
        }
        if values[0] < -MAX_WEIGHT {
            return fault("value", values[0].to_string(), format!("{}..={MAX_WEIGHT}", -MAX_WEIGHT));
        }
        if self.index(0).is_none() {
            return fault("values", format!("{values:?}"), "ones with 0 among them".into());
        }
        Ok(())
    }
}

impl Net {
    /// The values that a layer's weights come from; `None` where they are plain bytes.
    pub fn codebook(&self, conv: &Conv) -> Option<&Codebook> {
        conv.codebook.and_then(|number| self.codebooks.get(number))
    }

    /// Bits of one of the layer's weights: those of an index, or of a byte.
    pub fn weight_bits(&self, conv: &Conv) -> u32 {
        self.codebook(conv).map_or(PLAIN_BITS, Codebook::bits)
    }

    /// Bytes that a layer's weights take in a coded store; see [`store_bytes`].
    pub fn layer_store_bytes(&self, conv: &Conv) -> usize {
        store_bytes(&conv.weights, self.weight_bits(conv))
    }
}

/// Bytes that a layer's weights take in a coded store, packed without gaps: a code of `bits` for every weight, or one for
/// every weight that is not zero and a bit for each weight, whichever is smaller. Plain bytes (8 bits) are never left out.
///
/// A store that packs otherwise changes this function alone: budgets and reports count by it.
pub fn store_bytes(weights: &[i8], bits: u32) -> usize {
    let whole = weights.len() * bits as usize;
    let other = weights.iter().filter(|&&w| w != 0).count() * bits as usize + weights.len();
    let least = if bits < PLAIN_BITS { whole.min(other) } else { whole };
    least.div_ceil(PLAIN_BITS as usize)
}

/// Faults of a network's codebooks, without regard to the layers that use them.
pub(crate) fn faults(codebooks: &[Codebook]) -> Vec<NetError> {
    let mut faults: Vec<NetError> = Vec::new();
    let mut limit = |what, found: usize, most: usize| {
        if found > most {
            let (found, wanted) = (found.to_string(), format!("at most {most}"));
            faults.push(NetError::Value { at: "network".into(), what, found, wanted });
        }
    };
    limit("count of codebooks", codebooks.len(), MAX_CODEBOOKS);
    let large = codebooks.iter().filter(|book| book.values.len() > SMALL_CODEBOOK).count();
    limit("count of codebooks of more than 32 values", large, MAX_LARGE_CODEBOOKS);
    let single = codebooks.iter().enumerate().map(|(number, book)| book.check(&format!("codebook {number}")));
    faults.extend(single.filter_map(Result::err));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_the_place_of_a_value() {
        let book = Codebook::of([40, -90, 17, 17]);
        assert_eq!(book.values, [-90, 0, 17, 40]);
        assert_eq!([-90, 0, 17, 40, 16].map(|w| book.index(w)), [Some(0), Some(1), Some(2), Some(3), None]);
        let bits = |count: i8| Codebook::of(0..count).bits();
        assert_eq!([1, 2, 3, 4, 5, 16, 17, 64].map(bits), [1, 1, 2, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_pattern_of_zeros_is_counted_only_where_it_pays() {
        let sparse = [[0; 7].as_slice(), &[40]].concat();
        assert_eq!([4, 1].map(|bits| store_bytes(&sparse, bits)), [2, 1]);
        assert_eq!(store_bytes(&[40; 16], 4), 8);
        assert_eq!(store_bytes(&[0; 16], 8), 16);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let of = |values: Vec<i8>| Codebook { values };
        let good = || of((-16..16).collect());
        let large = || of((-20..20).collect());
        let cases = [
            ("count of codebooks is 5", vec![good(); 5]),
            ("more than 32 values is 2", vec![large(), large()]),
            ("codebook 1: count of values is 0", vec![good(), of(vec![])]),
            ("count of values is 65", vec![of((-32..33).collect())]),
            ("3 before 3", vec![of(vec![0, 3, 3])]),
            ("value is -128", vec![of(vec![-128, 0])]),
            ("with 0 among them", vec![of(vec![-3, 5])]),
        ];
        for (word, books) in cases {
            let found = faults(&books);
            assert!(found.len() == 1 && found[0].to_string().contains(word), "{word}: {found:?}");
        }
        assert!(faults(&[large(), good(), good(), good()]).is_empty());
    }
}
