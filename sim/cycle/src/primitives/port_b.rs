//! Clocked model of `port_b.v`.

use crate::model::Clocked;
use systole_machine::words::mask;
use systole_rtl::ports::port_b::{In, Out, Ports};
use systole_rtl::primitives::port_b::PortB;

/// Its registered request: per bank an address, a write enable and data.
#[derive(Clone, Debug)]
pub struct PortBModel {
    addr_bits: usize,
    addr: Vec<u64>,
    write: Vec<u64>,
    data: Vec<u64>,
}

/// Who has the port in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Winner {
    Drain,
    Input,
    PoolWrite,
    PoolRead,
    Nobody,
}

fn winner(inputs: &In) -> Winner {
    let order = [
        (inputs.drain_write, Winner::Drain),
        (inputs.in_write, Winner::Input),
        (inputs.pool_write, Winner::PoolWrite),
        (inputs.pool_read, Winner::PoolRead),
    ];
    order.into_iter().find(|&(wants, _)| wants).map_or(Winner::Nobody, |(_, winner)| winner)
}

impl PortBModel {
    pub fn new(PortB { rows, addr_bits, .. }: PortB) -> Self {
        let zeros = vec![0; rows];
        PortBModel { addr_bits, addr: zeros.clone(), write: zeros.clone(), data: zeros }
    }
}

impl Clocked for PortBModel {
    type Ports = Ports;

    fn outputs(&self, inputs: In<'_>, out: Out<'_>) {
        let winner = winner(&inputs);
        *out.pool_write_grant = (winner == Winner::PoolWrite).into();
        *out.pool_read_grant = (winner == Winner::PoolRead).into();
        *out.in_grant = (winner == Winner::Input).into();
        out.b_addr.copy_from_slice(&self.addr);
        out.b_we.copy_from_slice(&self.write);
        out.b_data.copy_from_slice(&self.data);
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        let winner = winner(&inputs);
        let [addr_a, addr_b, lane] = if inputs.pool_write {
            [inputs.pool_write_addr_a, inputs.pool_write_addr_b, inputs.pool_write_lane]
        } else {
            [inputs.pool_read_addr_a, inputs.pool_read_addr_b, inputs.pool_read_lane]
        };
        for bank in 0..self.addr.len() {
            let own = if (bank as u64) < lane { addr_b } else { addr_a };
            let (addr, write, data) = match winner {
                Winner::Drain => (inputs.drain_addr, 1, inputs.drain_data[bank]),
                Winner::Input => (inputs.in_addr, 1, inputs.in_data[bank]),
                Winner::PoolWrite => (own, inputs.pool_write_mask[bank], inputs.pool_write_data[bank]),
                Winner::PoolRead | Winner::Nobody => (own, 0, inputs.pool_write_data[bank]),
            };
            self.addr[bank] = addr & mask(self.addr_bits);
            self.write[bank] = if reset { 0 } else { write };
            self.data[bank] = data;
        }
    }
}
