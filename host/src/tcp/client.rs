//! `tcp:`, a device that another machine serves.

use super::caller::{greet, Caller, Entrance};
use super::handshake::{Intent, Session, NO_SESSION};
use super::message::{Ask, Reader, Writer, DONE, LARGEST, PATIENCE, TIMED_OUT, UNSUPPORTED};
use crate::device::{Device, Link, OutBeat};
use crate::error::HostError;
use crate::handshake::Handshake;
use crate::register_name::name_at;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// Cycles per call, so that a simulator's server answers meanwhile.
const CALL: u64 = 50_000;
/// A connection whose answer is late is listened to for this part of a wait before it is made anew.
const GRACE: u32 = 10;

/// How a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    /// An answer did not come in time. It may still come.
    Late,
    /// It ended, or the other end says what nobody understands.
    Lost,
}

/// The device at the other end of a connection.
///
/// A call that fails leaves the connection as it is, and all others fail at once; [`Device::flush`], with which the driver
/// begins to bring a device back, listens on for the late answer, and if that does not come connects anew.
pub struct TcpDevice {
    name: String,
    entrance: Entrance,
    caller: Caller,
    session: Session,
    health: Health,
    patience: Duration,
    /// What broke the connection.
    broken_by: String,
    link: Link,
    now: u64,
    /// Cycles of this device's time before the server's began.
    before: u64,
    /// The server's time at its latest answer; of a server that was started anew it begins again.
    served: u64,
    seen: Option<Handshake>,
}

impl TcpDevice {
    /// Connects to `address`, host and port, and proves the token where the server wants one.
    ///
    /// # Errors
    /// [`HostError::ServerBusy`], [`HostError::TokenRefused`], [`HostError::NoServer`], or what the operating system says.
    pub fn connect(address: &str, token: &str) -> Result<Self, HostError> {
        TcpDevice::enter(address, token, Intent::Drive)
    }

    /// As [`TcpDevice::connect`], also where another client drives, who is hung up on.
    ///
    /// # Errors
    /// Those of [`TcpDevice::connect`], without the first.
    pub fn take_over(address: &str, token: &str) -> Result<Self, HostError> {
        TcpDevice::enter(address, token, Intent::TakeOver)
    }

    fn enter(address: &str, token: &str, intent: Intent) -> Result<Self, HostError> {
        let entrance = Entrance { address: address.to_string(), token: token.to_string() };
        let (caller, session) = greet(&entrance, intent, NO_SESSION)?;
        let mut device = TcpDevice {
            name: format!("tcp:{address}"),
            entrance,
            caller,
            session,
            health: Health::Good,
            patience: PATIENCE,
            broken_by: String::new(),
            link: Link { in_beat: 1.0, out_beat: 1.0, round_trip: 1 },
            now: 0,
            before: 0,
            served: 0,
            seen: None,
        };
        device.describe()?;
        Ok(device)
    }

    /// Has answers that take longer than this be late; 50 s unless told.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
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
        self.name = format!("tcp:{} ({served})", self.entrance.address);
        Ok(())
    }

    /// The connection is broken, and how.
    fn failed(&mut self, action: &'static str, source: io::Error) -> HostError {
        let device = self.name.clone();
        let late = source.kind() == ErrorKind::TimedOut && action == HEAR;
        self.health = if late { Health::Late } else { Health::Lost };
        let error = match late {
            true => HostError::ServerSilent { device, millis: self.patience.as_millis() as u64 },
            false => HostError::Io { device, action, source },
        };
        self.broken_by = error.to_string();
        error
    }

    /// What the server answers, behind status and time.
    fn call(&mut self, message: Writer) -> Result<Vec<u8>, HostError> {
        if self.health != Health::Good {
            return Err(HostError::ServerLost { why: self.broken_by.clone() });
        }
        self.caller.ask(&message).map_err(|source| self.failed("send to the server", source))?;
        let answer = self.caller.answer(Instant::now() + self.patience).map_err(|source| self.failed(HEAR, source))?;
        self.read(&answer)
    }

    fn read(&mut self, answer: &[u8]) -> Result<Vec<u8>, HostError> {
        let mut reader = Reader(answer);
        let head = reader.byte().and_then(|status| Ok((status, reader.number()?)));
        let (status, now) = head.map_err(|source| self.failed("read the server's answer", source))?;
        if now < self.served {
            self.before = self.now;
        }
        self.served = now;
        self.now = self.now.max(self.before.saturating_add(now));
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

    /// A connection that can be used again: this one, when the late answer comes, else another one.
    fn renew(&mut self) -> Result<(), HostError> {
        if self.health == Health::Late {
            match self.caller.answer(Instant::now() + self.patience / GRACE) {
                Ok(_) => {
                    self.health = Health::Good;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => {}
                Err(_) => self.health = Health::Lost,
            }
        }
        let (caller, session) = greet(&self.entrance, Intent::Drive, self.session)?;
        (self.caller, self.session, self.health) = (caller, session, Health::Good);
        self.describe()
    }
}

/// What a late answer is late for.
const HEAR: &str = "hear from the server";

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
        let start = self.now;
        let pins = self.number(Writer::of(Ask::Advance as u8).number(cycles.clamp(1, CALL)))?;
        let bit = |at: u64| pins >> at & 1 == 1;
        self.seen = bit(4).then(|| Handshake { s_valid: bit(0), s_ready: bit(1), m_valid: bit(2), m_ready: bit(3) });
        self.now = self.now.max(start + 1);
        Ok(())
    }

    fn handshake(&self) -> Option<Handshake> {
        self.seen
    }

    fn flush(&mut self) -> Result<(), HostError> {
        if self.health != Health::Good {
            self.renew()?;
        }
        self.call(Writer::of(Ask::Flush as u8)).map(|_| ())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.call(Writer::of(Ask::Reset as u8)).map(|_| ())
    }
}
