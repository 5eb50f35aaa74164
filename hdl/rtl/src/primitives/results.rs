//! Layer checksums, class sums or a dump in place of them, and the result stream.

mod capture;

use super::bits::{index_bits, mask, signed};
use super::skid::Skid;
use crate::primitive::{Parameter, Port, Primitive, Values};
use capture::{Capture, Wanted};

/// Sizes and widths of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultsShape {
    pub layers: usize,
    /// Bits of a layer index: enough for all layers.
    pub layer_bits: usize,
    /// Sums of a result.
    pub classes: usize,
    /// Bits of a lane sum, at most 31.
    pub sum_bits: usize,
    /// Bits of an activation's number in its lane.
    pub first_bits: usize,
    /// Bits of what a class's sum begins with, signed, 1 to 32.
    pub offset_bits: usize,
    /// Sums in block RAM, otherwise in distributed RAM.
    pub block: bool,
}

/// Order of the input ports.
#[derive(Clone, Copy)]
enum In {
    Valid,
    First,
    Last,
    Sum,
    Layer,
    TileFirst,
    TileLast,
    CtFirst,
    CtLast,
    LaneSum,
    LaneCheck,
    CheckIndex,
    Dump,
    DumpLayer,
    DumpFirst,
    Loop,
    LoopValid,
    LoopData,
    LoopLast,
    Offset,
    Ready,
}

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

/// The results behind `results.v`.
#[derive(Clone, Debug)]
pub struct Results {
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
    skid: Skid,
    done: bool,
}

const LAST_BIT: u128 = 1 << 32;

impl Results {
    pub fn new(shape: ResultsShape) -> Self {
        let layers = 1 << shape.layer_bits;
        let checks = Checksums { bank: vec![1; layers], adding: None, sums: vec![[0; 2]; layers], value: 0 };
        Results {
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
            skid: Skid::new(33),
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

    /// Bank to beat register to skid buffer; reads what [`Results::accumulate`] has not yet written.
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

impl Primitive for Results {
    fn module(&self) -> &'static str {
        "results"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/results.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("skid", include_str!("../../v/skid.v")),
            ("sum_bank", include_str!("../../v/sum_bank.v")),
            ("checksums", include_str!("../../v/checksums.v")),
            ("capture", include_str!("../../v/capture.v")),
        ]
    }

    fn parameters(&self) -> Vec<Parameter> {
        let ResultsShape { layers, layer_bits, classes, sum_bits, first_bits, offset_bits, block } = self.shape;
        vec![
            Parameter::Integer("LAYERS", layers as u64),
            Parameter::Integer("LAYER_W", layer_bits as u64),
            Parameter::Integer("CLASSES", classes as u64),
            Parameter::Integer("CLASS_W", index_bits(classes) as u64),
            Parameter::Integer("SUM_W", sum_bits as u64),
            Parameter::Integer("FIRST_W", first_bits as u64),
            Parameter::Integer("OFFSET_W", offset_bits as u64),
            Parameter::Integer("BLOCK", block.into()),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let layer_bits = self.shape.layer_bits;
        vec![
            Port::input("col_valid_i", 1, 1),
            Port::input("col_first_i", 1, 1),
            Port::input("col_last_i", 1, 1),
            Port::input("col_sum_i", 1, 1),
            Port::input("col_layer_i", 1, layer_bits),
            Port::input("col_tile_first_i", 1, 1),
            Port::input("col_tile_last_i", 1, 1),
            Port::input("col_ct_first_i", 1, 1),
            Port::input("col_ct_last_i", 1, 1),
            Port::input("lane_sum_i", 1, self.shape.sum_bits),
            Port::input("lane_check_i", 1, 16),
            Port::input("check_index_i", 1, layer_bits),
            Port::output("check_value_o", 1, 32),
            Port::input("dump_i", 1, 1),
            Port::input("dump_layer_i", 1, layer_bits),
            Port::input("dump_first_i", 1, self.shape.first_bits),
            Port::input("loop_i", 1, 1),
            Port::input("loop_valid_i", 1, 1),
            Port::output("loop_ready_o", 1, 1),
            Port::input("loop_data_i", 1, 32),
            Port::input("loop_last_i", 1, 1),
            Port::input("offset_i", 1, self.shape.offset_bits),
            Port::output("m_axis_tvalid_o", 1, 1),
            Port::input("m_axis_tready_i", 1, 1),
            Port::output("m_axis_tdata_o", 1, 32),
            Port::output("m_axis_tlast_o", 1, 1),
            Port::output("sum_done_o", 1, 1),
            Port::output("offset_addr_o", 1, index_bits(self.shape.classes)),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        outputs[0][0] = self.checks.value.into();
        outputs[1][0] = self.skid.ready().into();
        outputs[2][0] = self.skid.valid().into();
        outputs[3][0] = self.skid.data() as u64 & mask(32);
        outputs[4][0] = (self.skid.data() >> 32) as u64;
        outputs[5][0] = self.done.into();
        outputs[6][0] = self.offset_class as u64;
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let value = |port: In| inputs[port as usize][0];
        let column = Column {
            valid: value(In::Valid) == 1,
            first: value(In::First) == 1,
            last: value(In::Last) == 1,
            sum: value(In::Sum) == 1,
            layer: value(In::Layer) as usize,
            tile_first: value(In::TileFirst) == 1,
            tile_last: value(In::TileLast) == 1,
            ct_first: value(In::CtFirst) == 1,
            ct_last: value(In::CtLast) == 1,
            lane_sum: signed(value(In::LaneSum), self.shape.sum_bits),
            lane_check: value(In::LaneCheck) as u32,
        };
        let index = value(In::CheckIndex) as usize;
        let shown = (self.completed && index < self.shape.layers).then_some((index, self.in_bank ^ 1));
        self.checks.clock(column, shown);
        let beat = (value(In::LoopData) as u32, value(In::LoopLast) == 1);
        let back = Loop { on: value(In::Loop) == 1, beat: (value(In::LoopValid) == 1).then_some(beat) };
        self.stream(reset, value(In::Ready) == 1, back);
        let layer = value(In::DumpLayer) as usize;
        let wanted = Wanted { dump: value(In::Dump) == 1, layer, first: value(In::DumpFirst) };
        let offset = signed(value(In::Offset), self.shape.offset_bits) as u32;
        self.accumulate(reset, column, wanted, offset);
        if reset {
            self.clear();
        }
    }
}
