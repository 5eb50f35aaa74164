//! Deep Compression's `.net` file (Han et al. 2016): per convolution, in the order of the network description, a table of
//! 256 values, biases, and the weights as table indices with the lengths of the runs of zeros between them.
//!
//! Layout, little-endian: a 32-bit count of indices per convolution; then per convolution 256 floats, a float per output,
//! a byte per index, and 4 bits per index (the lower half of a byte first) that count the zeros before it. Index 0 stands for
//! one more zero, where a run is longer than 15.

use crate::builder::{Builder, Site};
use crate::given::Codebook;

/// Entries of each table.
pub(crate) const ENTRIES: usize = 256;

/// Zeros behind the last index that are believed, so that few bytes cannot ask for many weights.
const MOST_LAST_ZEROS: usize = 4096;
/// Weights that an index and the zeros before it stand for, at most.
const MOST_PER_INDEX: usize = 16;

/// The file, read from front to back as the convolutions are met.
pub(crate) struct Compressed {
    bytes: Vec<u8>,
    /// First byte that is not yet read.
    at: usize,
    /// Convolutions of the description, in its order, with the indices that the file has for each.
    counts: Vec<(String, usize)>,
    /// Convolutions that were read.
    taken: usize,
}

/// Weights, and biases of one convolution.
pub(crate) struct Decoded {
    pub codebook: Codebook,
    pub bias: Vec<f32>,
}

impl Compressed {
    /// Reads the counts for the convolutions called `names`.
    ///
    /// # Errors
    /// Why the file cannot be one for so many convolutions.
    pub fn new(bytes: &[u8], names: Vec<String>) -> Result<Self, String> {
        let mut file = Compressed { bytes: bytes.to_vec(), at: 0, counts: Vec::new(), taken: 0 };
        for name in names {
            let count = file.read::<4>(1).map(|words| u32::from_le_bytes(words[0]) as usize);
            let count = count.ok_or("ends among the counts of its layers")?;
            file.counts.push((name, count));
        }
        let total = file.counts.iter().fold(0usize, |sum, (_, count)| sum.saturating_add(*count));
        let left = file.bytes.len() - file.at;
        if total > left {
            return Err(format!("promises {total} weights in the {left} bytes behind its counts"));
        }
        Ok(file)
    }

    /// Reads the weights `[out, ...]` and biases of the convolution `site`, which must be the next one.
    pub fn take(&mut self, builder: &mut Builder, site: Site, shape: &[usize]) -> Option<Decoded> {
        let next = self.counts.get(self.taken).filter(|(name, _)| name == site.node);
        // Behind a problem nobody knows where a layer starts.
        let Some(&(_, count)) = next else {
            self.lost(builder, site);
            return None;
        };
        self.taken += 1;
        let weights = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).unwrap_or(usize::MAX);
        if weights > count * MOST_PER_INDEX + MOST_LAST_ZEROS {
            let why = format!("{count} indices for {weights} weights");
            builder.report(site, "weights", why, "the description that the file was made for");
            return None;
        }
        builder.reserve_parameters(site, weights)?;
        let decoded = self.decode(count, weights, shape[0]);
        decoded.map_err(|why| builder.report(site, "weights", why, "what Deep Compression wrote for this layer")).ok()
    }

    fn lost(&self, builder: &mut Builder, site: Site) {
        if builder.problems.is_empty() {
            let why = "the file's layers come in another order than this description's";
            builder.report(site, "weights", why, "the description that the file was made for");
        }
    }

    fn decode(&mut self, count: usize, weights: usize, outputs: usize) -> Result<Decoded, String> {
        let short = || format!("the file ends within its table, biases or {count} indices");
        let floats = |words: Option<Vec<[u8; 4]>>| -> Result<Vec<f32>, String> {
            let values: Vec<f32> = words.ok_or_else(short)?.into_iter().map(f32::from_le_bytes).collect();
            let bad = values.iter().find(|v| !v.is_finite());
            bad.map_or(Ok(values.clone()), |value| Err(format!("holds {value}")))
        };
        let mut entries = floats(self.read(ENTRIES))?;
        entries[0] = 0.0;
        let bias = floats(self.read(outputs))?;
        let codes = self.read::<1>(count).ok_or_else(short)?;
        let gaps = self.read::<1>(count.div_ceil(2)).ok_or_else(short)?;
        let gap = |i: usize| usize::from(gaps[i / 2][0] >> (4 * (i % 2)) & 15);
        let mut indices = vec![0; weights];
        let mut place = 0;
        for (i, [code]) in codes.into_iter().enumerate() {
            place += gap(i);
            let Some(index) = indices.get_mut(place) else {
                return Err(format!("index {i} of {count} lies beyond the {weights} weights of this shape"));
            };
            *index = code;
            place += 1;
        }
        Ok(Decoded { codebook: Codebook { entries, indices }, bias })
    }

    fn read<const N: usize>(&mut self, count: usize) -> Option<Vec<[u8; N]>> {
        let end = count.checked_mul(N).and_then(|length| self.at.checked_add(length))?;
        let part = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(part.chunks_exact(N).map(|word| std::array::from_fn(|i| word[i])).collect())
    }

    /// Reports what is left over once all convolutions are read.
    pub fn finish(&self, builder: &mut Builder) {
        let left = self.bytes.len() - self.at;
        if builder.problems.is_empty() && left > 0 {
            let site = Site { node: "", operator: "weights" };
            builder.report(site, "", format!("{left} bytes behind the last layer"), "the description it was made for");
        }
    }
}
