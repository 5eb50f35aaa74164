//! A layer's weights in fewer bits: a codebook, an index per weight, and the zeros left out where that is smaller.

use crate::{Conv, NetError};
use serde::{Deserialize, Serialize};

/// Widest index: 255 values at most.
const MAX_INDEX_BITS: u32 = 8;
/// Bits of a codebook entry, and of a weight without one.
const ENTRY_BITS: usize = 8;

/// How the weights of a [`Conv`] can be kept; `weights == codebook[index]`, which the network's check verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// The values that weights take, ascending, at most `2^bits`.
    pub codebook: Vec<i8>,
    /// Bits of an index.
    pub bits: u32,
    /// In the order of the weights: one per weight, or one per weight that `pattern` marks.
    pub indices: Vec<u8>,
    /// One bit per weight, the first in the lowest bit of the first byte: set where an index stands for the weight, unset
    /// where the weight is zero and none does.
    pub pattern: Option<Vec<u8>>,
}

/// What a store takes, in bits, packed without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSize {
    pub indices: usize,
    pub pattern: usize,
    /// Zero where the values are evenly spaced: they are then computed.
    pub codebook: usize,
}

impl StoreSize {
    /// Whole bytes of each part, added.
    pub fn bytes(&self) -> usize {
        [self.indices, self.pattern, self.codebook].iter().map(|bits| bits.div_ceil(8)).sum()
    }
}

impl std::ops::Add for StoreSize {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (indices, pattern) = (self.indices + other.indices, self.pattern + other.pattern);
        StoreSize { indices, pattern, codebook: self.codebook + other.codebook }
    }
}

impl Store {
    /// The smallest store of these weights, from the values that occur.
    pub fn of(weights: &[i8]) -> Self {
        let mut codebook = weights.to_vec();
        codebook.sort_unstable();
        codebook.dedup();
        let bits = codebook.len().next_power_of_two().ilog2().max(1);
        Self::smallest(weights, &codebook, bits).expect("every weight is in the codebook")
    }

    /// The smaller of the stores with and without a pattern of zeros. `codebook` is ascending and holds all of `weights`;
    /// `None` where a weight is not in it.
    pub fn smallest(weights: &[i8], codebook: &[i8], bits: u32) -> Option<Self> {
        let dense = Self::new(weights, codebook, bits, false)?;
        let sparse = Self::new(weights, codebook, bits, true)?;
        Some(if sparse.size().bytes() < dense.size().bytes() { sparse } else { dense })
    }

    fn new(weights: &[i8], codebook: &[i8], bits: u32, sparse: bool) -> Option<Self> {
        let stored = weights.iter().filter(|&&w| !sparse || w != 0);
        let index = |w: &i8| codebook.binary_search(w).ok().and_then(|index| u8::try_from(index).ok());
        let indices = stored.map(index).collect::<Option<_>>()?;
        let bit = |(at, &w): (usize, &i8)| u8::from(w != 0) << at;
        let byte = |eight: &[i8]| eight.iter().enumerate().map(bit).sum();
        let pattern = sparse.then(|| weights.chunks(8).map(byte).collect());
        Some(Store { codebook: codebook.to_vec(), bits, indices, pattern })
    }

    pub fn size(&self) -> StoreSize {
        let even =
            self.codebook.windows(3).all(|w| i16::from(w[2]) - i16::from(w[1]) == i16::from(w[1]) - i16::from(w[0]));
        StoreSize {
            indices: self.indices.len() * self.bits as usize,
            pattern: self.pattern.as_ref().map_or(0, |pattern| pattern.len() * 8),
            codebook: if even { 0 } else { self.codebook.len() * ENTRY_BITS },
        }
    }

    /// The `count` weights that it stands for.
    ///
    /// # Errors
    /// What of it is out of bounds; `at` names the layer.
    pub fn weights(&self, at: &str, count: usize) -> Result<Vec<i8>, NetError> {
        self.bounds(at, count)?;
        let mut indices = self.indices.iter();
        let marked = |k: usize| self.pattern.as_ref().is_none_or(|pattern| pattern[k / 8] >> (k % 8) & 1 == 1);
        let value = |index: &u8| self.codebook[usize::from(*index)];
        Ok((0..count).map(|k| if marked(k) { indices.next().map_or(0, value) } else { 0 }).collect())
    }

    fn bounds(&self, at: &str, count: usize) -> Result<(), NetError> {
        let value =
            |what, found: String, wanted: String| Err(NetError::Value { at: at.to_string(), what, found, wanted });
        let length = |what, found, wanted| Err(NetError::Length { at: at.to_string(), what, found, wanted });
        if !(1..=MAX_INDEX_BITS).contains(&self.bits) {
            return value("index bits", self.bits.to_string(), format!("1..={MAX_INDEX_BITS}"));
        }
        let (entries, most) = (self.codebook.len(), 1 << self.bits);
        if !(1..=most).contains(&entries) || !self.codebook.is_sorted_by(|a, b| a < b) {
            return value("codebook", format!("{entries} entries"), format!("1..={most} of them, ascending"));
        }
        if let Some(index) = self.indices.iter().find(|&&index| usize::from(index) >= entries) {
            return value("index", index.to_string(), format!("below {entries}"));
        }
        let bytes = count.div_ceil(8);
        let marked = match &self.pattern {
            None => count,
            Some(pattern) if pattern.len() != bytes => return length("pattern", pattern.len(), bytes),
            Some(pattern) => pattern.iter().map(|byte| byte.count_ones() as usize).sum(),
        };
        match self.indices.len() == marked {
            true => Ok(()),
            false => length("indices", self.indices.len(), marked),
        }
    }
}

impl Conv {
    /// What the weights take as they would be stored: compressed where there is a store, else a byte each.
    pub fn store_size(&self) -> StoreSize {
        let plain = StoreSize { indices: self.weights.len() * ENTRY_BITS, ..StoreSize::default() };
        self.store.as_ref().map_or(plain, Store::size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODEBOOK: [i8; 4] = [-90, 0, 17, 40];

    #[test]
    fn weights_come_back_and_sizes_are_counted() {
        let weights = [17, 0, 0, 0, -90, 40, 0, 0, 17];
        for sparse in [false, true] {
            let store = Store::new(&weights, &CODEBOOK, 2, sparse).unwrap();
            assert_eq!(store.weights("x", weights.len()).unwrap(), weights);
            let size = if sparse { (4 * 2, 2 * 8) } else { (9 * 2, 0) };
            assert_eq!((store.size().indices, store.size().pattern, store.size().codebook), (size.0, size.1, 32));
        }
    }

    #[test]
    fn a_pattern_is_kept_only_where_it_pays() {
        let sparse = [[0i8; 15].as_slice(), &[40]].concat().repeat(8);
        assert!(Store::smallest(&sparse, &CODEBOOK, 6).unwrap().pattern.is_some());
        assert!(Store::smallest(&[40; 128], &CODEBOOK, 6).unwrap().pattern.is_none());
        assert_eq!(Store::smallest(&[41], &CODEBOOK, 6), None);
    }

    #[test]
    fn evenly_spaced_values_need_no_codebook() {
        let store = Store::smallest(&[4, 4], &[-4, 0, 4], 2).unwrap();
        assert_eq!(store.size().bytes(), 1);
    }

    #[test]
    fn what_is_out_of_bounds_is_said() {
        let good = Store::new(&[17, 0, 40], &CODEBOOK, 2, true).unwrap();
        type Damage = fn(&mut Store);
        let broken: [(&str, Damage); 7] = [
            ("index bits", |s| s.bits = 9),
            ("codebook", |s| s.bits = 1),
            ("codebook", |s| s.codebook = vec![3, 3, 3]),
            ("index", |s| s.indices[0] = 4),
            ("pattern", |s| s.pattern = Some(vec![])),
            ("indices", |s| s.indices.push(0)),
            ("indices", |s| s.pattern = None),
        ];
        for (word, break_it) in broken {
            let mut store = good.clone();
            break_it(&mut store);
            assert!(store.weights("x", 3).unwrap_err().to_string().contains(word), "{word}");
        }
    }
}
