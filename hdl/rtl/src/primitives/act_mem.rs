//! The activation memory: one bank per row, both ports with an address per bank.

use super::bits::index_bits;
use crate::primitive::{Parameter, Port, Primitive, Values};

const A_ADDR: usize = 0;
const B_ADDR: usize = 1;
const B_WE: usize = 2;
const B_DATA: usize = 3;

/// Banks of `depth` words of 8 bits; all words start as 0.
#[derive(Clone, Debug)]
pub struct ActMem {
    depth: usize,
    banks: Vec<Bank>,
}

#[derive(Clone, Debug)]
struct Bank {
    words: Vec<u8>,
    a_read: u8,
    a_out: u8,
    b_read: u8,
    b_out: u8,
}

impl ActMem {
    pub fn new(rows: usize, depth: usize) -> Self {
        let bank = Bank { words: vec![0; depth], a_read: 0, a_out: 0, b_read: 0, b_out: 0 };
        ActMem { depth, banks: vec![bank; rows] }
    }

    /// The word at `addr` of a bank, as it lies there now.
    pub fn word(&self, bank: usize, addr: usize) -> u8 {
        self.banks[bank].words[addr]
    }
}

impl Bank {
    fn clock(&mut self, a_addr: usize, b_addr: usize, write: Option<u8>) {
        self.a_out = self.a_read;
        self.b_out = self.b_read;
        self.a_read = self.words.get(a_addr).copied().unwrap_or(0);
        match write {
            Some(data) => self.words[b_addr] = data,
            None => self.b_read = self.words.get(b_addr).copied().unwrap_or(0),
        }
    }
}

impl Primitive for ActMem {
    fn module(&self) -> &'static str {
        "act_mem"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/act_mem.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![("act_bank", include_str!("../../v/act_bank.v"))]
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("ROWS", self.banks.len() as u64),
            Parameter::Integer("DEPTH", self.depth as u64),
            Parameter::Integer("ADDR_W", index_bits(self.depth) as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let (rows, addr) = (self.banks.len(), index_bits(self.depth));
        vec![
            Port::input("a_addr_i", rows, addr),
            Port::output("a_data_o", rows, 8),
            Port::input("b_addr_i", rows, addr),
            Port::input("b_we_i", rows, 1),
            Port::input("b_data_i", rows, 8),
            Port::output("b_data_o", rows, 8),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (r, bank) in self.banks.iter().enumerate() {
            outputs[0][r] = bank.a_out.into();
            outputs[1][r] = bank.b_out.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        for (r, bank) in self.banks.iter_mut().enumerate() {
            let write = (inputs[B_WE][r] == 1).then(|| inputs[B_DATA][r] as u8);
            bank.clock(inputs[A_ADDR][r] as usize, inputs[B_ADDR][r] as usize, write);
        }
    }
}
