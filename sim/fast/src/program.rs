//! A network packed for one instruction set, and a run of it on one image.

use crate::conv::{Job, Out, ResidualMap};
use crate::isa::Isa;
use crate::map::Layout;
use crate::packed::Packed;
use crate::pool::PoolJob;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use systole_net::{Layer, LayerKind, Net, Padding, Pool, Residual, Sink, Tensor, Trace};

/// How a run is to be done.
#[derive(Clone, Copy)]
pub struct Order {
    /// Parts into which the rows of every layer are cut, for as many cores.
    pub parts: usize,
    /// Whether every layer's values are wanted.
    pub trace: bool,
}

/// A packed network behind whatever instructions it uses.
pub trait Run: Send + Sync {
    /// Runs a checked image.
    fn run(&self, image: &Tensor, order: Order) -> Trace;
}

struct Convolution {
    source: usize,
    packed: Packed,
    residual: Option<Residual>,
    sink: Sink,
    channels: usize,
}

enum Work {
    Conv(Convolution),
    Pool { source: usize, pool: Pool },
}

pub struct Program<I: Isa> {
    layouts: Vec<Layout>,
    works: Vec<Work>,
    classes: usize,
    /// What the last layer's border adds to each class sum.
    border_sums: Vec<i64>,
    /// Feature maps of finished runs; their borders are still zero.
    idle: Mutex<Vec<Vec<Vec<I::Act>>>>,
}

impl<I: Isa> Program<I> {
    /// The caller has checked the network and that the processor has the instructions.
    pub fn new(net: &Net) -> Self {
        let layout = |id: usize| Layout::new::<I::Act>(&net.tensors[id], border(net, id), I::GROUP);
        let layouts: Vec<Layout> = (0..net.tensors.len()).map(layout).collect();
        let works = net.layers.iter().map(|layer| work::<I>(net, layer, &layouts)).collect();
        Program { layouts, works, classes: net.classes(), border_sums: net.border_sums(), idle: Mutex::default() }
    }

    fn maps(&self) -> Vec<Vec<I::Act>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| self.layouts.iter().map(Layout::map).collect())
    }

    fn layer(&self, work: &Work, maps: &mut [Vec<I::Act>], order: Order, trace: &mut Trace) {
        match work {
            Work::Pool { source, pool } => {
                self.pool(*source, pool, maps, order);
                if order.trace {
                    let layout = &self.layouts[pool.output];
                    trace.layers.push(layout.read(&maps[pool.output], 0, layout.channels));
                }
            }
            Work::Conv(c) => match c.sink {
                Sink::Tensor { id, channel_offset } => {
                    self.convolve(c, id, channel_offset, maps, order);
                    if order.trace {
                        trace.layers.push(self.layouts[id].read(&maps[id], channel_offset, c.channels));
                    }
                }
                Sink::Sum { .. } => self.sum(c, maps, order, trace),
            },
        }
    }

    fn pool(&self, source: usize, pool: &Pool, maps: &mut [Vec<I::Act>], order: Order) {
        let (layout, out_layout) = (&self.layouts[source], &self.layouts[pool.output]);
        let mut target = std::mem::take(&mut maps[pool.output]);
        let source = &maps[source];
        each_part(out_layout.height, order.parts, &mut target, out_layout, |rows, out| {
            let mut job = PoolJob { pool, source, layout, rows, out, out_layout };
            // SAFETY: the path was found available before the program was made.
            unsafe { I::pool(&mut job) }
        });
        maps[pool.output] = target;
    }

    fn convolve(&self, c: &Convolution, id: usize, first: usize, maps: &mut [Vec<I::Act>], order: Order) {
        let layout = &self.layouts[id];
        let mut target = std::mem::take(&mut maps[id]);
        each_part(layout.height, order.parts, &mut target, layout, |rows, data| {
            let mut job = self.job(c, maps, rows, Out::Map { data, layout, first });
            // SAFETY: the path was found available before the program was made.
            unsafe { I::conv(&mut job) }
        });
        maps[id] = target;
    }

    fn sum(&self, c: &Convolution, maps: &[Vec<I::Act>], order: Order, trace: &mut Trace) {
        let part = |rows: Range<usize>| {
            let mut sums = vec![0; self.classes];
            let pixels = if order.trace { c.packed.height * c.packed.width } else { 0 };
            let mut raw = vec![0; pixels * self.classes];
            let out = Out::Sum { sums: &mut sums, raw: &mut raw };
            // SAFETY: the path was found available before the program was made.
            unsafe { I::conv(&mut self.job(c, maps, rows, out)) }
            (sums, raw)
        };
        // A trace is not for speed: its last layer is one part.
        let parts = if order.trace { 1 } else { order.parts };
        let done: Vec<_> = match parts {
            1 => vec![part(0..c.packed.height)],
            parts => ranges(c.packed.height, parts).into_par_iter().map(part).collect(),
        };
        for (sums, raw) in done {
            trace.sums.iter_mut().zip(&sums).for_each(|(t, s)| *t += s);
            if order.trace {
                trace.layers.push(planar(&raw, self.classes, c.packed.height, c.packed.width));
            }
        }
    }

    fn job<'a>(
        &'a self,
        c: &'a Convolution,
        maps: &'a [Vec<I::Act>],
        rows: Range<usize>,
        out: Out<'a, I>,
    ) -> Job<'a, I> {
        let residual = c.residual.as_ref().map(|r| ResidualMap {
            map: &maps[r.tensor],
            layout: &self.layouts[r.tensor],
            first: r.channel_offset,
        });
        Job { packed: &c.packed, source: &maps[c.source], layout: &self.layouts[c.source], residual, rows, out }
    }
}

impl<I: Isa> Run for Program<I> {
    fn run(&self, image: &Tensor, order: Order) -> Trace {
        let mut maps = self.maps();
        let mut trace = Trace { layers: Vec::new(), sums: self.border_sums.clone() };
        self.layouts[Net::INPUT].fill(&mut maps[Net::INPUT], image);
        for work in &self.works {
            self.layer(work, &mut maps, order, &mut trace);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(maps);
        trace
    }
}

fn work<I: Isa>(net: &Net, layer: &Layer, layouts: &[Layout]) -> Work {
    match &layer.kind {
        LayerKind::Pool(pool) => Work::Pool { source: layer.input, pool: pool.clone() },
        LayerKind::Conv(conv) => Work::Conv(Convolution {
            source: layer.input,
            packed: Packed::new::<I>(conv, &layouts[layer.input], &net.tensors),
            residual: conv.residual.clone(),
            sink: conv.sink,
            channels: conv.out_channels,
        }),
    }
}

/// The widest padding with which any convolution reads the tensor.
fn border(net: &Net, id: usize) -> Padding {
    let readers = net.layers.iter().filter(|l| l.input == id).filter_map(|l| match &l.kind {
        LayerKind::Conv(conv) => Some(conv.pad),
        LayerKind::Pool(_) => None,
    });
    readers.fold(Padding::default(), |a, b| Padding {
        top: a.top.max(b.top),
        left: a.left.max(b.left),
        bottom: a.bottom.max(b.bottom),
        right: a.right.max(b.right),
    })
}

/// Calls `f` for parts of the output's rows, in parallel if there are several, each with its part of the map.
fn each_part<A: Send>(
    height: usize,
    parts: usize,
    map: &mut [A],
    layout: &Layout,
    f: impl Fn(Range<usize>, &mut [A]) + Sync,
) {
    let map = &mut map[layout.at(0, 0)..];
    if parts == 1 {
        return f(0..height, map);
    }
    let rows = height.div_ceil(parts);
    let chunks = map.par_chunks_mut(rows * layout.row).enumerate();
    chunks.for_each(|(i, chunk)| f((i * rows).min(height)..((i + 1) * rows).min(height), chunk));
}

fn ranges(height: usize, parts: usize) -> Vec<Range<usize>> {
    let rows = height.div_ceil(parts);
    (0..height).step_by(rows).map(|first| first..(first + rows).min(height)).collect()
}

/// `[pixel][channel]` to `[channel][height][width]`.
fn planar(values: &[i32], channels: usize, height: usize, width: usize) -> Tensor {
    let mut tensor = Tensor::zeros(channels, height, width);
    for (pixel, line) in values.chunks_exact(channels).enumerate() {
        for (channel, &value) in line.iter().enumerate() {
            tensor.data[channel * height * width + pixel] = value;
        }
    }
    tensor
}
