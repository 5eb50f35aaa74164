//! Clocked model of `uart_link.v`. Rules: docs/devices/uart.md.

use crate::model::Clocked;
use systole_machine::serial::{IN_BUFFER_BITS, OUT_BUFFER_BITS, RESET_MACHINE};
use systole_rtl::ports::uart_link::{In, Out, Ports};
use systole_rtl::primitives::uart_link::UartLink;

mod ahead;
mod answer;
mod frame;
mod line;
mod registers;
mod request;
mod streams;

use frame::{Frame, Unframe};
use line::{Receiver, Sender};
use registers::{Act, Registers, State};

/// Cycles of the machine's reset.
const RESET_TIME: u8 = 15;
const ALL_BYTES: u64 = 0xf;

/// The link with its line, its frames and its buffers.
#[derive(Clone, Debug)]
pub struct UartLinkModel {
    in_bytes: usize,
    addr_width: usize,
    receiver: Receiver,
    unframe: Unframe,
    frame: Frame,
    sender: Sender,
    q: Registers,
    in_memory: Vec<u16>,
    out_memory: Vec<(u32, bool)>,
}

impl UartLinkModel {
    pub fn new(UartLink { divider, in_bytes, addr_width }: UartLink) -> Self {
        let divider = divider as u32;
        UartLinkModel {
            in_bytes,
            addr_width,
            receiver: Receiver::new(divider),
            unframe: Unframe::new(),
            frame: Frame::new(),
            sender: Sender::new(divider),
            q: Registers::new(),
            in_memory: vec![0; 1 << IN_BUFFER_BITS],
            out_memory: vec![(0, false); 1 << OUT_BUFFER_BITS],
        }
    }
}

impl Clocked for UartLinkModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In, out: Out<'_>) {
        let q = &self.q;
        *out.tx = self.sender.tx().into();
        *out.machine_reset = q.machine_reset.into();
        *out.s_axil_awaddr = q.addr.into();
        *out.s_axil_awvalid = q.aw_valid.into();
        *out.s_axil_wdata = q.word.into();
        *out.s_axil_wstrb = ALL_BYTES;
        *out.s_axil_wvalid = q.w_valid.into();
        *out.s_axil_bready = (q.state == State::Writing).into();
        *out.s_axil_araddr = q.addr.into();
        *out.s_axil_arvalid = q.ar_valid.into();
        *out.s_axil_rready = (q.state == State::Reading).into();
        for (byte, value) in out.s_axis_tdata.iter_mut().zip(q.beat.to_le_bytes()) {
            *byte = value.into();
        }
        *out.s_axis_tvalid = q.beat_valid.into();
        *out.s_axis_tlast = q.beat_last.into();
        *out.m_axis_tready = q.ready.into();
    }

    fn clock(&mut self, reset: bool, inputs: In) {
        let old = self.q.clone();
        let request = old.request();
        self.q.ahead = old.look_ahead();
        let act = self.act(&request);
        let (byte, last) = old.byte.map_or((None, false), |(byte, last)| (Some(byte), last));
        let (offered, line_ready) = (self.outgoing(), self.sender.ready());
        let taken = offered.is_some() && old.byte.is_none();
        let framed = self.frame.ready(line_ready);
        let beat = inputs.m_axis_tvalid.then_some((inputs.m_axis_tdata as u32, inputs.m_axis_tlast));
        self.q.byte = if old.byte.is_none() { offered } else { old.byte.filter(|_| !framed) };
        self.clock_request();
        self.clock_access(&old, &request, act, &inputs);
        self.clock_input(&old, act, inputs.s_axis_tready);
        self.clock_output(&old, &request, act, beat);
        self.clock_answer(&old, &request, act, taken, &inputs);
        if act == Some(Act::Clear) {
            self.q.connection = request.connection;
        }
        let reset_machine = act == Some(Act::Clear) && request.first & RESET_MACHINE != 0;
        self.q.reset = if reset_machine { RESET_TIME } else { old.reset.saturating_sub(1) };
        self.q.machine_reset = old.reset != 0;
        let (line_byte, received) = (self.frame.byte(), self.receiver.valid.then_some(self.receiver.data));
        self.sender.clock(reset, line_byte);
        self.frame.clock(reset, byte, last, line_ready);
        self.unframe.clock(reset, received);
        self.receiver.clock(reset, inputs.rx);
        if reset {
            let ahead = self.q.ahead.clone();
            let kept = Registers { head: self.q.head, beat: self.q.beat, addr: self.q.addr, ahead, ..Registers::new() };
            self.q = kept;
        }
    }
}
