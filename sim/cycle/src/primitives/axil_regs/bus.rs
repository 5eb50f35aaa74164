//! The AXI4-Lite slave: a request is held until it can be carried out, its response until it is taken.

use super::write::Write;
use systole_machine::registers::{self as reg, WORD_BYTES};
use systole_rtl::ports::axil_regs::In;

const OKAY: u8 = 0;
const SLVERR: u8 = 2;

/// Its outputs during one cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct BusOut {
    pub awready: bool,
    pub wready: bool,
    pub bresp: u8,
    pub bvalid: bool,
    pub arready: bool,
    pub rdata: u32,
    pub rresp: u8,
    pub rvalid: bool,
}

/// What is held of a request, and the response that waits or was the last.
#[derive(Clone, Debug, Default)]
pub struct Bus {
    write_address: Option<u32>,
    /// Data, and the bits that its strobes let through.
    write_data: Option<(u32, u32)>,
    b_valid: bool,
    b_resp: u8,
    read_address: Option<u32>,
    r_valid: bool,
    r_data: u32,
    r_resp: u8,
}

impl Bus {
    /// No access is in progress or begins.
    pub fn rests(&self, inputs: &In) -> bool {
        let begins = inputs.s_axil_awvalid || inputs.s_axil_wvalid || inputs.s_axil_arvalid;
        let held = self.write_address.is_some() || self.write_data.is_some() || self.read_address.is_some();
        !begins && !held && !self.b_valid && !self.r_valid
    }

    pub fn outputs(&self) -> BusOut {
        BusOut {
            awready: self.write_address.is_none(),
            wready: self.write_data.is_none(),
            bresp: self.b_resp,
            bvalid: self.b_valid,
            arready: self.read_address.is_none(),
            rdata: self.r_data,
            rresp: self.r_resp,
            rvalid: self.r_valid,
        }
    }

    /// Rising edge. Reads through `read`, which has no word where there is no register; the write that is carried out.
    pub fn clock(&mut self, reset: bool, inputs: &In, read: impl FnOnce(u32) -> Option<u32>) -> Option<Write> {
        self.clock_read(inputs, read);
        let write = self.clock_write(inputs);
        if reset {
            (self.write_address, self.write_data, self.b_valid) = (None, None, false);
            (self.read_address, self.r_valid) = (None, false);
        }
        write
    }

    fn clock_read(&mut self, inputs: &In, read: impl FnOnce(u32) -> Option<u32>) {
        let request = self.read_address.filter(|_| !self.r_valid || inputs.s_axil_rready);
        if let Some(address) = request {
            (self.r_data, self.r_resp) = read(address).map_or((0, SLVERR), |word| (word, OKAY));
        }
        self.r_valid = request.is_some() || self.r_valid && !inputs.s_axil_rready;
        match self.read_address {
            None if inputs.s_axil_arvalid => self.read_address = Some(aligned(inputs.s_axil_araddr)),
            Some(_) if request.is_some() => self.read_address = None,
            _ => {}
        }
    }

    fn clock_write(&mut self, inputs: &In) -> Option<Write> {
        let held = self.write_address.zip(self.write_data);
        let request = held.filter(|_| !self.b_valid || inputs.s_axil_bready);
        if let Some((address, _)) = request {
            self.b_resp = if reg::at(address).is_some_and(|(r, _)| r.is_writable()) { OKAY } else { SLVERR };
            (self.write_address, self.write_data) = (None, None);
        } else {
            let address = inputs.s_axil_awvalid.then(|| aligned(inputs.s_axil_awaddr));
            let data = inputs.s_axil_wvalid.then(|| (inputs.s_axil_wdata as u32, strobed(inputs.s_axil_wstrb)));
            self.write_address = self.write_address.or(address);
            self.write_data = self.write_data.or(data);
        }
        self.b_valid = request.is_some() || self.b_valid && !inputs.s_axil_bready;
        request.map(|(address, (data, bits))| Write { address, data, bits })
    }
}

/// The address of the word that a byte address lies in.
fn aligned(address: u64) -> u32 {
    address as u32 / WORD_BYTES * WORD_BYTES
}

/// The bits that a byte strobe lets through.
fn strobed(strobe: u64) -> u32 {
    (0..WORD_BYTES).filter(|byte| strobe >> byte & 1 != 0).map(|byte| 0xff << (8 * byte)).sum()
}
