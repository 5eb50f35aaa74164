//! Operations of files that are not nodes of the graph: fully connected layers, sums, clips, batch norms.

use crate::builder::{Builder, Site, Value, View};
use crate::given::Given;
use crate::graph::{NodeId, Op};
use crate::layout::Source;
use systole_net::Padding;

/// Nearest form of a dilated convolution.
pub(crate) const UNDILATED: &str =
    "dilation 1: a larger kernel with zeros between its weights gives the same (3x3 at dilation 2 is 5x5)";

impl Builder {
    /// Whether input and output channels are parted evenly into so many groups; a report of `attribute` where they are not.
    pub fn are_groups(
        &mut self,
        site: Site,
        attribute: &str,
        count: usize,
        [inputs, outputs]: [usize; 2],
    ) -> Option<()> {
        let even = count > 0 && inputs.is_multiple_of(count) && outputs.is_multiple_of(count);
        if even {
            return Some(());
        }
        let why = format!("is {count} for {inputs} input and {outputs} output channels");
        self.report(site, attribute, why, "groups that part both evenly (1: all channels)");
        None
    }

    /// `[out][values]` weights on all values of an image, which the last axis holds, in the order that the file has them in:
    /// a convolution whose kernel is the whole map.
    pub fn dense(&mut self, site: Site, input: Value, weights: Vec<f32>, bias: Vec<f32>) -> Option<Value> {
        let layout = self.unpadded(site, input)?;
        let shape @ [_, height, width] = self.shape(input);
        let last = layout.rank().saturating_sub(1);
        let values: usize = shape.iter().product();
        if layout.rank() == 0 || layout.dims()[last] != values || !layout.is_per_image(last) {
            let why = format!("multiplies the last axis of {layout}, which is not all of an image");
            self.report(site, "inputs", why, "Flatten or Reshape to [batch, values] before it");
            return None;
        }
        if weights.len() != values.saturating_mul(bias.len()) {
            let why = format!("{} weights for {} results of {values} values", weights.len(), bias.len());
            self.report(site, "weights", why, format!("{values} weights for every result"));
            return None;
        }
        let order = layout.order(last, shape);
        let weights = if order.iter().copied().eq(0..values) { weights } else { unpermuted(&weights, &order) };
        let (out_channels, kernel, stride) = (bias.len(), [height, width], [1, 1]);
        let op = Op::Conv { out_channels, kernel, stride, pad: Padding::default(), weights, bias };
        if let View::Scores(_) = input.view {
            return self.apply(site, op, &[input]);
        }
        let output = self.apply(site, op, &[Value { view: View::Map, ..input }])?;
        Some(self.seen(output, layout.with(last, Source::Channel, out_channels)))
    }

    /// Element-wise sum of any number of maps: a chain of additions.
    pub fn sum(&mut self, site: Site, inputs: &[Value]) -> Option<Value> {
        let Some((&first, rest)) = inputs.split_first() else {
            self.report(site, "inputs", "adds nothing", "one map or more");
            return None;
        };
        rest.iter().enumerate().try_fold(first, |sum, (index, &next)| {
            let part = format!("{}_sum{}", site.node, index + 2);
            let node = if index + 1 == rest.len() { site.node } else { &part };
            self.apply(Site { node, ..site }, Op::Add, &[sum, next])
        })
    }

    /// A clip from 0 on: a ReLU where there is no upper end. Where nothing is below 0, an end there is none.
    pub fn clip(&mut self, site: Site, input: Value, low: f32, high: f32) -> Option<Value> {
        let low = if low < 0.0 && self.is_non_negative(input) { 0.0 } else { low };
        if low != 0.0 || high.is_nan() || high <= 0.0 {
            self.report(site, "", format!("clips to {low}..{high}"), "a clip from 0 to a maximum above it, or to none");
            return None;
        }
        let op = if high < f32::MAX { Op::Clip { max: high } } else { Op::Relu };
        self.apply(site, op, &[input])
    }

    /// `y[c] = x[c] * factor[c] + offset[c]` behind a convolution: a convolution with other weights. Of the image:
    /// another preprocessing. Zeros that are around
    /// the map but nowhere yet become the offset, so that they are put there first where it is not zero.
    pub fn scale_channels(&mut self, site: Site, input: Value, factor: &[f32], offset: &[f32]) -> Option<Value> {
        let channels = self.shape(input)[0];
        if factor.len() != channels || offset.len() != channels {
            let why = format!("{} factors and {} offsets", factor.len(), offset.len());
            self.report(site, "scale", why, format!("{channels}, one per channel of its input"));
            return None;
        }
        if let View::Scores(_) = input.view {
            return self.rising_line(site, input, factor, offset);
        }
        if self.is_stand_in(input) {
            return Some(input);
        }
        if let (View::Padded(pad), true) = (input.view, offset.iter().any(|&o| o != 0.0)) {
            self.are_finite(site, factor.iter().chain(offset))?;
            let op = self.diagonal(site, factor, offset, [1, 1], pad)?;
            return self.apply(site, op, &[Value { view: View::Map, ..input }]);
        }
        if self.is_image(input) {
            return self.normalise(site, input, factor, offset);
        }
        let input = if self.means.contains_key(&input.node) { self.as_pixel(site, input)? } else { input };
        // Means take every line, and what only compares takes a positive factor.
        let rising = factor.iter().all(|&f| f > 0.0) && offset.iter().all(|&o| o == 0.0);
        let passes = |op: &Op| match op {
            Op::GlobalAverage | Op::Saturate { .. } | Op::AveragePool { pad: 0, .. } => true,
            Op::Relu | Op::MaxPool { .. } | Op::AveragePool { .. } => rising,
            _ => false,
        };
        let (node, behind) = self.behind(input.node, passes);
        let Op::Conv { out_channels, kernel, stride, pad, weights, bias } = self.nodes[node].op.clone() else {
            let is_stored = |&node: &NodeId| matches!(self.nodes[node].op, Op::Saturate { .. });
            if self.nodes[node].op == Op::Input && behind.iter().all(is_stored) {
                return self.refuse_stored_image(site);
            }
            self.are_finite(site, factor.iter().chain(offset))?;
            let op = self.diagonal(site, factor, offset, [1, 1], Padding::default())?;
            self.note(site, "a 1x1 convolution of every channel by itself: none before it takes it along");
            // Zeros around the map stay zeros.
            let (seen, view) = match input.view {
                View::Padded(_) => (input.view, View::Map),
                view => (View::Map, view),
            };
            let scaled = self.apply(site, op, &[Value { view: seen, ..input }])?;
            return Some(Value { view, ..scaled });
        };
        self.reserve_parameters(site, weights.len() + out_channels)?;
        let per_output = weights.len() / out_channels;
        let weights: Vec<f32> = weights.iter().enumerate().map(|(i, w)| w * factor[i / per_output]).collect();
        let bias: Vec<f32> = bias.iter().zip(factor.iter().zip(offset)).map(|(b, (f, o))| b * f + o).collect();
        self.are_finite(site, weights.iter().chain(&bias))?;
        let op = Op::Conv { out_channels, kernel, stride, pad, weights, bias };
        let folded = self.with_convolution(site, (node, op), behind, |op| moved(op, factor, offset))?;
        self.note(site, "folded into the convolution before it");
        Some(Value { view: input.view, ..folded })
    }

    fn are_finite<'w>(&mut self, site: Site, mut weights: impl Iterator<Item = &'w f32>) -> Option<()> {
        if weights.all(|w| w.is_finite()) {
            return Some(());
        }
        self.report(site, "scale", "folded weights are not finite", "finite parameters and a positive variance");
        None
    }

    /// The last node before `node` (or that) that `passes` does not hold for, and those behind it, the last one first.
    pub fn behind(&self, node: NodeId, passes: impl Fn(&Op) -> bool) -> (NodeId, Vec<NodeId>) {
        let (mut node, mut behind) = (node, Vec::new());
        while passes(&self.nodes[node].op) && !self.nodes[node].inputs.is_empty() {
            behind.push(node);
            node = self.nodes[node].inputs[0];
        }
        (node, behind)
    }

    /// A convolution in place of that at `node`, and what is behind it (the last one first) once more, as `follow` changes
    /// it. What the file says of weights stays with them.
    pub fn with_convolution(
        &mut self,
        site: Site,
        (node, op): (NodeId, Op),
        behind: Vec<NodeId>,
        follow: impl Fn(Op) -> Op,
    ) -> Option<Value> {
        let (old, end) = (self.nodes[node].clone(), behind.first().copied());
        let source = Value { node: old.inputs[0], view: View::Map };
        let mut last = self.append(Site { node: &old.name, ..site }, op, &[source])?;
        if let (Op::Conv { weights, .. }, Op::Conv { weights: before, .. }) = (&self.nodes[last.node].op, &old.op) {
            if weights == before {
                self.nodes[last.node].given = Given { result: None, ..old.given };
            }
        }
        for node in behind.into_iter().rev() {
            let (name, op) = (self.nodes[node].name.clone(), follow(self.nodes[node].op.clone()));
            last = self.append(Site { node: &name, ..site }, op, &[last])?;
        }
        end.map_or(Some(last), |end| self.stored_like(site, end, last))
    }
}

/// What `y[c] = x[c] * factor[c] + offset[c]` makes of an operation that it is moved before: ends of storage move with it.
fn moved(op: Op, factor: &[f32], offset: &[f32]) -> Op {
    let Op::Saturate { least, most } = op else { return op };
    let line = |ends: Vec<f32>| -> Vec<f32> {
        ends.iter().zip(factor.iter().zip(offset)).map(|(end, (factor, offset))| end * factor + offset).collect()
    };
    let (a, b) = (line(least), line(most));
    let ends = |end: fn(f32, f32) -> f32| a.iter().zip(&b).map(|(&a, &b)| end(a, b)).collect();
    Op::Saturate { least: ends(f32::min), most: ends(f32::max) }
}

/// Columns of a matrix moved to where `order` says that the file's values lie.
fn unpermuted(weights: &[f32], order: &[usize]) -> Vec<f32> {
    let mut moved = vec![0.0; weights.len()];
    for (new, old) in moved.chunks_exact_mut(order.len()).zip(weights.chunks_exact(order.len())) {
        order.iter().zip(old).for_each(|(&place, &weight)| new[place] = weight);
    }
    moved
}
