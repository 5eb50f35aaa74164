//! Float operations become machine layers: a convolution takes ReLU, addition and concatenation into the output stage.

pub mod outline;

use crate::error::Problem;
use crate::graph::{Graph, NodeId, Op};
use crate::quantize::prepare::obstacle::obstacle;
use crate::quantize::QuantizeError;
use systole_net::{Sink, TensorId};

/// Layers and the feature maps between them, in the order of the integer network.
pub(in crate::quantize) struct Fused {
    /// By [`TensorId`].
    pub maps: Vec<Map>,
    pub layers: Vec<FusedLayer>,
}

/// A feature map that exists as a tensor.
pub(in crate::quantize) struct Map {
    /// The node whose float values it approximates.
    pub node: NodeId,
    pub signed: bool,
    /// What no value of each channel exceeds: the integers saturate at it, or below; infinite where there is nothing.
    pub limit: Option<Vec<f32>>,
}

pub(in crate::quantize) struct FusedLayer {
    /// The convolution (or average, which is one on the machine) or pool.
    pub node: NodeId,
    pub input: TensorId,
    pub kind: FusedKind,
}

pub(in crate::quantize) enum FusedKind {
    Conv {
        relu: bool,
        /// Kept tensor and its first channel.
        residual: Option<(TensorId, usize)>,
        sink: Sink,
    },
    Pool {
        output: TensorId,
    },
}

/// What a node's value is so far.
#[derive(Clone)]
enum Value {
    Tensor(TensorId),
    /// Convolutions side by side, not yet told where to write.
    Pending(Vec<Branch>),
}

#[derive(Clone)]
struct Branch {
    conv: NodeId,
    input: TensorId,
    relu: bool,
    residual: Option<(TensorId, usize)>,
    /// ReLU behind the addition: the clamp of an unsigned sink.
    relu_after: bool,
    /// Per channel a clip, behind the addition where there is one.
    limit: Option<Vec<f32>>,
}

impl Branch {
    fn new(conv: NodeId, input: TensorId) -> Self {
        Branch { conv, input, relu: false, residual: None, relu_after: false, limit: None }
    }
}

/// Everything that the machine has no step for is reported at once.
pub(in crate::quantize) fn fuse(graph: &Graph, signed_input: bool) -> Result<Fused, QuantizeError> {
    let fuser = Fuser::new(graph, signed_input);
    if fuser.problems.is_empty() {
        Ok(fuser.fused)
    } else {
        Err(QuantizeError::Unsupported(fuser.problems))
    }
}

/// The first concatenation or addition for which an operand would have to be a convolution, and that operand.
pub(in crate::quantize) fn first_lack(graph: &Graph) -> Option<(NodeId, usize)> {
    Fuser::new(graph, true).lacking
}

/// How often each node is read.
pub(in crate::quantize) fn uses(graph: &Graph) -> Vec<usize> {
    let mut uses = vec![0; graph.nodes.len()];
    graph.nodes.iter().flat_map(|n| &n.inputs).for_each(|&i| uses[i] += 1);
    uses
}

/// Whether some channels end elsewhere than others.
fn is_uneven(limit: &[f32]) -> bool {
    limit.iter().any(|end| *end != limit[0])
}

/// The lower of two ends per channel, where there is one.
fn lower(a: Option<&[f32]>, b: Option<&[f32]>) -> Option<Vec<f32>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.iter().zip(b).map(|(a, b)| a.min(*b)).collect()),
        (one, other) => one.or(other).map(<[f32]>::to_vec),
    }
}

struct Fuser<'a> {
    graph: &'a Graph,
    uses: Vec<usize>,
    values: Vec<Value>,
    fused: Fused,
    problems: Vec<Problem>,
    /// See [`first_lack`].
    lacking: Option<(NodeId, usize)>,
}

impl<'a> Fuser<'a> {
    /// With all nodes looked at.
    fn new(graph: &'a Graph, signed_input: bool) -> Self {
        let maps = vec![Map { node: 0, signed: signed_input, limit: None }];
        let fused = Fused { maps, layers: Vec::new() };
        let mut fuser =
            Fuser { graph, uses: uses(graph), values: Vec::new(), fused, problems: Vec::new(), lacking: None };
        for id in 0..graph.nodes.len() {
            let value = fuser.value(id);
            fuser.values.push(value);
        }
        fuser
    }

    fn value(&mut self, id: NodeId) -> Value {
        let inputs = &self.graph.nodes[id].inputs;
        match &self.graph.nodes[id].op {
            Op::Input => Value::Tensor(id),
            Op::Conv { stride: [y, x], .. } if inputs[0] != 0 && [*y, *x] != [1, 1] => {
                let why = format!("stride {y}x{x} behind the first layer");
                self.problem(id, &why, "the same stride vertically and horizontally")
            }
            Op::Conv { .. } => {
                let input = self.tensor(inputs[0]);
                Value::Pending(vec![Branch::new(id, input)])
            }
            Op::Relu => self.clip(id, inputs[0], true, None),
            Op::Clip { max } => self.clip(id, inputs[0], true, Some(vec![*max; self.graph.nodes[id].shape[0]])),
            // The table that encodes the image saturates.
            Op::Saturate { .. } if inputs[0] == 0 => Value::Tensor(0),
            Op::Saturate { least, most } => {
                self.clip(id, inputs[0], least.iter().all(|&low| low == 0.0), Some(most.clone()))
            }
            Op::MaxPool { .. } => self.pool(id, inputs[0]),
            Op::AveragePool { .. } => self.average(id, inputs[0]),
            Op::Add => self.add(id, inputs[0], inputs[1]),
            Op::Concat => self.concat(id, inputs),
            Op::GlobalAverage => self.sum(id, inputs[0]),
        }
    }

    /// An upper end per channel for clips; with `zero` also what is below zero goes, as a ReLU has it.
    fn clip(&mut self, id: NodeId, input: NodeId, zero: bool, limit: Option<Vec<f32>>) -> Value {
        if let Some(mut branches) = self.sole_pending(input) {
            let mut first = 0;
            for branch in &mut branches {
                let channels = self.graph.nodes[branch.conv].shape[0];
                if zero {
                    *(if branch.residual.is_some() { &mut branch.relu_after } else { &mut branch.relu }) = true;
                }
                branch.limit = lower(branch.limit.as_deref(), limit.as_ref().map(|limit| &limit[first..][..channels]));
                first += channels;
            }
            return Value::Pending(branches);
        }
        let tensor = self.tensor(input);
        let Map { signed, limit: held, .. } = &self.fused.maps[tensor];
        let lowered = lower(held.as_deref(), limit.as_deref()) != *held;
        if *signed && zero || lowered {
            let why = "its input is not a convolution (or sum, or concatenation) that nothing else reads";
            return self.problem(id, why, "ReLU (or clip) directly behind convolution, addition or concatenation");
        }
        Value::Tensor(tensor)
    }

    fn pool(&mut self, id: NodeId, input: NodeId) -> Value {
        let input = self.tensor(input);
        let Map { signed, limit, .. } = &self.fused.maps[input];
        let output = self.new_map(id, *signed, limit.clone());
        self.fused.layers.push(FusedLayer { node: id, input, kind: FusedKind::Pool { output } });
        Value::Tensor(output)
    }

    /// A convolution in all but its weights; means of values that are not negative are not.
    fn average(&mut self, id: NodeId, input: NodeId) -> Value {
        if let Some((why, nearest)) = obstacle(&self.graph.nodes[id], self.graph.nodes[input].shape) {
            return self.problem(id, &why, nearest);
        }
        let input = self.tensor(input);
        let Map { signed, limit, .. } = &self.fused.maps[input];
        Value::Pending(vec![Branch { relu: !signed, limit: limit.clone(), ..Branch::new(id, input) }])
    }

    fn add(&mut self, id: NodeId, a: NodeId, b: NodeId) -> Value {
        // The later operand carries the addition: the other is complete by then.
        for (host, kept) in [(a.max(b), a.min(b)), (a.min(b), a.max(b))] {
            let Some(mut branches) = self.sole_pending(host) else { continue };
            // What is clipped before it is added cannot carry the addition.
            if branches.iter().any(|branch| branch.residual.is_some() || branch.limit.is_some()) {
                continue;
            }
            let (tensor, mut offset) = (self.tensor(kept), 0);
            if self.fused.maps[tensor].limit.as_deref().is_some_and(is_uneven) {
                let why = "channels of the kept map have different upper ends, or none, and share one scale";
                return self.problem(id, why, "the same ReLU or clip on all branches that are joined");
            }
            for branch in &mut branches {
                branch.residual = Some((tensor, offset));
                offset += self.graph.nodes[branch.conv].shape[0];
            }
            return Value::Pending(branches);
        }
        self.lacking = self.lacking.or(Some((id, usize::from(b >= a))));
        let why =
            "neither operand is a convolution (or concatenation of some), neither clipped nor with a stride, that only the addition reads";
        self.problem(id, why, "a kept map plus such an operand")
    }

    fn concat(&mut self, id: NodeId, inputs: &[NodeId]) -> Value {
        let branches: Option<Vec<_>> = inputs.iter().map(|&i| self.sole_pending(i)).collect();
        match branches {
            Some(branches) => Value::Pending(branches.concat()),
            None => {
                let lacking = inputs.iter().position(|&input| self.sole_pending(input).is_none());
                self.lacking = self.lacking.or(lacking.map(|part| (id, part)));
                let why = "an input is not a convolution that only the concatenation reads";
                self.problem(id, why, "concatenation of convolutions, each with or without ReLU")
            }
        }
    }

    fn sum(&mut self, id: NodeId, input: NodeId) -> Value {
        match self.sole_pending(input).as_deref() {
            Some([Branch { conv, input, relu, residual: None, .. }]) => {
                // A clip is a map of its own by now.
                let sink = Sink::Sum { signed: !relu, border: 0 };
                let kind = FusedKind::Conv { relu: *relu, residual: None, sink };
                self.fused.layers.push(FusedLayer { node: *conv, input: *input, kind });
                Value::Tensor(0)
            }
            _ => self.problem(id, "its input is not a single convolution", "one convolution, then the global average"),
        }
    }

    /// The branches that `node` still is, if only one reader wants it.
    fn sole_pending(&self, node: NodeId) -> Option<Vec<Branch>> {
        match &self.values[node] {
            Value::Pending(branches) if self.uses[node] == 1 => Some(branches.clone()),
            _ => None,
        }
    }

    /// The tensor of `node`'s value; pending branches are told to write one.
    fn tensor(&mut self, node: NodeId) -> TensorId {
        let branches = match &self.values[node] {
            Value::Tensor(id) => return *id,
            Value::Pending(branches) => branches.clone(),
        };
        let cut = |b: &Branch| b.relu && b.residual.is_none_or(|(kept, _)| !self.fused.maps[kept].signed);
        let signed = !branches.iter().all(|b| b.relu_after || cut(b));
        if signed && branches.iter().any(|b| b.relu_after && !cut(b)) {
            self.problem(node, "branches with and without a ReLU behind an addition", "the same for all branches");
        }
        let channels = |b: &Branch| self.graph.nodes[b.conv].shape[0];
        let ends = |b: &Branch| b.limit.clone().unwrap_or_else(|| vec![f32::INFINITY; channels(b)]);
        let limit =
            branches.iter().any(|b| b.limit.is_some()).then(|| branches.iter().flat_map(ends).collect::<Vec<_>>());
        if limit.as_deref().is_some_and(is_uneven) && branches.iter().any(|b| b.residual.is_some()) {
            let why = "channels with different upper ends, or none, behind an addition share one scale";
            self.problem(node, why, "the same ReLU or clip on all branches, or a clip behind the concatenation");
        }
        let id = self.new_map(node, signed, limit);
        let mut channel_offset = 0;
        for Branch { conv, input, relu, residual, .. } in branches {
            let sink = Sink::Tensor { id, channel_offset };
            channel_offset += self.graph.nodes[conv].shape[0];
            let kind = FusedKind::Conv { relu, residual, sink };
            self.fused.layers.push(FusedLayer { node: conv, input, kind });
        }
        self.values[node] = Value::Tensor(id);
        id
    }

    fn new_map(&mut self, node: NodeId, signed: bool, limit: Option<Vec<f32>>) -> TensorId {
        self.fused.maps.push(Map { node, signed, limit });
        self.fused.maps.len() - 1
    }

    /// Records the problem; the input stands in for the value so that the search goes on.
    fn problem(&mut self, id: NodeId, why: &str, nearest: &str) -> Value {
        let node = &self.graph.nodes[id];
        let operator = node.op.name().to_string();
        let (node, why, nearest) = (node.name.clone(), why.to_string(), nearest.to_string());
        self.problems.push(Problem { node, operator, attribute: None, why, nearest });
        Value::Tensor(0)
    }
}
