//! ONNX operators that only change axes. Exact: what moves values is followed to where it matters, or refused.

use super::network::{Importer, Operand};
use super::node::Call;
use crate::builder::Value;
use crate::layout::{place, Layout};

impl Importer<'_> {
    pub fn flatten(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        let axis = attributes.int(&mut self.builder, "axis", 1)?;
        let input = self.map(call, 0)?;
        let rank = self.builder.unpadded(call.site, input)?.rank();
        let behind_all = i64::try_from(rank) == Ok(axis);
        match if behind_all { Some(rank) } else { place(axis, rank) } {
            Some(place) => self.builder.flatten(call.site, input, place),
            None => {
                self.builder.report(call.site, "axis", format!("is {axis} of {rank} axes"), "axis = 1");
                None
            }
        }
    }

    pub fn reshape(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["allowzero", "shape"]);
        let keep_zero = attributes.int(&mut self.builder, "allowzero", 0)? != 0;
        let input = self.map(call, 0)?;
        if matches!(call.input(1), Some(Operand::Other)) {
            let nearest = "a constant shape (export with fixed sizes), or Flatten";
            self.builder.report(call.site, "shape", "is computed when the network runs", nearest);
            return None;
        }
        let target = self.integers(call, 1)?;
        let layout = self.builder.unpadded(call.site, input)?;
        let sizes = target_sizes(&layout.dims(), &target, keep_zero);
        self.turn(call, input, "shape", || format!("is {target:?}"), sizes.and_then(|sizes| layout.reshaped(&sizes)))
    }

    /// The value on axes `wanted`, or a report that blames `attribute` and says what it `is`.
    fn turn(
        &mut self,
        call: &Call,
        input: Value,
        attribute: &str,
        is: impl Fn() -> String,
        wanted: Option<Layout>,
    ) -> Option<Value> {
        if let Some(layout) = wanted {
            return Some(self.builder.turned(call.site, input, layout));
        }
        let found = self.builder.unpadded(call.site, input)?;
        let nearest =
            "axes that are whole, or parts of one (rows, columns and channels are not mixed), and all their values";
        self.builder.report(call.site, attribute, format!("{} of {found}", is()), nearest);
        None
    }

    pub fn transpose(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["perm"]);
        let listed = attributes.ints(&mut self.builder, "perm")?.map(<[i64]>::to_vec);
        let input = self.map(call, 0)?;
        let layout = self.builder.unpadded(call.site, input)?;
        let rank = layout.rank();
        let order: Option<Vec<usize>> = match &listed {
            Some(perm) => perm.iter().map(|&axis| usize::try_from(axis).ok()).collect(),
            None => Some((0..rank).rev().collect()),
        };
        let turned = order.as_ref().and_then(|order| layout.permuted(order));
        self.turn(call, input, "perm", || format!("is {:?}", listed.as_deref().unwrap_or(&[])), turned)
    }

    /// Axes of size 1 that go.
    pub fn squeeze(&mut self, call: &Call) -> Option<Value> {
        let listed = self.listed_axes(call)?;
        let input = self.map(call, 0)?;
        let layout = self.builder.unpadded(call.site, input)?;
        let dims = layout.dims();
        let places: Option<Vec<usize>> = match &listed {
            Some(axes) => axes.iter().map(|&axis| layout.place(axis)).collect(),
            None => Some((0..dims.len()).filter(|&place| dims[place] == 1).collect()),
        };
        let squeezed = places.and_then(|places| layout.without(&places));
        self.turn(call, input, "axes", || format!("is {:?}", listed.as_deref().unwrap_or(&[])), squeezed)
    }

    /// Axes of size 1 that come.
    pub fn unsqueeze(&mut self, call: &Call) -> Option<Value> {
        let axes = self.listed_axes(call)?.unwrap_or_default();
        let input = self.map(call, 0)?;
        let layout = self.builder.unpadded(call.site, input)?;
        let rank = layout.rank() + axes.len();
        let places: Option<Vec<usize>> = axes.iter().map(|&axis| place(axis, rank)).collect();
        let widened = places.and_then(|places| layout.widened(&places));
        self.turn(call, input, "axes", || format!("is {axes:?}"), widened)
    }

    /// Axes from input 1, or from the attribute of old operator sets; `None` inside where there are none.
    fn listed_axes(&mut self, call: &Call) -> Option<Option<Vec<i64>>> {
        let attributes = call.attributes(self, &["axes"]);
        let listed = attributes.ints(&mut self.builder, "axes")?.map(<[i64]>::to_vec);
        if call.lacks(1) {
            return Some(listed);
        }
        self.integers(call, 1).map(Some)
    }
}

/// Sizes that a Reshape asks for, where 0 keeps a size (unless `keep_zero`) and one -1 takes what is left.
fn target_sizes(old: &[usize], target: &[i64], keep_zero: bool) -> Option<Vec<usize>> {
    let size = |(i, &dim): (usize, &i64)| match dim {
        0 if !keep_zero => old.get(i).copied().map(Some),
        -1 => Some(None),
        size => usize::try_from(size).ok().map(Some),
    };
    let sizes: Vec<Option<usize>> = target.iter().enumerate().map(size).collect::<Option<_>>()?;
    let total: usize = old.iter().product();
    let known = sizes.iter().flatten().try_fold(1usize, |product, &size| product.checked_mul(size))?;
    let open = sizes.iter().filter(|size| size.is_none()).count();
    let whole = known > 0 && open <= 1 && if open == 1 { total % known == 0 } else { total == known };
    whole.then(|| sizes.into_iter().map(|size| size.unwrap_or(total / known)).collect())
}
