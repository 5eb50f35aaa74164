//! A client's end of a connection: questions with numbers, and the answers that bear them.

use super::handshake::{Greeting, Intent, Nonce, Session};
use super::message::{send, Incoming, Reader, Writer, BUSY, CHALLENGE, DONE, FULL, LARGEST, PATIENCE, REFUSED};
use crate::error::HostError;
use std::cmp::Ordering;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Longest that a client waits to be let in.
pub(super) const ENTRY: Duration = Duration::from_secs(5);
/// Between two tries of a client that was hung up on at the door.
const PAUSE: Duration = Duration::from_millis(50);

/// A server, and what it wants to know.
#[derive(Clone)]
pub(super) struct Entrance {
    /// Host and port.
    pub address: String,
    pub token: String,
}

/// A connection to a server which has let this client in.
pub(super) struct Caller {
    stream: TcpStream,
    incoming: Incoming,
    /// Number of the latest question.
    number: u64,
}

impl Caller {
    /// Sends a question.
    pub fn ask(&mut self, question: &Writer) -> io::Result<()> {
        self.number += 1;
        send(&mut self.stream, &Writer::default().number(self.number).bytes(&question.0).0)
    }

    /// The answer to the latest question; those to earlier ones came too late, and are passed over.
    pub fn answer(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        loop {
            let message = self.incoming.message(&mut self.stream, LARGEST, deadline)?;
            let mut reader = Reader(&message);
            match reader.number()?.cmp(&self.number) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(reader.rest().to_vec()),
                Ordering::Greater => return Err(ErrorKind::InvalidData.into()),
            }
        }
    }
}

/// What a server says to a client at its door.
enum Said {
    In(Caller, Session),
    Busy,
    Full,
    Refused,
}

/// Goes in. A client that is hung up on tries again for a while: the server makes room at its door by hanging up.
///
/// # Errors
/// [`HostError::ServerBusy`], [`HostError::ServerFull`], [`HostError::TokenRefused`], [`HostError::NoServer`], or what the
/// operating system says.
pub(super) fn greet(to: &Entrance, intent: Intent, session: Session) -> Result<(Caller, Session), HostError> {
    let device = format!("tcp:{}", to.address);
    let deadline = Instant::now() + ENTRY;
    loop {
        match knock(to, intent, session, deadline) {
            Ok(Said::In(caller, session)) => return Ok((caller, session)),
            Ok(Said::Busy) => return Err(HostError::ServerBusy { device }),
            Ok(Said::Full) => return Err(HostError::ServerFull { device }),
            Ok(Said::Refused) => return Err(HostError::TokenRefused { device }),
            Err(error) if was_hung_up(&error) && Instant::now() + PAUSE < deadline => std::thread::sleep(PAUSE),
            Err(error) if was_hung_up(&error) || error.kind() == ErrorKind::InvalidData => {
                return Err(HostError::NoServer { device })
            }
            Err(source) => return Err(HostError::Io { device, action: "connect", source }),
        }
    }
}

fn was_hung_up(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    [UnexpectedEof, ConnectionReset, ConnectionAborted, BrokenPipe].contains(&error.kind())
}

fn knock(to: &Entrance, intent: Intent, session: Session, deadline: Instant) -> io::Result<Said> {
    let mut stream = connect(&to.address, deadline)?;
    let mut incoming = Incoming::default();
    let greeting = Greeting::new(intent, session)?;
    send(&mut stream, &greeting.bytes())?;
    let mut answer = incoming.message(&mut stream, LARGEST, deadline)?;
    if let Some((&CHALLENGE, challenge)) = answer.split_first() {
        let challenge: &Nonce = challenge.try_into().map_err(|_| ErrorKind::InvalidData)?;
        send(&mut stream, &greeting.prove(&to.token, challenge))?;
        answer = incoming.message(&mut stream, LARGEST, deadline)?;
    }
    let mut reader = Reader(&answer);
    match reader.byte()? {
        DONE => {
            let session = if intent == Intent::Watch { Session::default() } else { reader.array()? };
            Ok(Said::In(Caller { stream, incoming, number: 0 }, session))
        }
        BUSY => Ok(Said::Busy),
        FULL => Ok(Said::Full),
        REFUSED => Ok(Said::Refused),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// A stream to the first of the host's addresses that answers.
fn connect(address: &str, deadline: Instant) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(ErrorKind::NotFound);
    for at in address.to_socket_addrs()? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&at, left) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
