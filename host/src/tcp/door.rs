//! The door of a server: who comes says what he wants, proves that he may, and drives the device, watches it, or leaves.

use super::board::NoticeBoard;
use super::handshake::{draw, first, Greeting, Intent, Nonce, Session, NO_SESSION};
use super::message::{send, Incoming, Reader, Writer, BUSY, CHALLENGE, DONE, FAILED, FULL, LARGEST_GREETING, REFUSED};
use super::options::{ServeOptions, LOOK};
use super::strangers::{Place, Strangers};
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Watchers at once, a thread each.
const WATCHERS: usize = 8;
/// Longest that a stranger may take to say who he is.
const HANDSHAKE: Duration = Duration::from_secs(3);
/// Between two strangers when each takes the place of another: who knows the token needs some time at the door.
const PACE: Duration = Duration::from_millis(5);

/// A client that drives, or will as soon as the one before has left.
pub(super) struct Guest {
    pub stream: TcpStream,
    pub incoming: Incoming,
    pub session: Session,
}

/// Who drives now.
#[derive(Clone, Default)]
pub(super) struct Driving(Arc<Mutex<Option<(Session, TcpStream)>>>);

impl Driving {
    fn now(&self) -> MutexGuard<'_, Option<(Session, TcpStream)>> {
        // It is replaced as a whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a client drive: where nobody does, where it is the one whose connection broke, or where it takes over.
    fn let_in(&self, greeting: &Greeting, session: Session, stream: TcpStream) -> bool {
        let mut now = self.now();
        if let Some((found, before)) = &*now {
            let resumes = greeting.session != NO_SESSION && greeting.session == *found;
            if !resumes && greeting.intent != Intent::TakeOver {
                return false;
            }
            // Its conversation ends at its next message, or at once; a stream that is closed already is no harm.
            let _ = before.shutdown(Shutdown::Both);
        }
        *now = Some((session, stream));
        true
    }

    /// The client of that session has left.
    pub fn left(&self, session: Session) {
        let mut now = self.now();
        if now.as_ref().is_some_and(|(found, _)| *found == session) {
            *now = None;
        }
    }
}

/// Lets clients in: one who drives, some who watch.
#[derive(Clone)]
pub(super) struct Door {
    pub guests: Sender<Guest>,
    pub driving: Driving,
    pub board: Arc<NoticeBoard>,
    pub strangers: Strangers,
    pub watchers: Arc<AtomicUsize>,
    pub options: ServeOptions,
}

impl Door {
    /// Until the server is told to stop.
    pub fn keep(self, listener: &TcpListener) {
        while !self.options.stop.load(Ordering::SeqCst) {
            match listener.accept() {
                // How it ended concerns who came alone.
                Ok((stream, _)) => drop(self.open(stream)),
                Err(_) => std::thread::sleep(LOOK / 4),
            }
        }
    }

    fn open(&self, stream: TcpStream) -> io::Result<()> {
        let (place, full) = self.strangers.admit(stream.try_clone()?);
        let door = self.clone();
        std::thread::Builder::new().spawn(move || {
            // Likewise.
            let _ = door.greet(stream, place);
        })?;
        if full {
            std::thread::sleep(PACE);
        }
        Ok(())
    }

    fn greet(&self, mut stream: TcpStream, place: Place) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        let within = self.options.message.min(HANDSHAKE);
        stream.set_write_timeout(Some(within))?;
        let (mut incoming, deadline) = (Incoming::default(), Instant::now() + within);
        let greeting = first(&mut incoming, &mut stream, deadline)?;
        if !self.knows_token(&greeting, &mut stream, &mut incoming, deadline)? {
            return send(&mut stream, &[REFUSED]);
        }
        drop(place);
        stream.set_write_timeout(Some(self.options.message))?;
        if greeting.intent == Intent::Watch {
            return self.watch(&mut stream, &mut incoming);
        }
        let session = draw()?;
        if !self.driving.let_in(&greeting, session, stream.try_clone()?) {
            return send(&mut stream, &[BUSY]);
        }
        // Refused only when the server ends.
        self.guests.send(Guest { stream, incoming, session }).map_err(|_| ErrorKind::NotConnected.into())
    }

    fn knows_token(
        &self,
        greeting: &Greeting,
        stream: &mut TcpStream,
        incoming: &mut Incoming,
        deadline: Instant,
    ) -> io::Result<bool> {
        let Some(token) = &self.options.token else { return Ok(true) };
        let challenge: Nonce = draw()?;
        send(stream, &Writer::of(CHALLENGE).bytes(&challenge).0)?;
        let proof = incoming.message(stream, LARGEST_GREETING, deadline)?;
        Ok(greeting.is_proved(token, &challenge, &proof))
    }

    fn watch(&self, stream: &mut TcpStream, incoming: &mut Incoming) -> io::Result<()> {
        let shown = match self.watchers.fetch_add(1, Ordering::SeqCst) < WATCHERS {
            true => send(stream, &[DONE]).and_then(|()| self.show(stream, incoming)),
            false => send(stream, &[FULL]),
        };
        self.watchers.fetch_sub(1, Ordering::SeqCst);
        shown
    }

    /// A sample for every message, under the message's number.
    fn show(&self, stream: &mut TcpStream, incoming: &mut Incoming) -> io::Result<()> {
        while !self.options.stop.load(Ordering::SeqCst) {
            let asked = incoming.message(stream, LARGEST_GREETING, Instant::now() + self.options.idle)?;
            let answer = Writer::default().number(Reader(&asked).number()?);
            let answer = match self.board.next(self.options.message) {
                Some(Ok(sample)) => sample.write(answer.bytes(&[DONE])),
                Some(Err(error)) => answer.bytes(&[FAILED]).bytes(error.as_bytes()),
                None => answer.bytes(&[FAILED]).bytes(b"the device is held by a call of the client that drives it"),
            };
            send(stream, &answer.0)?;
        }
        Ok(())
    }
}
