//! `xdma:`, a machine on a PCIe card: registers and streams by the character devices of Xilinx' kernel module xdma, see docs/devices/xdma.md.

mod channel;
mod nodes;
mod purge;

use crate::bus_clock::BusClock;
use crate::device::{Device, Link, OutBeat};
use crate::dma::Barrier;
use crate::error::HostError;
use crate::handshake::Handshake;
use crate::register_name::name_at;
use crate::uio::Mapped;
use channel::{Channel, Event};
use nodes::Nodes;
use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};
use systole_machine::geometry::RESULT_BYTES;
use systole_machine::registers::{self as reg, window_bytes};
use systole_machine::Plan;

/// The module cuts longer packets: it has 2048 descriptors of a page each.
const LONGEST: usize = 2048 * channel::PAGE;

/// The device.
pub struct XdmaDevice {
    name: String,
    registers: Mapped,
    channel: Channel,
    barrier: Option<Barrier>,
    in_bytes: usize,
    clock: BusClock,
    /// Longest time between a machine's last input and its last output, when all is well.
    latency: Duration,
    inbox: VecDeque<OutBeat>,
    /// Packets that began and whose results have not come.
    on_way: usize,
    /// Beats of results since the machine's soft reset.
    got: u32,
    /// What a program before this one, or a load of weights, has left on the card.
    unknown: bool,
    /// Packets are weights, which have no results.
    loading: bool,
}

impl XdmaDevice {
    /// Opens the card whose devices are `base` with `_user`, `_h2c_0` and `_c2h_0` behind, such as `/dev/xdma0`.
    ///
    /// `barrier` keeps register accesses in order: nothing for hardware, a model has to look at them first.
    ///
    /// # Errors
    /// [`HostError::NoCard`], [`HostError::CardForbidden`], [`HostError::InUse`], [`HostError::Unsupported`] for images that
    /// are longer than a transfer, or what the operating system says.
    pub fn open(plan: &Plan, base: &Path, barrier: Option<Barrier>) -> Result<Self, HostError> {
        let name = format!("xdma:{}", base.display());
        if plan.input.beats * plan.geometry.in_bytes > LONGEST {
            return Err(HostError::Unsupported {
                device: name,
                what: "transfer of 8 MiB or more, this plan's images are",
            });
        }
        let window = window_bytes() as usize;
        let Nodes { user, to_card, from_card } = nodes::open(base, &name, window)?;
        let registers = Mapped::new(&user, window);
        let registers =
            registers.map_err(|source| HostError::Io { device: name.clone(), action: "map its registers", source })?;
        let clock = BusClock::new(plan.board.clock_mhz);
        Ok(XdmaDevice {
            name,
            registers,
            channel: Channel::start(user, to_card, from_card, plan.classes * RESULT_BYTES),
            barrier,
            in_bytes: plan.geometry.in_bytes,
            latency: clock.time(plan.timing().latency),
            clock,
            inbox: VecDeque::new(),
            on_way: 0,
            got: 0,
            unknown: true,
            loading: false,
        })
    }

    fn read(&self, register: &reg::Register) -> u32 {
        self.word(register.offset as usize)
    }

    fn word(&self, offset: usize) -> u32 {
        if let Some(barrier) = &self.barrier {
            barrier();
        }
        self.registers.read(offset)
    }

    fn put(&mut self, offset: u32, word: u32) {
        self.registers.write(offset as usize, word);
        if let Some(barrier) = &self.barrier {
            barrier();
        }
        if offset == reg::CONTROL.offset {
            self.loading = reg::LOAD.get(word) == 1;
            self.got = if reg::SOFT_RESET.get(word) == 1 { 0 } else { self.got };
            self.unknown |= self.loading;
        }
    }

    fn io(&self, action: &'static str, source: std::io::Error) -> HostError {
        HostError::Io { device: self.name.clone(), action, source }
    }

    /// The next thing that happened to the streams, if there is one within `wait`; a result is kept.
    fn happened(&mut self, wait: Duration) -> Result<bool, HostError> {
        if self.on_way > 0 {
            self.channel.listen();
        }
        match self.channel.next(wait) {
            None => return Ok(false),
            Some(Event::Sent { wanted, moved }) => {
                let found = moved.map_err(|source| self.io("send a packet", source))?;
                if found < wanted {
                    return Err(HostError::PacketCut { device: self.name.clone(), found, wanted });
                }
            }
            Some(Event::Came { bytes, whole }) => self.came(&bytes, whole),
            // The module gives up after a time of its own; the next read begins.
            Some(Event::Silent) => {}
            Some(Event::Failed(source)) => return Err(self.io("read a result", source)),
        }
        Ok(true)
    }

    fn came(&mut self, bytes: &[u8], whole: bool) {
        self.inbox.extend(OutBeat::of_bytes(bytes, whole && bytes.len() % RESULT_BYTES == 0));
        self.got = self.got.wrapping_add((bytes.len() / RESULT_BYTES) as u32);
        self.on_way = self.on_way.saturating_sub(1);
    }

    fn register(&self, address: u32, action: &'static str) -> Result<usize, HostError> {
        match address < window_bytes() {
            true => Ok(address as usize),
            false => {
                let (device, register) = (self.name.clone(), name_at(address));
                Err(HostError::RegisterRefused { device, action, register, response: 2 })
            }
        }
    }
}

impl Device for XdmaDevice {
    fn name(&self) -> &str {
        &self.name
    }

    fn link(&self) -> Link {
        self.clock.link()
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }

    /// The bus ends every access by itself: a dead one reads all ones.
    fn read_reg(&mut self, address: u32, _within: u64) -> Result<u32, HostError> {
        Ok(self.word(self.register(address, "read")?))
    }

    fn write_reg(&mut self, address: u32, value: u32, _within: u64) -> Result<(), HostError> {
        self.register(address, "write")?;
        self.put(address, value);
        Ok(())
    }

    /// A packet is one write, whose end bears TLAST: it goes whole or not yet.
    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        let (device, in_bytes) = (self.name.clone(), self.in_bytes);
        if bytes.len() % in_bytes != 0 {
            return Err(HostError::Beats { device, found: bytes.len(), in_bytes });
        }
        if !ends {
            return Err(HostError::Unsupported { device, what: "way to send a packet in pieces" });
        }
        while self.happened(Duration::ZERO)? {}
        if bytes.is_empty() || self.channel.is_sending() {
            return Ok(0);
        }
        self.channel.send(bytes);
        self.on_way += usize::from(!self.loading);
        Ok(bytes.len())
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        while self.happened(Duration::ZERO)? {}
        beats.extend(self.inbox.drain(..most.min(self.inbox.len())));
        Ok(())
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        let until = Instant::now() + self.clock.time(cycles.max(1));
        let busy = self.channel.is_sending();
        while self.happened(until.saturating_duration_since(Instant::now()))? {
            if !self.inbox.is_empty() || busy && !self.channel.is_sending() {
                break;
            }
        }
        Ok(())
    }

    fn handshake(&self) -> Option<Handshake> {
        None
    }

    /// What is on the card is worked off by the machine and dropped here.
    fn flush(&mut self) -> Result<(), HostError> {
        if self.unknown || self.on_way > 0 || self.channel.is_sending() {
            self.purge()?;
        }
        self.inbox.clear();
        Ok(())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        Err(HostError::Unsupported { device: self.name.clone(), what: "reset pin that the host reaches" })
    }
}
