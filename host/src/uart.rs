//! `uart:`, a machine behind a serial line. Lost, repeated and damaged bytes cost time, never an answer. Rules: docs/devices/uart.md.

mod frame;
mod input;
mod port;

use crate::device::{Device, Link, OutBeat};
use crate::error::HostError;
use crate::handshake::Handshake;
use crate::register_name::name_at;
use frame::{Answer, Request, Unframer};
use input::InputQueue;
pub use port::{Line, SerialPort};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use systole_machine::serial::{
    ANSWER, CRC_BYTES, DATA, LINE_BITS, READ, REFUSED, REQUEST_BYTES, RESET, RESET_MACHINE, TAKE, WRITE,
};

/// Every byte may have to be sent as a pair.
const PAIR: f64 = 2.0;
/// Share of a frame that is not the image's.
const OVERHEAD: f64 = 1.2;
/// Beats asked for at once.
const TAKE_BEATS: usize = 64;
/// Repetitions of a request that a register access may take.
const REPETITIONS: f64 = 12.0;
/// An answer is late after this many times what it takes usually.
const LATE: f64 = 3.0;
/// What answers take at most, as a multiple of what they should, for all that repetitions tell.
const SLOWEST: f64 = 8.0;
/// Weight of the latest answer in what answers take usually.
const NEWEST: f64 = 0.25;
/// Bytes read from the port at once.
const CHUNK: usize = 4096;

/// What is known about the line and the machine behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UartOptions {
    /// Bits per second.
    pub baud: u32,
    /// Of the machine; [`Device::now`] counts its cycles.
    pub clock_mhz: f64,
    /// Bytes of an input beat.
    pub in_bytes: usize,
    /// What answers take beside the time on the line: adapters hand bytes over at intervals.
    pub latency: Duration,
}

impl UartOptions {
    /// For a USB adapter, whose interval is 16 ms unless told otherwise.
    pub fn new(baud: u32, clock_mhz: f64, in_bytes: usize) -> Self {
        UartOptions { baud, clock_mhz, in_bytes, latency: Duration::from_millis(20) }
    }

    fn line_time(&self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 * LINE_BITS / f64::from(self.baud))
    }
}

/// The device at the other end of a line.
pub struct UartDevice<L> {
    name: String,
    line: L,
    options: UartOptions,
    unframer: Unframer,
    /// Answers that came and were not yet looked at.
    heard: VecDeque<Answer>,
    connection: u8,
    /// Number of the latest register access, and of the latest other request.
    access: u8,
    number: u8,
    input: InputQueue,
    inbox: VecDeque<OutBeat>,
    /// Beats received in this connection, and beats that waited at the latest answer.
    out_position: u16,
    out_level: u16,
    /// What answers take, as a multiple of what they should.
    pace: f64,
}

impl UartDevice<SerialPort> {
    /// Opens a port and begins a connection with the device at its end.
    ///
    /// # Errors
    /// [`HostError::InUse`], [`HostError::LineSilent`], or what the operating system says.
    pub fn open(path: &std::path::Path, options: UartOptions) -> Result<Self, HostError> {
        let name = format!("uart:{}@{}", path.display(), options.baud);
        UartDevice::new(name, SerialPort::open(path, options.baud)?, options)
    }
}

impl<L: Line> UartDevice<L> {
    /// Begins a connection over `line`.
    ///
    /// # Errors
    /// As [`UartDevice::open`].
    pub fn new(name: String, line: L, options: UartOptions) -> Result<Self, HostError> {
        let mut device = UartDevice {
            name,
            line,
            options,
            unframer: Unframer::default(),
            heard: VecDeque::new(),
            connection: 0,
            access: 0,
            number: 0,
            input: InputQueue::default(),
            inbox: VecDeque::new(),
            out_position: 0,
            out_level: 0,
            pace: 1.0,
        };
        device.begin_connection(0)?;
        Ok(device)
    }

    pub fn line(&mut self) -> &mut L {
        &mut self.line
    }

    fn io(&self, action: &'static str) -> impl FnOnce(io::Error) -> HostError {
        let device = self.name.clone();
        move |source| HostError::Io { device, action, source }
    }

    fn cycles(&self, time: Duration) -> u64 {
        (time.as_secs_f64() * self.options.clock_mhz * 1e6) as u64
    }

    fn time(&self, cycles: u64) -> Duration {
        Duration::from_secs_f64(cycles as f64 / (self.options.clock_mhz * 1e6))
    }

    /// What an exchange of so many bytes should take, and after what time it has failed.
    fn should_take(&self, bytes: usize) -> Duration {
        self.options.line_time(bytes) + self.options.latency
    }

    fn late(&self, bytes: usize) -> Duration {
        self.should_take(bytes).mul_f64(LATE * self.pace)
    }

    /// Longest that a register access may take.
    fn patience(&self) -> Duration {
        let bytes = PAIR * (self.input.window_bytes() + Answer::line_bytes(TAKE_BEATS)) as f64;
        self.should_take(bytes as usize).mul_f64(REPETITIONS)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        let deadline = self.line.elapsed() + self.patience();
        let mut sent = 0;
        while sent < bytes.len() {
            let left = deadline.saturating_sub(self.line.elapsed());
            if left.is_zero() {
                return Err(HostError::LineBlocked { device: self.name.clone(), bytes: bytes.len() - sent });
            }
            sent += self.line.write(&bytes[sent..], left).map_err(self.io("write to the line"))?;
        }
        Ok(())
    }

    /// The next answer of any kind, if one comes before `until`.
    fn hear(&mut self, until: Duration) -> Result<Option<Answer>, HostError> {
        let mut bytes = [0; CHUNK];
        loop {
            if let Some(answer) = self.heard.pop_front() {
                return Ok(Some(answer));
            }
            let wait = until.saturating_sub(self.line.elapsed());
            let count = self.line.read(&mut bytes, wait).map_err(self.io("read from the line"))?;
            self.heard.extend(bytes[..count].iter().filter_map(|&byte| self.unframer.push(byte)));
            if wait.is_zero() {
                return Ok(self.heard.pop_front());
            }
        }
    }

    /// Takes note of what every answer tells. Fails when the device is in another connection.
    fn note(&mut self, answer: &Answer) -> Result<(), HostError> {
        if answer.connection != self.connection {
            let device = self.name.clone();
            return Err(HostError::LinkRestarted { device, found: answer.connection, wanted: self.connection });
        }
        self.input.note(answer.in_position, answer.in_room);
        self.out_level = answer.out_level;
        Ok(())
    }

    /// Sends a request until it is answered, with `most_beats` beats at most: the answer, or `None` after `within`.
    fn ask(&mut self, request: Request, most_beats: usize, within: Duration) -> Result<Option<Answer>, HostError> {
        let framed = request.framed();
        let bytes = framed.len() + Answer::line_bytes(most_beats);
        let deadline = self.line.elapsed() + within;
        let begins = request.kind == RESET;
        for attempt in 0.. {
            let begun = self.line.elapsed();
            if begun >= deadline {
                break;
            }
            self.put(&framed)?;
            let late = (self.line.elapsed() + self.late(bytes).mul_f64(f64::from(attempt + 1))).min(deadline);
            while let Some(answer) = self.answer(late, begins)? {
                if answer.kind == request.kind | ANSWER && answer.number == request.number {
                    let bytes = framed.len() + Answer::line_bytes(answer.beats.len());
                    self.keep_pace(attempt, self.line.elapsed() - begun, bytes);
                    return Ok(Some(answer));
                }
                if answer.kind == REFUSED {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Learns from an exchange of `bytes` bytes how long they take; one that was repeated says only that it was too short.
    fn keep_pace(&mut self, attempt: i32, took: Duration, bytes: usize) {
        let usual = took.as_secs_f64() / self.should_take(bytes).as_secs_f64();
        let seen = if attempt == 0 { usual } else { (self.pace * LATE).min(SLOWEST) };
        self.pace += NEWEST * (seen - self.pace);
    }

    /// One answer of this connection, or while a connection begins of any; `None` at `until`.
    fn answer(&mut self, until: Duration, begins: bool) -> Result<Option<Answer>, HostError> {
        let answer = self.hear(until)?;
        if let Some(answer) = answer.as_ref().filter(|answer| !begins || answer.connection == self.connection) {
            self.note(answer)?;
        }
        Ok(answer)
    }

    fn begin_connection(&mut self, flags: u32) -> Result<(), HostError> {
        // Zero is the connection of a device that was just switched on.
        let clock = self.line.elapsed().subsec_nanos() as u8;
        self.connection = self.connection.wrapping_add(1 | clock & 0x7e).max(1);
        self.line.discard().map_err(self.io("clear the line"))?;
        (self.unframer, self.input) = (Unframer::default(), InputQueue::default());
        self.heard.clear();
        self.inbox.clear();
        (self.out_position, self.out_level) = (0, 0);
        self.number = self.number.wrapping_add(1);
        let (connection, number) = (self.connection, self.number);
        let request = Request { kind: RESET, connection, number, first: flags, second: 0, body: &[] };
        let within = self.patience();
        match self.ask(request, 0, within)? {
            Some(_) => Ok(()),
            None => {
                let (device, baud) = (self.name.clone(), self.options.baud);
                Err(HostError::LineSilent { device, baud, millis: within.as_millis() as u64 })
            }
        }
    }

    /// A register access after the input that is in flight: the word.
    fn access(&mut self, kind: u8, address: u32, value: u32, within: u64) -> Result<u32, HostError> {
        let deadline = self.line.elapsed() + self.time(within);
        while self.input.is_flying() && self.line.elapsed() < deadline {
            self.move_input(deadline)?;
        }
        self.access = self.access.wrapping_add(1);
        let (connection, number) = (self.connection, self.access);
        let request = Request { kind, connection, number, first: address, second: value, body: &[] };
        let left = deadline.saturating_sub(self.line.elapsed());
        let answer = self.ask(request, 0, left)?;
        let action = if kind == WRITE { "write" } else { "read" };
        let (device, register) = (|| self.name.clone(), || name_at(address));
        match answer {
            None => Err(HostError::RegisterTimeout { device: device(), action, register: register(), cycles: within }),
            Some(Answer { response: 0, word, .. }) => Ok(word),
            Some(Answer { response, .. }) => {
                Err(HostError::RegisterRefused { device: device(), action, register: register(), response })
            }
        }
    }

    /// Sends what the device has room for, and waits for its answers; no longer than `until`.
    fn move_input(&mut self, until: Duration) -> Result<(), HostError> {
        while let Some(chunk) = self.input.next() {
            self.number = self.number.wrapping_add(1);
            let (connection, number, second) = (self.connection, self.number, chunk.bytes.len() as u32);
            let framed =
                Request { kind: DATA, connection, number, first: chunk.first(), second, body: &chunk.bytes }.framed();
            self.input.sent(number);
            self.put(&framed)?;
        }
        if !self.input.is_flying() {
            return Ok(());
        }
        let late = self.line.elapsed() + self.late(self.input.window_bytes() + Answer::line_bytes(0));
        match self.answer(late.min(until), false)? {
            None if self.line.elapsed() >= late => self.input.rewind(),
            None => {}
            Some(answer) if answer.kind == REFUSED => self.input.rewind(),
            Some(answer) => self.input.answered(answer.number),
        }
        Ok(())
    }

    /// Asks for beats, no longer than `until`.
    fn take(&mut self, until: Duration) -> Result<(), HostError> {
        self.number = self.number.wrapping_add(1);
        let (connection, number) = (self.connection, self.number);
        let (first, second) = (self.out_position.into(), TAKE_BEATS as u32);
        let request = Request { kind: TAKE, connection, number, first, second, body: &[] };
        let left = until.saturating_sub(self.line.elapsed());
        let Some(answer) = self.ask(request, TAKE_BEATS, left)? else { return Ok(()) };
        if answer.out_position == self.out_position {
            self.out_position = self.out_position.wrapping_add(answer.beats.len() as u16);
            self.out_level = self.out_level.saturating_sub(answer.beats.len() as u16);
            self.inbox.extend(answer.beats);
        }
        Ok(())
    }
}

impl<L: Line> Device for UartDevice<L> {
    fn name(&self) -> &str {
        &self.name
    }

    fn link(&self) -> Link {
        let cycles = |bytes: usize| self.cycles(self.options.line_time(bytes)) as f64;
        Link {
            in_beat: (PAIR * OVERHEAD * cycles(self.options.in_bytes)).max(1.0),
            out_beat: (PAIR * OVERHEAD * cycles(systole_machine::serial::BEAT_BYTES)).max(1.0),
            round_trip: self.cycles(self.patience()),
        }
    }

    fn now(&self) -> u64 {
        self.cycles(self.line.elapsed())
    }

    fn read_reg(&mut self, address: u32, within: u64) -> Result<u32, HostError> {
        self.access(READ, address, 0, within)
    }

    fn write_reg(&mut self, address: u32, value: u32, within: u64) -> Result<(), HostError> {
        self.access(WRITE, address, value, within).map(|_| ())
    }

    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        let in_bytes = self.options.in_bytes;
        if bytes.len() % in_bytes != 0 {
            return Err(HostError::Beats { device: self.name.clone(), found: bytes.len(), in_bytes });
        }
        Ok(self.input.push(bytes, in_bytes, ends))
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        beats.extend(self.inbox.drain(..most.min(self.inbox.len())));
        Ok(())
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        let begun = self.line.elapsed();
        let until = begun + self.time(cycles.max(1));
        let full = !self.input.has_room();
        // An exchange that was begun is given the time that it needs.
        let exchange = |device: &Self| until.max(device.line.elapsed() + device.late(Answer::line_bytes(TAKE_BEATS)));
        loop {
            self.move_input(until)?;
            while self.input.is_flying() && self.line.elapsed() < until {
                self.move_input(until)?;
            }
            if !self.input.is_flying() {
                self.take(exchange(self))?;
            }
            let room = full && self.input.has_room();
            if self.inbox.iter().any(|beat| beat.last) || self.inbox.len() >= TAKE_BEATS || room {
                break;
            }
            if self.line.elapsed() >= until {
                break;
            }
        }
        Ok(())
    }

    fn handshake(&self) -> Option<Handshake> {
        None
    }

    fn flush(&mut self) -> Result<(), HostError> {
        self.begin_connection(0)
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.begin_connection(RESET_MACHINE)?;
        // Beats that left the machine before its reset took effect.
        self.begin_connection(0)
    }
}

/// Bytes on the line of a request with `body` bytes behind its header, without pairs.
fn request_bytes(body: usize) -> usize {
    REQUEST_BYTES + body + CRC_BYTES + 2
}
