//! ONNX operators that work value by value, or join maps.

use super::message::Node;
use super::network::{Importer, Operand};
use super::node::Call;
use crate::builder::{Value, View};
use crate::graph::Op;

const PER_CHANNEL: &str = "a constant per channel, of the image or behind a convolution";

impl Importer<'_> {
    pub fn relu(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let input = self.map(call, 0)?;
        self.builder.apply(call.site, Op::Relu, &[input])
    }

    /// A clip to zero and above is a ReLU; with a maximum it is a ReLU6 and the like.
    pub fn clip(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["min", "max"]);
        let mut low = attributes.float(&mut self.builder, "min", f32::MIN)?;
        let mut high = attributes.float(&mut self.builder, "max", f32::MAX)?;
        for (index, limit) in [(1, &mut low), (2, &mut high)] {
            if !call.lacks(index) {
                *limit = self.floats(call, index)?.first().copied().unwrap_or(*limit);
            }
        }
        let input = self.map(call, 0)?;
        match low <= f32::MIN {
            true => self.cut_above(call, input, high),
            false => self.builder.clip(call.site, input, low, high),
        }
    }

    /// The larger of a map and zero.
    pub fn max(&mut self, call: &Call) -> Option<Value> {
        let (input, limit) = self.with_limit(call, "a map and 0")?;
        if limit == 0.0 {
            return self.builder.apply(call.site, Op::Relu, &[input]);
        }
        if limit < 0.0 && self.builder.is_non_negative(input) {
            self.builder.note(call.site, "left out: nothing below zero goes in");
            return Some(input);
        }
        self.builder.report(call.site, "", format!("is at least {limit}"), "Max of a map and 0, or Relu");
        None
    }

    /// The smaller of a map and a maximum.
    pub fn min(&mut self, call: &Call) -> Option<Value> {
        let (input, limit) = self.with_limit(call, "a map and a maximum above 0")?;
        self.cut_above(call, input, limit)
    }

    /// The map of two operands, and the other one, a constant that is the same everywhere.
    fn with_limit(&mut self, call: &Call, nearest: &str) -> Option<(Value, f32)> {
        call.attributes(self, &[]);
        let place = usize::from(call.constant(0).is_none());
        let constant = if call.constant(place).is_some() { Some(self.floats(call, place)?) } else { None };
        let limit = constant.as_deref().and_then(|all| all.first().filter(|first| all.iter().all(|v| v == *first)));
        match (limit, call.inputs.len()) {
            (Some(&limit), 2) => Some((self.map(call, 1 - place)?, limit)),
            _ => {
                let inputs: Vec<Value> = (0..call.inputs.len())
                    .filter(|&place| call.constant(place).is_none())
                    .filter_map(|place| self.map(call, place))
                    .collect();
                let why = format!("of {} operands, {} of them maps", call.inputs.len(), inputs.len());
                self.builder.report(call.site, "", why, nearest);
                None
            }
        }
    }

    /// A clip without a lower end: one from 0 on, where nothing is below or what reads it cuts there.
    fn cut_above(&mut self, call: &Call, input: Value, most: f32) -> Option<Value> {
        if most >= f32::MAX {
            self.builder.note(call.site, "changes no value");
            return Some(input);
        }
        if self.builder.is_non_negative(input) || self.is_cut_at_zero(call) {
            return self.builder.clip(call.site, input, 0.0, most);
        }
        let why = format!("has no end but {most}");
        let nearest = "a maximum above 0 behind or before Relu, Max with 0 or a clip from 0";
        self.builder.report(call.site, "", why, nearest);
        None
    }

    /// Whether everything that reads the result cuts it at zero.
    fn is_cut_at_zero(&self, call: &Call) -> bool {
        let Some(output) = call.node.output.first() else { return false };
        let zero = |name: &String| match self.operands.get(name.as_str()) {
            Some(Operand::Constant(tensor)) => {
                tensor.floats(self.folder).is_ok_and(|all| !all.is_empty() && all.iter().all(|&value| value == 0.0))
            }
            _ => false,
        };
        let readers = self.readers.get(output.as_str()).map_or(&[][..], Vec::as_slice);
        let cuts = |node: &&Node| match node.operator().as_str() {
            "Relu" => true,
            "Max" => node.input.len() == 2 && node.input.iter().any(zero),
            _ => false,
        };
        !readers.is_empty() && readers.iter().all(cuts) && !self.outputs.contains(output.as_str())
    }

    pub fn add(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        if call.constant(0).is_some() || call.constant(1).is_some() {
            return self.scale_by_constant(call, |constant, _| (vec![1.0; constant.len()], constant.to_vec()));
        }
        let inputs: Vec<Option<Value>> = (0..call.inputs.len()).map(|i| self.map(call, i)).collect();
        let mut inputs: Vec<Value> = inputs.into_iter().collect::<Option<_>>()?;
        if inputs.iter().any(|input| input.view != inputs[0].view) {
            inputs = inputs.into_iter().map(|i| self.builder.in_order(call.site, i)).collect::<Option<_>>()?;
        }
        self.builder.sum(call.site, &inputs)
    }

    pub fn mul(&mut self, call: &Call) -> Option<Value> {
        self.with_constant(call, |constant, _| (constant.to_vec(), vec![0.0; constant.len()]))
    }

    pub fn sub(&mut self, call: &Call) -> Option<Value> {
        self.with_constant(call, |constant, from_constant| {
            let sign = if from_constant { -1.0 } else { 1.0 };
            (vec![sign; constant.len()], constant.iter().map(|c| -sign * c).collect())
        })
    }

    pub fn div(&mut self, call: &Call) -> Option<Value> {
        if call.constant(0).is_some() {
            call.attributes(self, &[]);
            self.builder.report(call.site, "input 0", "divides a constant by a map", "a map divided by a constant");
            return None;
        }
        self.with_constant(call, |constant, _| (constant.iter().map(|c| 1.0 / c).collect(), vec![0.0; constant.len()]))
    }

    /// An operator of a map and a constant; `line` makes factors and offsets of it, and is told whether it comes first.
    fn with_constant(&mut self, call: &Call, line: impl Fn(&[f32], bool) -> (Vec<f32>, Vec<f32>)) -> Option<Value> {
        call.attributes(self, &[]);
        if call.constant(0).is_some() || call.constant(1).is_some() {
            return self.scale_by_constant(call, line);
        }
        let inputs: Vec<Value> = (0..call.inputs.len()).filter_map(|i| self.map(call, i)).collect();
        self.builder.report(call.site, "", "works on two maps", PER_CHANNEL);
        // The search goes on with the larger of the two, which the other one is spread over.
        let map = inputs.into_iter().max_by_key(|&map| self.builder.shape(map).iter().product::<usize>())?;
        let shape = self.builder.shape(map);
        self.builder.stand_in(call.site, map, shape)
    }

    /// One constant per channel, or one for all, folded into the convolution before it.
    fn scale_by_constant(&mut self, call: &Call, line: impl Fn(&[f32], bool) -> (Vec<f32>, Vec<f32>)) -> Option<Value> {
        let (constant, map) = if call.constant(0).is_some() { (0, 1) } else { (1, 0) };
        let shape = self.tensor(call, constant)?.shape().unwrap_or_default();
        let values = self.floats(call, constant)?;
        if call.inputs.len() != 2 {
            let why = format!("{} operands, one of them a constant", call.inputs.len());
            self.builder.report(call.site, "inputs", why, "a map and a constant per channel");
            return None;
        }
        self.scale_by(call, (constant, map), (&shape, &values), line)
    }

    /// The same with input `constant` as its shape and values, and the map as input `map`.
    pub fn scale_by(
        &mut self,
        call: &Call,
        (constant, map): (usize, usize),
        (shape, values): (&[usize], &[f32]),
        line: impl Fn(&[f32], bool) -> (Vec<f32>, Vec<f32>),
    ) -> Option<Value> {
        let input = self.map(call, map)?;
        let channels = self.builder.shape(input)[0];
        // Zeros that are kept back lie around a map.
        let view = if let View::Padded(_) = input.view { View::Map } else { input.view };
        let layout = self.builder.layout(Value { view, ..input })?;
        let each = layout.per_channel(shape, values, channels);
        let Some(each) = each else {
            let why = format!("has shape {shape:?} against {layout}");
            self.builder.report(
                call.site,
                &format!("input {constant}"),
                why,
                format!("one value, or one per channel ({channels})"),
            );
            return None;
        };
        let (factor, offset) = line(&each, constant == 0);
        self.builder.scale_channels(call.site, input, &factor, &offset)
    }

    pub fn concat(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        let axis = attributes.int(&mut self.builder, "axis", 1)?;
        let inputs: Vec<Option<Value>> = (0..call.inputs.len()).map(|i| self.map_in_order(call, i)).collect();
        let inputs: Vec<Value> = inputs.into_iter().collect::<Option<_>>()?;
        self.builder.concat(call.site, axis, &inputs)
    }

    /// Dropout outside training, and casts between float types.
    pub fn unchanged(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["ratio", "seed", "is_test", "to", "saturate"]);
        let to = attributes.int(&mut self.builder, "to", super::message::data_type::FLOAT.into())?;
        use super::message::data_type::{BFLOAT16, DOUBLE, FLOAT, FLOAT16};
        if ![FLOAT, FLOAT16, BFLOAT16, DOUBLE].iter().any(|&t| i64::from(t) == to) {
            self.builder.report(call.site, "to", format!("is data type {to}"), "a float type");
            return None;
        }
        if matches!(call.input(2), Some(Operand::Constant(mode)) if mode.int32_data == [1] || mode.raw_data == [1]) {
            self.builder.report(call.site, "training_mode", "is true", "a model exported for inference");
            return None;
        }
        self.builder.note(call.site, "changes no value");
        self.map(call, 0)
    }
}
