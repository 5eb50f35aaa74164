//! What a model file fixes about the integers of a node, beside its floats: kept for the quantiser.

/// What the file fixes about one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// A convolution's weights, from a table of values (Deep Compression). Decoded, they are the operation's weights.
    pub codebook: Option<Codebook>,
}

/// Weights as indices into a table; entry 0 is zero, so the indices that are 0 are the zero pattern as well.
#[derive(Clone, Debug, PartialEq)]
pub struct Codebook {
    /// Values; the first is 0.
    pub entries: Vec<f32>,
    /// One per weight, in the order of the weights.
    pub indices: Vec<u8>,
}

impl Codebook {
    /// The weights, in their order.
    pub fn decode(&self) -> Vec<f32> {
        self.indices.iter().map(|&index| self.entries[usize::from(index)]).collect()
    }

    /// Weights that are not zero.
    pub fn non_zero(&self) -> usize {
        self.indices.iter().filter(|&&index| index != 0).count()
    }
}
