//! Weights that a file stores as 8-bit integers, on their way to the convolution that takes them.

use super::evaluate::{Array, Scales, Values};
use super::message::data_type;
use super::network::Importer;
use super::node::Call;
use crate::builder::Value;
use crate::given::IntegerWeights;
use crate::graph::Op;

/// 8-bit integers of a constant whose float form is the operand of that name.
#[derive(Clone)]
pub(crate) struct Stored {
    /// Without zero points, in the order of the constant.
    weights: Vec<i8>,
    /// One, or one per index of `axis`.
    scales: Vec<f32>,
    axis: usize,
    dims: Vec<usize>,
}

impl Stored {
    /// Of what DequantizeLinear makes floats of, where there are integers, and those without their zero points are within
    /// -128..=127.
    pub fn new(values: &Array, scale: &Array, zeros: Option<&Array>, axis: i64, block: i64) -> Option<Self> {
        let (Values::Integers(integers), Values::Floats(scales)) = (&values.values, &scale.values) else { return None };
        let plain = Scales::new(&values.dims, &scale.dims, axis, block).ok().filter(Scales::is_plain)?;
        if integers.is_empty() {
            return None;
        }
        if ![data_type::INT8, data_type::UINT8, data_type::INT4, data_type::UINT4].contains(&values.data_type) {
            return None;
        }
        let zero = |scale: usize| match zeros.map(|zeros| &zeros.values) {
            Some(Values::Integers(zeros)) => zeros.get(scale).copied(),
            Some(Values::Floats(_)) => None,
            None => Some(0),
        };
        let centred = integers.iter().enumerate().map(|(i, v)| i8::try_from(v.checked_sub(zero(plain.of(i))?)?).ok());
        let (weights, scales) = (centred.collect::<Option<_>>()?, scales.clone());
        Some(Stored { weights, scales, axis: plain.axis, dims: values.dims.clone() })
    }

    /// As `[outputs][...]` with one scale per output, where the scales lie along the first axis or there is one.
    pub fn rows(self) -> Option<IntegerWeights> {
        let Stored { weights, scales, axis, .. } = self;
        (scales.len() == 1 || axis == 0).then_some(IntegerWeights { weights, scales })
    }

    /// The transposed matrix.
    pub fn transposed(self) -> Option<Self> {
        let &[rows, columns] = self.dims.as_slice() else { return None };
        let column = |c: usize| self.weights[c..].iter().step_by(columns).copied();
        let weights = (0..columns).flat_map(column).collect();
        let axis = 1usize.checked_sub(self.axis)?;
        Some(Stored { weights, dims: vec![columns, rows], axis, ..self })
    }
}

impl<'a> Importer<'a> {
    /// Keeps the integers of a computed constant, where it still is what they stand for.
    pub fn keep_stored(&mut self, call: &Call<'_, 'a>, inputs: &[Option<Array>]) {
        let Some(name) = call.node.output.first() else { return };
        let attribute = |name: &str| call.node.attribute.iter().find(|a| a.name == name);
        let int = |name: &str, default: i64| attribute(name).map_or(default, |a| a.i);
        let source = || call.node.input.first().and_then(|name| self.stored.get(name.as_str())).cloned();
        let kept = match (call.node.op_type.as_str(), inputs) {
            ("DequantizeLinear", [Some(values), Some(scale), zeros @ ..]) => {
                let zeros = zeros.first().and_then(Option::as_ref);
                Stored::new(values, scale, zeros, int("axis", 1), int("block_size", 0))
            }
            ("Transpose", _) if attribute("perm").is_none_or(|perm| perm.ints == [1, 0]) => {
                source().and_then(Stored::transposed)
            }
            ("Identity", _) => source(),
            _ => None,
        };
        self.stored.extend(kept.map(|stored| (name.as_str(), stored)));
    }

    /// Keeps integers with the convolution whose weights they are, in its order; behind a global average it is moved, and its
    /// result is the average.
    pub fn keep_weights(&mut self, conv: Value, stored: Option<IntegerWeights>) {
        let node = &mut self.builder.nodes[conv.node];
        let Op::Conv { weights, .. } = &node.op else { return };
        node.given.weights = stored.filter(|stored| {
            let size = stored.weights.len() / stored.scales.len();
            let real = |(index, &weight): (usize, &i8)| f32::from(weight) * stored.scales[index / size];
            stored.weights.iter().enumerate().map(real).eq(weights.iter().copied())
        });
    }

    /// The integers of input 1, which is `[outputs][...]`.
    pub fn stored_weights(&self, call: &Call) -> Option<IntegerWeights> {
        self.stored.get(call.node.input.get(1)?.as_str()).cloned()?.rows()
    }

    /// The integers of input 1, a matrix of `[outputs][inputs]` or the transposed one.
    pub fn stored_matrix(&self, call: &Call, transposed: bool) -> Option<IntegerWeights> {
        let stored = self.stored.get(call.node.input.get(1)?.as_str()).cloned()?;
        if transposed {
            stored.rows()
        } else {
            stored.transposed()?.rows()
        }
    }
}
