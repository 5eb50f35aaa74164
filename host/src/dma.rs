//! A machine that a processor feeds by an AXI DMA in simple mode: registers as words, buffers that both sides see, however
//! the processor comes by them.

pub mod axi;

use crate::bus_clock::{BusClock, PATIENCE};
use crate::device::{Device, Link, OutBeat};
use crate::error::HostError;
use crate::register_name::name_at;
use axi::{Channel, Status, COMPLETE, RESET, RUN};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use systole_machine::geometry::RESULT_BYTES;
use systole_machine::registers::{window_bytes, WORD_BYTES};
use systole_machine::Plan;

/// Between two looks at the DMA.
const NAP: Duration = Duration::from_micros(20);

/// Registers, by their offset in bytes.
pub trait Words: Send {
    /// # Errors
    /// What keeps them from being read; likewise the next.
    fn word(&self, offset: usize) -> Result<u32, HostError>;

    fn set(&mut self, offset: usize, word: u32) -> Result<(), HostError>;
}

/// Who works with a buffer's bytes from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Device,
    Cpu,
}

/// A buffer that both sides see.
pub trait Memory: Send {
    /// For messages.
    fn name(&self) -> std::path::PathBuf;

    fn bytes(&self) -> usize;

    /// As the DMA sees it.
    fn address(&self) -> u64;

    /// Copies `from` to its start.
    ///
    /// # Errors
    /// What keeps it from being written; likewise the others.
    fn put(&mut self, from: &[u8]) -> Result<(), HostError>;

    /// Its first `bytes` bytes.
    fn get(&self, bytes: usize) -> Result<Vec<u8>, HostError>;

    /// Hands its first `bytes` bytes to a side: caches are written back or dropped.
    fn hand(&self, side: Side, bytes: usize) -> Result<(), HostError>;
}

/// Called after every register write, before every read, and after a buffer was handed over.
pub type Barrier = std::sync::Arc<dyn Fn() + Send + Sync>;

/// What a [`DmaDevice`] is made of.
pub struct DmaParts<W, M> {
    /// For messages.
    pub name: String,
    /// The machine's registers, the DMA's.
    pub registers: W,
    pub dma: W,
    /// Images, results.
    pub input: M,
    pub output: M,
    /// What keeps accesses in order; nothing for hardware, whose bus and kernel do. A model has to look at them first.
    pub barrier: Option<Barrier>,
}

/// The device.
pub struct DmaDevice<W, M> {
    name: String,
    registers: W,
    dma: W,
    input: M,
    output: M,
    in_bytes: usize,
    clock: BusClock,
    barrier: Option<Barrier>,
    /// A transfer of input is in progress; results are waited for.
    sending: bool,
    receiving: bool,
    inbox: VecDeque<OutBeat>,
}

/// Bytes that a plan's images and results take.
pub fn buffer_bytes(plan: &Plan) -> [usize; 2] {
    [plan.input.beats * plan.geometry.in_bytes, plan.classes * RESULT_BYTES]
}

impl<W: Words, M: Memory> DmaDevice<W, M> {
    /// A device for the plan, its DMA reset.
    ///
    /// # Errors
    /// [`HostError::BufferSmall`]; what keeps the DMA from being reset.
    pub fn new(plan: &Plan, parts: DmaParts<W, M>) -> Result<Self, HostError> {
        let DmaParts { name, registers, dma, input, output, barrier } = parts;
        for (buffer, wanted) in [&input, &output].into_iter().zip(buffer_bytes(plan)) {
            let found = buffer.bytes();
            if found < wanted {
                return Err(HostError::BufferSmall { device: name, buffer: buffer.name(), found, wanted });
            }
        }
        let mut device = DmaDevice {
            name,
            registers,
            dma,
            input,
            output,
            in_bytes: plan.geometry.in_bytes,
            clock: BusClock::new(plan.board.clock_mhz),
            barrier,
            sending: false,
            receiving: false,
            inbox: VecDeque::new(),
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
    fn hand(&self, buffer: &M, side: Side, bytes: usize) -> Result<(), HostError> {
        buffer.hand(side, bytes)?;
        self.barrier();
        Ok(())
    }

    fn status(&self, channel: Channel) -> Result<Status, HostError> {
        let status = Status(self.dma.word(channel.status())?);
        match status {
            Status(u32::MAX) => Err(HostError::DeadLink { device: self.name.clone(), found: u32::MAX }),
            status if status.failed() => Err(self.failed(channel, status.to_string())),
            status => Ok(status),
        }
    }

    fn failed(&self, channel: Channel, status: String) -> HostError {
        HostError::Dma { device: self.name.clone(), channel: channel.to_string(), status }
    }

    fn control(&mut self, offset: usize, word: u32) -> Result<(), HostError> {
        self.dma.set(offset, word)?;
        self.barrier();
        Ok(())
    }

    fn begin(&mut self, channel: Channel, address: u64, bytes: usize) -> Result<(), HostError> {
        self.control(channel.control(), RUN)?;
        self.control(channel.address(), address as u32)?;
        self.control(channel.high_address(), (address >> 32) as u32)?;
        self.control(channel.length(), bytes as u32)
    }

    /// Has the results' transfer run whenever there is none.
    fn listen(&mut self) -> Result<(), HostError> {
        if self.receiving {
            return Ok(());
        }
        let (address, bytes) = (self.output.address(), self.output.bytes());
        self.hand(&self.output, Side::Device, bytes)?;
        self.begin(Channel::Output, address, bytes)?;
        self.receiving = true;
        Ok(())
    }

    /// Takes a result from memory, if one is complete.
    fn collect(&mut self) -> Result<(), HostError> {
        if !self.status(Channel::Output)?.has(COMPLETE) {
            return Ok(());
        }
        let bytes = self.dma.word(Channel::Output.length())? as usize;
        self.control(Channel::Output.status(), COMPLETE)?;
        let bytes = bytes.min(self.output.bytes());
        self.hand(&self.output, Side::Cpu, bytes)?;
        let words = self.output.get(bytes)?;
        self.inbox.extend(OutBeat::of_bytes(&words, true));
        self.receiving = false;
        self.listen()
    }

    /// Whether the input's transfer has ended, or there was none.
    fn sent(&mut self) -> Result<bool, HostError> {
        if self.sending && self.status(Channel::Input)?.has(COMPLETE) {
            self.control(Channel::Input.status(), COMPLETE)?;
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

impl<W: Words, M: Memory> Device for DmaDevice<W, M> {
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
        self.registers.word(offset)
    }

    fn write_reg(&mut self, address: u32, value: u32, _within: u64) -> Result<(), HostError> {
        let offset = self.register(address, "write")?;
        self.registers.set(offset, value)?;
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
        let found = self.input.bytes();
        if bytes.len() > found {
            let buffer = self.input.name();
            return Err(HostError::BufferSmall { device, buffer, found, wanted: bytes.len() });
        }
        if bytes.is_empty() || !self.sent()? {
            return Ok(0);
        }
        self.hand(&self.input, Side::Cpu, bytes.len())?;
        self.input.put(bytes)?;
        self.hand(&self.input, Side::Device, bytes.len())?;
        self.begin(Channel::Input, self.input.address(), bytes.len())?;
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
        self.control(Channel::Input.control(), RESET)?;
        let deadline = Instant::now() + PATIENCE;
        while self.dma.word(Channel::Input.control())? & RESET != 0 {
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
