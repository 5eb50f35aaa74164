//! The link tested by itself: beats that the machine sends back as they came.

use super::Driver;
use crate::device::{Device, OutBeat};
use crate::error::HostError;
use std::fmt;
use systole_machine::registers as reg;
use systole_machine::Plan;

/// Input beats that are sent at least: more than all buffers on the way hold.
const BEATS: usize = 1024;
/// The test may take this many times what it takes when all is well.
const SLACK: u64 = 4;
/// Seed of the random beats.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The first beat that did not come back as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopBackFault {
    /// Output beats that came back right before it, and how many there should be.
    pub beat: usize,
    pub beats: usize,
    /// The input beat that it was, and the first of its bytes therein.
    pub input_beat: usize,
    pub byte: usize,
    /// `None`: nothing came.
    pub found: Option<OutBeat>,
    pub wanted: OutBeat,
    /// What that looks like.
    pub likely: &'static str,
}

impl fmt::Display for LoopBackFault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let LoopBackFault { beat, beats, input_beat, byte, found, wanted, likely } = self;
        let shown = |beat: &OutBeat| format!("{:#010x}{}", beat.data, if beat.last { " with TLAST" } else { "" });
        let found = found.as_ref().map_or("did not come".to_string(), |beat| format!("is {}", shown(beat)));
        write!(
            f,
            "output beat {beat} of {beats}, bytes {byte}.. of input beat {input_beat}, {found}, wanted {}: {likely}",
            shown(wanted)
        )
    }
}

/// What is sent, and what must come back.
struct Pattern {
    packets: Vec<Vec<u8>>,
    back: Vec<OutBeat>,
    /// Output beats of an input beat.
    parts: usize,
}

impl Pattern {
    /// Counting words, walking ones, random words; in packets whose way back is no longer than a result.
    fn new(plan: &Plan) -> Self {
        let (in_bytes, parts) = (plan.geometry.in_bytes, plan.geometry.loop_parts());
        let beats = plan.loop_beats();
        let count = BEATS.next_multiple_of(beats);
        let bytes: Vec<u8> = words().flat_map(u32::to_le_bytes).take(count * in_bytes).collect();
        let packets: Vec<Vec<u8>> = bytes.chunks(beats * in_bytes).map(<[u8]>::to_vec).collect();
        let back = packets.iter().flat_map(|packet| returned(packet, in_bytes)).collect();
        Pattern { packets, back, parts }
    }

    fn fault(&self, beat: usize, found: Option<OutBeat>) -> LoopBackFault {
        let wanted = self.back[beat];
        let likely = found.map_or("the link loses beats, or stopped", |found| self.likely(beat, found));
        let (beats, input_beat) = (self.back.len(), beat / self.parts);
        let byte = beat % self.parts * reg::WORD_BYTES as usize;
        LoopBackFault { beat, beats, input_beat, byte, found, wanted, likely }
    }

    fn likely(&self, beat: usize, found: OutBeat) -> &'static str {
        let wanted = self.back[beat];
        let sorted = |word: u32| {
            let mut bytes = word.to_le_bytes();
            bytes.sort_unstable();
            bytes
        };
        if found.data == wanted.data {
            "TLAST is lost, or in the wrong place"
        } else if sorted(found.data) == sorted(wanted.data) {
            "its bytes are in another order; look how the bus is connected"
        } else if self.back[beat..].iter().any(|later| later.data == found.data) {
            "beats before it were lost"
        } else if self.back[..beat].iter().any(|earlier| earlier.data == found.data) {
            "a beat before it came twice"
        } else {
            "bits are wrong; look at the link's clock and width"
        }
    }
}

/// What comes back of a packet.
fn returned(packet: &[u8], in_bytes: usize) -> Vec<OutBeat> {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |word, &byte| word << 8 | u32::from(byte));
    let words = packet.chunks(in_bytes).flat_map(|beat| beat.chunks(reg::WORD_BYTES as usize)).map(word);
    let mut beats: Vec<OutBeat> = words.map(|data| OutBeat { data, last: false }).collect();
    if let Some(beat) = beats.last_mut() {
        beat.last = true;
    }
    beats
}

/// The words of the pattern, without end; none comes again soon.
fn words() -> impl Iterator<Item = u32> {
    let counting = (1..=u32::from(u8::MAX)).map(|n| n.wrapping_mul(0x0403_0201));
    let walking = (0..u32::BITS).flat_map(|bit| [1 << bit, !(1 << bit)]);
    let mut state = SEED;
    let random = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> u32::BITS) as u32
    });
    counting.chain(walking).chain(random)
}

impl<D: Device> Driver<D> {
    /// Has the machine send a known pattern back, and compares; first waits until no image is in flight. Afterwards the
    /// machine is as after a reset.
    ///
    /// # Errors
    /// What the link says by itself.
    pub fn loop_back(&mut self) -> Result<Option<LoopBackFault>, HostError> {
        self.drain();
        self.device.flush()?;
        self.write(&reg::CONTROL, reg::SOFT_RESET.mask() | reg::LOOP_BACK.mask())?;
        let compared = self.compare_pattern();
        let restarted = self.recover();
        match compared? {
            // Says more than a device that does not recover from it.
            Some(fault) => Ok(Some(fault)),
            None => restarted.map(|()| None),
        }
    }

    fn compare_pattern(&mut self) -> Result<Option<LoopBackFault>, HostError> {
        let pattern = Pattern::new(&self.plan);
        let link = self.device.link();
        let beats = pattern.back.len() / pattern.parts;
        let cycles = beats as f64 * link.in_beat + pattern.back.len() as f64 * link.out_beat;
        let due = self.device.now() + SLACK * (cycles as u64 + link.round_trip);
        let (mut packet, mut sent, mut right) = (0, 0, 0);
        while right < pattern.back.len() {
            while let Some(bytes) = pattern.packets.get(packet) {
                let taken = self.device.send(&bytes[sent..], true)?;
                sent += taken;
                if sent == bytes.len() {
                    (packet, sent) = (packet + 1, 0);
                }
                if taken == 0 {
                    break;
                }
            }
            let mut beats = Vec::new();
            self.device.receive(pattern.back.len() - right, &mut beats)?;
            for &beat in &beats {
                if beat != pattern.back[right] {
                    return Ok(Some(pattern.fault(right, Some(beat))));
                }
                right += 1;
            }
            let now = self.device.now();
            if beats.is_empty() && now >= due {
                return Ok(Some(pattern.fault(right, None)));
            }
            if beats.is_empty() {
                self.device.advance(due - now)?;
            }
        }
        Ok(None)
    }
}
