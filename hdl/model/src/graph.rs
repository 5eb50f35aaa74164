//! The float graph that every model file becomes, already simplified: what is left is what the machine or the host does.

/// Index into [`Graph::nodes`].
pub type NodeId = usize;

/// Zero padding in pixels, and nothing else is padded with.
pub use systole_net::Padding;

/// One operation on feature maps `[channels, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The image, already normalised. Always node 0, and the only one.
    Input,
    /// Weights `[out][in][kernel_h][kernel_w]`, bias `[out]`; fully connected layers and batch norms are folded into these.
    Conv {
        out_channels: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        pad: Padding,
        weights: Vec<f32>,
        bias: Vec<f32>,
    },
    Relu,
    /// Windows clipped at the map's edge; `ceil` rounds the output size up (Caffe).
    MaxPool {
        kernel: usize,
        stride: usize,
        pad: usize,
        ceil: bool,
    },
    /// Element-wise sum of two maps of the same shape.
    Add,
    /// Concatenation over channels.
    Concat,
    /// Mean over all pixels; the graph's last node.
    GlobalAverage,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Unique; from the file where it has one.
    pub name: String,
    pub op: Op,
    pub inputs: Vec<NodeId>,
    /// Channels, height, width of the result.
    pub shape: [usize; 3],
}

/// A network in floating point, in topological order, output last.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub name: String,
    pub nodes: Vec<Node>,
    /// Operations of the file that are left to the host (softmax, dropout and the like), for reports.
    pub notes: Vec<String>,
}

/// How image bytes become node 0: `x[c] = (pixel[rgb_index[c]] - mean[c]) * scale[c]`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Preprocess {
    pub rgb_index: Vec<usize>,
    pub mean: Vec<f32>,
    pub scale: Vec<f32>,
}
