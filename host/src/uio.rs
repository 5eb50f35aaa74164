//! `uio:`, a machine beside a processor that runs Linux: registers by UIO, streams by an AXI DMA in simple mode, memory by u-dma-buf.
//!
//! Waits for the DMA end at their deadline. A register access cannot: it is a load or store of the processor, which the bus
//! holds until it answers. Some buses answer in a missing machine's stead, with all ones ([`HostError::DeadLink`]) or with
//! an error that ends the process (SIGBUS); others hold the processor for as long as the machine is silent.

mod mapped;
mod sysfs;

use crate::dma::axi;
use crate::dma::{Barrier, DmaDevice, DmaParts, Memory, Side, Words};
use crate::error::HostError;
pub use mapped::Mapped;
use rustix::fs::{flock, FlockOperation};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
pub use sysfs::Roots;
use sysfs::{Buffer, Way, Window};
use systole_machine::registers::window_bytes;
use systole_machine::Plan;

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
    /// See [`DmaParts::barrier`].
    pub barrier: Option<Barrier>,
}

/// Registers in a mapped file.
pub struct MappedWords {
    memory: Mapped,
    /// Keeps the lock, where these are the machine's.
    _lock: Option<File>,
}

impl Words for MappedWords {
    fn word(&self, offset: usize) -> Result<u32, HostError> {
        Ok(self.memory.read(offset))
    }

    fn set(&mut self, offset: usize, word: u32) -> Result<(), HostError> {
        self.memory.write(offset, word);
        Ok(())
    }
}

/// A buffer of u-dma-buf.
pub struct Shared {
    memory: Mapped,
    buffer: Buffer,
}

impl Memory for Shared {
    fn name(&self) -> PathBuf {
        self.buffer.file.clone()
    }

    fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    fn address(&self) -> u64 {
        self.buffer.address
    }

    fn put(&mut self, from: &[u8]) -> Result<(), HostError> {
        self.memory.put(from);
        Ok(())
    }

    fn get(&self, bytes: usize) -> Result<Vec<u8>, HostError> {
        Ok(self.memory.get(bytes))
    }

    fn hand(&self, side: Side, bytes: usize) -> Result<(), HostError> {
        self.buffer.sync(side, bytes)
    }
}

/// The device.
pub type UioDevice = DmaDevice<MappedWords, Shared>;

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
        let dma = large_enough(roots, dma, axi::BYTES)?;
        let words = |window: &Window, lock: Option<File>| {
            Ok::<_, HostError>(MappedWords { memory: map(&window.file, window.bytes)?, _lock: lock })
        };
        let shared = |buffer: &str, way: Way| {
            let buffer = roots.buffer(buffer, way)?;
            Ok::<_, HostError>(Shared { memory: map(&buffer.file, buffer.bytes)?, buffer })
        };
        let parts = DmaParts {
            registers: words(&window, Some(lock))?,
            dma: words(&dma, None)?,
            input: shared(input, Way::ToDevice)?,
            output: shared(output, Way::FromDevice)?,
            name,
            barrier: barrier.clone(),
        };
        DmaDevice::new(plan, parts)
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
