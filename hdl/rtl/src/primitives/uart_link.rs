//! The serial link of `uart_link.v`: frames to register accesses and both streams. Rules: docs/devices/uart.md.

use crate::ports::uart_link;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::serial::{IN_BUFFER_BITS, OUT_BUFFER_BITS};

/// The link with its line, its frames and its buffers.
#[derive(Clone, Debug)]
pub struct UartLink {
    pub divider: u64,
    pub in_bytes: usize,
    pub addr_width: usize,
}

impl UartLink {
    /// A line of `divider` clock cycles a bit, beats of `in_bytes` bytes, a register window of `addr_width` address bits.
    pub fn new(divider: u64, in_bytes: usize, addr_width: usize) -> Self {
        UartLink { divider, in_bytes, addr_width }
    }
}

impl Primitive for UartLink {
    fn verilog(&self) -> &'static Module {
        &uart_link::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        [
            ("DIVIDER", self.divider as usize),
            ("IN_BYTES", self.in_bytes),
            ("ADDR_W", self.addr_width),
            ("IN_W", IN_BUFFER_BITS),
            ("OUT_W", OUT_BUFFER_BITS),
        ]
        .map(|(name, value)| Parameter::Integer(name, value as u64))
        .to_vec()
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("uart_rx", include_str!("../../v/uart_rx.v")),
            ("uart_tx", include_str!("../../v/uart_tx.v")),
            ("frame_crc", include_str!("../../v/frame_crc.v")),
            ("frame_rx", include_str!("../../v/frame_rx.v")),
            ("frame_tx", include_str!("../../v/frame_tx.v")),
        ]
    }
}
