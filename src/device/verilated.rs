//! The Verilog of a build folder behind the top level's pins.

use crate::build_folder::BuildFolder;
use crate::error::CliError;
use std::path::Path;
use systole_host::BoxError;
use systole_plan::pins::{TopIn, TopOut, TopPins};
use systole_verilator::{BuildSpec, Model, Port, Toolchain};

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

/// The compiled top level.
pub struct Verilated {
    model: Model,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Verilated {
    /// Compiles the folder's Verilog, or takes it from the cache, and starts it with the folder's memory images.
    ///
    /// # Errors
    /// [`CliError::Verilator`], [`CliError::Io`].
    pub fn new(build: &BuildFolder, tools: &Toolchain, cache: &Path) -> Result<Self, CliError> {
        let mut spec = BuildSpec::new(&build.manifest.top);
        spec.files = build.verilog()?;
        spec.images = build.images()?;
        let built = systole_verilator::Verilated::build(tools, &spec, cache)?;
        let inputs = INPUTS.iter().map(|(name, _)| built.port(name)).collect::<Result<_, _>>()?;
        let outputs = OUTPUTS.iter().map(|(name, _)| built.port(name)).collect::<Result<_, _>>()?;
        Ok(Verilated { model: built.model()?, inputs, outputs })
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
