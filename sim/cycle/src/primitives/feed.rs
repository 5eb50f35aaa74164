//! Clocked model of `feed.v`.

use super::delay_line::DelayLine;
use super::rotator::RotatorModel;
use crate::model::Clocked;
use systole_machine::words::mask;
use systole_rtl::ports::feed::{In, Out, Ports};
use systole_rtl::primitives::feed::{Feed, FeedShape};
use systole_rtl::primitives::rotator::Rotator;

/// What travels down the left edge, one lane per cycle.
#[derive(Clone, Copy, Debug, Default)]
struct Control {
    valid: bool,
    first: bool,
    last: bool,
    signed: bool,
    x: u64,
    y: u64,
    x_last: u64,
    ow_last: u64,
    oh_last: u64,
    x_lo: u64,
    x_hi: u64,
    y_lo: u64,
    y_hi: u64,
}

/// What a lane's control says of the activation that comes a cycle later.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    first: bool,
    last: bool,
    signed: bool,
    /// The tap sees the map.
    sees: bool,
    /// The lane's output pixel exists.
    fits: bool,
}

/// The register behind a lane's edge.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    a: u64,
    residual: u64,
    first: bool,
    last: bool,
    mask: bool,
}

/// The feed behind `feed.v`.
#[derive(Clone, Debug)]
pub struct FeedModel {
    shape: FeedShape,
    addresses: DelayLine<(u64, u64, usize)>,
    bank_addr: Vec<u64>,
    rot: DelayLine<usize>,
    rotator: RotatorModel,
    control: DelayLine<Control>,
    /// Controls at lane 1, 2, ...
    hops: Vec<Control>,
    skew: Vec<DelayLine<u64>>,
    marks: Vec<Marks>,
    edge: Vec<Edge>,
}

impl FeedModel {
    pub fn new(Feed { shape }: Feed) -> Self {
        let rows = shape.rows;
        FeedModel {
            shape,
            addresses: DelayLine::new(shape.delay),
            bank_addr: vec![0; rows],
            rot: DelayLine::new(3),
            rotator: RotatorModel::new(Rotator::new(rows, 8)),
            control: DelayLine::new(shape.delay + 2 + Rotator::stages(rows)),
            hops: vec![Control::default(); rows],
            skew: (0..rows).map(DelayLine::new).collect(),
            marks: vec![Marks::default(); rows],
            edge: vec![Edge::default(); rows],
        }
    }

    fn clock_edge(&mut self, now: Control) {
        let masks = (mask(self.shape.x_bits), mask(self.shape.y_bits));
        for r in (0..self.shape.rows).rev() {
            let control = if r == 0 { self.control.output(now) } else { self.hops[r - 1] };
            let lane = self.rotator.lanes()[r];
            self.edge[r] = self.marks[r].edge(self.skew[r].output(lane));
            self.marks[r] = control.marks();
            self.skew[r].clock(lane);
            self.hops[r] = control.hop(masks);
        }
        self.control.clock(now);
    }

    fn clock_banks(&mut self, now: (u64, u64, usize), banks: &[u64]) {
        let (addr_a, addr_b, rot) = self.addresses.output(now);
        self.rotator.shift(banks, self.rot.output(rot));
        for (bank, addr) in self.bank_addr.iter_mut().enumerate() {
            *addr = if bank < rot { addr_b } else { addr_a };
        }
        self.rot.clock(rot);
        self.addresses.clock(now);
    }
}

impl Control {
    fn read(inputs: &In) -> Self {
        Control {
            valid: inputs.step_valid,
            first: inputs.step_first,
            last: inputs.step_last,
            signed: inputs.step_signed,
            x: inputs.step_x,
            y: inputs.step_y,
            x_last: inputs.step_x_last,
            ow_last: inputs.step_ow_last,
            oh_last: inputs.step_oh_last,
            x_lo: inputs.step_x_lo,
            x_hi: inputs.step_x_hi,
            y_lo: inputs.step_y_lo,
            y_hi: inputs.step_y_hi,
        }
    }

    /// The next pixel's control.
    fn hop(self, (x_mask, y_mask): (u64, u64)) -> Self {
        match self.x == self.x_last {
            true => Control { x: 0, y: (self.y + 1) & y_mask, ..self },
            false => Control { x: (self.x + 1) & x_mask, ..self },
        }
    }

    fn marks(self) -> Marks {
        let inside = (self.x_lo..=self.x_hi).contains(&self.x) && (self.y_lo..=self.y_hi).contains(&self.y);
        Marks {
            first: self.valid && self.first,
            last: self.last,
            signed: self.signed,
            sees: self.valid && inside,
            fits: self.x <= self.ow_last && self.y <= self.oh_last,
        }
    }
}

impl Marks {
    fn edge(self, data: u64) -> Edge {
        let sign = if self.signed { (data & 0x80) << 1 } else { 0 };
        Edge {
            a: if self.sees { data | sign } else { 0 },
            residual: data,
            first: self.first,
            last: self.last,
            mask: self.fits,
        }
    }
}

impl Clocked for FeedModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        out.bank_addr.copy_from_slice(&self.bank_addr);
        for (r, edge) in self.edge.iter().enumerate() {
            out.a[r] = edge.a;
            out.residual_act[r] = edge.residual;
            out.first[r] = edge.first.into();
            out.last[r] = edge.last.into();
            out.mask[r] = edge.mask.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: In<'_>) {
        self.clock_edge(Control::read(&inputs));
        let now = (inputs.step_addr_a, inputs.step_addr_b, inputs.step_rot as usize);
        self.clock_banks(now, inputs.bank_data);
    }
}
