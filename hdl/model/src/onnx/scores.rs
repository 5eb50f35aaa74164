//! ONNX operators behind the scores: the host's, as long as they keep the order of the classes.

use super::network::Importer;
use super::node::Call;
use crate::builder::Value;
use crate::layout::place;
use crate::mean::saturation_of_host;

/// First operator set whose softmax works on one axis, the last by default.
const SOFTMAX_OF_ONE_AXIS: i64 = 13;
/// Slope of a HardSigmoid that names none, and its value at zero.
const SLOPE: f32 = 0.2;
const MIDDLE: f32 = 0.5;

impl Importer<'_> {
    /// Softmax and LogSoftmax.
    pub fn softmax(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        let whole = self.opset < SOFTMAX_OF_ONE_AXIS;
        let axis = attributes.int(&mut self.builder, "axis", if whole { 1 } else { -1 })?;
        let input = self.map(call, 0)?;
        let place = self.axis_of(call, input, axis)?;
        if !whole {
            return self.builder.over_classes(call.site, input, place, false);
        }
        // Older operator sets take all axes from there on as one; the result has the axes of the input.
        let flat = self.builder.flatten(call.site, input, place)?;
        let dims = self.builder.unpadded(call.site, input)?.dims();
        let scores = self.builder.over_classes(call.site, flat, 1, false)?;
        // The classes may be in another order now, so that only the sizes of the axes are the input's.
        let layout = self.builder.unpadded(call.site, scores)?.reshaped(&dims);
        Some(layout.map_or(scores, |layout| self.builder.seen(scores, layout)))
    }

    /// Place of an axis, or a report.
    fn axis_of(&mut self, call: &Call, input: Value, axis: i64) -> Option<usize> {
        let layout = self.builder.unpadded(call.site, input)?;
        let place = place(axis, layout.rank());
        if place.is_none() {
            self.builder.report(call.site, "axis", format!("is {axis} of {layout}"), "the axis of the classes");
        }
        place
    }

    /// The index of the largest score.
    pub fn arg_max(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis", "keepdims", "select_last_index"]);
        let axis = attributes.int(&mut self.builder, "axis", 0)?;
        let keep = attributes.int(&mut self.builder, "keepdims", 1)? != 0;
        let input = self.map(call, 0)?;
        let place = self.axis_of(call, input, axis)?;
        let best = self.builder.over_classes(call.site, input, place, true)?;
        let layout = self.builder.unpadded(call.site, best)?;
        let layout = if keep { layout } else { layout.without(&[place])? };
        Some(self.builder.seen(best, layout))
    }

    pub fn sigmoid(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let input = self.map(call, 0)?;
        self.builder.rising(call.site, input)
    }

    pub fn hard_sigmoid(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["alpha", "beta"]);
        let slope = attributes.float(&mut self.builder, "alpha", SLOPE)?;
        let middle = attributes.float(&mut self.builder, "beta", MIDDLE)?;
        let input = self.map(call, 0)?;
        if slope.is_nan() || slope <= 0.0 {
            self.builder.report(call.site, "alpha", format!("is {slope}"), "a slope above 0, which keeps the order");
            return None;
        }
        let ends = [0.0, 1.0].map(|end| (end - middle) / slope);
        if !(ends[0] < ends[1] && ends.iter().all(|end| end.is_finite())) {
            let why =
                format!("is {slope} with beta {middle}, which is 0 to 1 over scores of {} to {}", ends[0], ends[1]);
            self.builder.report(call.site, "alpha", why, "alpha = 0.2 and beta = 0.5, or Sigmoid");
            return None;
        }
        self.builder.rising_as(call.site, input, &saturation_of_host(ends[0], ends[1]))
    }
}
