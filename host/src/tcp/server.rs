//! Serves a device to one client after another. Strangers cost neither memory nor time beyond limits.

use super::message::{
    receive, send, Ask, Reader, Writer, BUSY, DONE, FAILED, GREETING, LARGEST, LARGEST_GREETING, REFUSED, TIMED_OUT,
    UNSUPPORTED,
};
use crate::device::{Device, OutBeat};
use crate::error::HostError;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::time::Duration;

/// Cycles of one call at most.
const CALL: u64 = 50_000;
/// A register access may take this many times what it takes when all is well; a client asks for half as much.
const ROUND_TRIPS: u64 = 4;
/// Between two looks whether to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Whom to serve, and for how long to wait for him.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// What clients must say; without one any client is served, which is only allowed on addresses of this machine.
    pub token: Option<String>,
    /// How long a client may be silent, and how long one of its messages may take.
    pub idle: Duration,
    pub message: Duration,
    /// Ends the server.
    pub stop: Arc<AtomicBool>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        ServeOptions {
            token: None,
            idle: Duration::from_secs(120),
            message: Duration::from_secs(10),
            stop: Arc::default(),
        }
    }
}

/// Serves `device` until it is told to stop. A client that comes while another is served is told so.
///
/// # Errors
/// [`HostError::OpenToAll`] for an address that others reach, without a token; what the operating system says of the listener.
pub fn serve<D: Device>(listener: TcpListener, device: &mut D, options: &ServeOptions) -> Result<(), HostError> {
    let failed = |source| HostError::Io { device: "tcp".into(), action: "listen", source };
    let address = listener.local_addr().map_err(failed)?;
    if options.token.is_none() && !address.ip().is_loopback() {
        return Err(HostError::OpenToAll { address: address.to_string() });
    }
    listener.set_nonblocking(true).map_err(failed)?;
    let busy = Arc::new(AtomicBool::new(false));
    let (guests, door) = channel();
    let porter = Porter { listener, guests, busy: Arc::clone(&busy), options: options.clone() };
    let porter = std::thread::spawn(move || porter.run());
    answer_all(&door, device, options, &busy);
    // A porter that panicked has nobody left to let in.
    let _ = porter.join();
    Ok(())
}

fn answer_all<D: Device>(door: &Receiver<TcpStream>, device: &mut D, options: &ServeOptions, busy: &AtomicBool) {
    loop {
        match door.recv_timeout(LOOK) {
            Ok(guest) => {
                // How a conversation ended concerns the client alone.
                let _ = converse(guest, device, options);
                // Beats of the client that left; a device that fails here fails again for the next one, who is told.
                let _ = device.flush();
                busy.store(false, Ordering::SeqCst);
            }
            Err(RecvTimeoutError::Timeout) if !options.stop.load(Ordering::SeqCst) => {}
            Err(_) => return,
        }
    }
}

/// Lets clients in, one at a time.
struct Porter {
    listener: TcpListener,
    guests: Sender<TcpStream>,
    busy: Arc<AtomicBool>,
    options: ServeOptions,
}

impl Porter {
    fn run(self) {
        while !self.options.stop.load(Ordering::SeqCst) {
            match self.listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(_) => std::thread::sleep(LOOK / 4),
            }
        }
    }

    fn admit(&self, mut stream: TcpStream) {
        if self.busy.swap(true, Ordering::SeqCst) {
            let wait = stream.set_nonblocking(false).and_then(|()| stream.set_write_timeout(Some(LOOK)));
            // He is turned away, whether he hears it or not.
            let _ = wait.and_then(|()| send(&mut stream, &[BUSY]));
            return;
        }
        // Refused only when the server ends.
        let _ = self.guests.send(stream);
    }
}

/// One client from greeting to end.
fn converse<D: Device>(mut stream: TcpStream, device: &mut D, options: &ServeOptions) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(options.message))?;
    let greeting = receive(&mut stream, LARGEST_GREETING, options.message, options.message)?;
    let token = greeting.strip_prefix(&GREETING[..]).ok_or(ErrorKind::InvalidData)?;
    let wanted = options.token.as_deref().unwrap_or_default();
    if options.token.is_some() && !same(token, wanted.as_bytes()) {
        return send(&mut stream, &[REFUSED]);
    }
    send(&mut stream, &[DONE])?;
    while !options.stop.load(Ordering::SeqCst) {
        let message = receive(&mut stream, LARGEST, options.idle, options.message)?;
        let answer = answer(device, &message)?;
        send(&mut stream, &answer)?;
    }
    Ok(())
}

/// Compared in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
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
