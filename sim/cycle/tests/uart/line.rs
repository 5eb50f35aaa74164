//! A host at the line of a serial link, bit by bit, and a machine behind it that is slow at random.

use crate::cosim::Pair;
use systole_machine::serial::{
    ANSWER, ANSWER_BYTES, CRC_BYTES, CRC_POLYNOMIAL, END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE, TAKE,
};
use systole_net::random::Rng;

/// Cycles within which an answer comes.
const PATIENCE: usize = 60_000;
/// What a register reads.
const WORD: u64 = 0xc0de_00db;

/// An answer taken apart.
#[derive(Clone, Debug)]
pub struct Answer {
    pub kind: u8,
    pub connection: u8,
    pub number: u8,
    pub response: u8,
    pub word: u32,
    pub in_position: u16,
    pub in_room: u16,
    pub out_position: u16,
    pub out_level: u16,
    pub beats: Vec<u32>,
    pub ends: bool,
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| crc >> 1 ^ if crc & 1 == 1 { CRC_POLYNOMIAL } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

/// The bytes of a request, without its CRC.
pub fn request(kind: u8, connection: u8, number: u8, first: u32, second: u32, body: &[u8]) -> Vec<u8> {
    [&[kind, connection, number], &first.to_le_bytes()[..], &second.to_le_bytes(), body].concat()
}

/// A frame as it stands on the line.
pub fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut line = vec![END];
    for &byte in bytes.iter().chain(&crc(bytes).to_le_bytes()) {
        match byte {
            END => line.extend([ESCAPE, ESCAPED_END]),
            ESCAPE => line.extend([ESCAPE, ESCAPED_ESCAPE]),
            _ => line.push(byte),
        }
    }
    line.push(END);
    line
}

fn unframed(line: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut escaped = false;
    for &byte in line {
        match (escaped, byte) {
            (false, ESCAPE) => escaped = true,
            (true, ESCAPED_END) => (bytes.push(END), escaped = false).1,
            (true, ESCAPED_ESCAPE) => (bytes.push(ESCAPE), escaped = false).1,
            (false, byte) => bytes.push(byte),
            (true, byte) => panic!("{byte:#x} behind an escape"),
        }
    }
    let body = bytes.len() - CRC_BYTES;
    assert_eq!(bytes[body..], crc(&bytes[..body]).to_le_bytes(), "the answer's CRC");
    bytes.truncate(body);
    bytes
}

fn parsed(bytes: &[u8]) -> Answer {
    let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let body = &bytes[ANSWER_BYTES..];
    let (beats, ends) = match bytes[0] {
        kind if kind == TAKE | ANSWER => {
            let (last, beats) = body.split_last().expect("a byte that says whether TLAST came");
            assert_eq!(beats.len() % 4, 0);
            (beats.chunks(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect(), *last == 1)
        }
        _ => (assert!(body.is_empty()), (vec![], false)).1,
    };
    Answer {
        kind: bytes[0],
        connection: bytes[1],
        number: bytes[2],
        response: bytes[3],
        word: word(4),
        in_position: half(8),
        in_room: half(10),
        out_position: half(12),
        out_level: half(14),
        beats,
        ends,
    }
}

/// Both ends of the link.
pub struct Line {
    pair: Pair,
    divider: usize,
    random: Rng,
    /// Bytes that came from the link since the last end.
    heard: Vec<u8>,
    frames: Vec<Vec<u8>>,
    /// Cycles into the byte that comes, and its bits.
    hearing: Option<(usize, u8)>,
    /// What the machine saw: register accesses, beats with TLAST, cycles of reset.
    pub writes: Vec<(u64, u32)>,
    pub reads: Vec<u64>,
    pub taken: Vec<(u64, bool)>,
    pub machine_resets: usize,
    /// Whether it takes beats, and the beats that it gives.
    pub s_ready: bool,
    pub offers: Vec<(u32, bool)>,
    /// Write address taken, write data taken, a read taken: what is to be answered.
    address: Option<u64>,
    data: Option<u32>,
    read: bool,
}

impl Line {
    pub fn new(mut pair: Pair, divider: u64, seed: u64) -> Self {
        pair.payload("s_axil_awvalid_o", &["s_axil_awaddr_o"]);
        pair.payload("s_axil_wvalid_o", &["s_axil_wdata_o"]);
        pair.payload("s_axil_arvalid_o", &["s_axil_araddr_o"]);
        pair.payload("s_axis_tvalid_o", &["s_axis_tdata_o", "s_axis_tlast_o"]);
        pair.set("rx_i", &[1]);
        (0..4).for_each(|_| pair.cycle(true));
        Line {
            pair,
            divider: divider as usize,
            random: Rng::new(seed + 1000),
            heard: Vec::new(),
            frames: Vec::new(),
            hearing: None,
            writes: Vec::new(),
            reads: Vec::new(),
            taken: Vec::new(),
            machine_resets: 0,
            s_ready: true,
            offers: Vec::new(),
            address: None,
            data: None,
            read: false,
        }
    }

    /// The answer to a request.
    pub fn ask(&mut self, bytes: &[u8]) -> Answer {
        self.ask_raw(&framed(bytes))
    }

    /// The answer to what is put on the line.
    pub fn ask_raw(&mut self, line: &[u8]) -> Answer {
        self.frames.clear();
        self.send(line);
        for _ in 0..PATIENCE {
            if let Some(frame) = self.frames.pop() {
                return parsed(&unframed(&frame));
            }
            self.cycle();
        }
        panic!("no answer");
    }

    pub fn send(&mut self, line: &[u8]) {
        for &byte in line {
            let bits = 1 << 9 | u64::from(byte) << 1;
            for bit in 0..10 {
                self.pair.set("rx_i", &[bits >> bit & 1]);
                (0..self.divider).for_each(|_| self.cycle());
            }
            // A pause now and then, of any length.
            if self.random.one_in(8) {
                (0..self.random.below(9)).for_each(|_| self.cycle());
            }
        }
    }

    pub fn run(&mut self, cycles: usize) {
        (0..cycles).for_each(|_| self.cycle());
    }

    fn cycle(&mut self) {
        self.drive();
        self.pair.cycle(false);
        self.observe();
        self.hear();
    }

    fn drive(&mut self) {
        let ready = [(); 4].map(|()| u64::from(!self.random.one_in(3)));
        self.pair.set("s_axil_awready_i", &[ready[0] & u64::from(self.address.is_none())]);
        self.pair.set("s_axil_wready_i", &[ready[1] & u64::from(self.data.is_none())]);
        self.pair.set("s_axil_arready_i", &[ready[2] & u64::from(!self.read)]);
        self.pair.set("s_axis_tready_i", &[ready[3] & u64::from(self.s_ready)]);
        self.pair.set("s_axil_bvalid_i", &[(self.address.is_some() && self.data.is_some()).into()]);
        self.pair.set("s_axil_rvalid_i", &[self.read.into()]);
        self.pair.set("s_axil_rdata_i", &[WORD]);
        self.pair.set("m_axis_tvalid_i", &[(!self.offers.is_empty()).into()]);
        let (data, last) = self.offers.first().copied().unwrap_or_default();
        self.pair.set("m_axis_tdata_i", &[data.into()]);
        self.pair.set("m_axis_tlast_i", &[last.into()]);
    }

    fn both(&self, output: &str, input: &str) -> bool {
        self.pair.seen(output)[0] == 1 && self.pair.input(input)[0] == 1
    }

    fn observe(&mut self) {
        if self.both("s_axil_bready_o", "s_axil_bvalid_i") {
            self.writes.extend(self.address.take().zip(self.data.take()));
        }
        if self.both("s_axil_rready_o", "s_axil_rvalid_i") {
            self.read = false;
        }
        if self.both("s_axil_awvalid_o", "s_axil_awready_i") {
            self.address = Some(self.pair.seen("s_axil_awaddr_o")[0]);
        }
        if self.both("s_axil_wvalid_o", "s_axil_wready_i") {
            self.data = Some(self.pair.seen("s_axil_wdata_o")[0] as u32);
        }
        if self.both("s_axil_arvalid_o", "s_axil_arready_i") {
            self.reads.push(self.pair.seen("s_axil_araddr_o")[0]);
            self.read = true;
        }
        if self.both("s_axis_tvalid_o", "s_axis_tready_i") {
            let data = self.pair.seen("s_axis_tdata_o").iter().rev().fold(0, |data, byte| data << 8 | byte);
            self.taken.push((data, self.pair.seen("s_axis_tlast_o")[0] == 1));
        }
        if self.both("m_axis_tready_o", "m_axis_tvalid_i") {
            self.offers.remove(0);
        }
        self.machine_resets += self.pair.seen("machine_reset_o")[0] as usize;
    }

    fn hear(&mut self) {
        let tx = self.pair.seen("tx_o")[0] as u8;
        let Some((at, byte)) = &mut self.hearing else {
            if tx == 0 {
                self.hearing = Some((1, 0));
            }
            return;
        };
        let (bit, middle) = (*at / self.divider, *at % self.divider == self.divider / 2);
        *at += 1;
        match bit {
            1..=8 if middle => *byte |= tx << (bit - 1),
            9 if middle => {
                assert_eq!(tx, 1, "a stop bit");
                let byte = *byte;
                self.hearing = None;
                match byte {
                    END if self.heard.is_empty() => {}
                    END => self.frames.push(std::mem::take(&mut self.heard)),
                    byte => self.heard.push(byte),
                }
            }
            _ => {}
        }
    }
}
