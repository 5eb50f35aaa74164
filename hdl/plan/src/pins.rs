//! The pins of the top level, cycle by cycle: what every engine that runs the whole machine offers.

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

/// A model of the whole machine behind its pins.
pub trait TopPins {
    /// One clock cycle: applies the inputs, returns the outputs as they stand before the rising edge that ends the cycle,
    /// then takes that edge. An error says what the engine could not do (a simulator that died, a file that is gone).
    fn cycle(&mut self, inputs: &TopIn) -> Result<TopOut, Box<dyn std::error::Error + Send + Sync>>;
}
