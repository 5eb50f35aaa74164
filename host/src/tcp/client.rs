//! `tcp:`, a device that another machine serves.

use super::message::{
    receive, send, Ask, Reader, Writer, BUSY, DONE, GREETING, LARGEST, PATIENCE, REFUSED, TIMED_OUT, UNSUPPORTED,
};
use crate::device::{Device, Link, OutBeat};
use crate::error::HostError;
use crate::handshake::Handshake;
use crate::register_name::name_at;
use std::io::{self, ErrorKind};
use std::net::TcpStream;

/// Cycles per call, so that a simulator's server answers meanwhile.
const CALL: u64 = 50_000;

/// The device at the other end of a connection.
pub struct TcpDevice {
    name: String,
    stream: TcpStream,
    link: Link,
    now: u64,
    seen: Option<Handshake>,
}

impl TcpDevice {
    /// Connects to `address`, host and port, and says the token where the server wants one.
    ///
    /// # Errors
    /// [`HostError::ServerBusy`], [`HostError::TokenRefused`], or what the operating system says.
    pub fn connect(address: &str, token: &str) -> Result<Self, HostError> {
        let stream = greet(address, GREETING, token)?;
        let link = Link { in_beat: 1.0, out_beat: 1.0, round_trip: 1 };
        let mut device = TcpDevice { name: format!("tcp:{address}"), stream, link, now: 0, seen: None };
        device.describe()?;
        Ok(device)
    }

    fn describe(&mut self) -> Result<(), HostError> {
        let answer = self.call(Writer::of(Ask::Describe as u8))?;
        let mut reader = Reader(&answer);
        let mut read = || -> io::Result<(Link, String)> {
            let mut real = || reader.number().map(f64::from_bits);
            let (in_beat, out_beat) = (real()?, real()?);
            let round_trip = reader.number()?;
            Ok((Link { in_beat, out_beat, round_trip }, String::from_utf8_lossy(reader.rest()).into_owned()))
        };
        let (link, served) = read().map_err(|source| self.failed("read the server's description", source))?;
        self.link = link;
        self.name = format!("{} ({served})", self.name);
        Ok(())
    }

    fn failed(&self, action: &'static str, source: io::Error) -> HostError {
        HostError::Io { device: self.name.clone(), action, source }
    }

    /// What the server answers, behind status and time.
    fn call(&mut self, message: Writer) -> Result<Vec<u8>, HostError> {
        send(&mut self.stream, &message.0).map_err(|source| self.failed("send to the server", source))?;
        let answer = receive(&mut self.stream, LARGEST, PATIENCE, PATIENCE)
            .map_err(|source| self.failed("hear from the server", source))?;
        let mut reader = Reader(&answer);
        let head = reader.byte().and_then(|status| Ok((status, reader.number()?)));
        let (status, now) = head.map_err(|source| self.failed("read the server's answer", source))?;
        self.now = self.now.max(now);
        let device = self.name.clone();
        match status {
            DONE => Ok(reader.rest().to_vec()),
            UNSUPPORTED => Err(HostError::Unsupported { device, what: "such operation at the server's end" }),
            TIMED_OUT => {
                Err(HostError::RegisterTimeout { device, action: "access", register: "served".into(), cycles: 0 })
            }
            _ => Err(HostError::Remote { device, message: String::from_utf8_lossy(reader.rest()).into_owned() }),
        }
    }

    /// A call whose answer is one number.
    fn number(&mut self, message: Writer) -> Result<u64, HostError> {
        let answer = self.call(message)?;
        Reader(&answer).number().map_err(|source| self.failed("read the server's answer", source))
    }
}

/// A connection to the server at `address` which has let this client in.
pub(super) fn greet(address: &str, greeting: &[u8; 8], token: &str) -> Result<TcpStream, HostError> {
    let device = || format!("tcp:{address}");
    let failed = |source| HostError::Io { device: device(), action: "connect", source };
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream.set_nodelay(true).and_then(|()| stream.set_write_timeout(Some(PATIENCE))).map_err(failed)?;
    let greeting = Writer(greeting.to_vec()).bytes(token.as_bytes()).0;
    send(&mut stream, &greeting).map_err(failed)?;
    match receive(&mut stream, LARGEST, PATIENCE, PATIENCE).map_err(failed)?.first() {
        Some(&DONE) => Ok(stream),
        Some(&BUSY) => Err(HostError::ServerBusy { device: device() }),
        Some(&REFUSED) => Err(HostError::TokenRefused { device: device() }),
        _ => Err(failed(ErrorKind::InvalidData.into())),
    }
}

/// A timeout with the register's name, which the server does not say.
fn named(error: HostError, action: &'static str, address: u32, cycles: u64) -> HostError {
    match error {
        HostError::RegisterTimeout { device, .. } => {
            HostError::RegisterTimeout { device, action, register: name_at(address), cycles }
        }
        other => other,
    }
}

impl Device for TcpDevice {
    fn name(&self) -> &str {
        &self.name
    }

    fn link(&self) -> Link {
        self.link
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn read_reg(&mut self, address: u32, within: u64) -> Result<u32, HostError> {
        let message = Writer::of(Ask::Read as u8).number(address.into()).number(within);
        self.number(message).map(|word| word as u32).map_err(|error| named(error, "read", address, within))
    }

    fn write_reg(&mut self, address: u32, value: u32, within: u64) -> Result<(), HostError> {
        let message = Writer::of(Ask::Write as u8).number(address.into()).number(within).number(value.into());
        self.call(message).map(|_| ()).map_err(|error| named(error, "write", address, within))
    }

    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        let message = Writer::of(Ask::Send as u8).number(ends.into()).bytes(bytes);
        if message.0.len() > LARGEST {
            let (device, found) = (self.name.clone(), message.0.len());
            return Err(HostError::MessageLarge { device, found, limit: LARGEST });
        }
        self.number(message).map(|taken| taken as usize)
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        let answer = self.call(Writer::of(Ask::Receive as u8).number(most as u64))?;
        beats.extend(answer.chunks_exact(5).map(|beat| OutBeat {
            data: u32::from_le_bytes([beat[0], beat[1], beat[2], beat[3]]),
            last: beat[4] == 1,
        }));
        Ok(())
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        let before = self.now;
        let pins = self.number(Writer::of(Ask::Advance as u8).number(cycles.clamp(1, CALL)))?;
        let bit = |at: u64| pins >> at & 1 == 1;
        self.seen = bit(4).then(|| Handshake { s_valid: bit(0), s_ready: bit(1), m_valid: bit(2), m_ready: bit(3) });
        self.now = self.now.max(before + 1);
        Ok(())
    }

    fn handshake(&self) -> Option<Handshake> {
        self.seen
    }

    fn flush(&mut self) -> Result<(), HostError> {
        self.call(Writer::of(Ask::Flush as u8)).map(|_| ())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.call(Writer::of(Ask::Reset as u8)).map(|_| ())
    }
}
