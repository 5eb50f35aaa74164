//! What a model file fixes about the integers of a node, beside its floats: kept for the quantiser.

use std::fmt;

/// What the file fixes about one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// A convolution's weights, from a table of values (Deep Compression). Decoded, they are the operation's weights.
    pub codebook: Option<Codebook>,
    /// A convolution's weights as 8-bit integers (quantised ONNX).
    pub weights: Option<IntegerWeights>,
    /// How the file stores the node's result (quantised ONNX).
    pub result: Option<Quantisation>,
}

/// Weights as integers: the real value is the integer times the scale of its output channel.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerWeights {
    /// In the order of the operation's weights.
    pub weights: Vec<i8>,
    /// One for all, or one per output channel.
    pub scales: Vec<f32>,
}

/// 8-bit storage of a feature map: the real value is `(integer - zero_point) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantisation {
    pub scale: f32,
    pub zero_point: i32,
    pub signed: bool,
}

impl Quantisation {
    /// Least and largest real value that can be stored: QuantizeLinear saturates there.
    pub fn ends(&self) -> [f32; 2] {
        let (least, most) = if self.signed { (i8::MIN.into(), i8::MAX.into()) } else { (0, i32::from(u8::MAX)) };
        [least, most].map(|end| (end - self.zero_point) as f32 * self.scale)
    }

    /// Whether real zero is where the machine has it: at the least integer, or in the middle for `signed` maps.
    pub fn zero_in_place(&self, signed: bool) -> bool {
        let least = if self.signed { i32::from(i8::MIN) } else { 0 };
        self.zero_point == if signed { least - i32::from(i8::MIN) } else { least }
    }
}

impl fmt::Display for Quantisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.signed { "int8" } else { "uint8" };
        write!(f, "{kind} of scale {} and zero point {}", self.scale, self.zero_point)
    }
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
