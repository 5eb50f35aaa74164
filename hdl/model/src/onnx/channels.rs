//! ONNX operators that take some of the channels of a map, or every so many of its pixels.

use super::evaluate::range;
use super::network::{Importer, Operand};
use super::node::Call;
use crate::builder::{Builder, Site, Value, View};
use crate::graph::Op;
use crate::layout::Source;

/// What the machine takes of rows and columns.
const EVERY: &str =
    "every n-th row and column alike, from the first one to the last; padding or windows that leave the others out";
const CHANNELS: &str = "the axis of the channels";

/// Indices of an axis: the first one, and how far apart how many are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Steps {
    start: usize,
    step: i64,
    count: usize,
}

/// A map of which some rows and columns are taken, by one operator after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sliced {
    value: Value,
    rows: Steps,
    columns: Steps,
}

impl Steps {
    fn all(size: usize) -> Self {
        Steps { start: 0, step: 1, count: size }
    }

    fn of([start, end, step]: [i64; 3], size: usize) -> Self {
        let (start, count) = range(start, end, step, size as i64);
        // Of one index, the step does not matter.
        Steps { start, step: if count > 1 { step } else { 1 }, count }
    }

    fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |i| (self.start as i64 + i as i64 * self.step) as usize)
    }

    /// These of those.
    fn within(self, outer: Steps) -> Self {
        let start = outer.start as i64 + self.start as i64 * outer.step;
        let step = if self.count > 1 { self.step.saturating_mul(outer.step) } else { 1 };
        Steps { start: usize::try_from(start).unwrap_or(0), step, count: self.count }
    }
}

impl Sliced {
    /// All pixels of a map.
    fn whole(builder: &Builder, value: Value) -> Self {
        let [_, height, width] = builder.shape(value);
        Sliced { value, rows: Steps::all(height), columns: Steps::all(width) }
    }

    fn is_whole(&self, builder: &Builder) -> bool {
        let whole = Self::whole(builder, self.value);
        (self.rows, self.columns) == (whole.rows, whole.columns)
    }
}

impl Builder {
    /// The pixels that are taken as a map: a pool of windows of one pixel, which costs no weights.
    pub fn picked_pixels(&mut self, site: Site, sliced: Sliced) -> Option<Value> {
        if sliced.is_whole(self) {
            return Some(sliced.value);
        }
        let Sliced { value, rows, columns } = sliced;
        let [_, height, width] = self.shape(value);
        let stride = [rows, columns].map(|taken| taken.step).into_iter().max().unwrap_or(1);
        let every = |taken: Steps, size: usize| {
            let count = usize::try_from(stride).map_or(0, |stride| size.div_ceil(stride));
            let step = if count > 1 { stride } else { 1 };
            taken == Steps { start: 0, step, count }
        };
        if stride < 2 || !every(rows, height) || !every(columns, width) {
            let of = |taken: Steps| match taken.step {
                1 => format!("{} from {} on", taken.count, taken.start),
                step => format!("{} from {} on, {step} apart", taken.count, taken.start),
            };
            let why = format!("takes of {height} rows {}, of {width} columns {}", of(rows), of(columns));
            self.report(site, "", why, EVERY);
            return None;
        }
        self.note(site, "a pool of windows of one pixel, which has no weights");
        let stride = usize::try_from(stride).ok()?;
        self.apply(site, Op::MaxPool { kernel: 1, stride, pad: 0, ceil: false }, &[value])
    }
}

impl<'a> Importer<'a> {
    /// Parts of axes.
    pub fn slice(&mut self, call: &Call) -> Option<Operand> {
        let attributes = call.attributes(self, &["starts", "ends", "axes"]);
        let mut listed = |index: usize, name: &str| {
            let list = attributes.ints(&mut self.builder, name)?.map(<[i64]>::to_vec);
            if call.lacks(index) {
                return Some(list);
            }
            self.integers(call, index).map(Some)
        };
        let (starts, ends, axes) = (listed(1, "starts")?, listed(2, "ends")?, listed(3, "axes")?);
        let steps = listed(4, "")?;
        let starts = starts.unwrap_or_default();
        let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let (ends, steps) = (ends.unwrap_or_default(), steps.unwrap_or_else(|| vec![1; starts.len()]));
        if [ends.len(), axes.len(), steps.len()].iter().any(|&n| n != starts.len()) || steps.contains(&0) {
            let why = format!("has starts {starts:?}, ends {ends:?}, axes {axes:?}, steps {steps:?}");
            self.builder.report(call.site, "", why, "as many of each, and steps that are not 0");
            return None;
        }
        let mut sliced = self.sliced(call)?;
        for (index, &axis) in axes.iter().enumerate() {
            sliced = self.slice_axis(call, sliced, axis, [starts[index], ends[index], steps[index]])?;
        }
        Some(if sliced.is_whole(&self.builder) { Operand::Value(sliced.value) } else { Operand::Sliced(sliced) })
    }

    /// Input 0, of which nothing or something has been taken.
    fn sliced(&mut self, call: &Call) -> Option<Sliced> {
        if let Some(Operand::Sliced(sliced)) = call.input(0) {
            return Some(*sliced);
        }
        let value = self.map_in_order(call, 0)?;
        Some(Sliced::whole(&self.builder, value))
    }

    fn slice_axis(&mut self, call: &Call, sliced: Sliced, axis: i64, part: [i64; 3]) -> Option<Sliced> {
        let layout = self.builder.unpadded(call.site, sliced.value)?;
        let shape @ [_, height, width] = self.builder.shape(sliced.value);
        let place = layout.place(axis);
        let is = |source: Source, size: usize| place.is_some_and(|place| layout.runs_over(place, source, size));
        let is_map = sliced.value.view == View::Map;
        if is_map && is(Source::Row, height) {
            let rows = Steps::of(part, sliced.rows.count).within(sliced.rows);
            return Some(Sliced { rows, ..sliced });
        }
        if is_map && is(Source::Column, width) {
            let columns = Steps::of(part, sliced.columns.count).within(sliced.columns);
            return Some(Sliced { columns, ..sliced });
        }
        let size = place.map_or(0, |place| layout.dims()[place]);
        let taken = Steps::of(part, size);
        if place.is_some() && taken == Steps::all(size) {
            return Some(sliced);
        }
        let value = self.channels(call, sliced.value, axis, taken.indices().map(Some).collect())?;
        debug_assert_eq!(self.builder.shape(value)[1..], shape[1..]);
        Some(Sliced { value, ..sliced })
    }

    /// Some indices of an axis, which must be that of the channels; `None` is a channel of zeros.
    fn channels(&mut self, call: &Call, input: Value, axis: i64, taken: Vec<Option<usize>>) -> Option<Value> {
        let layout = self.builder.unpadded(call.site, input)?;
        if let View::Scores(_) = input.view {
            let (why, nearest) = self.builder.behind_host(input);
            self.builder.report(call.site, "inputs", why, nearest);
            return None;
        }
        let channels = self.builder.shape(input)[0];
        let place = layout.place(axis);
        let order = place.and_then(|place| layout.channels_on(place, channels));
        let (Some(place), Some(order)) = (place, order) else {
            self.builder.report(call.site, "axis", format!("is {axis} of {layout}"), CHANNELS);
            return None;
        };
        let picked: Option<Vec<Option<usize>>> =
            taken.iter().map(|index| index.map_or(Some(None), |index| order.get(index).copied().map(Some))).collect();
        let Some(picked) = picked.filter(|picked| !picked.is_empty()) else {
            let why =
                format!("takes {} of {layout}", if taken.is_empty() { "no channels" } else { "what is not there" });
            self.builder.report(call.site, "", why, format!("1 to {channels} of its channels"));
            return None;
        };
        let count = picked.len();
        let selected = self.builder.select(call.site, Value { view: View::Map, ..input }, picked)?;
        Some(self.builder.seen(selected, layout.with(place, Source::Channel, count)))
    }

    /// The channels in parts, one for every output.
    pub fn split(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis", "split", "num_outputs"]);
        let axis = attributes.int(&mut self.builder, "axis", 0)?;
        let listed = attributes.ints(&mut self.builder, "split")?.map(<[i64]>::to_vec);
        let listed = if call.lacks(1) { listed } else { Some(self.integers(call, 1)?) };
        let input = self.map_in_order(call, 0)?;
        let layout = self.builder.unpadded(call.site, input)?;
        let size = layout.place(axis).map_or(0, |place| layout.dims()[place]);
        let count = call.node.output.len();
        let each = size.div_ceil(count.max(1));
        let sizes = match &listed {
            Some(sizes) => super::attributes::sizes(sizes),
            None => Some((0..count).map(|part| each.min(size.saturating_sub(part * each))).collect()),
        };
        let Some(sizes) = sizes.filter(|sizes| sizes.len() == count && sizes.iter().sum::<usize>() == size) else {
            let why = format!("is {listed:?} for {count} parts of {size}", listed = listed.unwrap_or_default());
            self.builder.report(call.site, "split", why, "a size for every output, and nothing left over");
            return None;
        };
        let mut first = 0;
        let mut parts = Vec::new();
        for size in sizes {
            parts.push(self.channels(call, input, axis, (first..first + size).map(Some).collect()));
            first += size;
        }
        let parts: Vec<Value> = parts.into_iter().collect::<Option<_>>()?;
        let (first, others) = parts.split_first()?;
        self.others = others.iter().copied().map(Operand::Value).collect();
        Some(*first)
    }

    /// Channels by their numbers.
    pub fn gather(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        let axis = attributes.int(&mut self.builder, "axis", 0)?;
        let shape = self.tensor(call, 1)?.shape().unwrap_or_default();
        let indices = self.integers(call, 1)?;
        let input = self.map_in_order(call, 0)?;
        let channels = self.builder.shape(input)[0];
        if shape.len() != 1 {
            let why = format!("has shape {shape:?}, which takes an axis away or adds one");
            self.builder.report(call.site, "input 1", why, "a row of numbers of channels");
            return None;
        }
        let taken = indices.iter().map(|&index| crate::layout::place(index, channels).or(Some(channels))).collect();
        self.channels(call, input, axis, taken)
    }

    /// Channels of zeros before and behind those of a map.
    pub fn pad_channels(&mut self, call: &Call, input: Value, [before, behind]: [usize; 2]) -> Option<Value> {
        if [before, behind] == [0, 0] {
            return Some(input);
        }
        let input = self.builder.in_order(call.site, input)?;
        if input.view != View::Map {
            let why = "pads channels of values that are not batch, channels, height, width, or are padded already";
            self.builder.report(call.site, "pads", why, "zeros around the channels of such a map");
            return None;
        }
        let channels = self.builder.shape(input)[0];
        let zeros = |count: usize| std::iter::repeat_n(None, count);
        let order: Vec<Option<usize>> = zeros(before).chain((0..channels).map(Some)).chain(zeros(behind)).collect();
        self.builder.select(call.site, input, order)
    }
}
