//! Operators on constants, computed when the file is read: what depends on no image is a constant, whatever computes it.

mod array;
mod elementwise;
mod layout;
mod linear;
mod reduce;
mod select;
mod shapes;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use array::{ends, Array, Values};
pub(crate) use linear::{dequantized, Scales};
pub(in crate::onnx) use select::range;
pub(crate) use shapes::part;
pub(crate) use task::Task;

use super::tensor::Why;

type Compute = fn(&Task) -> Result<Array, Why>;

/// Every operator that is computed, by its name in the default domain.
pub(crate) const COMPUTED: &[(&str, Compute)] = &[
    ("Abs", |t| elementwise::unary(t, f32::abs, i64::wrapping_abs)),
    ("Add", |t| elementwise::binary(t, |a, b| a + b, i64::checked_add)),
    ("And", |t| elementwise::logical(t, |a, b| a && b)),
    ("Cast", elementwise::cast),
    ("CastLike", elementwise::cast_like),
    ("Ceil", |t| elementwise::unary(t, f32::ceil, |i| i)),
    ("Clip", elementwise::clip),
    ("Concat", layout::concat),
    ("ConstantOfShape", shapes::constant_of_shape),
    ("DequantizeLinear", linear::dequantize),
    ("Div", |t| elementwise::binary(t, |a, b| a / b, i64::checked_div)),
    ("Equal", |t| elementwise::compare(t, |order| order.is_eq())),
    ("Exp", |t| elementwise::unary_float(t, f32::exp)),
    ("Expand", layout::expand),
    ("Flatten", layout::flatten),
    ("Floor", |t| elementwise::unary(t, f32::floor, |i| i)),
    ("Gather", select::gather),
    ("Greater", |t| elementwise::compare(t, |order| order.is_gt())),
    ("GreaterOrEqual", |t| elementwise::compare(t, |order| order.is_ge())),
    ("Identity", layout::identity),
    ("Less", |t| elementwise::compare(t, |order| order.is_lt())),
    ("LessOrEqual", |t| elementwise::compare(t, |order| order.is_le())),
    ("Log", |t| elementwise::unary_float(t, f32::ln)),
    ("MatMul", linear::mat_mul),
    ("Max", |t| elementwise::variadic(t, f32::max, |a, b| Some(a.max(b)))),
    ("Min", |t| elementwise::variadic(t, f32::min, |a, b| Some(a.min(b)))),
    ("Mod", elementwise::modulo),
    ("Mul", |t| elementwise::binary(t, |a, b| a * b, i64::checked_mul)),
    ("Neg", |t| elementwise::unary(t, |a| -a, i64::wrapping_neg)),
    ("Not", elementwise::not),
    ("Or", |t| elementwise::logical(t, |a, b| a || b)),
    ("Pow", elementwise::power),
    ("QuantizeLinear", linear::quantize),
    ("Range", shapes::range),
    ("Reciprocal", |t| elementwise::unary_float(t, f32::recip)),
    ("ReduceL1", |t| reduce::reduce(t, |sum, v| sum + v.abs(), reduce::Start::Zero, |sum, _| sum)),
    ("ReduceL2", |t| reduce::reduce(t, |sum, v| sum + v * v, reduce::Start::Zero, |sum, _| sum.sqrt())),
    ("ReduceMax", |t| reduce::reduce(t, f64::max, reduce::Start::First, |most, _| most)),
    ("ReduceMean", |t| reduce::reduce(t, |sum, v| sum + v, reduce::Start::Zero, |sum, n| sum / n)),
    ("ReduceMin", |t| reduce::reduce(t, f64::min, reduce::Start::First, |least, _| least)),
    ("ReduceProd", |t| reduce::reduce(t, |product, v| product * v, reduce::Start::One, |product, _| product)),
    ("ReduceSum", |t| reduce::reduce(t, |sum, v| sum + v, reduce::Start::Zero, |sum, _| sum)),
    ("ReduceSumSquare", |t| reduce::reduce(t, |sum, v| sum + v * v, reduce::Start::Zero, |sum, _| sum)),
    ("Reshape", layout::reshape),
    ("Round", |t| elementwise::unary(t, f32::round_ties_even, |i| i)),
    ("Shape", shapes::shape),
    ("Sign", |t| elementwise::unary(t, elementwise::sign, i64::signum)),
    ("Size", shapes::size),
    ("Slice", select::slice),
    ("Sqrt", |t| elementwise::unary_float(t, f32::sqrt)),
    ("Squeeze", layout::squeeze),
    ("Sub", |t| elementwise::binary(t, |a, b| a - b, i64::checked_sub)),
    ("Sum", |t| elementwise::variadic(t, |a, b| a + b, i64::checked_add)),
    ("Tile", layout::tile),
    ("Transpose", layout::transpose),
    ("Unsqueeze", layout::unsqueeze),
    ("Where", elementwise::where_),
];

/// What computes an operator of constants.
pub(crate) fn find(operator: &str) -> Option<Compute> {
    COMPUTED.iter().find(|(name, _)| *name == operator).map(|(_, compute)| *compute)
}

/// Values that may still be read and made while constants are computed: a file of few bytes must not become many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    /// Values read and made.
    work: usize,
    /// Values that are kept.
    kept: usize,
}

impl Budget {
    /// For a file whose constants are held in so many bytes.
    pub fn new(bytes: usize) -> Self {
        const FREE: usize = 1 << 20;
        Budget {
            work: bytes.saturating_mul(64).saturating_add(16 * FREE),
            kept: bytes.saturating_mul(3).saturating_add(FREE),
        }
    }

    /// Takes what reading `values` costs.
    pub fn read(&mut self, values: usize) -> Result<(), Why> {
        self.work = self.work.checked_sub(values).ok_or("takes more values than the file's size allows")?;
        Ok(())
    }

    /// Takes what `values` that stay cost.
    pub fn keep(&mut self, values: usize) -> Result<(), Why> {
        self.read(values)?;
        self.kept = self.kept.checked_sub(values).ok_or("makes more values than the file's size allows")?;
        Ok(())
    }

    /// Values that one result may have.
    pub fn room(&self) -> usize {
        self.kept.min(self.work)
    }
}
