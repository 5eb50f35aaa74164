//! The arbiter of the banks' port B.

use super::bits::mask;
use crate::primitive::{Parameter, Port, Primitive, Values};
use systole_machine::geometry::Geometry;
use systole_machine::words::Widths;

/// Order of the input ports.
#[derive(Clone, Copy)]
enum In {
    DrainWrite,
    DrainAddr,
    DrainData,
    PoolWrite,
    PoolWriteAddrA,
    PoolWriteAddrB,
    PoolWriteLane,
    PoolWriteMask,
    PoolWriteData,
    PoolRead,
    PoolReadAddrA,
    PoolReadAddrB,
    PoolReadLane,
    WordWrite,
    WordAddr,
    WordData,
}

/// The registered request of `port_b.v`: per bank an address, a write enable and data.
#[derive(Clone, Debug)]
pub struct PortB {
    lane_bits: usize,
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

fn winner(inputs: &Values) -> Winner {
    let wants = |port: In| inputs[port as usize][0] == 1;
    let order = [
        (In::DrainWrite, Winner::Drain),
        (In::WordWrite, Winner::Input),
        (In::PoolWrite, Winner::PoolWrite),
        (In::PoolRead, Winner::PoolRead),
    ];
    order.into_iter().find(|&(port, _)| wants(port)).map_or(Winner::Nobody, |(_, winner)| winner)
}

impl PortB {
    pub fn new(geometry: &Geometry, widths: &Widths) -> Self {
        let zeros = vec![0; geometry.rows];
        PortB { lane_bits: widths.lane, addr_bits: widths.addr, addr: zeros.clone(), write: zeros.clone(), data: zeros }
    }

    fn rows(&self) -> usize {
        self.addr.len()
    }
}

impl Primitive for PortB {
    fn module(&self) -> &'static str {
        "port_b"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/port_b.v")
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::Integer("ROWS", self.rows() as u64),
            Parameter::Integer("LANE_W", self.lane_bits as u64),
            Parameter::Integer("ADDR_W", self.addr_bits as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let (rows, addr, lane) = (self.rows(), self.addr_bits, self.lane_bits);
        vec![
            Port::input("drain_write_i", 1, 1),
            Port::input("drain_addr_i", 1, addr),
            Port::input("drain_data_i", rows, 8),
            Port::input("pool_write_i", 1, 1),
            Port::input("pool_write_addr_a_i", 1, addr),
            Port::input("pool_write_addr_b_i", 1, addr),
            Port::input("pool_write_lane_i", 1, lane),
            Port::input("pool_write_mask_i", rows, 1),
            Port::input("pool_write_data_i", rows, 8),
            Port::input("pool_read_i", 1, 1),
            Port::input("pool_read_addr_a_i", 1, addr),
            Port::input("pool_read_addr_b_i", 1, addr),
            Port::input("pool_read_lane_i", 1, lane),
            Port::input("in_write_i", 1, 1),
            Port::input("in_addr_i", 1, addr),
            Port::input("in_data_i", rows, 8),
            Port::output("pool_write_grant_o", 1, 1),
            Port::output("pool_read_grant_o", 1, 1),
            Port::output("in_grant_o", 1, 1),
            Port::output("b_addr_o", rows, addr),
            Port::output("b_we_o", rows, 1),
            Port::output("b_data_o", rows, 8),
        ]
    }

    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        let winner = winner(inputs);
        let grants = [Winner::PoolWrite, Winner::PoolRead, Winner::Input].map(|w| u64::from(winner == w));
        for (lanes, grant) in outputs.iter_mut().zip(grants) {
            lanes[0] = grant;
        }
        for (lanes, values) in outputs[grants.len()..].iter_mut().zip([&self.addr, &self.write, &self.data]) {
            lanes.copy_from_slice(values);
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let of = |port: In, bank: usize| inputs[port as usize][bank];
        let scalar = |port: In| of(port, 0);
        let winner = winner(inputs);
        let pool = match scalar(In::PoolWrite) {
            1 => [In::PoolWriteAddrA, In::PoolWriteAddrB, In::PoolWriteLane],
            _ => [In::PoolReadAddrA, In::PoolReadAddrB, In::PoolReadLane],
        };
        let [addr_a, addr_b, lane] = pool.map(scalar);
        for bank in 0..self.rows() {
            let own = if (bank as u64) < lane { addr_b } else { addr_a };
            let (addr, write, data) = match winner {
                Winner::Drain => (scalar(In::DrainAddr), 1, of(In::DrainData, bank)),
                Winner::Input => (scalar(In::WordAddr), 1, of(In::WordData, bank)),
                Winner::PoolWrite => (own, of(In::PoolWriteMask, bank), of(In::PoolWriteData, bank)),
                Winner::PoolRead | Winner::Nobody => (own, 0, of(In::PoolWriteData, bank)),
            };
            self.addr[bank] = addr & mask(self.addr_bits);
            self.write[bank] = if reset { 0 } else { write };
            self.data[bank] = data;
        }
    }
}
