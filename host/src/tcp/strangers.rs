//! Those at a server's door who have not said yet who they are: some at once, a while each. Who comes when all places are taken
//! has the one of the oldest, so that nobody keeps the door shut by staying.

use std::collections::VecDeque;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// At once, a thread each.
pub(super) const MOST: usize = 64;

#[derive(Default)]
struct Waiting {
    next: u64,
    /// Oldest first.
    all: VecDeque<(u64, TcpStream)>,
}

/// The places.
#[derive(Clone, Default)]
pub(super) struct Strangers(Arc<Mutex<Waiting>>);

/// A stranger's place, until it is dropped.
pub(super) struct Place {
    number: u64,
    of: Strangers,
}

impl Strangers {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // The queue is whole between any two of its operations.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for who comes over `stream`, and whether somebody had to leave for him.
    pub fn admit(&self, stream: TcpStream) -> (Place, bool) {
        let mut waiting = self.waiting();
        let full = waiting.all.len() >= MOST;
        if let Some((_, oldest)) = full.then(|| waiting.all.pop_front()).flatten() {
            // His thread sees the end of his stream; one that is closed already is as well.
            let _ = oldest.shutdown(Shutdown::Both);
        }
        let number = waiting.next;
        waiting.next += 1;
        waiting.all.push_back((number, stream));
        (Place { number, of: self.clone() }, full)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.waiting().all.retain(|(number, _)| *number != self.number);
    }
}
