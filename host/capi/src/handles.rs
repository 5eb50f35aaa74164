//! Devices by handle: what a caller holds is a number that is looked up, never an address that is followed.
//!
//! The C interface has no object of its own that every call could be given, so this is the one place with a global.

use super::machine::{Facts, Machine};
use super::{SystoleDevice, SYSTOLE_FAILED, SYSTOLE_NO_DEVICE};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::{c_char, c_int, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stack of a thread that does a forked process' work, in bytes: as large as a program's first.
const STACK: usize = 8 << 20;

/// Why a call failed, and what it returns then.
pub struct Failure {
    pub code: c_int,
    pub message: String,
}

impl Failure {
    fn no_device(message: impl Into<String>) -> Self {
        Failure { code: SYSTOLE_NO_DEVICE, message: message.into() }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure { code: SYSTOLE_FAILED, message }
    }
}

/// What a call that may fail comes to.
pub type Outcome<T> = Result<T, Failure>;

/// Where a device is in its life.
enum State {
    Open(Box<Machine>),
    Closed,
    /// A call on it ended in a panic.
    Broken,
}

/// An open device: facts that never change, and the machine, which one thread at a time has.
pub struct Slot {
    pub facts: Facts,
    state: Mutex<State>,
    /// Who computes for the machine, where not the thread that calls.
    pool: Option<Arc<ThreadPool>>,
}

/// All devices of one process.
struct Handles {
    process: u32,
    /// The first number that this process gave, and the next one. Those before belong to the process that it was forked from.
    first: usize,
    next: AtomicUsize,
    slots: Mutex<HashMap<usize, Arc<Slot>>>,
    /// Names of classes and layers, each once and for as long as the process lives.
    names: Mutex<HashSet<&'static CStr>>,
    /// In a forked process alone: the threads of its parent's pool are not there, and waits for them would not end.
    pool: Option<Arc<ThreadPool>>,
}

/// The process' own; a fork makes new ones at its first call and leaves its parent's alone, locks and all.
static HANDLES: AtomicPtr<Handles> = AtomicPtr::new(null_mut());

/// Messages that a thread keeps at most: of devices that it used and left.
const KEPT: usize = 64;

thread_local! {
    /// Why a thread's latest call on a device failed, by the device.
    static MESSAGES: RefCell<HashMap<usize, CString>> = RefCell::default();
}

/// What is locked is whole whoever panicked: every change of it is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Text for C, which ends at the first zero byte.
pub fn text(from: &str) -> CString {
    CString::new(from.replace('\0', " ")).unwrap_or_default()
}

/// A panic is an error for C, too: it must not leave this library.
fn guarded<T>(what: impl FnOnce() -> Outcome<T>) -> Result<Outcome<T>, Failure> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|_| "a fault in this program; please report it".to_string().into())
}

impl Handles {
    /// Those of this process.
    fn here() -> Outcome<&'static Handles> {
        let process = std::process::id();
        let found = HANDLES.load(Ordering::Acquire);
        // SAFETY: what was stored was leaked, and is never taken back.
        match unsafe { found.as_ref() } {
            Some(handles) if handles.process == process => Ok(handles),
            before => Handles::begin(process, before, found),
        }
    }

    fn begin(process: u32, before: Option<&Handles>, found: *mut Handles) -> Outcome<&'static Handles> {
        let pool = before.map(|_| ThreadPoolBuilder::new().stack_size(STACK).build()).transpose();
        let pool = pool.map_err(|error| format!("no threads in a forked process: {error}"))?;
        let first = before.map_or(1, |handles| handles.next.load(Ordering::Relaxed));
        let made = Box::into_raw(Box::new(Handles {
            process,
            first,
            next: AtomicUsize::new(first),
            slots: Mutex::default(),
            names: Mutex::default(),
            pool: pool.map(Arc::new),
        }));
        if HANDLES.compare_exchange(found, made, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: made above, and seen by nobody.
            drop(unsafe { Box::from_raw(made) });
            return Handles::here();
        }
        // SAFETY: leaked.
        Ok(unsafe { &*made })
    }

    fn find(&self, number: usize) -> Outcome<Arc<Slot>> {
        if let Some(slot) = lock(&self.slots).get(&number) {
            return Ok(Arc::clone(slot));
        }
        Err(Failure::no_device(match number {
            0 => "the device is NULL: it was not opened".to_string(),
            _ if number < self.first => {
                "the device was opened by the process that this one was forked from; open it here".into()
            }
            _ if number < self.next.load(Ordering::Relaxed) => "the device is closed".into(),
            _ => format!("{number:#x} is no device that was opened"),
        }))
    }

    fn add(&self, slot: Slot) -> Outcome<usize> {
        let next = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |number| number.checked_add(1));
        let number = next.map_err(|_| "too many devices were opened by this process".to_string())?;
        lock(&self.slots).insert(number, Arc::new(slot));
        Ok(number)
    }
}

/// A name for C, which it may keep.
pub fn name(from: &str) -> Outcome<&'static CStr> {
    let mut names = lock(&Handles::here()?.names);
    let name = text(from);
    if let Some(known) = names.get(name.as_c_str()) {
        return Ok(known);
    }
    let kept: &'static CStr = Box::leak(name.into_boxed_c_str());
    names.insert(kept);
    Ok(kept)
}

/// Runs `what` where waits for other threads end.
fn computed<T: Send>(pool: Option<&ThreadPool>, what: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    match pool {
        Some(pool) => pool.install(what),
        None => what(),
    }
}

/// The slot behind a handle.
pub fn slot(device: *const SystoleDevice) -> Outcome<Arc<Slot>> {
    Handles::here()?.find(device.addr())
}

/// Opens a machine, and gives it a handle.
pub fn open(what: impl FnOnce() -> Outcome<Machine> + Send) -> Outcome<*mut SystoleDevice> {
    let handles = Handles::here()?;
    let machine = guarded(|| computed(handles.pool.as_deref(), what))??;
    let facts = Facts::of(&machine)?;
    let state = Mutex::new(State::Open(Box::new(machine)));
    handles.add(Slot { facts, state, pool: handles.pool.clone() }).map(without_provenance_mut)
}

/// Closes the device once no other thread has it: whoever waits for it then is told that it is closed.
pub fn close(device: *mut SystoleDevice) -> Outcome<()> {
    let handles = Handles::here()?;
    let slot = handles.find(device.addr())?;
    lock(&handles.slots).remove(&device.addr());
    let state = std::mem::replace(&mut *lock(&slot.state), State::Closed);
    match state {
        State::Open(machine) => guarded(|| computed(slot.pool.as_deref(), || machine.close()))?,
        State::Broken => Ok(()),
        State::Closed => Err(closed()),
    }
}

fn closed() -> Failure {
    Failure::no_device("the device is closed")
}

impl Slot {
    /// Has `what` done to the machine, behind all that other threads are having done to it.
    pub fn act<T: Send>(&self, what: impl FnOnce(&mut Machine) -> Result<T, String> + Send) -> Outcome<T> {
        let mut state = lock(&self.state);
        let machine = match &mut *state {
            State::Open(machine) => machine,
            State::Closed => return Err(closed()),
            State::Broken => {
                return Err("a fault in this program ended the device; close it, open it again".to_string().into())
            }
        };
        let done = guarded(|| computed(self.pool.as_deref(), || Ok(what(machine)?)));
        done.unwrap_or_else(|fault| {
            let broken = std::mem::replace(&mut *state, State::Broken);
            // What is left of it may not even be dropped without another panic, which changes nothing.
            let _ = guarded(|| {
                drop(broken);
                Ok(())
            });
            Err(fault)
        })
    }
}

/// What a call on a device came to, or the code that it returns; this thread's message of the device says why.
pub fn told<T>(device: *const SystoleDevice, outcome: Outcome<T>) -> Result<T, c_int> {
    // A thread that is ending has nobody left to tell.
    let _ = MESSAGES.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        kept.remove(&device.addr());
        if let Err(failure) = &outcome {
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(device.addr(), text(&failure.message));
        }
    });
    outcome.map_err(|failure| failure.code)
}

/// This thread's message of a device.
pub fn message(device: *const SystoleDevice) -> *const c_char {
    let found = MESSAGES.try_with(|kept| kept.borrow().get(&device.addr()).map(|message| message.as_ptr()));
    found.ok().flatten().unwrap_or(c"".as_ptr())
}
