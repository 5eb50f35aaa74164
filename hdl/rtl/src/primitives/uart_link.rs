//! The serial link of `uart_link.v`: frames to register accesses and both streams. Rules: docs/devices/uart.md.

mod ahead;
mod answer;
mod frame;
mod line;
mod registers;
mod request;
mod streams;

use crate::primitive::{Parameter, Port, Primitive, Values};
use ahead::Ahead;
use frame::{Frame, Unframe};
use line::{Receiver, Sender};
use registers::{Act, Registers, State};
use systole_machine::geometry::RESULT_BITS;
use systole_machine::registers::WORD_BITS;
use systole_machine::serial::{IN_BUFFER_BITS, OUT_BUFFER_BITS, RESET_MACHINE};

/// Cycles of the machine's reset.
const RESET_TIME: u8 = 15;
const ALL_BYTES: u64 = 0xf;

/// Order of the input ports.
#[derive(Clone, Copy)]
enum In {
    Rx,
    AwReady,
    WReady,
    BResp,
    BValid,
    ArReady,
    RData,
    RResp,
    RValid,
    SReady,
    MData,
    MValid,
    MLast,
}

/// The link with its line, its frames and its buffers.
#[derive(Clone, Debug)]
pub struct UartLink {
    divider: u32,
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

impl UartLink {
    /// A line of `divider` clock cycles a bit, beats of `in_bytes` bytes, a register window of `addr_width` address bits.
    pub fn new(divider: u64, in_bytes: usize, addr_width: usize) -> Self {
        let divider = divider as u32;
        UartLink {
            divider,
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

impl Primitive for UartLink {
    fn module(&self) -> &'static str {
        "uart_link"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/uart_link.v")
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

    fn ports(&self) -> Vec<Port> {
        let word = WORD_BITS as usize;
        vec![
            Port::input("rx_i", 1, 1),
            Port::output("tx_o", 1, 1),
            Port::output("machine_reset_o", 1, 1),
            Port::output("s_axil_awaddr_o", 1, self.addr_width),
            Port::output("s_axil_awvalid_o", 1, 1),
            Port::input("s_axil_awready_i", 1, 1),
            Port::output("s_axil_wdata_o", 1, word),
            Port::output("s_axil_wstrb_o", 1, 4),
            Port::output("s_axil_wvalid_o", 1, 1),
            Port::input("s_axil_wready_i", 1, 1),
            Port::input("s_axil_bresp_i", 1, 2),
            Port::input("s_axil_bvalid_i", 1, 1),
            Port::output("s_axil_bready_o", 1, 1),
            Port::output("s_axil_araddr_o", 1, self.addr_width),
            Port::output("s_axil_arvalid_o", 1, 1),
            Port::input("s_axil_arready_i", 1, 1),
            Port::input("s_axil_rdata_i", 1, word),
            Port::input("s_axil_rresp_i", 1, 2),
            Port::input("s_axil_rvalid_i", 1, 1),
            Port::output("s_axil_rready_o", 1, 1),
            Port::output("s_axis_tdata_o", 1, 8 * self.in_bytes),
            Port::output("s_axis_tvalid_o", 1, 1),
            Port::output("s_axis_tlast_o", 1, 1),
            Port::input("s_axis_tready_i", 1, 1),
            Port::input("m_axis_tdata_i", 1, RESULT_BITS),
            Port::input("m_axis_tvalid_i", 1, 1),
            Port::input("m_axis_tlast_i", 1, 1),
            Port::output("m_axis_tready_o", 1, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        let q = &self.q;
        let values = [
            self.sender.tx().into(),
            q.machine_reset.into(),
            q.addr.into(),
            q.aw_valid.into(),
            q.word.into(),
            ALL_BYTES,
            q.w_valid.into(),
            (q.state == State::Writing).into(),
            q.addr.into(),
            q.ar_valid.into(),
            (q.state == State::Reading).into(),
            q.beat,
            q.beat_valid.into(),
            q.beat_last.into(),
            q.ready.into(),
        ];
        outputs.iter_mut().zip(values).for_each(|(port, value)| port[0] = value);
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let is = |port: In| inputs[port as usize][0] == 1;
        let old = self.q.clone();
        let request = old.request();
        self.q.ahead = Ahead::after(&old);
        let act = self.act(&request);
        let (byte, last) = old.byte.map_or((None, false), |(byte, last)| (Some(byte), last));
        let (offered, line_ready) = (self.outgoing(), self.sender.ready());
        let taken = offered.is_some() && old.byte.is_none();
        let framed = self.frame.ready(line_ready);
        let beat = is(In::MValid).then(|| (inputs[In::MData as usize][0] as u32, is(In::MLast)));
        self.q.byte = if old.byte.is_none() { offered } else { old.byte.filter(|_| !framed) };
        self.clock_request();
        self.clock_access(&old, &request, act, inputs);
        self.clock_input(&old, act, is(In::SReady));
        self.clock_output(&old, &request, act, beat);
        self.clock_answer(&old, &request, act, taken, inputs);
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
        self.receiver.clock(reset, is(In::Rx));
        if reset {
            let ahead = self.q.ahead.clone();
            let kept = Registers { head: self.q.head, beat: self.q.beat, addr: self.q.addr, ahead, ..Registers::new() };
            self.q = kept;
        }
    }
}
