//! When pooling ends, as the scheduler foresees it: operations in a queue share port B with what the array writes.

use std::collections::VecDeque;

/// Writes of an array tile at port B: spread evenly over its cycles.
#[derive(Clone, Copy, Debug)]
struct Drain {
    begin: u64,
    end: u64,
    writes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// Number among all pool operations.
    op: usize,
    ready: u64,
    /// Cycles of port B that it still takes.
    left: u64,
}

/// The pool engine's queue and port B, as far as the program is known.
#[derive(Debug, Default)]
pub struct Pooling {
    now: u64,
    drains: VecDeque<Drain>,
    queue: VecDeque<Waiting>,
    /// Cycle at which each operation that is over ended.
    ends: Vec<u64>,
}

impl Pooling {
    /// An operation that may begin at `ready` and takes port B for `cycles`.
    pub fn push(&mut self, ready: u64, cycles: u64) {
        let op = self.ends.len() + self.queue.len();
        self.queue.push_back(Waiting { op, ready, left: cycles });
    }

    /// An array tile's `writes` reach port B from `begin` to `end`; tiles come in order.
    pub fn drain(&mut self, begin: u64, end: u64, writes: u64) {
        self.drains.push_back(Drain { begin, end, writes: writes.min(end - begin) });
    }

    /// Operations that are not over.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The clock moves on; what the array writes until then is known.
    pub fn advance(&mut self, to: u64) {
        while let Some(head) = self.queue.front_mut() {
            let from = self.now.max(head.ready);
            if from >= to {
                break;
            }
            while self.drains.front().is_some_and(|d| d.end <= from) {
                self.drains.pop_front();
            }
            // Free cycles of port B from here to the next change of what the array writes.
            let (until, taken, cycles) = match self.drains.front() {
                Some(d) if d.begin <= from => (d.end, d.writes, d.end - d.begin),
                Some(d) => (d.begin, 0, 1),
                None => (to, 0, 1),
            };
            let until = until.min(to);
            let free = (until - from) * (cycles - taken) / cycles;
            if free < head.left {
                head.left -= free;
                self.now = until;
            } else {
                self.now = (from + (head.left * cycles).checked_div(cycles - taken).unwrap_or(0)).clamp(from, until);
                self.ends.push(self.now);
                self.queue.pop_front();
            }
        }
        self.now = self.now.max(to);
    }

    /// Cycle at which an operation ended, or will if the array writes nothing from now on.
    pub fn end(&self, op: usize) -> u64 {
        if let Some(&end) = self.ends.get(op) {
            return end;
        }
        let ahead = self.queue.iter().take_while(|w| w.op <= op);
        ahead.fold(self.now, |at, w| at.max(w.ready) + w.left)
    }
}

#[cfg(test)]
mod tests {
    use super::Pooling;

    #[test]
    fn operations_follow_one_another_from_when_they_are_ready() {
        let mut pooling = Pooling::default();
        pooling.push(10, 30);
        pooling.push(20, 5);
        assert_eq!((pooling.end(0), pooling.end(1)), (40, 45));
        pooling.advance(42);
        assert_eq!((pooling.waiting(), pooling.end(0), pooling.end(1)), (1, 40, 45));
        pooling.advance(100);
        assert_eq!((pooling.waiting(), pooling.end(1)), (0, 45));
    }

    #[test]
    fn what_the_array_writes_holds_pooling_up() {
        let mut pooling = Pooling::default();
        pooling.push(0, 20);
        pooling.drain(0, 40, 30);
        pooling.drain(50, 60, 10);
        // 10 of the first 40 cycles are free, then 10; the other 0 of 20 are there before 50.
        pooling.advance(80);
        assert_eq!((pooling.waiting(), pooling.end(0)), (0, 50));
        pooling.push(50, 5);
        pooling.drain(80, 100, 20);
        pooling.advance(90);
        assert_eq!((pooling.waiting(), pooling.end(1)), (1, 95));
        pooling.advance(120);
        assert_eq!(pooling.end(1), 105);
    }
}
