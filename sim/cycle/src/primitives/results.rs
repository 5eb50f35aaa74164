//! Clocked model of `results.v`.

use super::bits::signed;
use super::skid::SkidModel;
use crate::model::Clocked;
use systole_machine::words::mask;
use systole_rtl::ports::results::{In, Out, Ports};
use systole_rtl::primitives::bits::index_bits;
use systole_rtl::primitives::results::{Results, ResultsShape};

mod capture;

use capture::{Capture, Wanted};

/// What arrives at V + 1 for a column.
#[derive(Clone, Copy, Debug)]
struct Column {
    valid: bool,
    first: bool,
    last: bool,
    sum: bool,
    layer: usize,
    tile_first: bool,
    tile_last: bool,
    ct_first: bool,
    ct_last: bool,
    lane_sum: i64,
    lane_check: u32,
}

impl Column {
    /// First column of its layer's image.
    fn starts(&self) -> bool {
        self.first && self.tile_first && self.ct_first
    }
}

/// A column at V + 2, about to be added to its class.
#[derive(Clone, Copy, Debug)]
struct Adding {
    class: usize,
    start: Start,
}

/// What a sum goes on from.
#[derive(Clone, Copy, Debug)]
enum Start {
    Bank,
    Zero,
    Offset,
}

/// What comes from the input instead of results, and whether it does.
#[derive(Clone, Copy, Debug)]
struct Loop {
    on: bool,
    beat: Option<(u32, bool)>,
}

/// The checksums behind `checksums.v`.
#[derive(Clone, Debug)]
struct Checksums {
    /// Bank of each layer's image in flight; before the first image it is 1.
    bank: Vec<usize>,
    /// (layer, bank, starts an image, lane check) at V + 2.
    adding: Option<(usize, usize, bool, u32)>,
    sums: Vec<[u32; 2]>,
    value: u32,
}

/// Its registers.
#[derive(Clone, Debug)]
pub struct ResultsModel {
    shape: ResultsShape,
    checks: Checksums,
    capture: Capture,
    /// The lane sum at V + 2, or the bytes of a dump.
    lane_sum: u32,
    banks: [Vec<u32>; 2],
    class: usize,
    /// The class that begins next.
    offset_class: usize,
    adding: Option<Adding>,
    complete: bool,
    /// Some result was completed.
    completed: bool,
    in_bank: usize,
    full: [bool; 2],
    out_bank: usize,
    index: usize,
    /// Sum and last, as the bank's read register holds them.
    beat: Option<(u32, bool)>,
    skid: SkidModel,
    done: bool,
}

const LAST_BIT: u128 = 1 << 32;

impl ResultsModel {
    pub fn new(Results { shape }: Results) -> Self {
        let layers = 1 << shape.layer_bits;
        let checks = Checksums { bank: vec![1; layers], adding: None, sums: vec![[0; 2]; layers], value: 0 };
        ResultsModel {
            shape,
            checks,
            capture: Capture::default(),
            lane_sum: 0,
            banks: [vec![0; shape.classes], vec![0; shape.classes]],
            class: 0,
            offset_class: 0,
            adding: None,
            complete: false,
            completed: false,
            in_bank: 0,
            full: [false; 2],
            out_bank: 0,
            index: 0,
            beat: None,
            skid: SkidModel::default(),
            done: false,
        }
    }

    /// V + 1 and V + 2: class sums, or what is dumped.
    fn accumulate(&mut self, reset: bool, column: Column, wanted: Wanted, offset: u32) {
        let lane_sum = self.lane_sum;
        if let Some(Adding { class, start }) = self.adding {
            let sum = &mut self.banks[self.in_bank][class];
            let before = match start {
                Start::Bank => *sum,
                Start::Zero => 0,
                Start::Offset => offset,
            };
            *sum = before.wrapping_add(lane_sum);
        }
        if self.complete {
            self.completed = true;
            self.full[self.in_bank] = true;
            self.in_bank ^= 1;
        }
        let counts = column.valid && column.sum;
        self.complete = counts && column.last && column.tile_last && column.ct_last;
        let taken = self.capture.take(&wanted, &column);
        self.capture.clock(reset, &wanted, &column, self.shape.classes);
        let class = if column.first && column.ct_first { 0 } else { self.class };
        let adds = if wanted.dump { taken.is_some() } else { counts };
        if adds {
            self.class = (class + 1) & mask(index_bits(self.shape.classes)) as usize;
        }
        self.adding = adds.then_some(match taken {
            Some(word) => Adding { class: word, start: Start::Zero },
            None => Adding { class, start: if column.tile_first { Start::Offset } else { Start::Bank } },
        });
        if counts && column.tile_first {
            self.offset_class = (self.offset_class + 1) % self.shape.classes;
        }
        if !wanted.dump || taken.is_some() {
            let bytes = (column.lane_sum as u32) << 24 | self.lane_sum >> 8;
            self.lane_sum = if wanted.dump && !column.sum { bytes } else { column.lane_sum as u32 };
        }
    }

    /// Bank to beat register to skid buffer; reads what [`ResultsModel::accumulate`] has not yet written.
    fn stream(&mut self, reset: bool, ready: bool, back: Loop) {
        let offered = if back.on { back.beat } else { self.beat };
        let offered = offered.map(|(sum, last)| u128::from(sum) | if last { LAST_BIT } else { 0 });
        let advance = self.skid.ready() && !back.on || self.beat.is_none();
        self.done = !reset && !back.on && self.skid.valid() && ready && self.skid.data() & LAST_BIT != 0;
        self.skid.shift(reset, offered, ready);
        if !advance {
            return;
        }
        self.beat = self.full[self.out_bank].then(|| {
            let last = self.index + 1 == self.shape.classes;
            (self.banks[self.out_bank][self.index], last)
        });
        if let Some((_, last)) = self.beat {
            self.index = if last { 0 } else { self.index + 1 };
            if last {
                self.full[self.out_bank] = false;
                self.out_bank ^= 1;
            }
        }
    }

    fn clear(&mut self) {
        self.checks.bank.fill(1);
        self.checks.adding = None;
        self.adding = None;
        self.offset_class = 0;
        (self.complete, self.completed) = (false, false);
        self.in_bank = 0;
        self.full = [false; 2];
        self.out_bank = 0;
        self.index = 0;
        self.beat = None;
    }
}

impl Checksums {
    /// `shown`: a layer and the parity of the last image that was completed.
    fn clock(&mut self, column: Column, shown: Option<(usize, usize)>) {
        self.value = shown.map_or(0, |(layer, bank)| self.sums[layer][bank]);
        if let Some((layer, bank, start, check)) = self.adding {
            let sum = &mut self.sums[layer][bank];
            *sum = if start { 0 } else { *sum }.rotate_left(1).wrapping_add(check);
        }
        self.adding = column.valid.then(|| {
            let start = column.first && column.tile_first && column.ct_first;
            self.bank[column.layer] ^= usize::from(start);
            (column.layer, self.bank[column.layer], start, column.lane_check)
        });
    }
}

impl Column {
    fn read(inputs: &In, shape: &ResultsShape) -> Self {
        Column {
            valid: inputs.col_valid,
            first: inputs.col_first,
            last: inputs.col_last,
            sum: inputs.col_sum,
            layer: inputs.col_layer as usize,
            tile_first: inputs.col_tile_first,
            tile_last: inputs.col_tile_last,
            ct_first: inputs.col_ct_first,
            ct_last: inputs.col_ct_last,
            lane_sum: signed(inputs.lane_sum, shape.sum_bits),
            lane_check: inputs.lane_check as u32,
        }
    }
}

impl Clocked for ResultsModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        *out.check_value = self.checks.value.into();
        *out.loop_ready = self.skid.ready().into();
        *out.m_axis_tvalid = self.skid.valid().into();
        *out.m_axis_tdata = self.skid.data() as u64 & mask(32);
        *out.m_axis_tlast = (self.skid.data() >> 32) as u64;
        *out.sum_done = self.done.into();
        *out.offset_addr = self.offset_class as u64;
    }

    fn clock(&mut self, reset: bool, inputs: In) {
        let column = Column::read(&inputs, &self.shape);
        let index = inputs.check_index as usize;
        let shown = (self.completed && index < self.shape.layers).then_some((index, self.in_bank ^ 1));
        self.checks.clock(column, shown);
        let beat = (inputs.loop_data as u32, inputs.loop_last);
        let back = Loop { on: inputs.r#loop, beat: inputs.loop_valid.then_some(beat) };
        self.stream(reset, inputs.m_axis_tready, back);
        let wanted = Wanted { dump: inputs.dump, layer: inputs.dump_layer as usize, first: inputs.dump_first };
        let offset = signed(inputs.offset, self.shape.offset_bits) as u32;
        self.accumulate(reset, column, wanted, offset);
        if reset {
            self.clear();
        }
    }
}
