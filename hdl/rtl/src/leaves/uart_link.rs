//! The serial link of `uart_link.v`: frames to register accesses and both streams. Rules: host/UART.md.

mod frame;
mod line;

use super::bits::mask;
use crate::leaf::{Leaf, Parameter, Port, Values};
use frame::{Frame, Unframe};
use line::{Receiver, Sender};
use systole_plan::geometry::RESULT_BITS;
use systole_plan::registers::WORD_BITS;
use systole_plan::serial::{
    ANSWER, ANSWER_BYTES, BEAT_BYTES, CRC_BYTES, DATA, DATA_ENDS, IN_BUFFER_BITS, OUT_BUFFER_BITS, READ, REFUSED,
    REQUEST_BYTES, RESET, RESET_MACHINE, TAKE, WRITE,
};

const SLVERR: u8 = 2;
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

/// The answering machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    Reading,
    Writing,
    Look,
    Head,
    Beats,
    Last,
}

/// A request's header; the count of all its bytes is beside it.
#[derive(Clone, Copy, Debug, Default)]
struct Request {
    kind: u8,
    session: u8,
    number: u8,
    first: u32,
    second: u32,
}

/// What the request that is over at this edge leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Clear,
    /// A register access, made or only answered again, inside the window or not.
    Access {
        fresh: bool,
        outside: bool,
    },
    Take,
    Data,
    Refuse,
}

/// The registers of the link proper.
#[derive(Clone, Debug)]
struct Registers {
    head: [u8; REQUEST_BYTES],
    count: u16,
    state: State,
    session: u8,
    in_position: u16,
    in_read: u16,
    out_position: u16,
    out_written: u16,
    out_read: u16,
    done: Option<u8>,
    aw_valid: bool,
    w_valid: bool,
    ar_valid: bool,
    addr: u32,
    word: u32,
    response: u8,
    in_word: u16,
    fetched: bool,
    beat_valid: bool,
    beat_last: bool,
    fill: usize,
    beat: u64,
    out_word: (u32, bool),
    kind: u8,
    number: u8,
    left: u16,
    sent: usize,
    answer: [u8; ANSWER_BYTES],
    settled: bool,
    ended: bool,
    reset: u8,
    machine_reset: bool,
}

impl Registers {
    fn new() -> Self {
        Registers {
            head: [0; REQUEST_BYTES],
            count: 0,
            state: State::Rest,
            session: 0,
            in_position: 0,
            in_read: 0,
            out_position: 0,
            out_written: 0,
            out_read: 0,
            done: None,
            aw_valid: false,
            w_valid: false,
            ar_valid: false,
            addr: 0,
            word: 0,
            response: 0,
            in_word: 0,
            fetched: false,
            beat_valid: false,
            beat_last: false,
            fill: 0,
            beat: 0,
            out_word: (0, false),
            kind: 0,
            number: 0,
            left: 0,
            sent: 0,
            answer: [0; ANSWER_BYTES],
            settled: false,
            ended: false,
            reset: 0,
            machine_reset: false,
        }
    }

    fn request(&self) -> Request {
        let [kind, session, number, a0, a1, a2, a3, b0, b1, b2, b3] = self.head;
        let (first, second) = (u32::from_le_bytes([a0, a1, a2, a3]), u32::from_le_bytes([b0, b1, b2, b3]));
        Request { kind, session, number, first, second }
    }

    fn level(&self) -> u16 {
        self.out_written.wrapping_sub(self.out_position)
    }

    fn room(&self) -> u16 {
        (1u16 << IN_BUFFER_BITS).wrapping_sub(self.in_position.wrapping_sub(self.in_read))
    }

    /// Whether the request's bytes belong behind those that have come in, and how many there are.
    fn fits(&self, request: &Request) -> Option<u16> {
        let length = request.second as u16;
        let next = request.session == self.session && request.first as u16 == self.in_position;
        (request.kind == DATA && next && length <= self.room()).then_some(length)
    }
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

    /// Byte for the frame in this cycle, and whether it is the last.
    fn outgoing(&self) -> (Option<u8>, bool) {
        let q = &self.q;
        match q.state {
            State::Head => (Some(q.answer[0]), q.sent + 1 == ANSWER_BYTES && q.kind != TAKE),
            State::Beats => (q.settled.then(|| q.out_word.0.to_le_bytes()[q.sent]), false),
            State::Last => (Some(q.ended.into()), true),
            _ => (None, false),
        }
    }

    /// What begins at this edge, if a request is over and nothing else is being done.
    fn act(&self, request: &Request) -> Option<Act> {
        let q = &self.q;
        if !self.unframe.end || q.state != State::Rest {
            return None;
        }
        let body = if request.kind == DATA { request.second as u16 } else { 0 };
        let bytes = ((REQUEST_BYTES + CRC_BYTES) as u16).wrapping_add(body);
        let whole = self.unframe.good && q.count == bytes;
        let fresh = q.done != Some(request.number);
        let outside = u64::from(request.first) > mask(self.addr_width);
        Some(match request.kind {
            RESET if whole => Act::Clear,
            _ if !whole || request.session != q.session => Act::Refuse,
            READ | WRITE => Act::Access { fresh, outside },
            TAKE => Act::Take,
            DATA => Act::Data,
            _ => Act::Refuse,
        })
    }

    fn clock_request(&mut self) {
        let q = &mut self.q;
        if self.unframe.end {
            q.count = 0;
        } else if self.unframe.valid {
            if usize::from(q.count) < REQUEST_BYTES {
                q.head.rotate_left(1);
                q.head[REQUEST_BYTES - 1] = self.unframe.data;
            }
            q.count = q.count.saturating_add(1);
        }
    }

    fn clock_access(&mut self, old: &Registers, request: &Request, act: Option<Act>, inputs: &Values) {
        let is = |port: In| inputs[port as usize][0] == 1;
        let q = &mut self.q;
        q.aw_valid &= !is(In::AwReady);
        q.w_valid &= !is(In::WReady);
        q.ar_valid &= !is(In::ArReady);
        if let Some(Act::Access { fresh: true, outside }) = act {
            let write = request.kind == WRITE;
            q.done = Some(request.number);
            q.addr = request.first & mask(self.addr_width) as u32;
            (q.word, q.response) = (if write { request.second } else { 0 }, SLVERR);
            (q.aw_valid, q.w_valid, q.ar_valid) = (write && !outside, write && !outside, !write && !outside);
        }
        if old.state == State::Reading && is(In::RValid) {
            (q.word, q.response) = (inputs[In::RData as usize][0] as u32, inputs[In::RResp as usize][0] as u8);
        }
        if old.state == State::Writing && is(In::BValid) {
            q.response = inputs[In::BResp as usize][0] as u8;
        }
        if act == Some(Act::Clear) {
            (q.done, q.aw_valid, q.w_valid, q.ar_valid, q.word, q.response) = (None, false, false, false, 0, 0);
        }
    }

    fn clock_input(&mut self, old: &Registers, request: &Request, act: Option<Act>, ready: bool) {
        let fits = old.fits(request);
        let body = usize::from(old.count).checked_sub(REQUEST_BYTES);
        self.q.in_word = self.in_memory[usize::from(old.in_read) % self.in_memory.len()];
        if let (true, Some(length), Some(body)) = (self.unframe.valid, fits, body) {
            if body < usize::from(length) {
                let ends = request.first & DATA_ENDS != 0 && body + 1 == usize::from(length);
                let at = (usize::from(old.in_position) + body) % self.in_memory.len();
                self.in_memory[at] = u16::from(ends) << 8 | u16::from(self.unframe.data);
            }
        }
        let whole = |length: u16| usize::from(old.count) == REQUEST_BYTES + CRC_BYTES + usize::from(length);
        let q = &mut self.q;
        if let Some(length) = fits.filter(|&length| self.unframe.end && self.unframe.good && whole(length)) {
            q.in_position = q.in_position.wrapping_add(length);
        }
        q.fetched = old.in_read != old.in_position && !old.fetched && !old.beat_valid;
        if old.fetched {
            let top = 8 * (self.in_bytes - 1);
            q.in_read = q.in_read.wrapping_add(1);
            q.beat = old.beat >> 8 | u64::from(old.in_word & 0xff) << top;
            q.beat_last = old.in_word >> 8 == 1;
            q.beat_valid = old.fill + 1 == self.in_bytes;
            q.fill = (old.fill + 1) % self.in_bytes;
        } else if ready {
            q.beat_valid = false;
        }
        if act == Some(Act::Clear) {
            (q.in_position, q.in_read, q.fetched, q.fill, q.beat_valid) = (0, 0, false, 0, false);
        }
    }

    fn clock_output(&mut self, old: &Registers, request: &Request, act: Option<Act>, beat: Option<(u32, bool)>) {
        let depth = self.out_memory.len();
        self.q.out_word = self.out_memory[usize::from(old.out_read) % depth];
        if let Some(beat) = beat.filter(|_| usize::from(old.level()) != depth) {
            self.out_memory[usize::from(old.out_written) % depth] = beat;
            self.q.out_written = old.out_written.wrapping_add(1);
        }
        let got = request.first as u16;
        match act {
            Some(Act::Clear) => (self.q.out_written, self.q.out_position) = (0, 0),
            Some(Act::Take) if got.wrapping_sub(old.out_position) <= old.level() => self.q.out_position = got,
            _ => {}
        }
    }

    fn clock_answer(&mut self, old: &Registers, request: &Request, act: Option<Act>, taken: bool, inputs: &Values) {
        let is = |port: In| inputs[port as usize][0] == 1;
        let q = &mut self.q;
        let beat_over = old.sent + 1 == BEAT_BYTES;
        q.settled = !(old.state == State::Look || old.state == State::Beats && taken && beat_over);
        match old.state {
            State::Rest => {
                q.kind = if matches!(act, None | Some(Act::Refuse)) { REFUSED } else { request.kind };
                (q.number, q.left) = (request.number, request.second as u16);
                q.state = match act {
                    None => State::Rest,
                    Some(Act::Access { fresh: true, outside: false }) if request.kind == READ => State::Reading,
                    Some(Act::Access { fresh: true, outside: false }) => State::Writing,
                    Some(_) => State::Look,
                };
            }
            State::Reading if is(In::RValid) => q.state = State::Look,
            State::Writing if is(In::BValid) => q.state = State::Look,
            State::Look => {
                q.answer = answer(old);
                q.left = old.left.min(old.level());
                (q.out_read, q.sent, q.ended, q.state) = (old.out_position, 0, false, State::Head);
            }
            State::Head if taken => {
                let over = old.sent + 1 == ANSWER_BYTES;
                q.answer.rotate_left(1);
                q.sent = if over { 0 } else { old.sent + 1 };
                if over {
                    q.state = match (old.kind == TAKE, old.left) {
                        (false, _) => State::Rest,
                        (true, 0) => State::Last,
                        (true, _) => State::Beats,
                    };
                }
            }
            State::Beats if taken => {
                q.sent = if beat_over { 0 } else { old.sent + 1 };
                if beat_over {
                    (q.out_read, q.left) = (old.out_read.wrapping_add(1), old.left - 1);
                    q.ended = old.out_word.1;
                    if old.left == 1 || old.out_word.1 {
                        q.state = State::Last;
                    }
                }
            }
            State::Last if taken => q.state = State::Rest,
            _ => {}
        }
    }
}

/// The header of the answer.
fn answer(q: &Registers) -> [u8; ANSWER_BYTES] {
    let mut bytes = vec![q.kind | ANSWER, q.session, q.number, q.response];
    bytes.extend(q.word.to_le_bytes());
    for value in [q.in_position, q.room(), q.out_position, q.level()] {
        bytes.extend(value.to_le_bytes());
    }
    std::array::from_fn(|at| bytes[at])
}

impl Leaf for UartLink {
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
            (usize::from(q.level()) != self.out_memory.len()).into(),
        ];
        outputs.iter_mut().zip(values).for_each(|(port, value)| port[0] = value);
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let is = |port: In| inputs[port as usize][0] == 1;
        let old = self.q.clone();
        let request = old.request();
        let act = self.act(&request);
        let ((byte, last), line_ready) = (self.outgoing(), self.sender.ready());
        let taken = self.frame.ready(byte, line_ready);
        let beat = is(In::MValid).then(|| (inputs[In::MData as usize][0] as u32, is(In::MLast)));
        self.clock_request();
        self.clock_access(&old, &request, act, inputs);
        self.clock_input(&old, &request, act, is(In::SReady));
        self.clock_output(&old, &request, act, beat);
        self.clock_answer(&old, &request, act, taken, inputs);
        if act == Some(Act::Clear) {
            self.q.session = request.session;
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
            let kept = Registers { head: self.q.head, beat: self.q.beat, addr: self.q.addr, ..Registers::new() };
            self.q = kept;
        }
    }
}
