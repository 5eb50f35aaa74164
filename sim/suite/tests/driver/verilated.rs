//! The compiled `systole_top` behind its pins.

use std::path::PathBuf;
use systole_host::BoxError;
use systole_plan::pins::{TopIn, TopOut, TopPins};
use systole_rtl::{Design, File};
use systole_verilator::{BuildSpec, Effort, Model, Port, Toolchain};

/// A pin and how to find its value among the inputs of a cycle.
type InPin = (&'static str, fn(&TopIn) -> u64);
/// A pin and where its value goes among the outputs of a cycle.
type OutPin = (&'static str, fn(&mut TopOut, u64));

const INPUTS: [InPin; 14] = [
    ("rst_i", |i| i.rst.into()),
    ("s_axis_tvalid_i", |i| i.s_axis_tvalid.into()),
    ("s_axis_tdata_i", |i| i.s_axis_tdata),
    ("s_axis_tlast_i", |i| i.s_axis_tlast.into()),
    ("m_axis_tready_i", |i| i.m_axis_tready.into()),
    ("s_axil_awvalid_i", |i| i.s_axil_awvalid.into()),
    ("s_axil_awaddr_i", |i| i.s_axil_awaddr.into()),
    ("s_axil_wvalid_i", |i| i.s_axil_wvalid.into()),
    ("s_axil_wdata_i", |i| i.s_axil_wdata.into()),
    ("s_axil_wstrb_i", |i| i.s_axil_wstrb.into()),
    ("s_axil_bready_i", |i| i.s_axil_bready.into()),
    ("s_axil_arvalid_i", |i| i.s_axil_arvalid.into()),
    ("s_axil_araddr_i", |i| i.s_axil_araddr.into()),
    ("s_axil_rready_i", |i| i.s_axil_rready.into()),
];

const OUTPUTS: [OutPin; 12] = [
    ("s_axis_tready_o", |o, v| o.s_axis_tready = v == 1),
    ("m_axis_tvalid_o", |o, v| o.m_axis_tvalid = v == 1),
    ("m_axis_tdata_o", |o, v| o.m_axis_tdata = v as u32),
    ("m_axis_tlast_o", |o, v| o.m_axis_tlast = v == 1),
    ("s_axil_awready_o", |o, v| o.s_axil_awready = v == 1),
    ("s_axil_wready_o", |o, v| o.s_axil_wready = v == 1),
    ("s_axil_bvalid_o", |o, v| o.s_axil_bvalid = v == 1),
    ("s_axil_bresp_o", |o, v| o.s_axil_bresp = v as u8),
    ("s_axil_arready_o", |o, v| o.s_axil_arready = v == 1),
    ("s_axil_rvalid_o", |o, v| o.s_axil_rvalid = v == 1),
    ("s_axil_rdata_o", |o, v| o.s_axil_rdata = v as u32),
    ("s_axil_rresp_o", |o, v| o.s_axil_rresp = v as u8),
];

pub struct Verilated {
    model: Model,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Verilated {
    /// Compiles a design, or takes it from the cache.
    pub fn new(design: &Design) -> Self {
        let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let text = |f: &File| (f.name.clone(), String::from_utf8(f.bytes().to_vec()).unwrap());
        let mut spec = BuildSpec::new(&design.top).effort(Effort::Quick);
        spec.files = design.verilog.iter().map(text).collect();
        spec.images = design.images.iter().map(|f| (f.name.clone(), f.bytes().to_vec())).collect();
        let tools = Toolchain::locate(&workspace).unwrap();
        let built = systole_verilator::Verilated::build(&tools, &spec, &workspace.join("target/verilator")).unwrap();
        let inputs = INPUTS.iter().map(|(name, _)| built.port(name).unwrap()).collect();
        let outputs = OUTPUTS.iter().map(|(name, _)| built.port(name).unwrap()).collect();
        Verilated { model: built.model().unwrap(), inputs, outputs }
    }
}

impl TopPins for Verilated {
    fn cycle(&mut self, pins: &TopIn) -> Result<TopOut, BoxError> {
        for (&port, (_, value)) in self.inputs.iter().zip(&INPUTS) {
            self.model.set(port, value(pins));
        }
        self.model.eval();
        let mut out = TopOut::default();
        for (&port, (_, put)) in self.outputs.iter().zip(&OUTPUTS) {
            put(&mut out, self.model.get(port));
        }
        self.model.tick();
        Ok(out)
    }
}
