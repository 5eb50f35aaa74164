//! A device as the driver sees it: register words and beats, with time in clock cycles of the machine.

use crate::error::HostError;
use crate::handshake::Handshake;
use systole_machine::geometry::RESULT_BYTES;

/// One beat of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutBeat {
    pub data: u32,
    /// TLAST came with it.
    pub last: bool,
}

impl OutBeat {
    /// The whole beats of a result as memory has it; `ends`: the last one bears TLAST.
    pub fn of_bytes(bytes: &[u8], ends: bool) -> impl Iterator<Item = OutBeat> + '_ {
        let (words, _) = bytes.as_chunks();
        let count = words.len();
        words.iter().enumerate().map(move |(at, &word): (usize, &[u8; RESULT_BYTES])| OutBeat {
            data: u32::from_le_bytes(word),
            last: ends && at + 1 == count,
        })
    }
}

/// How fast the way to the device is, in clock cycles of the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Cycles per input beat and per output beat on average, at least 1.
    pub in_beat: f64,
    pub out_beat: f64,
    /// Cycles that a register access takes at most when all is well; also how late a beat may come.
    pub round_trip: u64,
}

/// A machine at the other end of some link. No call waits longer than it was told to; registers that a processor sees as
/// memory are the one exception, see [`Device::read_reg`].
///
/// Time is counted in clock cycles of the machine: a simulator counts its own, a board counts wall time at its clock.
///
/// A device may go from thread to thread, and is used by one at a time.
pub trait Device: Send {
    /// For messages; by custom the address it was opened by.
    fn name(&self) -> &str;

    fn link(&self) -> Link;

    /// Cycles since the device was opened; never goes back, not even at a reset.
    fn now(&self) -> u64;

    /// The word at byte address `address` of the register window. Fails after `within` cycles without an answer.
    /// Where registers are mapped into memory (`uio:`) the access is one instruction of the processor: a bus that does not
    /// answer holds it, whatever `within` says, until the bus itself gives up.
    fn read_reg(&mut self, address: u32, within: u64) -> Result<u32, HostError>;

    /// Writes a whole word; as [`Device::read_reg`].
    fn write_reg(&mut self, address: u32, value: u32, within: u64) -> Result<(), HostError>;

    /// Takes as many beats of `bytes` (whole beats, lane 0 first) as there is room for now, and says how many bytes that
    /// was. `ends`: the last beat of `bytes` bears TLAST. Does not wait.
    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError>;

    /// Moves up to `most` beats that have come in to the end of `beats`. Does not wait.
    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError>;

    /// Lets time pass: at least one cycle and at most `cycles`, less when there is room to send or a result to receive.
    /// [`Device::now`] must have moved on, or deadlines would never come.
    fn advance(&mut self, cycles: u64) -> Result<(), HostError>;

    /// The streams' pins in the latest cycle, for transports that see them.
    fn handshake(&self) -> Option<Handshake>;

    /// Drops every beat on its way in either direction, on this side of the machine's pins.
    fn flush(&mut self) -> Result<(), HostError>;

    /// Resets the whole machine, registers included, and drops all beats. Fails where the link has no means for it.
    fn reset(&mut self) -> Result<(), HostError>;
}

impl<D: Device + ?Sized> Device for Box<D> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn link(&self) -> Link {
        (**self).link()
    }

    fn now(&self) -> u64 {
        (**self).now()
    }

    fn read_reg(&mut self, address: u32, within: u64) -> Result<u32, HostError> {
        (**self).read_reg(address, within)
    }

    fn write_reg(&mut self, address: u32, value: u32, within: u64) -> Result<(), HostError> {
        (**self).write_reg(address, value, within)
    }

    fn send(&mut self, bytes: &[u8], ends: bool) -> Result<usize, HostError> {
        (**self).send(bytes, ends)
    }

    fn receive(&mut self, most: usize, beats: &mut Vec<OutBeat>) -> Result<(), HostError> {
        (**self).receive(most, beats)
    }

    fn advance(&mut self, cycles: u64) -> Result<(), HostError> {
        (**self).advance(cycles)
    }

    fn handshake(&self) -> Option<Handshake> {
        (**self).handshake()
    }

    fn flush(&mut self) -> Result<(), HostError> {
        (**self).flush()
    }

    fn reset(&mut self) -> Result<(), HostError> {
        (**self).reset()
    }
}
