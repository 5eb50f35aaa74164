//! Clocked model of `axil_regs.v`: [`RegisterFile`] behind its [`Bus`]. The register-level machine has it behind ports, the fast one as it is.

use crate::model::Clocked;
use systole_rtl::ports::axil_regs::{In, Out, Ports};
use systole_rtl::primitives::axil_regs::AxilRegs;

mod bus;
mod file;
mod inspection;
mod memories;
mod told;
mod weights;
mod write;

pub use bus::{Bus, BusIn, BusOut};
pub use file::RegisterFile;
pub use told::Told;

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

    /// Rising edge with the bus' inputs and what the machine tells.
    pub fn shift(&mut self, reset: bool, bus: &BusIn, told: &Told) {
        let write = self.bus.clock(reset, bus, |address| self.file.read(address, told));
        self.file.clock(reset, write, told);
    }
}

/// The bus' inputs among the ports.
fn bus(inputs: &In) -> BusIn {
    BusIn {
        awaddr: inputs.s_axil_awaddr as u32,
        awvalid: inputs.s_axil_awvalid,
        wdata: inputs.s_axil_wdata as u32,
        wstrb: inputs.s_axil_wstrb as u8,
        wvalid: inputs.s_axil_wvalid,
        bready: inputs.s_axil_bready,
        araddr: inputs.s_axil_araddr as u32,
        arvalid: inputs.s_axil_arvalid,
        rready: inputs.s_axil_rready,
    }
}

/// What the machine tells through the other ports.
fn told(inputs: &In) -> Told {
    Told {
        checksum: inputs.chk_value as u32,
        step: inputs.step as u32,
        layer: inputs.layer as u32,
        busy: inputs.busy,
        result_ready: inputs.result_ready,
        progress: inputs.progress,
        in_beat: inputs.in_beat,
        out_beat: inputs.out_beat,
        starved: inputs.starved,
        blocked: inputs.blocked,
        image_done: inputs.image_done,
        tlast_early: inputs.tlast_early,
        tlast_late: inputs.tlast_late,
        dropped: inputs.dropped,
        load_word: inputs.load_word,
        found: inputs.found.then_some((inputs.found_memory as usize, inputs.found_crc as u32)),
        found_last: inputs.found_last,
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
        self.shift(reset, &bus(&inputs), &told(&inputs));
    }
}
