//! Caffe layer types, one function each: attributes of the prototxt to an operation of the graph.

use super::network::{shape_words, Importer};
use super::params::Params;
use super::text::{Content, Message};
use crate::builder::{Site, Value};
use crate::fold::PoolWindow;
use crate::graph::Op;
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
const SUPPORTED: &str =
    "Input, Convolution, InnerProduct, ReLU, Pooling, Concat, Eltwise, Dropout, Flatten, Split, Softmax";

impl Importer {
    /// Value of all tops of a layer; `None` behind a problem.
    pub fn translate(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        match site.operator {
            "Input" => self.input_layer(site, layer),
            "Convolution" | "CONVOLUTION" => self.convolution(site, layer, bottoms),
            "InnerProduct" | "INNER_PRODUCT" => self.inner_product(site, layer, bottoms),
            "ReLU" | "RELU" => self.relu(site, layer, bottoms),
            "Pooling" | "POOLING" => self.pooling(site, layer, bottoms),
            "Concat" | "CONCAT" => self.concat(site, layer, bottoms),
            "Eltwise" | "ELTWISE" => self.eltwise(site, layer, bottoms),
            "Dropout" | "DROPOUT" => {
                self.builder.note(site, "does nothing outside training");
                self.only(site, bottoms)
            }
            "Split" | "SPLIT" => self.only(site, bottoms),
            "Flatten" | "FLATTEN" => {
                let input = self.only(site, bottoms)?;
                self.builder.flatten(site, input)
            }
            "Softmax" | "SOFTMAX" => {
                let input = self.only(site, bottoms)?;
                self.builder.softmax(site, input)
            }
            _ => {
                self.builder.report(site, "", "unknown layer type", SUPPORTED);
                None
            }
        }
    }

    /// The one input.
    fn only(&mut self, site: Site, bottoms: &[Option<Value>]) -> Option<Value> {
        if let [bottom] = bottoms {
            return *bottom;
        }
        self.builder.report(site, "bottom", format!("{} bottoms", bottoms.len()), "one bottom");
        None
    }

    fn input_layer(&mut self, site: Site, layer: &Message) -> Option<Value> {
        let param = layer.all("input_param").last();
        let dims = match param {
            Some(Content::Message(param)) => shape_words(param, "shape"),
            _ => Vec::new(),
        };
        self.input(site, &dims)
    }

    fn convolution(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "convolution_param", &CONVOLUTION_FIELDS);
        let out_channels = params.required(b, "num_output");
        let kernel = params.pair(b, "kernel_size", ["kernel_h", "kernel_w"], None);
        let stride = params.pair(b, "stride", ["stride_h", "stride_w"], Some(1));
        let pad = params.pair(b, "pad", ["pad_h", "pad_w"], Some(0));
        let dense = self.dense_only(site, &params);
        let bias_term = params.flag(&mut self.builder, "bias_term", true);
        let input = self.only(site, bottoms);
        let (out_channels, kernel, stride, pad, bias_term) = (out_channels?, kernel?, stride?, pad?, bias_term?);
        dense?;
        let input = input?;
        let shape = [out_channels, self.builder.shape(input)[0], kernel[0], kernel[1]];
        let (weights, bias) = self.parameters(site, &shape, bias_term)?;
        let pad = Padding { top: pad[0], left: pad[1], bottom: pad[0], right: pad[1] };
        self.builder.apply(site, Op::Conv { out_channels, kernel, stride, pad, weights, bias }, &[input])
    }

    /// Neither grouped nor dilated nor over another axis than channels.
    fn dense_only(&mut self, site: Site, params: &Params) -> Option<()> {
        let b = &mut self.builder;
        let numbers = [("group", 1), ("dilation", 1), ("axis", 1)].map(|(name, wanted)| {
            let found = params.numbers(b, name)?;
            if found.iter().any(|&n| n != wanted) {
                b.report(site, name, format!("is {found:?}"), format!("{name}: {wanted}"));
                return None;
            }
            Some(())
        });
        numbers.into_iter().collect()
    }

    /// Weights of the given shape, and one bias per output.
    fn parameters(&mut self, site: Site, shape: &[usize], bias_term: bool) -> Option<(Vec<f32>, Vec<f32>)> {
        let weights = self.weights.take(&mut self.builder, site, 0, shape);
        let bias = match bias_term {
            true => self.weights.take(&mut self.builder, site, 1, &shape[..1]),
            false => Some(Vec::new()),
        };
        let wanted = 1 + usize::from(bias_term);
        let found = self.weights.count(site.node);
        if found > wanted {
            let why = format!("{found} blobs in the caffemodel");
            self.builder.report(site, "bias_term", why, format!("{wanted}, as bias_term: {bias_term} says"));
            return None;
        }
        let (weights, mut bias) = (weights?, bias?);
        bias.resize(shape[0], 0.0);
        Some((weights, bias))
    }

    fn inner_product(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let known = ["num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose"];
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "inner_product_param", &known);
        let outputs = params.required(b, "num_output");
        let bias_term = params.flag(b, "bias_term", true);
        let transpose = params.flag(b, "transpose", false);
        if transpose == Some(true) {
            b.report(site, "transpose", "is true", "transpose: false");
        }
        let input = self.only(site, bottoms)?;
        let values = self.builder.shape(input).iter().product();
        let (weights, bias) = self.parameters(site, &[outputs?, values], bias_term?)?;
        self.builder.dense(site, input, weights, bias)
    }

    fn relu(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let params = Params::new(&mut self.builder, site, layer, "relu_param", &["negative_slope", "engine"]);
        let slope = params.word(&mut self.builder, "negative_slope")?.unwrap_or("0");
        if slope.parse() != Ok(0.0) {
            self.builder.report(site, "negative_slope", format!("is {slope}"), "negative_slope: 0");
            return None;
        }
        let input = self.only(site, bottoms)?;
        self.builder.apply(site, Op::Relu, &[input])
    }

    fn pooling(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
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
            ("AVE", _) => self.builder.average(site, input, kernel, pad),
            _ => {
                let why = format!("pool: {kind}, round_mode: {round}");
                self.builder.report(site, "pool", why, "MAX (CEIL or FLOOR), or AVE over the whole map");
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

    fn concat(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let params = Params::new(b, site, layer, "concat_param", &["axis", "concat_dim"]);
        for name in ["axis", "concat_dim"] {
            if params.word(b, name)?.is_some_and(|axis| axis != "1" && axis != "-3") {
                b.report(site, name, "joins along another axis than channels", format!("{name}: 1"));
                return None;
            }
        }
        let inputs: Vec<Value> = bottoms.iter().copied().collect::<Option<_>>()?;
        match inputs.as_slice() {
            [one] => Some(*one),
            _ => self.builder.apply(site, Op::Concat, &inputs),
        }
    }

    fn eltwise(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
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
        self.builder.apply(site, Op::Add, &inputs)
    }
}

fn coefficients(param: &Content) -> Vec<&str> {
    let Content::Message(message) = param else { return Vec::new() };
    let all = message.fields.iter().filter(|f| f.name == "coeff");
    all.map(|f| if let Content::Word(word) = &f.content { word.as_str() } else { "" }).collect()
}
