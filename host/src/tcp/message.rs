//! Messages between a machine's server and its client: a length, then that many bytes, within limits of size and time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// An answer that takes longer is late: its call fails.
pub const PATIENCE: Duration = Duration::from_secs(50);
/// Bytes of a message at most; larger images are sent in pieces by neither end, but refused.
pub const LARGEST: usize = 1 << 22;
/// Bytes of the first message at most: nobody has said yet who he is.
pub const LARGEST_GREETING: usize = 1 << 10;

/// What a client asks for, by the first byte of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Ask {
    Describe,
    Read,
    Write,
    Send,
    Receive,
    Advance,
    Flush,
    Reset,
}

impl Ask {
    const ALL: [Ask; 8] =
        [Ask::Describe, Ask::Read, Ask::Write, Ask::Send, Ask::Receive, Ask::Advance, Ask::Flush, Ask::Reset];

    pub fn of(byte: u8) -> Option<Ask> {
        Ask::ALL.into_iter().find(|ask| *ask as u8 == byte)
    }
}

/// How a server answers, by the first byte of its message.
pub const DONE: u8 = 0;
pub const FAILED: u8 = 1;
pub const UNSUPPORTED: u8 = 2;
pub const TIMED_OUT: u8 = 3;
pub const BUSY: u8 = 4;
pub const REFUSED: u8 = 5;
/// Prove that you know the token.
pub const CHALLENGE: u8 = 6;
/// As many watch as may.
pub const FULL: u8 = 7;

/// Numbers and texts, one after another.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn of(first: u8) -> Self {
        Writer(vec![first])
    }

    pub fn number(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

/// Takes a message apart; what is not there is an error of the other end.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ErrorKind::InvalidData)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn byte(&mut self) -> io::Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub fn number(&mut self) -> io::Result<u64> {
        let bytes = self.take(8)?.try_into().map_err(|_| ErrorKind::InvalidData)?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| ErrorKind::InvalidData.into())
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

pub fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(|_| ErrorKind::InvalidInput)?;
    let framed = [&length.to_le_bytes(), message].concat();
    stream.write_all(&framed)
}

/// What has come of a stream's messages. A message that a deadline cut is gone on with by the next call.
#[derive(Default)]
pub struct Incoming(Vec<u8>);

/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

impl Incoming {
    /// A whole message of `largest` bytes at most, by `deadline`, however slowly its bytes come.
    pub fn message(&mut self, stream: &mut TcpStream, largest: usize, deadline: Instant) -> io::Result<Vec<u8>> {
        loop {
            if let Some(message) = self.whole(largest)? {
                return Ok(message);
            }
            self.more(stream, deadline)?;
        }
    }

    /// Nothing of a message is there yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first message, if it is there whole.
    fn whole(&mut self, largest: usize) -> io::Result<Option<Vec<u8>>> {
        let Some((length, rest)) = self.0.split_first_chunk() else { return Ok(None) };
        let length = u32::from_le_bytes(*length) as usize;
        if length > largest {
            let what = format!("a message of {length} bytes; at most {largest} are taken");
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let message = rest[..length].to_vec();
        self.0.drain(..4 + length);
        Ok(Some(message))
    }

    fn more(&mut self, stream: &mut TcpStream, deadline: Instant) -> io::Result<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let before = self.0.len();
        self.0.resize(before + CHUNK, 0);
        let read = stream.read(&mut self.0[before..]);
        self.0.truncate(before + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(ErrorKind::TimedOut.into()),
            Err(error) => Err(error),
        }
    }
}
