//! Both streams of a card, a thread each: the kernel module's reads and writes wait, and it has no poll.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::ops::Range;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;
use std::thread::{spawn, JoinHandle};
use std::time::Duration;

/// Where buffers begin, and of what their lengths are multiples towards the card's results; PG195 wants 64 bytes.
pub const PAGE: usize = 4096;
/// What the module returns when its own time is up: ERESTARTSYS, which no program should ever see.
const GAVE_UP: i32 = 512;

/// What happened to a stream.
pub enum Event {
    /// So many bytes of a packet of `wanted` went to the card.
    Sent { wanted: usize, moved: io::Result<usize> },
    /// A result; `whole`: it ended with TLAST, not with the buffer.
    Came { bytes: Vec<u8>, whole: bool },
    /// No result came in the time that the module allows.
    Silent,
    /// The read failed.
    Failed(io::Error),
}

/// The threads' side here. They end with it, or where they wait in the kernel as soon as that gives up.
pub struct Channel {
    packets: Sender<Vec<u8>>,
    reads: Sender<()>,
    events: Receiver<Event>,
    sending: bool,
    reading: bool,
    writer: Option<JoinHandle<()>>,
    reader: Option<JoinHandle<()>>,
}

impl Channel {
    /// Both threads keep the lock on `user` as long as they use the card. Results have `result` bytes.
    pub fn start(user: File, to_card: File, from_card: File, result: usize) -> Self {
        let (packets, to_send) = channel();
        let (reads, to_read) = channel();
        let (happened, events) = channel();
        let (lock, told) = (Arc::new(user), happened.clone());
        let kept = Arc::clone(&lock);
        let writer = Some(spawn(move || write_packets(to_card, &to_send, &told, &kept)));
        let reader = Some(spawn(move || read_results(from_card, &to_read, &happened, result, &lock)));
        Channel { packets, reads, events, sending: false, reading: false, writer, reader }
    }

    /// A packet is not yet wholly on the card.
    pub fn is_sending(&self) -> bool {
        self.sending
    }

    /// Hands a packet to the card; there must be none in flight.
    pub fn send(&mut self, packet: &[u8]) {
        // A thread that is gone is noticed where its event is missing: a deadline.
        self.sending = self.packets.send(packet.to_vec()).is_ok();
    }

    /// Has a result read, unless one is being read.
    pub fn listen(&mut self) {
        self.reading = self.reading || self.reads.send(()).is_ok();
    }

    /// The next event, if one comes within `wait`.
    pub fn next(&mut self, wait: Duration) -> Option<Event> {
        let event = self.events.recv_timeout(wait).ok()?;
        match event {
            Event::Sent { .. } => self.sending = false,
            _ => self.reading = false,
        }
        Some(event)
    }
}

impl Drop for Channel {
    /// Both threads have let go of the card when this returns, but for one that waits in the kernel.
    fn drop(&mut self) {
        (self.packets, self.reads) = (channel().0, channel().0);
        let free = [(self.writer.take(), self.sending), (self.reader.take(), self.reading)];
        for thread in free.into_iter().filter_map(|(thread, busy)| thread.filter(|_| !busy)) {
            // One that panicked has let go as well.
            let _ = thread.join();
        }
    }
}

fn write_packets(mut card: File, packets: &Receiver<Vec<u8>>, events: &Sender<Event>, _lock: &File) {
    for packet in packets {
        let (mut store, range) = aligned(packet.len());
        store[range.clone()].copy_from_slice(&packet);
        let moved = uninterrupted(|| card.write(&store[range.clone()]));
        let moved = moved.map_err(|error| match error.raw_os_error() {
            Some(GAVE_UP) => io::Error::new(
                ErrorKind::TimedOut,
                "the card did not take it in the time the module allows (h2c_timeout)",
            ),
            _ => error,
        });
        if events.send(Event::Sent { wanted: packet.len(), moved }).is_err() {
            return;
        }
    }
}

fn read_results(mut card: File, reads: &Receiver<()>, events: &Sender<Event>, result: usize, _lock: &File) {
    // More than a result, or its end could not be told from the buffer's.
    let (mut store, range) = aligned((result + 1).next_multiple_of(PAGE));
    for () in reads {
        let event = match uninterrupted(|| card.read(&mut store[range.clone()])) {
            Ok(0) => Event::Failed(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                let end = range.end.min(range.start + count);
                Event::Came { bytes: store[range.start..end].to_vec(), whole: end < range.end }
            }
            Err(error) if error.raw_os_error() == Some(GAVE_UP) => Event::Silent,
            Err(error) => Event::Failed(error),
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Memory, and where in it `bytes` bytes from the start of a page are.
fn aligned(bytes: usize) -> (Vec<u8>, Range<usize>) {
    let store = vec![0; bytes + PAGE];
    let start = store.as_ptr().align_offset(PAGE);
    (store, start..start + bytes)
}
