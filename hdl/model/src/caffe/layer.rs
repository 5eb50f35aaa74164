//! Caffe layer types, one function each: attributes of the prototxt to an operation of the graph.

use super::network::{shape_words, Importer};
use super::operators::OPERATORS;
use super::params::Params;
use super::source::Parameters;
use super::text::{Content, Message};
use crate::builder::{Site, Value, View};
use crate::fold::UNDILATED;
use crate::graph::Op;
use crate::windows::PoolWindow;
use systole_net::Padding;

const CONVOLUTION_FIELDS: [&str; 17] = [
    "num_output",
    "bias_term",
    "pad",
    "kernel_size",
    "group",
    "stride",
    "dilation",
    "pad_h",
    "pad_w",
    "kernel_h",
    "kernel_w",
    "stride_h",
    "stride_w",
    "weight_filler",
    "bias_filler",
    "engine",
    "axis",
];
const POOLING_FIELDS: [&str; 13] = [
    "pool",
    "pad",
    "pad_h",
    "pad_w",
    "kernel_size",
    "kernel_h",
    "kernel_w",
    "stride",
    "stride_h",
    "stride_w",
    "engine",
    "global_pooling",
    "round_mode",
];
/// Refused layers whose result has the shape of their input.
const BY_VALUE: [&str; 4] = ["LRN", "TanH", "PReLU", "ELU"];

impl Importer {
    /// Value of all tops of a layer; `None` behind a problem.
    pub fn translate(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let entry = OPERATORS.iter().find(|entry| entry.is_called(site.operator));
        match entry.map(|entry| (entry.import, entry.operator.form)) {
            Some((Some(import), _)) => import(self, site, layer, bottoms),
            Some((None, nearest)) => {
                self.builder.report(site, "", "unsupported layer type", nearest);
                let input = bottoms.first().copied().flatten().filter(|_| BY_VALUE.contains(&site.operator))?;
                let shape = self.builder.shape(input);
                self.builder.stand_in(site, input, shape)
            }
            None => {
                self.builder.report(site, "", "unknown layer type", crate::operators::PAGE);
                None
            }
        }
    }

    /// A layer that passes its input on.
    pub fn unchanged(&mut self, site: Site, bottoms: &[Option<Value>]) -> Option<Value> {
        self.builder.note(site, "does nothing outside training");
        self.only(site, bottoms)
    }

    /// All values of an image in one row.
    pub fn flatten(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let params = Params::new(&mut self.builder, site, layer, "flatten_param", &["axis", "end_axis"]);
        self.default_only(site, &params, &[("axis", "1"), ("end_axis", "-1")])?;
        let input = self.only(site, bottoms)?;
        self.builder.flatten(site, input, 1)
    }

    /// Softmax and Sigmoid behind the scores.
    pub fn softmax(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let params = Params::new(&mut self.builder, site, layer, "softmax_param", &["axis", "engine"]);
        self.default_only(site, &params, &[("axis", "1")])?;
        let input = self.only(site, bottoms)?;
        self.builder.over_classes(site, input, 1, false)
    }

    pub fn sigmoid(&mut self, site: Site, bottoms: &[Option<Value>]) -> Option<Value> {
        let input = self.only(site, bottoms)?;
        self.builder.rising(site, input)
    }

    /// Fields that must be absent or what Caffe takes where they are.
    fn default_only(&mut self, site: Site, params: &Params, fields: &[(&str, &str)]) -> Option<()> {
        for (name, wanted) in fields {
            if let Some(found) = params.word(&mut self.builder, name)?.filter(|found| found != wanted) {
                self.builder.report(site, name, format!("is {found}"), format!("{name}: {wanted}"));
                return None;
            }
        }
        Some(())
    }

    /// The one input.
    pub fn only(&mut self, site: Site, bottoms: &[Option<Value>]) -> Option<Value> {
        if let [bottom] = bottoms {
            return *bottom;
        }
        self.builder.report(site, "bottom", format!("{} bottoms", bottoms.len()), "one bottom");
        None
    }

    pub fn input_layer(&mut self, site: Site, layer: &Message) -> Option<Value> {
        let param = layer.all("input_param").last();
        let dims = match param {
            Some(Content::Message(param)) => shape_words(param, "shape"),
            _ => Vec::new(),
        };
        self.input(site, &dims)
    }

    pub fn convolution(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        self.grouped(site, layer, bottoms, false)
    }

    /// A convolution of every channel by itself, whether the layer counts its groups or not.
    pub fn depthwise(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        self.grouped(site, layer, bottoms, true)
    }

    fn grouped(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>], depthwise: bool) -> Option<Value> {
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "convolution_param", &CONVOLUTION_FIELDS);
        let out_channels = params.required(b, "num_output");
        let kernel = params.pair(b, "kernel_size", ["kernel_h", "kernel_w"], None);
        let stride = params.pair(b, "stride", ["stride_h", "stride_w"], Some(1));
        let pad = params.pair(b, "pad", ["pad_h", "pad_w"], Some(0));
        let group = params.optional(b, "group");
        let plain = self.plain_only(site, &params);
        let bias_term = params.flag(&mut self.builder, "bias_term", true);
        let input = self.only(site, bottoms);
        let (out_channels, kernel, stride, pad, bias_term) = (out_channels?, kernel?, stride?, pad?, bias_term?);
        let (group, input) = (group?, input?);
        plain?;
        let channels = self.builder.shape(input)[0];
        let groups = group.unwrap_or(if depthwise { channels } else { 1 });
        if depthwise && groups != channels {
            let why = format!("is {groups} for {channels} channels");
            self.builder.report(site, "group", why, format!("group: {channels}, or Convolution"));
            return None;
        }
        let attribute = if group.is_none() { "num_output" } else { "group" };
        self.builder.are_groups(site, attribute, groups, [channels, out_channels])?;
        let shape = [out_channels, channels / groups, kernel[0], kernel[1]];
        let Parameters { weights, bias, codebook } =
            self.weights.parameters(&mut self.builder, site, &shape, bias_term)?;
        let pad = Padding { top: pad[0], left: pad[1], bottom: pad[0], right: pad[1] };
        let conv = self.builder.apply(site, Op::Conv { out_channels, kernel, stride, pad, weights, bias }, &[input])?;
        self.builder.nodes[conv.node].given.codebook = codebook;
        Some(conv)
    }

    /// Neither dilated nor over another axis than channels.
    fn plain_only(&mut self, site: Site, params: &Params) -> Option<()> {
        let b = &mut self.builder;
        let numbers = [("dilation", UNDILATED), ("axis", "axis: 1")].map(|(name, nearest)| {
            let found = params.numbers(b, name)?;
            if found.iter().any(|&n| n != 1) {
                b.report(site, name, format!("is {found:?}"), nearest);
                return None;
            }
            Some(())
        });
        numbers.into_iter().collect()
    }

    pub fn inner_product(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let known = ["num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose"];
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "inner_product_param", &known);
        let outputs = params.required(b, "num_output");
        let bias_term = params.flag(b, "bias_term", true);
        let transpose = params.flag(b, "transpose", false);
        if transpose == Some(true) {
            b.report(site, "transpose", "is true", "transpose: false");
        }
        self.default_only(site, &params, &[("axis", "1")])?;
        let input = self.only(site, bottoms)?;
        let input = if input.view == View::Map { Value { view: View::Flat, ..input } } else { input };
        let values = self.builder.shape(input).iter().product();
        let shape = [outputs?, values];
        let Parameters { weights, bias, codebook } =
            self.weights.parameters(&mut self.builder, site, &shape, bias_term?)?;
        let dense = self.builder.dense(site, input, weights, bias)?;
        self.builder.nodes[dense.node].given.codebook = codebook;
        Some(dense)
    }

    pub fn relu(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let params = Params::new(&mut self.builder, site, layer, "relu_param", &["negative_slope", "engine"]);
        let slope = params.word(&mut self.builder, "negative_slope")?.unwrap_or("0");
        if slope.parse() != Ok(0.0) {
            self.builder.report(site, "negative_slope", format!("is {slope}"), "negative_slope: 0");
            return None;
        }
        let input = self.only(site, bottoms)?;
        self.builder.apply(site, Op::Relu, &[input])
    }

    pub fn relu6(&mut self, site: Site, bottoms: &[Option<Value>]) -> Option<Value> {
        let input = self.only(site, bottoms)?;
        self.builder.clip(site, input, 0.0, 6.0)
    }

    pub fn clip(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "clip_param", &["min", "max"]);
        let ends = ["min", "max"].map(|name| {
            let word = params.word(b, name)?;
            let end = word.and_then(|word| word.parse().ok());
            if end.is_none() {
                b.report(site, name, format!("is {}", word.unwrap_or("not given")), "a number");
            }
            end
        });
        let input = self.only(site, bottoms)?;
        self.builder.clip(site, input, ends[0]?, ends[1]?)
    }

    pub fn pooling(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "pooling_param", &POOLING_FIELDS);
        let kind = params.word(b, "pool")?.unwrap_or("MAX");
        let global = params.flag(b, "global_pooling", false)?;
        let stride = params.pair(b, "stride", ["stride_h", "stride_w"], Some(1));
        let pad = params.pair(b, "pad", ["pad_h", "pad_w"], Some(0));
        let round = params.word(b, "round_mode")?.unwrap_or("CEIL");
        let whole = bottoms.first().copied().flatten().map(|v| b.shape(v)).map(|[_, h, w]| [h, w]);
        let kernel = if global { whole } else { params.pair(b, "kernel_size", ["kernel_h", "kernel_w"], None) };
        let input = self.only(site, bottoms)?;
        let (kernel, stride, pad) = (kernel?, stride?, pad?);
        let pad = Padding { top: pad[0], left: pad[1], bottom: pad[0], right: pad[1] };
        match (kind, round) {
            ("MAX", "CEIL" | "FLOOR") => {
                let window = PoolWindow { kernel, stride, pad, ceil: round == "CEIL" };
                self.no_empty_window(site, input, &window)?;
                self.builder.max_pool(site, input, window)
            }
            ("AVE", "CEIL" | "FLOOR") => {
                let window = PoolWindow { kernel, stride, pad, ceil: round == "CEIL" };
                if !global {
                    self.no_empty_window(site, input, &window)?;
                }
                self.builder.average(site, input, window, true)
            }
            _ => {
                let why = format!("pool: {kind}, round_mode: {round}");
                self.builder.report(site, "pool", why, "MAX or AVE, CEIL or FLOOR");
                None
            }
        }
    }

    /// Without padding Caffe keeps windows that start behind the map.
    fn no_empty_window(&mut self, site: Site, input: Value, window: &PoolWindow) -> Option<()> {
        let [_, height, width] = self.builder.shape(input);
        let ([kernel, _], [stride, _]) = (window.kernel, window.stride);
        let unpadded = window.ceil && window.pad == Padding::default() && kernel > 0 && stride > 0;
        let outside = |size: usize| size >= kernel && (size - kernel).div_ceil(stride) * stride >= size;
        if unpadded && (outside(height) || outside(width)) {
            let why = format!("the last window of a {height}x{width} map lies outside of it");
            self.builder.report(site, "stride", why, "a stride no larger than the kernel, or round_mode: FLOOR");
            return None;
        }
        Some(())
    }

    pub fn concat(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "concat_param", &["axis", "concat_dim"]);
        for name in ["axis", "concat_dim"] {
            if params.word(b, name)?.is_some_and(|axis| axis != "1" && axis != "-3") {
                b.report(site, name, "joins along another axis than channels", format!("{name}: 1"));
                return None;
            }
        }
        let inputs: Vec<Value> = bottoms.iter().copied().collect::<Option<_>>()?;
        self.builder.concat(site, 1, &inputs)
    }

    pub fn eltwise(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "eltwise_param", &["operation", "coeff", "stable_prod_grad"]);
        let operation = params.word(b, "operation")?.unwrap_or("SUM");
        if operation != "SUM" && operation != "1" {
            b.report(site, "operation", format!("is {operation}"), "operation: SUM");
            return None;
        }
        let inputs: Vec<Value> = bottoms.iter().copied().collect::<Option<_>>()?;
        let coefficients: Vec<&str> = layer.all("eltwise_param").flat_map(coefficients).collect();
        if coefficients.iter().any(|c| c.parse() != Ok(1.0)) {
            self.builder.report(site, "coeff", format!("is {coefficients:?}"), "coeff: 1 for every bottom");
            return None;
        }
        self.builder.sum(site, &inputs)
    }
}

fn coefficients(param: &Content) -> Vec<&str> {
    let Content::Message(message) = param else { return Vec::new() };
    let all = message.fields.iter().filter(|f| f.name == "coeff");
    all.map(|f| if let Content::Word(word) = &f.content { word.as_str() } else { "" }).collect()
}
