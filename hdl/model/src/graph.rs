//! The float graph that every model file becomes, already simplified: what is left is what the machine or the host does.

use crate::given::Given;
use systole_net::{Affine, Preprocess};

/// Index into [`Graph::nodes`].
pub type NodeId = usize;

/// Zero padding in pixels, and nothing else is padded with.
pub use systole_net::Padding;

/// One operation on feature maps `[channels, height, width]`. Every attribute is checked against the shapes on import:
/// kernels fit, counts agree, all weights are finite.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The image, already normalised, also by what the file itself begins with ([`FileImage`]). Always node 0, and the only
    /// one.
    Input,
    /// Weights `[out][in / groups][kernel_h][kernel_w]`, bias `[out]` (zeros where the file has none); kernel and stride
    /// are `[vertical, horizontal]`. How many groups there are ([`Op::groups`]) follows from the weights and the input:
    /// input and output channels are parted into as many equal runs, and an output sees the inputs of its own. Fully connected layers (kernel = whole map), batch norms and explicit zero padding are
    /// folded into these. Output size per axis: `(size + pads - kernel) / stride + 1`, rounded down. One input.
    Conv {
        out_channels: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        pad: Padding,
        weights: Vec<f32>,
        bias: Vec<f32>,
    },
    /// `max(x, 0)`. One input; a node of its own even directly behind a convolution.
    Relu,
    /// `min(max(x, 0), max)`, `max` positive and finite: ReLU6 has 6. One input.
    Clip { max: f32 },
    /// `min(max(x, least), most)` with one end per channel, `least <= most`, all finite: how a quantised file's
    /// storage of the map saturates (QuantizeLinear). Its rounding is no part of the graph. One input.
    Saturate { least: Vec<f32>, most: Vec<f32> },
    /// Window `i` covers `i * stride - pad .. i * stride - pad + kernel`, clipped to the map and never empty, on both
    /// axes. Count of windows per axis: `(size + 2 * pad - kernel) / stride + 1` rounded down; with `ceil` rounded up,
    /// less one if the last would start at or beyond `size + pad` (Caffe, PyTorch). One input; `pad < kernel`.
    MaxPool { kernel: usize, stride: usize, pad: usize, ceil: bool },
    /// Mean of the window that a max pool of the same attributes would look at; padding counts as zeros in sum and divisor
    /// when `count_pad` is set (up to `pad` pixels, not what lies beyond), else in neither. One input; `pad < kernel`.
    AveragePool { kernel: usize, stride: usize, pad: usize, ceil: bool, count_pad: bool },
    /// Element-wise sum of two maps of the same shape. Two inputs, which may be the same node.
    Add,
    /// Concatenation over channels, in the order of the inputs. Two or more inputs.
    Concat,
    /// Mean over all pixels, one value per channel. Always the graph's last node and nowhere else: behind a network that
    /// ends fully connected it averages one pixel, and convolutions that follow it in the file are moved before it.
    GlobalAverage,
}

impl Op {
    /// What the operation is called in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input => "Input",
            Op::Conv { .. } => "Conv",
            Op::Relu => "Relu",
            Op::Clip { .. } => "Clip",
            Op::Saturate { .. } => "Saturate",
            Op::MaxPool { .. } => "MaxPool",
            Op::AveragePool { .. } => "AveragePool",
            Op::Add => "Add",
            Op::Concat => "Concat",
            Op::GlobalAverage => "GlobalAverage",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Unique; from the file where it has one.
    pub name: String,
    pub op: Op,
    pub inputs: Vec<NodeId>,
    /// Channels, height, width of the result.
    pub shape: [usize; 3],
    /// What the file fixes about the node's integers; nothing in float models.
    pub given: Given,
}

/// A network in floating point, in topological order, output last; every node is needed for the output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub name: String,
    pub nodes: Vec<Node>,
    /// Operations of the file that are left to the host (softmax, dropout and the like), for reports.
    pub notes: Vec<String>,
    /// What comes before node 0.
    pub image: FileImage,
}

/// What a model file says of its image. Node 0 is the image after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileImage {
    /// What the file's first operations make of its input: one factor, not zero, and one offset per channel.
    pub inside: Option<Affine>,
    /// How the file says that image bytes become its input.
    pub preprocess: Option<Preprocess>,
}

impl FileImage {
    /// Node 0 of an image `[channels][height][width]` as the file takes it.
    pub fn node_0(&self, image: &[f32]) -> Vec<f32> {
        self.inside.as_ref().map_or_else(|| image.to_vec(), |inside| inside.apply(image))
    }

    /// From image bytes to node 0, where `preprocess` makes the file's image of them.
    pub fn composed(&self, preprocess: &Preprocess) -> Preprocess {
        self.inside.as_ref().map_or_else(|| preprocess.clone(), |inside| preprocess.then(inside))
    }
}
