//! The pins of the top level, cycle by cycle: what every engine that runs the whole machine offers.

/// An error of a model behind the pins.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Input pins during one clock cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopIn {
    pub rst: bool,
    pub s_axis_tvalid: bool,
    /// Lane 0 in the least significant byte; `in_bytes` bytes are used, at most 8.
    pub s_axis_tdata: u64,
    pub s_axis_tlast: bool,
    pub m_axis_tready: bool,
    pub s_axil_awvalid: bool,
    pub s_axil_awaddr: u32,
    pub s_axil_wvalid: bool,
    pub s_axil_wdata: u32,
    pub s_axil_wstrb: u8,
    pub s_axil_bready: bool,
    pub s_axil_arvalid: bool,
    pub s_axil_araddr: u32,
    pub s_axil_rready: bool,
}

/// Output pins during the same cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopOut {
    pub s_axis_tready: bool,
    pub m_axis_tvalid: bool,
    pub m_axis_tdata: u32,
    pub m_axis_tlast: bool,
    pub s_axil_awready: bool,
    pub s_axil_wready: bool,
    pub s_axil_bvalid: bool,
    pub s_axil_bresp: u8,
    pub s_axil_arready: bool,
    pub s_axil_rvalid: bool,
    pub s_axil_rdata: u32,
    pub s_axil_rresp: u8,
}

/// Name of the reset pin.
pub const RESET: &str = "rst_i";

/// A pin and how to find its value among the inputs of a cycle.
pub type InPin = (&'static str, fn(&TopIn) -> u64);
/// A pin and where its value goes among the outputs of a cycle.
pub type OutPin = (&'static str, fn(&mut TopOut, u64));

/// All inputs but the clock, by their names in the Verilog.
pub const INPUTS: [InPin; 14] = [
    (RESET, |i| i.rst.into()),
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

/// All outputs, by their names in the Verilog.
pub const OUTPUTS: [OutPin; 12] = [
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

/// A model of the whole machine behind its pins.
pub trait TopPins: Send {
    /// One clock cycle: applies the inputs, returns the outputs as they stand before the rising edge that ends the cycle,
    /// then takes that edge. An error says what the engine could not do (a simulator that died, a file that is gone).
    fn cycle(&mut self, inputs: &TopIn) -> Result<TopOut, BoxError>;

    /// Up to `most` cycles at once in which the host holds `inputs` and nothing happens at the pins: no handshake on either
    /// stream, no register access. The cycles that passed, and the outputs in every one of them. To pass none is always
    /// right, and what engines do that must go cycle by cycle.
    fn rest(&mut self, _inputs: &TopIn, _most: u64) -> Result<(u64, TopOut), BoxError> {
        Ok((0, TopOut::default()))
    }
}
