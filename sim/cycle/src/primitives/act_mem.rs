//! Clocked model of `act_mem.v`.

use crate::model::Clocked;
use systole_rtl::ports::act_mem::{In, Out, Ports};
use systole_rtl::primitives::act_mem::ActMem;

/// Its banks; all words start as 0.
#[derive(Clone, Debug)]
pub struct ActMemModel {
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

impl ActMemModel {
    pub fn new(ActMem { rows, depth }: ActMem) -> Self {
        let bank = Bank { words: vec![0; depth], a_read: 0, a_out: 0, b_read: 0, b_out: 0 };
        ActMemModel { banks: vec![bank; rows] }
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

impl Clocked for ActMemModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        for (r, bank) in self.banks.iter().enumerate() {
            out.a_data[r] = bank.a_out.into();
            out.b_data[r] = bank.b_out.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: In<'_>) {
        for (r, bank) in self.banks.iter_mut().enumerate() {
            let write = (inputs.b_we[r] == 1).then(|| inputs.b_data[r] as u8);
            bank.clock(inputs.a_addr[r] as usize, inputs.b_addr[r] as usize, write);
        }
    }
}
