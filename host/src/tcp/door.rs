//! The door of a server: who comes says what he wants, and drives the device, watches it, or leaves.

use super::board::NoticeBoard;
use super::message::{receive, send, Writer, BUSY, DONE, FAILED, GREETING, LARGEST_GREETING, REFUSED, WATCH_GREETING};
use super::server::{ServeOptions, LOOK};
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::Arc;

/// People at the door and watchers at most, a thread each.
const MOST: usize = 8;

/// Lets clients in: one who drives, some who watch.
#[derive(Clone)]
pub(super) struct Door {
    pub guests: Sender<TcpStream>,
    /// Somebody drives.
    pub busy: Arc<AtomicBool>,
    pub board: Arc<NoticeBoard>,
    pub inside: Arc<AtomicUsize>,
    pub options: ServeOptions,
}

impl Door {
    /// Until the server is told to stop.
    pub fn keep(self, listener: &TcpListener) {
        while !self.options.stop.load(Ordering::SeqCst) {
            match listener.accept() {
                Ok((stream, _)) => self.clone().open(stream),
                Err(_) => std::thread::sleep(LOOK / 4),
            }
        }
    }

    fn open(self, mut stream: TcpStream) {
        if self.inside.fetch_add(1, Ordering::SeqCst) >= MOST {
            self.inside.fetch_sub(1, Ordering::SeqCst);
            let wait = stream.set_nonblocking(false).and_then(|()| stream.set_write_timeout(Some(LOOK)));
            // He is turned away, whether he hears it or not.
            let _ = wait.and_then(|()| send(&mut stream, &[BUSY]));
            return;
        }
        std::thread::spawn(move || {
            // How it ended concerns him alone.
            let _ = self.greet(stream);
            self.inside.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn greet(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        let message = self.options.message;
        stream.set_write_timeout(Some(message))?;
        let greeting = receive(&mut stream, LARGEST_GREETING, message, message)?;
        let (wish, token) = greeting.split_first_chunk().ok_or(ErrorKind::InvalidData)?;
        if ![GREETING, WATCH_GREETING].contains(&wish) {
            return Err(ErrorKind::InvalidData.into());
        }
        let wanted = self.options.token.as_deref();
        if wanted.is_some_and(|wanted| !same(token, wanted.as_bytes())) {
            return send(&mut stream, &[REFUSED]);
        }
        if wish == WATCH_GREETING {
            send(&mut stream, &[DONE])?;
            return self.show(&mut stream);
        }
        if self.busy.swap(true, Ordering::SeqCst) {
            return send(&mut stream, &[BUSY]);
        }
        // Refused only when the server ends.
        self.guests.send(stream).map_err(|_| ErrorKind::NotConnected.into())
    }

    /// A sample for every message, whatever it says.
    fn show(&self, stream: &mut TcpStream) -> io::Result<()> {
        while !self.options.stop.load(Ordering::SeqCst) {
            receive(stream, LARGEST_GREETING, self.options.idle, self.options.message)?;
            let answer = match self.board.next(self.options.message) {
                Some(Ok(sample)) => sample.write(Writer::of(DONE)),
                Some(Err(error)) => Writer::of(FAILED).bytes(error.as_bytes()),
                None => Writer::of(FAILED).bytes(b"the device is held by a call of the client that drives it"),
            };
            send(stream, &answer.0)?;
        }
        Ok(())
    }
}

/// Compared in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
