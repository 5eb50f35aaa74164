//! What a layer's codebook, indices and zero pattern take, in the ways that Deep Compression and a chip store them.

use crate::given::Codebook;
use serde::Serialize;
use std::iter::Sum;

/// Most zeros that 4 bits count before an index; one more takes an index of its own.
const GAP_LIMIT: usize = 16;

/// Bytes of coded weights; indices are whole bytes as in the file, the bitmap is what could stand in place of the gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodedSize {
    pub weights: usize,
    pub non_zero: usize,
    /// Indices in the file: of the weights that are not zero, and of zeros in runs too long for a gap.
    pub indices: usize,
    pub index_bytes: usize,
    /// 4 bits per index.
    pub gap_bytes: usize,
    pub codebook_bytes: usize,
    pub bias_bytes: usize,
    /// One bit per weight.
    pub bitmap_bytes: usize,
    /// Counts of indices at the head of the file.
    pub header_bytes: usize,
}

impl CodedSize {
    pub(crate) fn of(codebook: &Codebook, outputs: usize) -> Self {
        let (weights, non_zero) = (codebook.indices.len(), codebook.non_zero());
        let indices = non_zero + fillers(&codebook.indices);
        CodedSize {
            weights,
            non_zero,
            indices,
            index_bytes: indices,
            gap_bytes: indices.div_ceil(2),
            codebook_bytes: codebook.entries.len() * size_of::<f32>(),
            bias_bytes: outputs * size_of::<f32>(),
            bitmap_bytes: weights.div_ceil(8),
            header_bytes: size_of::<u32>(),
        }
    }

    /// Size of the file: indices, gaps, codebooks, biases and header.
    pub fn file_bytes(&self) -> usize {
        self.index_bytes + self.gap_bytes + self.codebook_bytes + self.bias_bytes + self.header_bytes
    }

    /// Share of the weights that are not zero.
    pub fn density(&self) -> f64 {
        self.non_zero as f64 / self.weights.max(1) as f64
    }
}

/// Zeros that the file needs an index for.
fn fillers(indices: &[u8]) -> usize {
    let runs = indices.split(|&index| index != 0).map(|run| run.len() / GAP_LIMIT);
    // What follows the last weight is left out.
    let last = indices.iter().rev().take_while(|&&index| index == 0).count() / GAP_LIMIT;
    runs.sum::<usize>() - last
}

impl Sum for CodedSize {
    fn sum<I: Iterator<Item = Self>>(layers: I) -> Self {
        layers.fold(CodedSize::default(), |sum, layer| CodedSize {
            weights: sum.weights + layer.weights,
            non_zero: sum.non_zero + layer.non_zero,
            indices: sum.indices + layer.indices,
            index_bytes: sum.index_bytes + layer.index_bytes,
            gap_bytes: sum.gap_bytes + layer.gap_bytes,
            codebook_bytes: sum.codebook_bytes + layer.codebook_bytes,
            bias_bytes: sum.bias_bytes + layer.bias_bytes,
            bitmap_bytes: sum.bitmap_bytes + layer.bitmap_bytes,
            header_bytes: sum.header_bytes + layer.header_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::fillers;

    #[test]
    fn runs_of_sixteen_zeros_take_an_index_unless_they_are_last() {
        let run = |zeros: usize| [vec![0; zeros], vec![7]].concat();
        assert_eq!([0, 15, 16, 31, 32].map(|zeros| fillers(&run(zeros))), [0, 0, 1, 1, 2]);
        assert_eq!(fillers(&[run(16), vec![0; 40]].concat()), 1);
        assert_eq!(fillers(&[0; 40]), 0);
    }
}
