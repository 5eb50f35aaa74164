//! The output-stationary array with its drain chains.

use super::bits::{signed, unsigned};
use super::delay_line::DelayLine;
use crate::leaf::{Leaf, Parameter, Port, Values};

const A: usize = 0;
const FIRST: usize = 1;
const LAST: usize = 2;
const LV: usize = 3;
const W: usize = 4;

/// The array behind `pe_array.v`; sums are kept modulo 2^acc_bits.
#[derive(Clone, Debug)]
pub struct PeArray {
    rows: usize,
    cols: usize,
    acc_bits: usize,
    /// Row by row.
    elements: Vec<Element>,
    edges: Vec<RowEdge>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Element {
    a: i32,
    w: i32,
    first: [bool; 2],
    last: [bool; 3],
    load: [bool; 2],
    product: i32,
    acc: i64,
    shadow: i64,
    chain: i64,
}

/// Lane valid and load token of a row.
#[derive(Clone, Debug)]
struct RowEdge {
    load: DelayLine<bool>,
    valid: DelayLine<(bool, bool)>,
    lv: bool,
}

/// What an element gets from its left: activation, first, last, load token, chain.
#[derive(Clone, Copy)]
struct FromLeft {
    a: i32,
    first: bool,
    last: bool,
    load: bool,
    chain: i64,
}

impl PeArray {
    pub fn new(rows: usize, cols: usize, acc_bits: usize) -> Self {
        let edge = RowEdge { load: DelayLine::new(4), valid: DelayLine::new(cols + 3), lv: false };
        PeArray { rows, cols, acc_bits, elements: vec![Element::default(); rows * cols], edges: vec![edge; rows] }
    }

    fn clock_row(&mut self, r: usize, inputs: &Values) {
        let edge = &mut self.edges[r];
        let last = inputs[LAST][r] == 1;
        let left = FromLeft {
            a: signed(inputs[A][r], 9) as i32,
            first: inputs[FIRST][r] == 1,
            last,
            load: edge.load.output(last),
            chain: 0,
        };
        edge.clock(last, inputs[LV][r] == 1);
        for c in (0..self.cols).rev() {
            let at = r * self.cols + c;
            let w = if r == 0 { signed(inputs[W][c], 8) as i32 } else { self.elements[at - self.cols].w };
            let left = if c == 0 { left } else { self.elements[at - 1].to_right() };
            self.elements[at].clock(left, w);
        }
    }
}

impl RowEdge {
    fn clock(&mut self, last: bool, lv: bool) {
        let (late, lv_late) = self.valid.output((last, lv));
        if late {
            self.lv = lv_late;
        }
        self.load.clock(last);
        self.valid.clock((last, lv));
    }
}

impl Element {
    fn to_right(self) -> FromLeft {
        FromLeft { a: self.a, first: self.first[0], last: self.last[0], load: self.load[1], chain: self.chain }
    }

    fn clock(&mut self, left: FromLeft, w: i32) {
        self.chain = if left.load { self.shadow } else { left.chain };
        self.load = [left.load, self.load[0]];
        if self.last[2] {
            self.shadow = self.acc;
        }
        self.acc = if self.first[1] { 0 } else { self.acc }.wrapping_add(self.product.into());
        self.product = self.a * self.w;
        self.first = [left.first, self.first[0]];
        self.last = [left.last, self.last[0], self.last[1]];
        self.a = left.a;
        self.w = w;
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
        vec![("delay", include_str!("../../v/delay.v")), ("pe", include_str!("../../v/pe.v"))]
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("ROWS", self.rows as u64),
            Parameter::Integer("COLS", self.cols as u64),
            Parameter::Integer("ACC_W", self.acc_bits as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        vec![
            Port::input("a_i", self.rows, 9),
            Port::input("first_i", self.rows, 1),
            Port::input("last_i", self.rows, 1),
            Port::input("lv_i", self.rows, 1),
            Port::input("w_i", self.cols, 8),
            Port::output("chain_o", self.rows, self.acc_bits),
            Port::output("lv_o", self.rows, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (r, edge) in self.edges.iter().enumerate() {
            outputs[0][r] = unsigned(self.elements[(r + 1) * self.cols - 1].chain, self.acc_bits);
            outputs[1][r] = edge.lv.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        for r in (0..self.rows).rev() {
            self.clock_row(r, inputs);
        }
    }
}
