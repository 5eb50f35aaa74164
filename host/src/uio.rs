//! `uio:`, a machine beside a processor that runs Linux: registers by UIO, streams by an AXI DMA in simple mode, memory by u-dma-buf.
//!
//! Waits for the DMA end at their deadline. A register access cannot: it is a load or store of the processor, which the bus
//! holds until it answers. Some buses answer in a missing machine's stead, with all ones ([`HostError::DeadLink`]) or with
//! an error that ends the process (SIGBUS); others hold the processor for as long as the machine is silent.

pub mod axi_dma;
mod mapped;
mod sysfs;

use crate::bus_clock::{BusClock, PATIENCE};
use crate::device::{Device, Link, OutBeat};
use crate::error::HostError;
use crate::register_name::name_at;
use axi_dma::{Channel, Status, COMPLETE, RESET, RUN};
pub use mapped::Mapped;
use rustix::fs::{flock, FlockOperation};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
pub use sysfs::Roots;
use sysfs::{Buffer, Side, Way, Window};
use systole_machine::geometry::RESULT_BYTES;
use systole_machine::registers::{window_bytes, WORD_BYTES};
use systole_machine::Plan;

/// Between two looks at the DMA.
const NAP: Duration = Duration::from_micros(20);

/// Under which names Linux offers the machine.
#[derive(Clone)]
pub struct UioOptions {
    pub roots: Roots,
    /// UIO devices: the machine's registers, the DMA's.
    pub registers: String,
    pub dma: String,
    /// u-dma-buf buffers: images, results.
    pub input: String,
    pub output: String,
    /// What keeps accesses in order; nothing for hardware, whose bus and kernel do. A model has to look at them first.
    pub barrier: Option<Barrier>,
}

/// Called after every register write, before every read, and after a buffer was handed over.
pub type Barrier = Arc<dyn Fn() + Send + Sync>;

/// A buffer that both sides see.
struct Shared {
    memory: Mapped,
    buffer: Buffer,
}

/// The device.
pub struct UioDevice {
    name: String,
    registers: Mapped,
    dma: Mapped,
    input: Shared,
    output: Shared,
    in_bytes: usize,
    clock: BusClock,
    barrier: Option<Barrier>,
    /// A transfer of input is in progress; results are waited for.
    sending: bool,
    receiving: bool,
    inbox: VecDeque<OutBeat>,
    /// Keeps the lock.
    _lock: File,
}

impl UioDevice {
    /// Maps registers and buffers, which must be large enough for the plan's images and results.
    ///
    /// # Errors
    /// [`HostError::InUse`], [`HostError::NoUio`], [`HostError::BufferSmall`], [`HostError::WindowSmall`], or what the
    /// operating system says.
    pub fn open(plan: &Plan, options: &UioOptions) -> Result<Self, HostError> {
        let UioOptions { roots, registers, dma, input, output, barrier } = options;
        let name = format!("uio:{registers}");
        let window = large_enough(roots, registers, window_bytes() as usize)?;
        let lock = open(&window.file)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(HostError::InUse { device: name });
        }
        let dma = large_enough(roots, dma, axi_dma::BYTES)?;
        let in_bytes = plan.geometry.in_bytes;
        let shared = |buffer: &str, way: Way, wanted: usize| -> Result<Shared, HostError> {
            let buffer = roots.buffer(buffer, way)?;
            let (device, found) = (name.clone(), buffer.bytes);
            if found < wanted {
                return Err(HostError::BufferSmall { device, buffer: buffer.file, found, wanted });
            }
            Ok(Shared { memory: map(&buffer.file, found)?, buffer })
        };
        let mut device = UioDevice {
            registers: map(&window.file, window.bytes)?,
            dma: map(&dma.file, dma.bytes)?,
            input: shared(input, Way::ToDevice, plan.input.beats * in_bytes)?,
            output: shared(output, Way::FromDevice, plan.classes * RESULT_BYTES)?,
            name,
            in_bytes,
            clock: BusClock::new(plan.board.clock_mhz),
            barrier: barrier.clone(),
            sending: false,
            receiving: false,
            inbox: VecDeque::new(),
            _lock: lock,
        };
        device.flush()?;
        Ok(device)
    }

    fn barrier(&self) {
        if let Some(barrier) = &self.barrier {
            barrier();
        }
    }

    /// Hands a buffer's bytes to a side.
    fn hand(&self, buffer: &Buffer, side: Side, bytes: usize) -> Result<(), HostError> {
        buffer.sync(side, bytes)?;
        self.barrier();
        Ok(())
    }

    fn status(&self, channel: Channel) -> Result<Status, HostError> {
        let status = Status(self.dma.read(channel.status()));
        match status {
            Status(u32::MAX) => Err(HostError::DeadLink { device: self.name.clone(), found: u32::MAX }),
            status if status.failed() => Err(self.failed(channel, status.to_string())),
            status => Ok(status),
        }
    }

    fn failed(&self, channel: Channel, status: String) -> HostError {
        HostError::Dma { device: self.name.clone(), channel: channel.to_string(), status }
    }

    fn control(&mut self, offset: usize, word: u32) {
        self.dma.write(offset, word);
        self.barrier();
    }

    fn begin(&mut self, channel: Channel, address: u64, bytes: usize) {
        self.control(channel.control(), RUN);
        self.control(channel.address(), address as u32);
        self.control(channel.high_address(), (address >> 32) as u32);
        self.control(channel.length(), bytes as u32);
    }

    /// Has the results' transfer run whenever there is none.
    fn listen(&mut self) -> Result<(), HostError> {
        if self.receiving {
            return Ok(());
        }
        let (address, bytes) = (self.output.buffer.address, self.output.memory.bytes());
        self.hand(&self.output.buffer, Side::Device, bytes)?;
        self.begin(Channel::Output, address, bytes);
        self.receiving = true;
        Ok(())
    }

    /// Takes a result from memory, if one is complete.
    fn collect(&mut self) -> Result<(), HostError> {
        if !self.status(Channel::Output)?.has(COMPLETE) {
            return Ok(());
        }
        let bytes = self.dma.read(Channel::Output.length()) as usize;
        self.control(Channel::Output.status(), COMPLETE);
        let bytes = bytes.min(self.output.memory.bytes());
        self.hand(&self.output.buffer, Side::Cpu, bytes)?;
        let words = self.output.memory.get(bytes);
        self.inbox.extend(OutBeat::of_bytes(&words, true));
        self.receiving = false;
        self.listen()
    }

    /// Whether the input's transfer has ended, or there was none.
    fn sent(&mut self) -> Result<bool, HostError> {
        if self.sending && self.status(Channel::Input)?.has(COMPLETE) {
            self.control(Channel::Input.status(), COMPLETE);
            self.sending = false;
        }
        Ok(!self.sending)
    }

    fn register(&self, address: u32, action: &'static str) -> Result<usize, HostError> {
        match address < window_bytes() && address % WORD_BYTES == 0 {
            true => Ok(address as usize),
            false => {
                let (device, register) = (self.name.clone(), name_at(address));
                Err(HostError::RegisterRefused { device, action, register, response: 2 })
            }
        }
    }
}

/// The register window of that name, if it has `wanted` bytes.
fn large_enough(roots: &Roots, name: &str, wanted: usize) -> Result<Window, HostError> {
    let window = roots.window(name)?;
    let (device, found) = (format!("uio:{name}"), window.bytes);
    match found >= wanted {
        true => Ok(window),
        false => Err(HostError::WindowSmall { device, found, wanted }),
    }
}

fn open(file: &Path) -> Result<File, HostError> {
    let opened = OpenOptions::new().read(true).write(true).open(file);
    opened.map_err(|source| HostError::Io { device: file.display().to_string(), action: "open it", source })
}

fn map(file: &Path, bytes: usize) -> Result<Mapped, HostError> {
    let mapped = Mapped::new(&open(file)?, bytes);
    mapped.map_err(|source| HostError::Io { device: file.display().to_string(), action: "map its memory", source })
}

impl Device for UioDevice {
    fn name(&self) -> &str {
        &self.name
    }

    fn link(&self) -> Link {
        self.clock.link()
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }

    fn read_reg(&mut self, address: u32, _within: u64) -> Result<u32, HostError> {
        let offset = self.register(address, "read")?;
        self.barrier();
        Ok(self.registers.read(offset))
    }

    fn write_reg(&mut self, address: u32, value: u32, _within: u64) -> Result<(), HostError> {
        let offset = self.register(address, "write")?;
        self.registers.write(offset, value);
        self.barrier();
        Ok(())
    }

    /// A packet is one transfer, whose end bears TLAST: it goes whole or not yet.
    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        let (device, in_bytes) = (self.name.clone(), self.in_bytes);
        if bytes.len() % in_bytes != 0 {
            return Err(HostError::Beats { device, found: bytes.len(), in_bytes });
        }
        if !ends {
            return Err(HostError::Unsupported { device, what: "way to send a packet in pieces" });
        }
        let found = self.input.memory.bytes();
        if bytes.len() > found {
            let buffer = self.input.buffer.file.clone();
            return Err(HostError::BufferSmall { device, buffer, found, wanted: bytes.len() });
        }
        if bytes.is_empty() || !self.sent()? {
            return Ok(0);
        }
        self.hand(&self.input.buffer, Side::Cpu, bytes.len())?;
        self.input.memory.put(bytes);
        self.hand(&self.input.buffer, Side::Device, bytes.len())?;
        let address = self.input.buffer.address;
        self.begin(Channel::Input, address, bytes.len());
        self.sending = true;
        Ok(bytes.len())
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        self.collect()?;
        // An input that failed is told as such, not as the missing result that it leads to.
        self.sent()?;
        beats.extend(self.inbox.drain(..most.min(self.inbox.len())));
        Ok(())
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        let until = Instant::now() + self.clock.time(cycles.max(1));
        let busy = self.sending;
        loop {
            self.collect()?;
            let room = self.sent()? && busy;
            if room || !self.inbox.is_empty() || Instant::now() >= until {
                return Ok(());
            }
            std::thread::sleep(NAP);
        }
    }

    fn handshake(&self) -> Option<crate::handshake::Handshake> {
        None
    }

    /// Resets the DMA, both channels of it, and listens again.
    fn flush(&mut self) -> Result<(), HostError> {
        self.control(Channel::Input.control(), RESET);
        let deadline = Instant::now() + PATIENCE;
        while self.dma.read(Channel::Input.control()) & RESET != 0 {
            if Instant::now() > deadline {
                let status = self.status(Channel::Input)?;
                let late = format!("{status}, still in reset after {} ms", PATIENCE.as_millis());
                return Err(self.failed(Channel::Input, late));
            }
            self.barrier();
        }
        (self.sending, self.receiving) = (false, false);
        self.inbox.clear();
        self.listen()?;
        Ok(())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        Err(HostError::Unsupported { device: self.name.clone(), what: "reset pin that Linux offers" })
    }
}
