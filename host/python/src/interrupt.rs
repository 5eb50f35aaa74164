//! Long work without Python's lock: other threads run meanwhile, and Ctrl-C ends it at its next step.

use crate::error::Raised;
use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;
use std::cell::Cell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Between two looks whether somebody interrupts.
const EVERY: Duration = Duration::from_millis(50);
/// Stack of a thread that does a forked process' work, in bytes: as large as a program's first.
const STACK: usize = 8 << 20;

/// The process that imported the module. One that was forked from it has none of its threads.
static PROCESS: OnceLock<u32> = OnceLock::new();

thread_local! {
    static LATEST: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What ends the work.
struct Interrupted(PyErr);

/// Remembers the process.
pub fn begin() {
    PROCESS.get_or_init(std::process::id);
}

/// To be called by long work now and then.
pub fn look() {
    let due = LATEST.get().is_none_or(|latest| latest.elapsed() >= EVERY);
    if !due {
        return;
    }
    LATEST.set(Some(Instant::now()));
    if let Err(error) = Python::attach(|py| py.check_signals()) {
        resume_unwind(Box::new(Interrupted(error)));
    }
}

/// Runs `work`, which calls [`look`].
///
/// # Errors
/// Its own, and what interrupted it.
pub fn long<T: Send>(py: Python, work: impl FnOnce() -> Result<T, Raised> + Send) -> PyResult<T> {
    LATEST.set(Some(Instant::now()));
    let ended = py.detach(|| catch_unwind(AssertUnwindSafe(|| here(work))));
    match ended {
        Ok(Ok(value)) => Ok(value),
        // What was interrupted below this library, such as a compiler, says something of its own.
        Ok(Err(raised)) => Err(py.check_signals().err().unwrap_or_else(|| raised.into())),
        Err(payload) => Err(match payload.downcast::<Interrupted>() {
            Ok(interrupted) => interrupted.0,
            Err(_) => Raised::text("a fault in this program; please report it").into(),
        }),
    }
}

/// Does the work where waits for the threads that it uses end.
fn here<T: Send>(work: impl FnOnce() -> Result<T, Raised> + Send) -> Result<T, Raised> {
    if PROCESS.get() == Some(&std::process::id()) {
        return work();
    }
    let pool = ThreadPoolBuilder::new().stack_size(STACK).build();
    let pool = pool.map_err(|error| Raised::text(&format!("no threads in a forked process: {error}")))?;
    pool.install(work)
}
