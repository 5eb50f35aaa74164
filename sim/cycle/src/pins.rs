//! The top level's pins by number, found once by name.

use crate::error::CycleError;
use systole_plan::pins::{TopIn, TopOut};
use systole_rtl::block::mask;
use systole_rtl::TrunkBlock;

/// A pin and how to find its value among the inputs of a cycle.
type InPin = (&'static str, fn(&TopIn) -> u64);
/// A pin and where its value goes among the outputs of a cycle.
type OutPin = (&'static str, fn(&mut TopOut, u64));

const INPUTS: [InPin; 13] = [
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

/// Where the pins are in a tree.
pub struct Pins {
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

impl Pins {
    /// # Errors
    /// [`CycleError::MissingPort`] if the tree is no top level.
    pub fn find(tree: &TrunkBlock) -> Result<Self, CycleError> {
        let missing = |direction, port, known: &[String]| CycleError::MissingPort {
            module: tree.module().to_string(),
            direction,
            port,
            known: known.join(", "),
        };
        let input =
            |&(name, _): &InPin| tree.input_index(name).ok_or_else(|| missing("input", name, &tree.inputs.names));
        let output =
            |&(name, _): &OutPin| tree.output_index(name).ok_or_else(|| missing("output", name, &tree.outputs.names));
        Ok(Pins {
            inputs: INPUTS.iter().map(input).collect::<Result<_, _>>()?,
            outputs: OUTPUTS.iter().map(output).collect::<Result<_, _>>()?,
        })
    }

    /// Applies inputs; bits that a pin does not have are dropped.
    pub fn apply(&self, tree: &mut TrunkBlock, inputs: &TopIn) {
        for (&at, (_, value)) in self.inputs.iter().zip(&INPUTS) {
            let width = tree.inputs.shapes[at].width;
            tree.set(at, &[value(inputs) & mask(width)]);
        }
    }

    /// The outputs of a tree at rest.
    pub fn read(&self, tree: &TrunkBlock) -> TopOut {
        let mut out = TopOut::default();
        for (&at, (_, put)) in self.outputs.iter().zip(&OUTPUTS) {
            put(&mut out, tree.get(at)[0]);
        }
        out
    }
}
