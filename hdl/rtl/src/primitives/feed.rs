//! The feed: steps to bank addresses, banks' words to the array's left edge.

use super::bits::{index_bits, mask};
use super::delay_line::DelayLine;
use super::rotator::{self, Rotator};
use crate::primitive::{Parameter, Port, Primitive, Values};

/// Widths and delays of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedShape {
    /// Lanes = banks, at least 2.
    pub rows: usize,
    /// Bits of a bank address.
    pub addr_bits: usize,
    /// Bits of a column coordinate.
    pub x_bits: usize,
    /// Bits of a row coordinate; they must hold the rows that the last tile reaches.
    pub y_bits: usize,
    /// Registers before everything else.
    pub delay: usize,
}

/// Order of the input ports.
#[derive(Clone, Copy)]
enum In {
    Valid,
    First,
    Last,
    Signed,
    AddrA,
    AddrB,
    Rot,
    X,
    Y,
    XLast,
    OwLast,
    OhLast,
    XLo,
    XHi,
    YLo,
    YHi,
    BankData,
}

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
pub struct Feed {
    shape: FeedShape,
    addresses: DelayLine<(u64, u64, usize)>,
    bank_addr: Vec<u64>,
    rot: DelayLine<usize>,
    rotator: Rotator,
    control: DelayLine<Control>,
    /// Controls at lane 1, 2, ...
    hops: Vec<Control>,
    skew: Vec<DelayLine<u64>>,
    marks: Vec<Marks>,
    edge: Vec<Edge>,
}

impl Feed {
    pub fn new(shape: FeedShape) -> Self {
        let rows = shape.rows;
        Feed {
            shape,
            addresses: DelayLine::new(shape.delay),
            bank_addr: vec![0; rows],
            rot: DelayLine::new(3),
            rotator: Rotator::new(rows, 8),
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
    fn read(inputs: &Values) -> Self {
        let value = |port: In| inputs[port as usize][0];
        Control {
            valid: value(In::Valid) == 1,
            first: value(In::First) == 1,
            last: value(In::Last) == 1,
            signed: value(In::Signed) == 1,
            x: value(In::X),
            y: value(In::Y),
            x_last: value(In::XLast),
            ow_last: value(In::OwLast),
            oh_last: value(In::OhLast),
            x_lo: value(In::XLo),
            x_hi: value(In::XHi),
            y_lo: value(In::YLo),
            y_hi: value(In::YHi),
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

impl Primitive for Feed {
    fn module(&self) -> &'static str {
        "feed"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/feed.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let own = [("rotator", include_str!("../../v/rotator.v")), ("feed_lane", include_str!("../../v/feed_lane.v"))];
        rotator::SUBMODULES.into_iter().chain(own).collect()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let FeedShape { rows, addr_bits, x_bits, y_bits, delay } = self.shape;
        vec![
            Parameter::Integer("ROWS", rows as u64),
            Parameter::Integer("ROT_W", index_bits(rows) as u64),
            Parameter::Integer("ADDR_W", addr_bits as u64),
            Parameter::Integer("X_W", x_bits as u64),
            Parameter::Integer("Y_W", y_bits as u64),
            Parameter::Integer("FEED_DELAY", delay as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let FeedShape { rows, addr_bits, x_bits, y_bits, .. } = self.shape;
        vec![
            Port::input("step_valid_i", 1, 1),
            Port::input("step_first_i", 1, 1),
            Port::input("step_last_i", 1, 1),
            Port::input("step_signed_i", 1, 1),
            Port::input("step_addr_a_i", 1, addr_bits),
            Port::input("step_addr_b_i", 1, addr_bits),
            Port::input("step_rot_i", 1, index_bits(rows)),
            Port::input("step_x_i", 1, x_bits),
            Port::input("step_y_i", 1, y_bits),
            Port::input("step_x_last_i", 1, x_bits),
            Port::input("step_ow_last_i", 1, x_bits),
            Port::input("step_oh_last_i", 1, y_bits),
            Port::input("step_x_lo_i", 1, x_bits),
            Port::input("step_x_hi_i", 1, x_bits),
            Port::input("step_y_lo_i", 1, y_bits),
            Port::input("step_y_hi_i", 1, y_bits),
            Port::output("bank_addr_o", rows, addr_bits),
            Port::input("bank_data_i", rows, 8),
            Port::output("a_o", rows, 9),
            Port::output("residual_act_o", rows, 8),
            Port::output("first_o", rows, 1),
            Port::output("last_o", rows, 1),
            Port::output("mask_o", rows, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        outputs[0].copy_from_slice(&self.bank_addr);
        for (r, edge) in self.edge.iter().enumerate() {
            outputs[1][r] = edge.a;
            outputs[2][r] = edge.residual;
            outputs[3][r] = edge.first.into();
            outputs[4][r] = edge.last.into();
            outputs[5][r] = edge.mask.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let value = |port: In| inputs[port as usize][0];
        self.clock_edge(Control::read(inputs));
        let now = (value(In::AddrA), value(In::AddrB), value(In::Rot) as usize);
        self.clock_banks(now, &inputs[In::BankData as usize]);
    }
}
