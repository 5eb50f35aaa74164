//! One line of progress on standard error, and only where a person is looking.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::rc::Rc;

/// Erases the line and returns to its beginning.
const ERASE: &str = "\r\x1b[2K";

/// A line that is written over; clones share it.
#[derive(Clone)]
pub struct Progress {
    terminal: bool,
    shown: Rc<Cell<bool>>,
}

impl Progress {
    /// Silent unless standard error is a terminal.
    pub fn on_terminal() -> Self {
        Progress { terminal: std::io::stderr().is_terminal(), shown: Rc::default() }
    }

    /// Shows `text` in place of what was shown before.
    pub fn show(&self, text: &str) {
        if self.terminal {
            eprint!("{ERASE}{text}");
            let _ = std::io::stderr().flush();
            self.shown.set(true);
        }
    }

    /// Shows how far `what` is.
    pub fn step(&self, what: &str, done: u64, total: u64) {
        let percent = done * 100 / total.max(1);
        self.show(&format!("{percent:3} %  {done}/{total}  {what}"));
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.shown.take() {
            eprint!("{ERASE}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
