//! One AXI4-Lite access, from request to response.

use crate::register_name::name_at;
use systole_machine::pins::{TopIn, TopOut};
use systole_machine::registers;

/// All byte lanes of a word.
const STROBES: u8 = (1 << registers::WORD_BYTES) - 1;

/// The state of the master's channels.
pub struct Access {
    address: u32,
    /// `None`: a read.
    data: Option<u32>,
    /// The slave has not yet taken it.
    address_valid: bool,
    data_valid: bool,
    response_ready: bool,
}

impl Access {
    /// A bus at rest.
    pub fn none() -> Self {
        Access { address: 0, data: None, address_valid: false, data_valid: false, response_ready: false }
    }

    pub fn read(address: u32) -> Self {
        Access { address, address_valid: true, response_ready: true, ..Access::none() }
    }

    pub fn write(address: u32, value: u32) -> Self {
        Access { data: Some(value), data_valid: true, ..Access::read(address) }
    }

    /// Whether the master waits for a response.
    pub fn is_begun(&self) -> bool {
        self.response_ready
    }

    pub fn action(&self) -> &'static str {
        match self.data {
            Some(_) => "write",
            None => "read",
        }
    }

    /// Name and index of the register, or its address.
    pub fn register(&self) -> String {
        name_at(self.address)
    }

    /// The bus pins in this cycle; the streams are at rest.
    pub fn pins(&self) -> TopIn {
        let mut pins = TopIn::default();
        match self.data {
            Some(data) => {
                (pins.s_axil_awvalid, pins.s_axil_awaddr) = (self.address_valid, self.address);
                (pins.s_axil_wvalid, pins.s_axil_wdata, pins.s_axil_wstrb) = (self.data_valid, data, STROBES);
                pins.s_axil_bready = self.response_ready;
            }
            None => {
                (pins.s_axil_arvalid, pins.s_axil_araddr) = (self.address_valid, self.address);
                pins.s_axil_rready = self.response_ready;
            }
        }
        pins
    }

    /// After a cycle: the word and the response code once they are there.
    pub fn clock(&mut self, out: &TopOut) -> Option<(u32, u8)> {
        if self.data.is_some() {
            self.address_valid &= !out.s_axil_awready;
            self.data_valid &= !out.s_axil_wready;
            out.s_axil_bvalid.then_some((0, out.s_axil_bresp))
        } else {
            self.address_valid &= !out.s_axil_arready;
            out.s_axil_rvalid.then_some((out.s_axil_rdata, out.s_axil_rresp))
        }
    }
}
