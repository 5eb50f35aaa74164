//! Any device with a fault put in on purpose: what the driver must survive, for tests and demonstrations.

use crate::device::{Device, Link, OutBeat};
use crate::error::HostError;
use crate::handshake::Handshake;
use systole_machine::registers as reg;

/// What goes wrong. Bytes and beats are counted from the moment the fault was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every register reads all ones, nothing that is written or sent arrives, nothing comes.
    DeadLink,
    /// A register word reads like this, whatever it is: another design, other weights, a busy device.
    Register { address: u32, value: u32 },
    /// Bytes behind this many vanish on their way in, TLAST with them.
    InputCut { bytes: usize },
    /// The device takes this many bytes and then no more.
    InputBlocked { bytes: usize },
    /// The first packet ends with TLAST after this many bytes, its rest is lost.
    InputShort { bytes: usize },
    /// The machine is reset softly, by nobody known, before the packet with the byte behind this many is sent.
    SoftReset { bytes: usize },
    /// Packets lose their TLAST on the way in.
    InputTlastLost,
    /// Results leave the device and are lost.
    OutputLost,
    /// Results lose their TLAST.
    OutputTlastLost,
    /// Every result ends with TLAST after this many beats.
    OutputShort { beats: usize },
    /// Every result lacks its last beats and their TLAST.
    OutputCut { beats: usize },
    /// Output beats have their bytes in reverse order.
    OutputSwapped,
    /// One output beat is lost, so many behind the moment.
    OutputBeatLost { beat: usize },
}

/// `inner` with at most one fault at a time.
pub struct Faulty<D> {
    inner: D,
    fault: Option<Fault>,
    /// A flush, the first thing of a recovery, ends the fault.
    transient: bool,
    /// Bytes sent since the fault was put in; beats of the result that is coming in.
    sent: usize,
    received: usize,
    /// Output beats since the fault was put in.
    given: usize,
}

impl<D: Device> Faulty<D> {
    /// A device without a fault.
    pub fn new(inner: D) -> Self {
        Faulty { inner, fault: None, transient: false, sent: 0, received: 0, given: 0 }
    }

    /// Puts a fault in that stays.
    pub fn inject(&mut self, fault: Fault) {
        (self.fault, self.transient, self.sent, self.given) = (Some(fault), false, 0, 0);
    }

    /// Puts a fault in that is gone after the next flush.
    pub fn inject_once(&mut self, fault: Fault) {
        self.inject(fault);
        self.transient = true;
    }

    /// Takes the fault out.
    pub fn heal(&mut self) {
        self.fault = None;
    }

    pub fn inner(&mut self) -> &mut D {
        &mut self.inner
    }

    /// The bytes of `bytes` that go in before `limit` is reached.
    fn before(&self, limit: usize, bytes: usize) -> usize {
        limit.saturating_sub(self.sent).min(bytes)
    }

    /// The link takes it all; the device gets the first `kept` bytes.
    fn lose(&mut self, bytes: &[u8], kept: usize, ends: bool) -> Result<usize, HostError> {
        let taken = if kept > 0 { self.inner.send(&bytes[..kept], ends)? } else { kept };
        let gone = if taken == kept { bytes.len() } else { taken };
        self.sent += gone;
        Ok(gone)
    }

    /// A beat as it comes out of the link, or nothing.
    fn deliver(&mut self, beat: OutBeat) -> Option<OutBeat> {
        let index = self.received;
        self.received = if beat.last { 0 } else { index + 1 };
        let given = self.given;
        self.given += 1;
        match self.fault {
            Some(Fault::OutputLost) => None,
            Some(Fault::OutputTlastLost) => Some(OutBeat { last: false, ..beat }),
            Some(Fault::OutputShort { beats }) if index < beats => Some(OutBeat { last: index + 1 == beats, ..beat }),
            Some(Fault::OutputCut { beats }) if index < beats => Some(beat),
            Some(Fault::OutputSwapped) => Some(OutBeat { data: beat.data.swap_bytes(), ..beat }),
            Some(Fault::OutputBeatLost { beat: lost }) if given == lost => None,
            Some(Fault::OutputShort { .. } | Fault::OutputCut { .. }) => None,
            _ => Some(beat),
        }
    }
}

impl<D: Device> Device for Faulty<D> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn link(&self) -> Link {
        self.inner.link()
    }

    fn now(&self) -> u64 {
        self.inner.now()
    }

    fn read_reg(&mut self, address: u32, within: u64) -> Result<u32, HostError> {
        match self.fault {
            Some(Fault::DeadLink) => Ok(u32::MAX),
            Some(Fault::Register { address: faulty, value }) if address == faulty => Ok(value),
            _ => self.inner.read_reg(address, within),
        }
    }

    fn write_reg(&mut self, address: u32, value: u32, within: u64) -> Result<(), HostError> {
        match self.fault {
            Some(Fault::DeadLink) => Ok(()),
            _ => self.inner.write_reg(address, value, within),
        }
    }

    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        let kept = match self.fault {
            None => return self.inner.send(bytes, ends),
            Some(Fault::SoftReset { bytes: limit }) => {
                if (self.sent..self.sent + bytes.len()).contains(&limit) {
                    let within = self.inner.link().round_trip;
                    self.inner.write_reg(reg::CONTROL.offset, reg::SOFT_RESET.mask(), within)?;
                }
                let taken = self.inner.send(bytes, ends)?;
                self.sent += taken;
                return Ok(taken);
            }
            Some(Fault::DeadLink) => return Ok(bytes.len()),
            Some(Fault::InputBlocked { bytes: limit }) => {
                let kept = self.before(limit, bytes.len());
                let taken = if kept > 0 { self.inner.send(&bytes[..kept], ends && kept == bytes.len())? } else { 0 };
                self.sent += taken;
                return Ok(taken);
            }
            Some(Fault::InputCut { bytes: limit } | Fault::InputShort { bytes: limit }) => {
                self.before(limit, bytes.len())
            }
            Some(_) => bytes.len(),
        };
        let ends = match self.fault {
            Some(Fault::InputTlastLost) => false,
            Some(Fault::InputShort { bytes: limit }) => self.sent + kept == limit || ends,
            _ => ends && kept == bytes.len(),
        };
        self.lose(bytes, kept, ends)
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        if self.fault == Some(Fault::DeadLink) {
            return Ok(());
        }
        let mut taken = Vec::new();
        self.inner.receive(most, &mut taken)?;
        beats.extend(taken.into_iter().filter_map(|beat| self.deliver(beat)));
        Ok(())
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        self.inner.advance(cycles)
    }

    fn handshake(&self) -> Option<Handshake> {
        self.inner.handshake()
    }

    fn flush(&mut self) -> Result<(), HostError> {
        if self.transient {
            self.fault = None;
        }
        self.received = 0;
        self.inner.flush()
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.received = 0;
        match self.fault {
            Some(Fault::DeadLink) => {
                Err(HostError::Unsupported { device: self.name().to_string(), what: "link to reset it through" })
            }
            _ => self.inner.reset(),
        }
    }
}
