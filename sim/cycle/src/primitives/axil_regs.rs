//! Clocked model of `axil_regs.v`: [`RegisterFile`] behind its [`Bus`]. The register-level machine has it behind ports, the fast one as it is.

use crate::model::Clocked;
use systole_rtl::ports::axil_regs::{In, Out, Ports};
use systole_rtl::primitives::axil_regs::AxilRegs;

mod bus;
mod file;
mod inspection;
mod memories;
mod weights;
mod write;

pub use bus::{Bus, BusOut};
pub use file::RegisterFile;

/// The registers and their bus.
#[derive(Clone, Debug)]
pub struct AxilRegsModel {
    pub file: RegisterFile,
    pub bus: Bus,
}

impl AxilRegsModel {
    /// Registers as they are after reset.
    pub fn new(primitive: AxilRegs) -> Self {
        AxilRegsModel { file: RegisterFile::new(primitive.config), bus: Bus::default() }
    }
}

impl Clocked for AxilRegsModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        let (bus, file) = (self.bus.outputs(), &self.file);
        *out.s_axil_awready = bus.awready.into();
        *out.s_axil_wready = bus.wready.into();
        *out.s_axil_bresp = bus.bresp.into();
        *out.s_axil_bvalid = bus.bvalid.into();
        *out.s_axil_arready = bus.arready.into();
        *out.s_axil_rdata = bus.rdata.into();
        *out.s_axil_rresp = bus.rresp.into();
        *out.s_axil_rvalid = bus.rvalid.into();
        *out.enable = file.is_enabled().into();
        *out.load = file.loads().into();
        *out.check = file.checks().into();
        *out.r#loop = file.loops_back().into();
        *out.dump = file.dumps().into();
        let window = file.dump_window();
        *out.dump_layer = window.layer as u64;
        *out.dump_lane = window.lane as u64;
        *out.dump_first = window.first as u64;
        *out.soft_reset = file.soft_reset().into();
        *out.error = file.has_failed().into();
        *out.chk_layer = file.checksum_layer() as u64;
    }

    fn clock(&mut self, reset: bool, inputs: In) {
        let write = self.bus.clock(reset, &inputs, |address| self.file.read(address, &inputs));
        self.file.clock(reset, write, &inputs);
    }
}
