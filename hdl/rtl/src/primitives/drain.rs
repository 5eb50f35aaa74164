//! The drain control: descriptors in flight, parameter addresses, writes, flags for the results.

use super::bits::{index_bits, mask};
use super::delay_line::DelayLine;
use crate::primitive::{Parameter, Port, Primitive, Values};
use std::collections::VecDeque;

/// Sizes, widths and delays of a drain control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainShape {
    pub rows: usize,
    pub cols: usize,
    /// Bits of a bank address.
    pub addr_bits: usize,
    /// Bits of `dst_n`; at most `addr_bits`.
    pub n_bits: usize,
    /// Bits of a parameter address.
    pub param_bits: usize,
    /// Bits of a layer index.
    pub layer_bits: usize,
    pub acc_bits: usize,
    pub mult_bits: usize,
    /// Bits of the multiplier of what is added.
    pub residual_bits: usize,
    /// Descriptors in flight, at least 2.
    pub queue: usize,
    /// From push to pop, at least 1: EDGE + cols + 1.
    pub delay: usize,
}

/// Order of the descriptor's ports.
#[derive(Clone, Copy)]
enum In {
    Push,
    DstAddr,
    DstN,
    ParamAddr,
    ColsLast,
    Sum,
    OutSigned,
    Relu,
    Layer,
    TileFirst,
    TileLast,
    CtFirst,
    CtLast,
    Param,
    Residual,
}

/// What a channel tile on its way out needs.
#[derive(Clone, Copy, Debug, Default)]
struct Descriptor {
    dst_addr: u64,
    dst_n: u64,
    param_addr: u64,
    cols_last: u64,
    sum: bool,
    out_signed: bool,
    relu: bool,
    layer: u64,
    tile_first: bool,
    tile_last: bool,
    ct_first: bool,
    ct_last: bool,
}

/// A column's flags for the results.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    layer: u64,
    first: bool,
    last: bool,
    sum: bool,
    tile_first: bool,
    tile_last: bool,
    ct_first: bool,
    ct_last: bool,
}

/// The drain control behind `drain.v`.
#[derive(Clone, Debug)]
pub struct Drain {
    shape: DrainShape,
    token: DelayLine<bool>,
    queue: VecDeque<Descriptor>,
    active: bool,
    col: u64,
    now: Descriptor,
    param: [u64; 2],
    residual: [u64; 2],
    format: DelayLine<[bool; 3]>,
    write: DelayLine<bool>,
    address: DelayLine<u64>,
    col_valid: DelayLine<bool>,
    flags: DelayLine<Flags>,
    retire: DelayLine<bool>,
}

impl Drain {
    pub fn new(shape: DrainShape) -> Self {
        Drain {
            shape,
            token: DelayLine::new(shape.delay),
            queue: VecDeque::new(),
            active: false,
            col: 0,
            now: Descriptor::default(),
            param: [0; 2],
            residual: [0; 2],
            format: DelayLine::new(2),
            write: DelayLine::new(shape.rows + 5),
            address: DelayLine::new(shape.rows + 5),
            col_valid: DelayLine::new(shape.rows + 6),
            flags: DelayLine::new(shape.rows + 6),
            retire: DelayLine::new(shape.rows + 7),
        }
    }

    /// Everything behind the column counter.
    fn clock_out(&mut self) {
        let Descriptor { dst_addr, layer, sum, tile_first, tile_last, ct_first, ct_last, .. } = self.now;
        let valid = self.active && self.col <= self.now.cols_last;
        self.write.clock(valid && !sum);
        self.col_valid.clock(valid);
        self.address.clock(dst_addr);
        let (first, last) = (self.col == 0, self.col == self.now.cols_last);
        self.flags.clock(Flags { layer, first, last, sum, tile_first, tile_last, ct_first, ct_last });
        self.retire.clock(self.active && self.col_end() && ct_last);
        self.format.clock([self.now.relu, self.now.out_signed, sum]);
    }

    fn col_end(&self) -> bool {
        self.col == self.shape.cols as u64 - 1
    }

    fn clock_column(&mut self, pop: bool) {
        self.active &= !self.col_end();
        self.col = (self.col + 1) & mask(index_bits(self.shape.cols));
        self.now.dst_addr = (self.now.dst_addr + self.now.dst_n) & mask(self.shape.addr_bits);
        self.now.param_addr = (self.now.param_addr + 1) & mask(self.shape.param_bits);
        if let Some(next) = pop.then(|| self.queue.pop_front()).flatten() {
            (self.active, self.col, self.now) = (true, 0, next);
        }
    }

    fn clear(&mut self) {
        self.token.clear();
        self.queue.clear();
        self.active = false;
        self.write.clear();
        self.col_valid.clear();
        self.retire.clear();
    }
}

impl Descriptor {
    fn read(inputs: &Values) -> Self {
        let value = |port: In| inputs[port as usize][0];
        Descriptor {
            dst_addr: value(In::DstAddr),
            dst_n: value(In::DstN),
            param_addr: value(In::ParamAddr),
            cols_last: value(In::ColsLast),
            sum: value(In::Sum) == 1,
            out_signed: value(In::OutSigned) == 1,
            relu: value(In::Relu) == 1,
            layer: value(In::Layer),
            tile_first: value(In::TileFirst) == 1,
            tile_last: value(In::TileLast) == 1,
            ct_first: value(In::CtFirst) == 1,
            ct_last: value(In::CtLast) == 1,
        }
    }
}

impl Primitive for Drain {
    fn module(&self) -> &'static str {
        "drain"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/drain.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("delay", include_str!("../../v/delay.v"))]
    }

    fn parameters(&self) -> Vec<Parameter> {
        let s = &self.shape;
        vec![
            Parameter::Integer("ROWS", s.rows as u64),
            Parameter::Integer("COLS", s.cols as u64),
            Parameter::Integer("COL_W", index_bits(s.cols) as u64),
            Parameter::Integer("ADDR_W", s.addr_bits as u64),
            Parameter::Integer("N_W", s.n_bits as u64),
            Parameter::Integer("PARAM_W", s.param_bits as u64),
            Parameter::Integer("LAYER_W", s.layer_bits as u64),
            Parameter::Integer("ACC_W", s.acc_bits as u64),
            Parameter::Integer("MULT_W", s.mult_bits as u64),
            Parameter::Integer("RESIDUAL_W", s.residual_bits as u64),
            Parameter::Integer("QUEUE", s.queue as u64),
            Parameter::Integer("DRAIN_DELAY", s.delay as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let s = &self.shape;
        vec![
            Port::input("desc_push_i", 1, 1),
            Port::input("desc_dst_addr_i", 1, s.addr_bits),
            Port::input("desc_dst_n_i", 1, s.n_bits),
            Port::input("desc_param_addr_i", 1, s.param_bits),
            Port::input("desc_cols_last_i", 1, index_bits(s.cols)),
            Port::input("desc_sum_i", 1, 1),
            Port::input("desc_out_signed_i", 1, 1),
            Port::input("desc_relu_i", 1, 1),
            Port::input("desc_layer_i", 1, s.layer_bits),
            Port::input("desc_tile_first_i", 1, 1),
            Port::input("desc_tile_last_i", 1, 1),
            Port::input("desc_ct_first_i", 1, 1),
            Port::input("desc_ct_last_i", 1, 1),
            Port::output("param_addr_o", 1, s.param_bits),
            Port::input("param_i", 1, s.acc_bits + s.mult_bits),
            Port::output("residual_addr_o", 1, s.layer_bits),
            Port::input("residual_i", 1, s.residual_bits + 1),
            Port::output("bias_o", 1, s.acc_bits),
            Port::output("mult_o", 1, s.mult_bits),
            Port::output("residual_mult_o", 1, s.residual_bits),
            Port::output("residual_signed_o", 1, 1),
            Port::output("relu_o", 1, 1),
            Port::output("out_signed_o", 1, 1),
            Port::output("out_wide_o", 1, 1),
            Port::output("write_o", 1, 1),
            Port::output("write_addr_o", 1, s.addr_bits),
            Port::output("col_valid_o", 1, 1),
            Port::output("col_first_o", 1, 1),
            Port::output("col_last_o", 1, 1),
            Port::output("col_sum_o", 1, 1),
            Port::output("col_layer_o", 1, s.layer_bits),
            Port::output("col_tile_first_o", 1, 1),
            Port::output("col_tile_last_o", 1, 1),
            Port::output("col_ct_first_o", 1, 1),
            Port::output("col_ct_last_o", 1, 1),
            Port::output("retire_o", 1, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        let flags = self.flags.output(Flags::default());
        let [bias, mult] = self.param;
        let [residual_mult, residual_signed] = self.residual;
        let [relu, out_signed, out_wide] = self.format.output([false; 3]);
        let values = [
            self.now.param_addr,
            self.now.layer,
            bias,
            mult,
            residual_mult,
            residual_signed,
            relu.into(),
            out_signed.into(),
            out_wide.into(),
            self.write.output(false).into(),
            self.address.output(0),
            self.col_valid.output(false).into(),
            flags.first.into(),
            flags.last.into(),
            flags.sum.into(),
            flags.layer,
            flags.tile_first.into(),
            flags.tile_last.into(),
            flags.ct_first.into(),
            flags.ct_last.into(),
            self.retire.output(false).into(),
        ];
        for (port, value) in outputs.iter_mut().zip(values) {
            port[0] = value;
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let push = inputs[In::Push as usize][0] == 1;
        let pop = self.token.output(push);
        self.clock_out();
        self.clock_column(pop);
        if push {
            self.queue.push_back(Descriptor::read(inputs));
        }
        self.token.clock(push);
        let param = inputs[In::Param as usize][0];
        self.param = [param & mask(self.shape.acc_bits), param >> self.shape.acc_bits];
        let residual = inputs[In::Residual as usize][0];
        self.residual = [residual & mask(self.shape.residual_bits), residual >> self.shape.residual_bits];
        if reset {
            self.clear();
        }
    }
}
