//! The global average is the graph's last node: what follows it in a file is moved before it, or works on its one pixel.

use crate::builder::{Builder, Site, Value, View};
use crate::graph::{NodeId, Op};
use systole_net::Padding;

impl Builder {
    /// `mean(x)` is linear: a 1x1 convolution behind it gives the same as before it. Everything else works on a pixel.
    pub(super) fn apply_behind_average(&mut self, site: Site, op: Op, input: Value) -> Option<Value> {
        match op {
            Op::Relu if self.is_non_negative(input) => {
                self.note(site, "left out: nothing below zero goes in");
                Some(input)
            }
            Op::GlobalAverage => Some(input),
            Op::Conv { kernel: [1, 1], pad, out_channels, weights, bias, .. } if pad == Padding::default() => {
                // Every stride is the same on one pixel, but not on the map.
                let op = Op::Conv { out_channels, kernel: [1, 1], stride: [1, 1], pad, weights, bias };
                match self.means.contains_key(&input.node) {
                    true => self.on_pixel(site, op, input),
                    false => self.move_before(site, op, input),
                }
            }
            op => self.on_pixel(site, op, input),
        }
    }

    fn on_pixel(&mut self, site: Site, op: Op, input: Value) -> Option<Value> {
        let pixel = self.as_pixel(site, input)?;
        self.append(site, op, &[pixel])
    }

    fn move_before(&mut self, site: Site, op: Op, input: Value) -> Option<Value> {
        let average = self.nodes[input.node].clone();
        let source = Value { node: average.inputs[0], view: View::Map };
        let conv = self.append(site, op, &[source])?;
        self.note(site, "moved before the global average");
        let average = Site { node: &average.name, operator: site.operator };
        let moved = self.append(average, Op::GlobalAverage, &[conv])?;
        Some(Value { view: input.view, ..moved })
    }

    /// A global average as a map that any operation may follow: a window over the whole map, before or behind it the 1x1
    /// convolutions that were moved before the average. Other values are what they are.
    pub(crate) fn as_pixel(&mut self, site: Site, input: Value) -> Option<Value> {
        if self.nodes[input.node].op != Op::GlobalAverage {
            return Some(input);
        }
        if let Some(&node) = self.pixels.get(&input.node) {
            return Some(Value { node, ..input });
        }
        if let Some(stored) = self.means.get(&input.node).cloned() {
            let pixel = self.stored_pixel(site, &stored)?;
            self.pixels.insert(input.node, pixel.node);
            return Some(Value { view: input.view, ..pixel });
        }
        let name = self.nodes[input.node].name.clone();
        let (mut base, mut moved) = (self.nodes[input.node].inputs[0], Vec::new());
        while self.is_pointwise(base) {
            moved.push(base);
            base = self.nodes[base].inputs[0];
        }
        // The window takes channels x channels weights for every pixel: it stands where there are fewest.
        let channels = |node: NodeId| self.nodes[node].shape[0];
        while moved.iter().any(|&conv| channels(conv) < channels(base)) {
            base = moved.pop()?;
        }
        let mut pixel = self.whole_window(Site { node: &name, ..site }, base)?;
        for conv in moved.into_iter().rev() {
            let (name, op) = (self.nodes[conv].name.clone(), self.nodes[conv].op.clone());
            if let Op::Conv { weights, .. } = &op {
                self.reserve_parameters(site, weights.len())?;
            }
            pixel = self.append(Site { node: &name, ..site }, op, &[pixel])?;
        }
        self.pixels.insert(input.node, pixel.node);
        Some(Value { view: input.view, ..pixel })
    }

    /// Whether the node computes every pixel from the same pixel, linearly.
    fn is_pointwise(&self, node: NodeId) -> bool {
        let Op::Conv { kernel, stride, pad, .. } = &self.nodes[node].op else { return false };
        (*kernel, *stride, *pad) == ([1, 1], [1, 1], Padding::default())
    }

    /// The mean over a whole map as an average of one window, or (higher than wide, or wider) a convolution.
    fn whole_window(&mut self, site: Site, node: NodeId) -> Option<Value> {
        let source = Value { node, view: View::Map };
        match self.shape(source) {
            [_, 1, 1] => Some(source),
            [_, height, width] if height == width => {
                let op = Op::AveragePool { kernel: height, stride: 1, pad: 0, ceil: false, count_pad: false };
                self.append(site, op, &[source])
            }
            [channels, height, width] => {
                let share = 1.0 / (height * width) as f32;
                let (ones, zeros) = (vec![share; channels], vec![0.0; channels]);
                let op = self.diagonal(site, &ones, &zeros, [height, width], Padding::default())?;
                self.append(site, op, &[source])
            }
        }
    }

    /// A convolution of every channel by itself (as many groups), the same weight under its whole kernel.
    pub(super) fn diagonal(
        &mut self,
        site: Site,
        factor: &[f32],
        offset: &[f32],
        kernel: [usize; 2],
        pad: Padding,
    ) -> Option<Op> {
        let window = kernel[0] * kernel[1];
        self.reserve_parameters(site, factor.len().saturating_mul(window))?;
        let weights = factor.iter().flat_map(|&factor| vec![factor; window]).collect();
        Some(Op::Conv { out_channels: factor.len(), kernel, stride: [1, 1], pad, weights, bias: offset.to_vec() })
    }
}
