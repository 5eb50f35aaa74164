//! Operations of files on axes: flattening, joining, means; and what the host does behind the scores.

use crate::builder::{Builder, Site, Value, View};
use crate::graph::{Node, NodeId, Op};
use crate::groups::Groups;
use crate::host::RISES;
use crate::layout::{Layout, Source};

impl Builder {
    /// The layout of a value that has one, or a report.
    pub fn unpadded(&mut self, site: Site, input: Value) -> Option<Layout> {
        let layout = self.layout(input);
        if layout.is_none() {
            self.report(site, "inputs", "works on a padded map", "padding only before a convolution or a pool");
        }
        layout
    }

    /// The value on other axes; values stay where they are.
    pub fn turned(&mut self, site: Site, input: Value, layout: Layout) -> Value {
        self.note(site, "changes no value");
        self.seen(input, layout)
    }

    /// Axes before `place` as one, and from there on as one.
    pub fn flatten(&mut self, site: Site, input: Value, place: usize) -> Option<Value> {
        let layout = self.unpadded(site, input)?;
        let (before, behind) = (layout.dims(), layout.dims().split_off(place.min(layout.rank())));
        let dims = [before[..layout.rank() - behind.len()].iter().product(), behind.iter().product()];
        match layout.reshaped(&dims) {
            Some(flat) => Some(self.turned(site, input, flat)),
            None => {
                self.report(
                    site,
                    "axis",
                    format!("flattens {layout} to {dims:?}"),
                    "axis 1, before it one image a run",
                );
                None
            }
        }
    }

    /// Maps one after the other along an axis, which must be that of the channels.
    pub fn concat(&mut self, site: Site, axis: i64, inputs: &[Value]) -> Option<Value> {
        let layouts: Vec<Layout> = inputs.iter().map(|&input| self.unpadded(site, input)).collect::<Option<_>>()?;
        if let Some(&scores) = inputs.iter().find(|input| matches!(input.view, View::Scores(_))) {
            let (why, nearest) = self.behind_host(scores);
            self.report(site, "inputs", why, nearest);
            return None;
        }
        let place = layouts.first().and_then(|layout| layout.place(axis));
        let Some(place) = place else {
            self.report(site, "axis", format!("is {axis} of {} inputs", inputs.len()), "axis = 1, the channels");
            return None;
        };
        let channels: Vec<usize> = inputs.iter().map(|&input| self.shape(input)[0]).collect();
        let alike = layouts.iter().zip(&channels).all(|(layout, &count)| {
            let same = layout.rank() == layouts[0].rank() && layout.runs_over(place, Source::Channel, count);
            same && layout.with(place, Source::Channel, 1) == layouts[0].with(place, Source::Channel, 1)
        });
        if !alike {
            let all: Vec<String> = layouts.iter().map(Layout::to_string).collect();
            let why = format!("joins axis {axis} of {}", all.join(" and "));
            self.report(site, "axis", why, "axis = 1, the channels of maps of the same height and width");
            return None;
        }
        if let [one] = inputs {
            return Some(*one);
        }
        let maps: Vec<Value> = inputs.iter().map(|&input| Value { view: View::Map, ..input }).collect();
        let joined = self.apply(site, Op::Concat, &maps)?;
        Some(self.seen(joined, layouts[0].with(place, Source::Channel, channels.iter().sum())))
    }

    /// The mean over the axes of height and width.
    pub fn mean(&mut self, site: Site, input: Value, axes: &[i64], keep: bool) -> Option<Value> {
        let layout = self.unpadded(site, input)?;
        let mut places: Vec<usize> = axes.iter().filter_map(|&axis| layout.place(axis)).collect();
        places.sort_unstable();
        places.dedup();
        if places.len() != axes.len() || !layout.is_all_pixels(&places) {
            let why = format!("is {axes:?} of {layout}");
            self.report(site, "axes", why, "the axes of height and width");
            return None;
        }
        if let View::Scores(_) = input.view {
            return self.apply(site, Op::GlobalAverage, &[input]);
        }
        let mean = self.apply(site, Op::GlobalAverage, &[Value { view: View::Map, ..input }])?;
        let left = places.iter().fold(layout, |layout, &place| layout.with(place, Source::Row, 1));
        let left = if keep { left } else { left.without(&places)? };
        Some(self.seen(mean, left))
    }

    /// An operation that works score by score and keeps their order; left to the host.
    pub fn rising(&mut self, site: Site, input: Value) -> Option<Value> {
        self.rising_as(site, input, RISES)
    }

    /// The same with a note of how.
    pub fn rising_as(&mut self, site: Site, input: Value, how: &str) -> Option<Value> {
        let Some(layout) = self.scores(site, input) else {
            let shape = self.shape(input);
            return self.stand_in(site, input, shape);
        };
        Some(self.left_to_host(site, input, layout, how))
    }

    /// `x * factor + offset` behind what the host does: the host's too, if it keeps the order of the classes.
    pub fn rising_line(&mut self, site: Site, input: Value, factor: &[f32], offset: &[f32]) -> Option<Value> {
        let even = |values: &[f32]| values.iter().all(|value| *value == values[0]);
        if factor.first().is_some_and(|&f| f > 0.0 && f.is_finite()) && even(factor) && even(offset) {
            return self.rising(site, input);
        }
        let why = "changes the order of the classes behind the scores";
        let nearest = "one positive factor and one offset for all classes, or the operator before the last layer";
        self.report(site, "", why, nearest);
        None
    }

    /// An operation over all classes, which axis `place` holds; left to the host. With `gone`, one value stays of that axis.
    pub fn over_classes(&mut self, site: Site, input: Value, place: usize, gone: bool) -> Option<Value> {
        let layout = self.scores(site, input)?;
        let channels = self.shape(input)[0];
        let Some(order) = layout.channels_on(place, channels) else {
            let why = format!("is over axis {place} of {layout}");
            self.report(site, "axis", why, "the axis of the classes, all of them in one group");
            return None;
        };
        let input = if is_in_order(&order) { input } else { self.reordered(site, input, &order)? };
        let layout = layout.with(place, Source::Channel, channels);
        let layout = if gone { layout.with(place, Source::Channel, 1) } else { layout };
        Some(self.left_to_host(site, input, layout, RISES))
    }

    /// The layout of one value per class, or a report.
    fn scores(&mut self, site: Site, input: Value) -> Option<Layout> {
        let layout = self.unpadded(site, input)?;
        if self.is_pixel(input) {
            return Some(layout);
        }
        let why = format!("works on a map of {layout}");
        self.report(site, "inputs", why, "behind the scores, one value per class; within a network, ReLU");
        None
    }

    /// The network's result with its classes as the file has them.
    pub fn ordered(&mut self, site: Site, output: Value) -> Option<Value> {
        let layout = self.unpadded(site, output)?;
        let place = (0..=layout.rank()).find(|&place| layout.is_per_image(place));
        let order = place.map(|place| layout.order(place, self.shape(output)));
        match order {
            // Behind an ArgMax the host has the classes in order.
            _ if !layout.has(Source::Channel) => Some(output),
            Some(order) if is_in_order(&order) => Some(output),
            Some(order) => self.reordered(site, output, &order),
            None => {
                let why = format!("the scores come out as {layout}");
                self.report(site, "", why, "one row of scores for every image");
                None
            }
        }
    }

    /// One value per class with class `i` where `order[i]` was: the convolution that makes them has its rows in another order.
    fn reordered(&mut self, site: Site, value: Value, order: &[usize]) -> Option<Value> {
        let by_channel = |op: &Op| {
            matches!(op, Op::GlobalAverage | Op::Relu | Op::Clip { .. } | Op::Saturate { .. } | Op::AveragePool { .. })
        };
        let (node, behind) = self.behind(value.node, by_channel);
        let Some(op) = self.rows_in_order(site, node, order) else {
            let why = "puts the classes in another order than the machine makes them in";
            self.report(site, "", why, "a fully connected layer behind it, or the order of channels");
            return None;
        };
        let permuted = |ends: Vec<f32>| order.iter().map(|&from| ends[from]).collect();
        let follow = |op: Op| match op {
            Op::Saturate { least, most } => Op::Saturate { least: permuted(least), most: permuted(most) },
            op => op,
        };
        let last = self.with_convolution(site, (node, op), behind, follow)?;
        self.note(site, "the convolution before it makes its results in that order");
        Some(Value { view: value.view, ..last })
    }

    fn rows_in_order(&mut self, site: Site, node: NodeId, order: &[usize]) -> Option<Op> {
        let Node { op, inputs, .. } = &self.nodes[node];
        let Op::Conv { out_channels, kernel, stride, pad, weights, bias } = op.clone() else { return None };
        // What an output sees goes with its place.
        let groups = Groups::of(op, self.nodes[inputs[0]].shape[0]);
        if order.iter().enumerate().any(|(at, &from)| at / groups.outputs != from / groups.outputs) {
            return None;
        }
        self.reserve_parameters(site, weights.len())?;
        let row = weights.len() / out_channels;
        let weights = order.iter().flat_map(|&from| weights[from * row..][..row].iter().copied()).collect();
        let bias = order.iter().map(|&from| bias[from]).collect();
        Some(Op::Conv { out_channels, kernel, stride, pad, weights, bias })
    }
}

fn is_in_order(order: &[usize]) -> bool {
    order.iter().copied().eq(0..order.len())
}
