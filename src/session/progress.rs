//! Progress on standard error: one line that is written over where a person is looking, a line every few seconds elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};
use systole_devices::Watch;
use systole_report::table::grouped;

/// Erases the line and returns to its beginning.
const ERASE: &str = "\r\x1b[2K";

/// How often a line is written where nobody is looking; what is done sooner is not told of.
const EVERY: Duration = Duration::from_secs(5);

/// How often a line is written where each step is wanted.
const EVERY_LOUD: Duration = Duration::from_secs(1);

/// How much is told of what is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loudness {
    Quiet,
    Usual,
    /// Each step on a line of its own, with the seconds since the command began.
    Loud,
}

/// What is being done; clones share it.
#[derive(Clone)]
pub struct Progress {
    shared: Arc<Shared>,
}

struct Shared {
    loudness: Loudness,
    terminal: bool,
    began: Instant,
    /// How often a line is written where there is no terminal, and what writes it.
    every: Duration,
    write: fn(&str),
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is being done, and since when something is; `None` when nothing is.
    doing: Option<(String, Instant)>,
    /// The step of which a line was written last.
    told: String,
    /// Whether a thread writes lines.
    ticking: bool,
}

impl Progress {
    /// On standard error.
    pub fn new(loudness: Loudness) -> Self {
        let write = |text: &str| {
            let _ = write!(std::io::stderr(), "{text}").and_then(|()| std::io::stderr().flush());
        };
        let loud = loudness == Loudness::Loud;
        let every = if loud { EVERY_LOUD } else { EVERY };
        Progress::with(loudness, !loud && std::io::stderr().is_terminal(), every, write)
    }

    fn with(loudness: Loudness, terminal: bool, every: Duration, write: fn(&str)) -> Self {
        let state = Mutex::default();
        Progress { shared: Arc::new(Shared { loudness, terminal, began: Instant::now(), every, write, state }) }
    }

    /// Says what the command took, where that is wanted.
    pub fn end(&self) {
        self.clear();
        if self.shared.loudness == Loudness::Loud {
            (self.shared.write)(&format!("{:6.1} s  done\n", self.shared.began.elapsed().as_secs_f64()));
        }
    }

    /// Shows the cycles of an engine as they pass.
    pub fn cycles(&self) -> Watch {
        let progress = self.clone();
        Arc::new(move |cycles| progress.show(&format!("{} cycles", grouped(cycles))))
    }

    /// Shows `text` in place of what was shown before.
    pub fn show(&self, text: &str) {
        if self.shared.loudness == Loudness::Quiet {
            return;
        }
        let mut state = self.shared.state();
        let since = state.doing.take().map_or_else(Instant::now, |(_, since)| since);
        state.doing = Some((text.to_string(), since));
        // Without its percents.
        let step = text.rsplit("  ").next().unwrap_or(text);
        if self.shared.loudness == Loudness::Loud && step != state.told {
            state.told = step.to_string();
            (self.shared.write)(&format!("{:6.1} s  {step}\n", self.shared.began.elapsed().as_secs_f64()));
        }
        if self.shared.terminal {
            (self.shared.write)(&format!("{ERASE}{text}"));
        } else if !state.ticking {
            state.ticking = true;
            let (shared, every) = (Arc::downgrade(&self.shared), self.shared.every);
            thread::spawn(move || tick(&shared, every));
        }
    }

    /// Shows how far `what` is.
    pub fn step(&self, what: &str, done: u64, total: u64) {
        let percent = done * 100 / total.max(1);
        self.show(&format!("{percent:3} %  {done}/{total}  {what}"));
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.shared.clear();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clear(&self) {
        if self.state().doing.take().is_some() && self.terminal {
            (self.write)(ERASE);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Writes what is being done every few seconds, until nothing is.
fn tick(shared: &Weak<Shared>, every: Duration) {
    loop {
        thread::sleep(every);
        let Some(shared) = shared.upgrade() else { return };
        let mut state = shared.state();
        match &state.doing {
            Some((text, since)) if since.elapsed() >= every => {
                (shared.write)(&format!("{:4} s  {text}\n", since.elapsed().as_secs()));
            }
            Some(_) => (),
            None => {
                state.ticking = false;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static WRITTEN: Mutex<String> = Mutex::new(String::new());

    fn written() -> String {
        WRITTEN.lock().unwrap().clone()
    }

    #[test]
    fn a_long_step_is_told_of_again_and_again_where_there_is_no_terminal() {
        let progress = Progress::with(Loudness::Usual, false, Duration::from_millis(20), |text| {
            WRITTEN.lock().unwrap().push_str(text)
        });
        progress.step("conv1", 3, 4);
        let start = Instant::now();
        while written().lines().count() < 2 && start.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(5));
        }
        progress.clear();
        let lines = written();
        assert!(
            lines.lines().count() >= 2 && lines.lines().all(|line| line.ends_with(" s   75 %  3/4  conv1")),
            "{lines:?}"
        );
        thread::sleep(Duration::from_millis(60));
        let after = written();
        thread::sleep(Duration::from_millis(60));
        assert_eq!(written(), after, "nothing is being done");
    }
}
