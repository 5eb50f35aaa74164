//! Serves a device to one client after another. Strangers cost neither memory nor time beyond limits.

use super::board::NoticeBoard;
use super::door::{Door, Driving, Guest};
use super::message::{send, Ask, Reader, Writer, DONE, FAILED, LARGEST, TIMED_OUT, UNSUPPORTED};
use super::options::{ServeOptions, LOOK};
use super::strangers::Strangers;
use crate::device::{Device, OutBeat};
use crate::error::HostError;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use systole_machine::registers::{self as reg, Register};

/// Cycles of one call at most.
const CALL: u64 = 50_000;
/// A register access may take this many times what it takes when all is well; a client asks for half as much.
const ROUND_TRIPS: u64 = 4;
/// How long a client may take from one half of a counter to the other.
const PAIR: Duration = Duration::from_secs(1);

/// Whether a server may listen there: at an address that other machines reach only where clients must give a token.
///
/// # Errors
/// [`HostError::OpenToAll`].
pub fn may_listen(address: SocketAddr, options: &ServeOptions) -> Result<(), HostError> {
    match options.token.is_none() && !address.ip().is_loopback() {
        true => Err(HostError::OpenToAll { address: address.to_string() }),
        false => Ok(()),
    }
}

/// Serves `device` until it is told to stop. One client drives it; another that wants to is told so, unless it takes over or is
/// the same one whose connection broke. Others may watch its counters meanwhile ([`super::TcpWatcher`]): they are read between two messages of the client, and delay it by that.
///
/// # Errors
/// [`HostError::OpenToAll`] for an address that others reach, without a token; what the operating system says of the listener.
pub fn serve<D: Device>(listener: TcpListener, device: &mut D, options: &ServeOptions) -> Result<(), HostError> {
    let failed = |source| HostError::Io { device: "tcp".into(), action: "listen", source };
    may_listen(listener.local_addr().map_err(failed)?, options)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let (driving, board) = (Driving::default(), Arc::<NoticeBoard>::default());
    let (guests, waiting) = channel();
    let door = Door {
        guests,
        driving: driving.clone(),
        board: Arc::clone(&board),
        strangers: Strangers::default(),
        watchers: Arc::default(),
        options: options.clone(),
    };
    let porter = std::thread::spawn(move || door.keep(&listener));
    Server { device, options, driving, board }.answer_all(&waiting);
    // A porter that panicked has nobody left to let in.
    let _ = porter.join();
    Ok(())
}

/// The thread that has the device.
struct Server<'a, D> {
    device: &'a mut D,
    options: &'a ServeOptions,
    driving: Driving,
    board: Arc<NoticeBoard>,
}

impl<D: Device> Server<'_, D> {
    fn answer_all(mut self, waiting: &Receiver<Guest>) {
        loop {
            self.board.refresh(self.device);
            match waiting.recv_timeout(LOOK) {
                Ok(guest) => {
                    // How a conversation ended concerns the client alone.
                    let session = guest.session;
                    let _ = self.converse(guest);
                    // Beats of the client that left; a device that fails here fails again for the next one, who is told.
                    let _ = self.device.flush();
                    self.driving.left(session);
                }
                Err(RecvTimeoutError::Timeout) if !self.options.stop.load(Ordering::SeqCst) => {}
                Err(_) => return,
            }
        }
    }

    /// One client from admission to end.
    fn converse(&mut self, mut guest: Guest) -> io::Result<()> {
        send(&mut guest.stream, &Writer::of(DONE).bytes(&guest.session).0)?;
        let mut alone_until = Instant::now();
        while let Some(message) = self.next_message(&mut guest, alone_until)? {
            let mut reader = Reader(&message);
            let (number, asked) = (reader.number()?, reader.rest());
            let answer = answer(self.device, asked)?;
            send(&mut guest.stream, &Writer::default().number(number).bytes(&answer).0)?;
            alone_until = Instant::now() + if begins_pair(asked) { PAIR } else { Duration::ZERO };
        }
        Ok(())
    }

    /// The client's next message; nothing when the server is to stop. Until it comes, watchers are served, but not before
    /// `alone_until`.
    fn next_message(&mut self, guest: &mut Guest, alone_until: Instant) -> io::Result<Option<Vec<u8>>> {
        let deadline = Instant::now() + self.options.idle;
        while !self.options.stop.load(Ordering::SeqCst) {
            if Instant::now() >= alone_until {
                self.board.refresh(self.device);
            }
            guest.stream.set_read_timeout(Some(LOOK / 4))?;
            let begun = if guest.incoming.is_empty() { guest.stream.peek(&mut [0]) } else { Ok(1) };
            match begun {
                Ok(_) => {
                    let by = Instant::now() + self.options.message;
                    return guest.incoming.message(&mut guest.stream, LARGEST, by).map(Some);
                }
                Err(error) if is_silence(&error) && Instant::now() < deadline => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn is_silence(error: &io::Error) -> bool {
    [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted].contains(&error.kind())
}

/// The low word of a counter is read: it keeps the high one, which comes next and would be another's were it read meanwhile.
fn begins_pair(message: &[u8]) -> bool {
    let mut reader = Reader(message);
    let read = reader.byte().ok().and_then(Ask::of) == Some(Ask::Read);
    let address = reader.number().unwrap_or(0);
    let low = |register: &&Register| register.words == 2 && u64::from(register.word(0)) == address;
    read && reg::TABLE.iter().any(low)
}

/// The answer to a message; an error for one that is none.
fn answer<D: Device>(device: &mut D, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut reader = Reader(message);
    let ask = Ask::of(reader.byte()?).ok_or(ErrorKind::InvalidData)?;
    let done = act(device, ask, &mut reader)?;
    let now = device.now();
    let head = |status| Writer::of(status).number(now);
    Ok(match done {
        Ok(body) => head(DONE).bytes(&body.0),
        Err(HostError::Unsupported { .. }) => head(UNSUPPORTED),
        Err(HostError::RegisterTimeout { .. }) => head(TIMED_OUT),
        Err(error) => head(FAILED).bytes(error.to_string().as_bytes()),
    }
    .0)
}

/// Does what is asked; outer errors are the client's, inner ones the device's.
fn act<D: Device>(device: &mut D, ask: Ask, reader: &mut Reader) -> io::Result<Result<Writer, HostError>> {
    let none = Writer::default;
    Ok(match ask {
        Ask::Describe => {
            let link = device.link();
            let body = none().number(link.in_beat.to_bits()).number(link.out_beat.to_bits()).number(link.round_trip);
            Ok(body.bytes(device.name().as_bytes()))
        }
        Ask::Read => {
            let (address, within) = (address(reader)?, reader.number()?);
            check_wait(device, within)
                .and_then(|()| device.read_reg(address, within))
                .map(|word| none().number(word.into()))
        }
        Ask::Write => {
            let (address, within, value) = (address(reader)?, reader.number()?, reader.number()?);
            let done = check_wait(device, within).and_then(|()| device.write_reg(address, value as u32, within));
            done.map(|()| none())
        }
        Ask::Send => {
            let ends = reader.number()? == 1;
            device.send(reader.rest(), ends).map(|taken| none().number(taken as u64))
        }
        Ask::Receive => {
            let mut beats = Vec::new();
            let most = (reader.number()? as usize).min(LARGEST / 8);
            device.receive(most, &mut beats).map(|()| beats.iter().fold(none(), |body, beat| body.bytes(&packed(beat))))
        }
        Ask::Advance => {
            let cycles = reader.number()?.clamp(1, CALL);
            device.advance(cycles).map(|()| none().number(pins(device)))
        }
        Ask::Flush => device.flush().map(|()| none()),
        Ask::Reset => device.reset().map(|()| none()),
    })
}

/// A client who would wait longer than a device needs would keep the others out.
fn check_wait<D: Device>(device: &D, found: u64) -> Result<(), HostError> {
    let limit = device.link().round_trip.saturating_mul(ROUND_TRIPS);
    match found <= limit {
        true => Ok(()),
        false => Err(HostError::WaitLong { device: device.name().to_string(), found, limit }),
    }
}

fn address(reader: &mut Reader) -> io::Result<u32> {
    u32::try_from(reader.number()?).map_err(|_| ErrorKind::InvalidData.into())
}

fn packed(beat: &OutBeat) -> [u8; 5] {
    let [a, b, c, d] = beat.data.to_le_bytes();
    [a, b, c, d, beat.last.into()]
}

/// The streams' pins, and above them whether they are seen at all.
fn pins<D: Device>(device: &D) -> u64 {
    device.handshake().map_or(0, |h| {
        let bits = [h.s_valid, h.s_ready, h.m_valid, h.m_ready, true];
        bits.into_iter().enumerate().map(|(at, bit)| u64::from(bit) << at).sum()
    })
}
