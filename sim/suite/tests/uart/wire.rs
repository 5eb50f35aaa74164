//! The Verilog behind a serial line, on the far side of a pseudo-terminal: bits in and out, and bytes that get lost.

use rustix::fs::OFlags;
use rustix::pty::{grantpt, openpt, ptsname, unlockpt, OpenptFlags};
use rustix::termios::{tcgetattr, tcsetattr, OptionalActions};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use systole_verilator::{Model, Verilated};

/// Bits of a byte on the line.
const BITS: u16 = 10;
/// Cycles between two looks at the pseudo-terminal.
const LOOK: u64 = 256;

/// What happens to bytes on their way, in either direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noise {
    /// One byte in so many is lost, repeated or has a bit flipped; 0: none.
    pub one_in: u64,
    /// Nothing comes through at all.
    pub cut: bool,
}

/// What the far side can be told.
#[derive(Default)]
pub struct Control {
    pub noise: Mutex<Noise>,
    /// Power is cut and comes back.
    pub power_cycle: AtomicBool,
    /// After so many bytes to the design power is cut and comes back, or the line is cut; 0: not.
    pub power_cycle_after: AtomicUsize,
    cut_after: AtomicUsize,
    /// Bytes to the design.
    pub heard: AtomicUsize,
    stop: AtomicBool,
    pub damaged: AtomicU64,
    pub cycles: AtomicU64,
}

/// A running design and the pseudo-terminal that leads to it.
pub struct Board {
    pub control: Arc<Control>,
    pub path: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl Board {
    pub fn start(built: &Verilated, divider: u64) -> Board {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let path = PathBuf::from(ptsname(&near, Vec::new()).unwrap().into_string().unwrap());
        let mut settings = tcgetattr(&near).unwrap();
        settings.make_raw();
        tcsetattr(&near, OptionalActions::Now, &settings).unwrap();
        let flags = rustix::fs::fcntl_getfl(&near).unwrap();
        rustix::fs::fcntl_setfl(&near, flags | OFlags::NONBLOCK).unwrap();
        // Kept open on this side too, or the line would hang up while no driver has it open.
        let far = File::options().read(true).write(true).open(&path).unwrap();
        let control = Arc::new(Control::default());
        let mut wire = Wire::new(built.model().unwrap(), File::from(near), divider, Arc::clone(&control));
        let thread = std::thread::spawn(move || {
            let _far = far;
            wire.run();
        });
        Board { control, path, thread: Some(thread) }
    }

    pub fn noise(&self, one_in: u64) {
        *self.control.noise.lock().unwrap() = Noise { one_in, cut: false };
    }

    pub fn cut(&self) {
        *self.control.noise.lock().unwrap() = Noise { one_in: 0, cut: true };
    }

    /// Cuts the line when so many bytes have gone to the design.
    pub fn cut_after(&self, bytes: usize) {
        self.control.cut_after.store(bytes, Ordering::Relaxed);
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.control.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

/// Xorshift: the same damage in every run with the same bytes.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % n
    }
}

struct Wire {
    model: Model,
    terminal: File,
    divider: u64,
    control: Arc<Control>,
    random: Random,
    /// Bytes to the design, and the one on the line: its bits and the cycles into it.
    inward: VecDeque<u8>,
    sending: Option<(u16, u64)>,
    outward: Vec<u8>,
    receiving: Option<(u64, u8)>,
}

impl Wire {
    fn new(model: Model, terminal: File, divider: u64, control: Arc<Control>) -> Self {
        let (inward, outward) = (VecDeque::new(), Vec::new());
        let mut wire = Wire {
            model,
            terminal,
            divider,
            control,
            random: Random(0x5eed_0001),
            inward,
            sending: None,
            outward,
            receiving: None,
        };
        wire.reset();
        wire
    }

    fn reset(&mut self) {
        self.model.poke("rx_i", 1).unwrap();
        self.model.poke("rst_i", 1).unwrap();
        self.model.run(8);
        self.model.poke("rst_i", 0).unwrap();
        self.inward.clear();
        self.outward.clear();
        (self.sending, self.receiving) = (None, None);
    }

    fn run(&mut self) {
        let (rx, tx) = (self.model.port("rx_i").unwrap(), self.model.port("tx_o").unwrap());
        while !self.control.stop.load(Ordering::Relaxed) {
            if self.control.power_cycle.swap(false, Ordering::Relaxed) {
                self.reset();
            }
            self.look();
            for _ in 0..LOOK {
                let bit = self.next_bit();
                self.model.set(rx, bit.into());
                self.model.tick();
                self.hear(self.model.get(tx) == 1);
            }
            self.control.cycles.fetch_add(LOOK, Ordering::Relaxed);
        }
    }

    /// Moves bytes between the pseudo-terminal and both ends.
    fn look(&mut self) {
        let mut bytes = [0; 1024];
        match self.terminal.read(&mut bytes) {
            Ok(count) => {
                for &byte in &bytes[..count] {
                    self.count();
                    let arriving = self.damage(byte);
                    self.inward.extend(arriving);
                }
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        let outward = std::mem::take(&mut self.outward);
        let arriving: Vec<u8> = outward.into_iter().flat_map(|byte| self.damage(byte)).collect();
        let written = if arriving.is_empty() { 0 } else { self.terminal.write(&arriving).unwrap_or(0) };
        self.outward = arriving[written..].to_vec();
    }

    /// Counts a byte to the design; what was to happen at that one does.
    fn count(&mut self) {
        let control = &self.control;
        let heard = control.heard.fetch_add(1, Ordering::Relaxed) + 1;
        if heard == control.cut_after.load(Ordering::Relaxed) {
            *control.noise.lock().unwrap() = Noise { one_in: 0, cut: true };
        }
        if heard == control.power_cycle_after.load(Ordering::Relaxed) {
            control.power_cycle.store(true, Ordering::Relaxed);
        }
    }

    /// What becomes of a byte.
    fn damage(&mut self, byte: u8) -> Vec<u8> {
        let noise = *self.control.noise.lock().unwrap();
        if noise.cut {
            return vec![];
        }
        if noise.one_in == 0 || self.random.below(noise.one_in) != 0 {
            return vec![byte];
        }
        self.control.damaged.fetch_add(1, Ordering::Relaxed);
        match self.random.below(3) {
            0 => vec![],
            1 => vec![byte, byte],
            _ => vec![byte ^ 1 << self.random.below(8)],
        }
    }

    fn next_bit(&mut self) -> bool {
        if self.sending.is_none() {
            self.sending = self.inward.pop_front().map(|byte| (1 << (BITS - 1) | u16::from(byte) << 1, 0));
        }
        let Some((bits, at)) = &mut self.sending else { return true };
        let bit = *bits >> (*at / self.divider) & 1 == 1;
        *at += 1;
        if *at == u64::from(BITS) * self.divider {
            self.sending = None;
        }
        bit
    }

    fn hear(&mut self, level: bool) {
        match &mut self.receiving {
            None if !level => self.receiving = Some((1, 0)),
            None => {}
            Some((at, byte)) => {
                if *at % self.divider == self.divider / 2 && (1..9).contains(&(*at / self.divider)) {
                    *byte = *byte >> 1 | u8::from(level) << 7;
                }
                *at += 1;
                if *at == u64::from(BITS) * self.divider - 1 {
                    let byte = *byte;
                    self.outward.push(byte);
                    self.receiving = None;
                }
            }
        }
    }
}
