//! A window of registers in a file: what the driver writes there is told from what the model has put there.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use systole_host::{Barrier, Device, Mapped};
use systole_machine::registers::{self as reg, Access, WORD_BYTES};

/// Longest that a model takes to look.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two questions whether it has looked: the model needs the processor more than who waits for it.
const NAP: Duration = Duration::from_micros(20);

/// How often a model has looked at its files.
#[derive(Clone, Default)]
pub struct Looks {
    count: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

/// Says that the model has ended, by a panic too.
pub struct WhileAlive(Arc<AtomicBool>);

impl Drop for WhileAlive {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Looks {
    pub fn count(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Kept by the model while it looks.
    pub fn while_alive(&self) -> WhileAlive {
        WhileAlive(Arc::clone(&self.ended))
    }

    /// Waits until the model has looked at everything once; panics when it has ended.
    pub fn barrier(&self) -> Barrier {
        let (looks, ended) = (Arc::clone(&self.count), Arc::clone(&self.ended));
        Arc::new(move || {
            let (wanted, begun) = (looks.load(Ordering::SeqCst) + 2, Instant::now());
            while looks.load(Ordering::SeqCst) < wanted {
                assert!(!ended.load(Ordering::SeqCst), "the model has ended: what it says is above");
                assert!(begun.elapsed() < PATIENCE, "the model does not look");
                std::thread::sleep(NAP);
            }
        })
    }
}

/// A window, and what the model itself has put there: whatever else is found was written by the driver.
pub struct Seen {
    window: Mapped,
    put: Vec<u32>,
}

impl Seen {
    pub fn new(window: Mapped) -> Self {
        let words = window.bytes() / WORD_BYTES as usize;
        Seen { window, put: vec![0; words] }
    }

    pub fn put(&mut self, offset: usize, word: u32) {
        if self.put[offset / 4] != word {
            self.put[offset / 4] = word;
            self.window.write(offset, word);
        }
    }

    /// What the model put there.
    pub fn own(&self, offset: usize) -> u32 {
        self.put[offset / 4]
    }

    /// What the driver wrote since the last look.
    pub fn written(&mut self, offset: usize) -> Option<u32> {
        let word = self.window.read(offset);
        if word == self.put[offset / 4] {
            return None;
        }
        self.put[offset / 4] = word;
        Some(word)
    }
}

/// Brings the driver's writes to the machine, and shows the machine's words; all ones when the link is dead.
pub fn serve_registers<D: Device>(registers: &mut Seen, device: &mut D, dead: bool) {
    for register in reg::TABLE {
        for offset in (register.offset..register.end()).step_by(WORD_BYTES as usize) {
            if register.is_writable() {
                if let Some(word) = registers.written(offset as usize).filter(|_| !dead) {
                    device.write_reg(offset, word, 1000).unwrap();
                }
            }
            // What the driver may write is shown anew only when it was written, or a write could be overlooked.
            let word = if dead { u32::MAX } else { device.read_reg(offset, 1000).unwrap() };
            if register.access != Access::Constant || registers.own(offset as usize) != word {
                registers.put(offset as usize, word);
            }
        }
    }
}
