//! A device made of a pin-level model: AXI4-Stream source and sink and AXI4-Lite master, cycle by cycle.

mod beat_log;
mod bus;
mod stalls;

pub use beat_log::BeatLog;
pub use stalls::Stalls;

use crate::device::{Device, Link, OutBeat};
use crate::error::HostError;
use crate::handshake::Handshake;
use bus::Access;
use stalls::StallSource;
use std::collections::VecDeque;
use systole_machine::pins::{TopIn, TopOut, TopPins};
use systole_machine::Plan;

/// Packets that the source holds; with two the next one follows without a gap.
const PACKETS: usize = 2;
/// Cycles of reset.
const RESET_CYCLES: u64 = 4;
/// Cycles within which a register access is answered.
const ROUND_TRIP: u64 = 64;
/// Most bytes of a beat, see [`TopIn::s_axis_tdata`].
const BEAT_BYTES: usize = 8;

/// Beats on their way in: bytes and the place of the next beat; the last one bears TLAST or not.
struct Packet {
    bytes: Vec<u8>,
    next: usize,
    ends: bool,
}

/// Drives any [`TopPins`]: both streams move in every cycle, whatever call lets the cycle pass.
pub struct PinDevice<P> {
    name: String,
    pins: P,
    in_bytes: usize,
    packets: VecDeque<Packet>,
    /// The beat on the pins; it stays until it is taken.
    offered: Option<(u64, bool)>,
    sink: VecDeque<OutBeat>,
    /// The sink takes no more beats than this before somebody receives them.
    sink_depth: usize,
    /// A register access that was given up, and that the machine may still answer.
    late: Option<Access>,
    stalls: StallSource,
    now: u64,
    seen: Handshake,
    log: Option<BeatLog>,
}

impl<P: TopPins> PinDevice<P> {
    /// A model of the machine of `plan`, reset. Without `stalls` both sides are as fast as the pins allow.
    /// Fails when the plan's beats are wider than the pins, or the model does.
    pub fn new(name: impl Into<String>, pins: P, plan: &Plan, stalls: Stalls) -> Result<Self, HostError> {
        let (device, in_bytes) = (name.into(), plan.geometry.in_bytes);
        if in_bytes > BEAT_BYTES {
            return Err(HostError::WideBeats { device, in_bytes, limit: BEAT_BYTES });
        }
        let idle = Handshake { s_valid: false, s_ready: false, m_valid: false, m_ready: false };
        let mut device = PinDevice {
            name: device,
            pins,
            in_bytes,
            packets: VecDeque::new(),
            offered: None,
            sink: VecDeque::new(),
            sink_depth: PACKETS * plan.classes,
            late: None,
            stalls: StallSource::new(stalls),
            now: 0,
            seen: idle,
            log: None,
        };
        device.reset()?;
        Ok(device)
    }

    /// Begins to note the cycles of beats, counted as in [`Device::now`]; a log kept so far is given back.
    pub fn log_beats(&mut self) -> BeatLog {
        self.log.replace(BeatLog::default()).unwrap_or_default()
    }

    /// The notes since [`PinDevice::log_beats`].
    pub fn beat_log(&self) -> Option<&BeatLog> {
        self.log.as_ref()
    }

    /// Beats that the sink holds until somebody receives them, two results at first; with 0 it never takes any.
    pub fn set_sink_depth(&mut self, beats: usize) {
        self.sink_depth = beats;
    }

    pub fn pins(&mut self) -> &mut P {
        &mut self.pins
    }

    /// One clock cycle with the register bus as given and both streams.
    fn cycle(&mut self, bus: &Access) -> Result<TopOut, HostError> {
        if self.offered.is_none() && !self.stalls.source() {
            self.offered = self.next_beat();
        }
        let takes = self.sink.len() < self.sink_depth && !self.stalls.sink();
        let pins = self.stream_pins(TopIn { m_axis_tready: takes, ..bus.pins() });
        let out = self.clock(&pins, "run a clock cycle")?;
        let (s_valid, m_ready) = (pins.s_axis_tvalid, pins.m_axis_tready);
        self.seen = seen(&pins, &out);
        if s_valid && out.s_axis_tready {
            self.offered = None;
            self.note(|log, now| log.input(now, pins.s_axis_tlast));
        }
        if out.m_axis_tvalid && m_ready {
            self.sink.push_back(OutBeat { data: out.m_axis_tdata, last: out.m_axis_tlast });
            self.note(|log, now| log.output(now, out.m_axis_tlast));
        }
        self.now += 1;
        Ok(out)
    }

    fn clock(&mut self, pins: &TopIn, action: &'static str) -> Result<TopOut, HostError> {
        let device = &self.name;
        self.pins.cycle(pins).map_err(|source| HostError::Engine { device: device.clone(), action, source })
    }

    fn note(&mut self, what: impl FnOnce(&mut BeatLog, u64)) {
        if let Some(log) = &mut self.log {
            what(log, self.now);
        }
    }

    fn next_beat(&mut self) -> Option<(u64, bool)> {
        let packet = self.packets.front_mut()?;
        let end = packet.next + self.in_bytes;
        let mut data = [0; BEAT_BYTES];
        data[..self.in_bytes].copy_from_slice(&packet.bytes[packet.next..end]);
        packet.next = end;
        let last = end == packet.bytes.len();
        let beat = (u64::from_le_bytes(data), last && packet.ends);
        if last {
            self.packets.pop_front();
        }
        Some(beat)
    }

    /// Cycles until the access is answered; the word read. An access that was given up is finished first, or its answer
    /// would be taken for this one's.
    fn access(&mut self, access: Access, within: u64) -> Result<u32, HostError> {
        let (action, register) = (access.action(), access.register());
        let mut waiting: VecDeque<Access> = self.late.take().into_iter().chain([access]).collect();
        for _ in 0..within.max(1) {
            let Some(bus) = waiting.front_mut() else { break };
            let out = self.cycle(bus)?;
            let Some((word, response)) = bus.clock(&out) else { continue };
            waiting.pop_front();
            match (waiting.is_empty(), response) {
                (false, _) => {}
                (true, 0) => return Ok(word),
                (true, response) => {
                    return Err(HostError::RegisterRefused { device: self.name.clone(), action, register, response })
                }
            }
        }
        self.late = waiting.pop_front();
        Err(HostError::RegisterTimeout { device: self.name.clone(), action, register, cycles: within })
    }

    /// As many cycles at once as machine and pauses allow, at most `most`; how many. Nothing is taken or given in them.
    fn pass(&mut self, most: u64) -> Result<u64, HostError> {
        let offers = self.offered.is_some() || self.packets.is_empty();
        if self.late.is_some() || !self.stalls.never() || !offers || self.sink.len() >= self.sink_depth {
            return Ok(0);
        }
        let pins = self.stream_pins(TopIn { m_axis_tready: true, ..Access::none().pins() });
        let (passed, out) = self.pins.rest(&pins, most).map_err(|source| HostError::Engine {
            device: self.name.clone(),
            action: "let clock cycles pass",
            source,
        })?;
        if passed > 0 {
            self.seen = seen(&pins, &out);
            self.now += passed;
        }
        Ok(passed)
    }

    /// The offered beat on the pins.
    fn stream_pins(&self, mut pins: TopIn) -> TopIn {
        if let Some((data, last)) = self.offered {
            (pins.s_axis_tvalid, pins.s_axis_tdata, pins.s_axis_tlast) = (true, data, last);
        }
        pins
    }

    /// One clock cycle without a new access.
    fn rest(&mut self) -> Result<TopOut, HostError> {
        let mut bus = self.late.take().unwrap_or(Access::none());
        let out = self.cycle(&bus)?;
        if bus.is_begun() && bus.clock(&out).is_none() {
            self.late = Some(bus);
        }
        Ok(out)
    }
}

impl<P: TopPins> Device for PinDevice<P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn link(&self) -> Link {
        let (in_beat, out_beat) = self.stalls.cycles_per_beat();
        Link { in_beat, out_beat, round_trip: ROUND_TRIP }
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn read_reg(&mut self, address: u32, within: u64) -> Result<u32, HostError> {
        self.access(Access::read(address), within)
    }

    fn write_reg(&mut self, address: u32, value: u32, within: u64) -> Result<(), HostError> {
        self.access(Access::write(address, value), within).map(|_| ())
    }

    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        if bytes.len() % self.in_bytes != 0 {
            let (found, in_bytes) = (bytes.len(), self.in_bytes);
            return Err(HostError::Beats { device: self.name.clone(), found, in_bytes });
        }
        if self.packets.len() >= PACKETS || bytes.is_empty() {
            return Ok(0);
        }
        self.packets.push_back(Packet { bytes: bytes.to_vec(), next: 0, ends });
        Ok(bytes.len())
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        beats.extend(self.sink.drain(..most.min(self.sink.len())));
        Ok(())
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        let room = self.packets.len() < PACKETS;
        let mut left = cycles.max(1);
        while left > 0 {
            left -= self.pass(left)?;
            if left == 0 {
                break;
            }
            left -= 1;
            let out = self.rest()?;
            let result = self.seen.m_valid && self.seen.m_ready && out.m_axis_tlast;
            if result || self.sink.len() >= self.sink_depth || (!room && self.packets.len() < PACKETS) {
                break;
            }
        }
        Ok(())
    }

    fn handshake(&self) -> Option<Handshake> {
        Some(self.seen)
    }

    fn flush(&mut self) -> Result<(), HostError> {
        self.packets.clear();
        self.offered = None;
        self.sink.clear();
        Ok(())
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.flush()?;
        self.late = None;
        for _ in 0..RESET_CYCLES {
            self.clock(&TopIn { rst: true, ..TopIn::default() }, "reset")?;
            self.now += 1;
        }
        Ok(())
    }
}

/// The streams' pins of a cycle.
fn seen(pins: &TopIn, out: &TopOut) -> Handshake {
    Handshake {
        s_valid: pins.s_axis_tvalid,
        s_ready: out.s_axis_tready,
        m_valid: out.m_axis_tvalid,
        m_ready: pins.m_axis_tready,
    }
}
