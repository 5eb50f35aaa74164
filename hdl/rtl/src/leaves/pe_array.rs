//! The output-stationary array with its drain chains.

use super::bits::{signed, unsigned};
use super::delay_line::DelayLine;
use crate::leaf::{Leaf, Parameter, Port, Values};
use systole_plan::geometry::Geometry;

const A: usize = 0;
const FIRST: usize = 1;
const LAST: usize = 2;
const LV: usize = 3;
const W: usize = 4;

/// Bits between the two weights of a pair in the wide operand of a DSP slice.
const PAIR_SHIFT: u32 = 16;

/// The array behind `pe_array.v`; sums are kept modulo 2^acc_bits.
#[derive(Clone, Debug)]
pub struct PeArray {
    cols: usize,
    /// Pairs of columns of a row, and those of all rows that multiply in LUTs.
    pairs: usize,
    fabric: usize,
    acc_bits: usize,
    /// Whether DSP slices are instantiated rather than inferred.
    instantiated: bool,
    rows: Vec<Row>,
}

/// A row: what goes along it, and its elements (pairs of columns, then columns).
#[derive(Clone, Debug)]
struct Row {
    a: DelayLine<i32>,
    first: DelayLine<bool>,
    last: DelayLine<bool>,
    valid: DelayLine<bool>,
    /// Cycles from a last step to the lane valid of its sums.
    late: usize,
    lv: bool,
    elements: Vec<Element>,
}

/// One column, or two in lanes 0 and 1.
#[derive(Clone, Copy, Debug, Default)]
struct Element {
    w: [i32; 2],
    product: [[i32; 2]; 2],
    acc: [i64; 2],
    chain: [i64; 2],
    /// The chain took sums one and two cycles ago.
    took: [bool; 2],
}

/// The products of one activation and two weights as a DSP slice gives them: both weights in one operand, the low product's
/// borrow put back into the high one. Right for weights of 8 bits and activations above -256.
pub fn pair_products(a: i32, [w0, w1]: [i32; 2]) -> [i32; 2] {
    let both = i64::from(a) * ((i64::from(w1) << PAIR_SHIFT) + i64::from(w0));
    let low = both as i16;
    let high = (both >> PAIR_SHIFT) as i16;
    [low.into(), i32::from(high) + i32::from(low < 0)]
}

impl PeArray {
    /// `instantiated`: DSP slices of UltraScale+ rather than what the tool infers.
    pub fn new(g: &Geometry, instantiated: bool) -> Self {
        let depth = 2 * g.cols + 2;
        let row = Row {
            a: DelayLine::new(depth),
            first: DelayLine::new(depth),
            last: DelayLine::new(depth),
            valid: DelayLine::new(g.cols + 2),
            late: g.cols + 2,
            lv: false,
            elements: vec![Element::default(); g.cols - g.pairs()],
        };
        let rows = vec![row; g.rows];
        let (cols, pairs, fabric, acc_bits) = (g.cols, g.pairs(), g.fabric(), g.acc_bits);
        PeArray { cols, pairs, fabric, acc_bits, instantiated, rows }
    }

    /// Pairs of columns of a row.
    pub fn pairs(&self) -> usize {
        self.pairs
    }
}

impl Row {
    /// Rising edge; `weights` are those of the row above, or the array's.
    fn clock(&mut self, pairs: usize, inputs: (i32, bool, bool, bool), weights: &[[i32; 2]]) {
        for e in (0..self.elements.len()).rev() {
            let left = if e == 0 { Element::default() } else { self.elements[e - 1] };
            let (lag, latency) = if e < pairs { (4 * e, 3) } else { (2 * (e + pairs), 2) };
            let load = self.last.tap(latency + 1 + lag);
            let first = self.first.tap(latency + lag);
            let a = self.a.tap(1 + lag);
            let element = &mut self.elements[e];
            if e < pairs {
                element.clock_pair(a, first, load, &left);
            } else {
                element.clock_single(a, first, load, &left);
            }
            element.w = weights[e];
        }
        if self.last.tap(self.late) {
            self.lv = self.valid.output(false);
        }
        self.a.clock(inputs.0);
        self.first.clock(inputs.1);
        self.last.clock(inputs.2);
        self.valid.clock(inputs.3);
    }
}

impl Element {
    /// The sum that leaves: of a pair the left one's, then the right one's.
    fn sum(&self) -> i64 {
        self.chain[usize::from(self.took[1])]
    }

    fn clock_single(&mut self, a: i32, first: bool, load: bool, left: &Element) {
        self.chain[0] = if load { self.acc[0] } else { left.sum() };
        self.acc[0] = if first { 0 } else { self.acc[0] }.wrapping_add(self.product[0][0].into());
        self.product[0][0] = a * self.w[0];
    }

    fn clock_pair(&mut self, a: i32, first: bool, load: bool, left: &Element) {
        let take = load || left.took[1];
        if take {
            self.chain = if load { self.acc } else { left.chain };
        }
        self.took = [take, self.took[0]];
        for lane in 0..2 {
            self.acc[lane] = if first { 0 } else { self.acc[lane] }.wrapping_add(self.product[1][lane].into());
        }
        self.product = [pair_products(a, self.w), self.product[0]];
    }
}

impl Leaf for PeArray {
    fn module(&self) -> &'static str {
        "pe_array"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/pe_array.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("delay", include_str!("../../v/delay.v")),
            ("dsp48e2_mac", include_str!("../../v/dsp48e2_mac.v")),
            ("lut_mul", include_str!("../../v/lut_mul.v")),
            ("pair_mul", include_str!("../../v/pair_mul.v")),
            ("pe", include_str!("../../v/pe.v")),
            ("pe_pair", include_str!("../../v/pe_pair.v")),
        ]
    }

    fn models(&self) -> Vec<(&'static str, &'static str)> {
        match self.instantiated {
            true => vec![("DSP48E2", include_str!("../../v/models/DSP48E2.v"))],
            false => Vec::new(),
        }
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("ROWS", self.rows.len() as u64),
            Parameter::Integer("COLS", self.cols as u64),
            Parameter::Integer("ACC_W", self.acc_bits as u64),
            Parameter::Integer("PAIRS", self.pairs as u64),
            Parameter::Integer("FABRIC", self.fabric as u64),
            Parameter::Integer("DSP48E2", self.instantiated.into()),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let rows = self.rows.len();
        vec![
            Port::input("a_i", rows, 9),
            Port::input("first_i", rows, 1),
            Port::input("last_i", rows, 1),
            Port::input("lv_i", rows, 1),
            Port::input("w_i", self.cols, 8),
            Port::output("chain_o", rows, self.acc_bits),
            Port::output("lv_o", rows, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (r, row) in self.rows.iter().enumerate() {
            let end = &row.elements[row.elements.len() - 1];
            outputs[0][r] = unsigned(end.sum(), self.acc_bits);
            outputs[1][r] = row.lv.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let pairs = self.pairs;
        let weight = |c: usize| signed(inputs[W][c], 8) as i32;
        let shared = (0..pairs).map(|p| [weight(2 * p), weight(2 * p + 1)]);
        let mut weights: Vec<[i32; 2]> = shared.chain((2 * pairs..self.cols).map(|c| [weight(c), 0])).collect();
        for (r, row) in self.rows.iter_mut().enumerate() {
            let below: Vec<[i32; 2]> = row.elements.iter().map(|e| e.w).collect();
            let mark = |port: usize| inputs[port][r] == 1;
            row.clock(pairs, (signed(inputs[A][r], 9) as i32, mark(FIRST), mark(LAST), mark(LV)), &weights);
            weights = below;
        }
    }
}
