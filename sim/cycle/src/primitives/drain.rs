//! Clocked model of `drain.v`.

use super::delay_line::DelayLine;
use crate::model::Clocked;
use std::collections::VecDeque;
use systole_machine::words::mask;
use systole_rtl::ports::drain::{In, Out, Ports};
use systole_rtl::primitives::bits::index_bits;
use systole_rtl::primitives::drain::{Drain, DrainShape};

/// What a channel tile on its way out needs.
#[derive(Clone, Copy, Debug, Default)]
struct Descriptor {
    dst_addr: u64,
    dst_n: u64,
    param_addr: u64,
    cols_last: u64,
    sum: bool,
    direct: bool,
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
pub struct DrainModel {
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
    fill: DelayLine<bool>,
    address: DelayLine<u64>,
    col_valid: DelayLine<bool>,
    flags: DelayLine<Flags>,
    retire: DelayLine<bool>,
}

impl DrainModel {
    pub fn new(Drain { shape }: Drain) -> Self {
        DrainModel {
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
            fill: DelayLine::new(shape.rows + 5),
            address: DelayLine::new(shape.rows + 5),
            col_valid: DelayLine::new(shape.rows + 6),
            flags: DelayLine::new(shape.rows + 6),
            retire: DelayLine::new(shape.rows + 7),
        }
    }

    /// Everything behind the column counter.
    fn clock_out(&mut self) {
        let Descriptor { dst_addr, layer, sum, direct, tile_first, tile_last, ct_first, ct_last, .. } = self.now;
        let valid = self.active && self.col <= self.now.cols_last;
        self.write.clock(valid && !sum && !direct);
        self.fill.clock(valid && direct);
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
        self.fill.clear();
        self.col_valid.clear();
        self.retire.clear();
    }
}

impl Descriptor {
    fn read(inputs: &In) -> Self {
        Descriptor {
            dst_addr: inputs.desc_dst_addr,
            dst_n: inputs.desc_dst_n,
            param_addr: inputs.desc_param_addr,
            cols_last: inputs.desc_cols_last,
            sum: inputs.desc_sum,
            direct: inputs.desc_direct,
            out_signed: inputs.desc_out_signed,
            relu: inputs.desc_relu,
            layer: inputs.desc_layer,
            tile_first: inputs.desc_tile_first,
            tile_last: inputs.desc_tile_last,
            ct_first: inputs.desc_ct_first,
            ct_last: inputs.desc_ct_last,
        }
    }
}

impl Clocked for DrainModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        let flags = self.flags.output(Flags::default());
        *out.param_addr = self.now.param_addr;
        *out.residual_addr = self.now.layer;
        [*out.bias, *out.mult] = self.param;
        [*out.residual_mult, *out.residual_signed] = self.residual;
        [*out.relu, *out.out_signed, *out.out_wide] = self.format.output([false; 3]).map(u64::from);
        *out.write = self.write.output(false).into();
        *out.fill = self.fill.output(false).into();
        *out.write_addr = self.address.output(0);
        *out.col_valid = self.col_valid.output(false).into();
        *out.col_first = flags.first.into();
        *out.col_last = flags.last.into();
        *out.col_sum = flags.sum.into();
        *out.col_layer = flags.layer;
        *out.col_tile_first = flags.tile_first.into();
        *out.col_tile_last = flags.tile_last.into();
        *out.col_ct_first = flags.ct_first.into();
        *out.col_ct_last = flags.ct_last.into();
        *out.retire = self.retire.output(false).into();
    }

    fn clock(&mut self, reset: bool, inputs: In) {
        let pop = self.token.output(inputs.desc_push);
        self.clock_out();
        self.clock_column(pop);
        if inputs.desc_push {
            self.queue.push_back(Descriptor::read(&inputs));
        }
        self.token.clock(inputs.desc_push);
        let (acc, residual) = (self.shape.acc_bits, self.shape.residual_bits);
        self.param = [inputs.param & mask(acc), inputs.param >> acc];
        self.residual = [inputs.residual & mask(residual), inputs.residual >> residual];
        if reset {
            self.clear();
        }
    }
}
